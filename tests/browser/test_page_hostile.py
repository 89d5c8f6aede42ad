"""200 texts that want to be more than text, through every field that takes one: nothing of them is ever run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from browser.hostile import REFUSED, STRINGS
from browser.seen import Seen
from browser.stock import MODEL, OTHERS, Stock

pytestmark = pytest.mark.timeout(300)
# Of several in one field, in characters.
TOGETHER = 4_000
LONGEST_NAME = 80
LONGEST_IN_AN_ADDRESS = 1_500
LONGEST_ENDPOINT_NAME = 256


@pytest.fixture(autouse=True)
def _watched(seen: Seen) -> Iterator[None]:
    seen.watch_dialogs()
    yield
    seen.check()


def test_there_are_two_hundred() -> None:
    assert len(set(STRINGS)) == 200


def test_prompts(seen: Seen, stock: Stock) -> None:
    """A few in each: half of them of new videos, half of remixes of one, which all are in its tree."""
    root = stock.create("The root of them all")
    made, prompts = [], list(_together(200))
    for place, text in enumerate(prompts):
        # Slow ones draw nothing for a while, and nobody waits for their clips.
        made.append(stock.begin(f"/{root}/remix" if place % 2 else "", prompt=text, model=MODEL, test_case="slow"))
    for text in REFUSED:
        assert stock.http.post("/v1/videos", json={"prompt": text, "model": MODEL}).status_code == 400
    page = seen.page
    shown: list[str] = []
    page.goto("/")
    while True:
        shown += page.locator(".card-words").all_text_contents()
        older = page.get_by_role("link", name="Older")
        if not older.count():
            break
        with page.expect_navigation():
            older.click()
    assert set(prompts) <= set(shown)
    page.goto(f"/page/videos/{root}/lineage")
    assert set(prompts[1::2]) <= set(page.locator(".leaf-words").all_text_contents())
    for video_id in made[::8]:
        page.goto(f"/page/videos/{video_id}")
        seen.check()
    for video_id in made[1::20]:
        page.goto(f"/page/videos/{video_id}/compare")
        seen.check()
    for video_id in made:
        stock.http.delete(f"/v1/videos/{video_id}").raise_for_status()


def test_fields_of_the_playground(seen: Seen) -> None:
    page = seen.page
    for text in _together():
        page.goto(f"/playground?model={OTHERS}")
        for name in ("prompt", "negative_prompt", "provider_options", "seed"):
            _fill(page, name, text)
        _submit(page, "form.make")
        assert page.locator(".error, .note.is-error").count() >= 1
        for name in ("prompt", "negative_prompt", "provider_options"):
            kept = page.locator(f"main [name={name}]").input_value()
            assert "".join(kept.split()) == "".join(text.split())
        seen.check()
        # As they should be, so that a plan is shown; then with a model that is not there.
        _fill(page, "seed", "")
        _fill(page, "provider_options", json.dumps({text[:200]: text}))
        page.get_by_role("button", name="Check plan and price").click()
        page.locator(".plan").wait_for()
        seen.check()
        page.locator("[name=model]").evaluate("(field, text) => { field.options[0].value = text; }", text[:200])
        page.locator("[name=model]").evaluate("(field) => { field.selectedIndex = 0; }")
        _submit(page, "form.make")
        assert page.locator("#model-error").count() == 1
        seen.check()


def test_the_form_of_a_remix(seen: Seen, stock: Stock) -> None:
    page = seen.page
    for text in _together():
        page.goto(f"/page/videos/{stock.root}")
        _fill(page, "prompt", text)
        with page.expect_navigation():
            page.get_by_role("button", name="Show plan and price").click()
        assert page.locator(".plan, .error, .note.is-error").count() >= 1
        seen.check()


def test_names_of_keys(seen: Seen) -> None:
    page = seen.page
    names = [text for text in _together(LONGEST_NAME) if len(text) <= LONGEST_NAME and text.isprintable()][::3]
    for name in names:
        _post(seen, "/settings/keys", name=name)
    page.goto("/settings")
    shown = page.locator(".row-name").all_text_contents()
    assert all(any(name.strip() in each for each in shown) for name in names)
    for text in _together():
        _fill(page, "name", text)
        _submit(page, ".new-key-form")
        assert page.locator("#name-error").count() == 1
        seen.check()


def test_names_and_addresses_of_endpoints(seen: Seen, stock: Stock) -> None:
    page = seen.page
    tick = {"event:video.deleted": "on"}
    names = [text.strip() for text in _together(LONGEST_ENDPOINT_NAME) if text.isprintable()]
    names = [name[:LONGEST_ENDPOINT_NAME] for name in names]
    for name in names:
        _post(seen, "/settings/webhooks", name=name, url=f"https://example.com/?{urlencode({'q': name})}", **tick)
    page.goto("/settings/webhooks")
    assert {*names} <= {*page.locator(".row-name a").all_text_contents()}
    seen.check()
    paths = [link.get_attribute("href") for link in page.locator(".row-name a").all()]
    for path in paths[::10]:
        page.goto(f"{path}?{_query(after=names[0])}")
        seen.check()
    for place, form in (("/settings/webhooks", "form.stack"), (paths[0] or "", "form:has(#endpoint-name)")):
        for text in _together():
            page.goto(place)
            for name in ("name", "url"):
                _fill(page, name, text)
            _submit(page, form)
            assert page.locator("#endpoint-name-error").count() == 1
            _fill(page, "name", "An app")
            _submit(page, form)
            assert page.locator("#endpoint-url-error").count() == 1
            seen.check()
    for path in paths:
        stock.http.delete(f"/v1/webhook_endpoints/{(path or '').rpartition('/')[2]}").raise_for_status()


def test_what_is_searched_and_addresses(seen: Seen) -> None:
    page = seen.page
    for text in (*_together(LONGEST_IN_AN_ADDRESS), *REFUSED):
        page.goto(f"/?{_query(q=text, status=text, model=text, note=text, after=text)}")
        seen.check()
        page.goto(f"/playground?{_query(model=text, size=text, seconds=text, seed=text, prompt=text)}")
        seen.check()


def test_the_form_of_signing_in(seen: Seen) -> None:
    page = seen.page
    seen.context.clear_cookies()
    for text in _together(LONGEST_IN_AN_ADDRESS):
        page.goto(f"/sign-in?{_query(link=text, to=text)}")
        seen.check()
    for text in _together():
        page.goto("/sign-in")
        _fill(page, "key", text)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
        assert page.locator("#key-error").count() == 1
        seen.check()


def _together(most: int = TOGETHER) -> Iterator[str]:
    """All texts, as many in one as this many characters hold; a longer one by itself."""
    group: list[str] = []
    for text in STRINGS:
        if group and sum(map(len, group)) + len(group) + len(text) > most:
            yield " ".join(group)
            group = []
        group.append(text)
    yield " ".join(group)


def _post(seen: Seen, path: str, **form: str) -> None:
    answer = seen.page.request.post(path, form={**form}, headers={"origin": seen.url}, max_redirects=0)
    assert answer.status == 303, answer.text()


def _submit(page: Page, form: str) -> None:
    """Without what the browser would judge."""
    with page.expect_navigation():
        page.locator(form).first.evaluate("(form) => form.submit()")


def _fill(page: Page, name: str, text: str) -> None:
    page.locator(f"main [name={name}]:not([type=hidden])").first.evaluate(
        "(field, text) => { field.removeAttribute('maxlength'); field.value = text; }", text
    )


def _query(**fields: str) -> str:
    return urlencode({name: value[:LONGEST_IN_AN_ADDRESS] for name, value in fields.items()})

"""200 texts that want to be more than text, through every field that takes one: nothing of them is ever run."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from browser.hostile import REFUSED, STRINGS
from browser.seen import Seen
from browser.stock import MODEL, Stock

pytestmark = pytest.mark.timeout(300)
# As many at once as a field shows well.
TOGETHER = 20
EVERY = 8
LONGEST_NAME = 80


@pytest.fixture(autouse=True)
def _watched(seen: Seen) -> Iterator[None]:
    seen.watch_dialogs()
    yield
    seen.check()


def test_there_are_two_hundred() -> None:
    assert len(set(STRINGS)) == 200


def test_prompts(seen: Seen, stock: Stock) -> None:
    """Each as a prompt of its own: half of them of new videos, half of remixes of one, which all are in its tree."""
    root = stock.create("The root of them all")
    made = []
    for place, text in enumerate(STRINGS):
        path, more = (f"/{root}/remix", {}) if place % 2 else ("", {"model": MODEL, "size": "640x360"})
        made.append(stock.begin(path, prompt=text, **more))
    for text in REFUSED:
        assert stock.http.post("/v1/videos", json={"prompt": text, "model": MODEL}).status_code == 400
    page = seen.page
    shown = 0
    page.goto("/")
    while True:
        shown += page.locator("[data-card]").count()
        older = page.get_by_role("link", name="Older")
        if not older.count():
            break
        with page.expect_navigation():
            older.click()
    assert shown > len(STRINGS)
    page.goto(f"/page/videos/{root}/lineage")
    assert page.locator(".leaf").count() == 1 + len(STRINGS) // 2
    words = set(page.locator(".leaf-words").all_text_contents())
    assert {text for text in STRINGS[1::2] if text.strip() == text and "\n" not in text} <= words
    for video_id in made[::EVERY]:
        page.goto(f"/page/videos/{video_id}")
        seen.check()
    for video_id in made[1 :: EVERY * 5]:
        page.goto(f"/page/videos/{video_id}/compare")
        seen.check()
    # Nobody waits for the clips themselves.
    for video_id in made:
        stock.http.delete(f"/v1/videos/{video_id}").raise_for_status()


def test_fields_of_the_playground(seen: Seen) -> None:
    page = seen.page
    for text in _together():
        page.goto("/playground")
        for name in ("prompt", "seed"):
            _fill(page, name, text)
        page.locator("[name=model]").evaluate("(field, text) => { field.options[0].value = text; }", text[:200])
        with page.expect_navigation():
            page.locator("form.make").evaluate("(form) => form.submit()")
        assert page.locator(".error, .note.is-error").count() >= 1
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
    page.goto("/settings")
    names = [text for text in STRINGS if len(text) <= LONGEST_NAME and text.isprintable()][:90]
    for name in names:
        answer = page.request.post("/settings/keys", form={"name": name}, headers={"origin": seen.url})
        assert answer.ok, answer.text()
    page.goto("/settings")
    shown = page.locator(".row-name").all_text_contents()
    assert sum(any(name.strip() in each for each in shown) for name in names) == len(names)
    for text in _together():
        _fill(page, "name", text)
        with page.expect_navigation():
            page.locator(".new-key-form").evaluate("(form) => form.submit()")
        assert page.locator("#name-error").count() == 1
        seen.check()


def test_what_is_searched_and_addresses(seen: Seen) -> None:
    page = seen.page
    for text in (*_together(2_000), *REFUSED):
        page.goto(f"/?{_query(q=text, status=text, model=text, note=text, after=text)}")
        seen.check()
        page.goto(f"/playground?{_query(model=text, size=text, seconds=text, seed=text, prompt=text)}")
        seen.check()


def test_the_form_of_signing_in(seen: Seen) -> None:
    page = seen.page
    seen.context.clear_cookies()
    for text in _together(2_000):
        page.goto(f"/sign-in?{_query(link=text, to=text)}")
        seen.check()
        page.goto("/sign-in")
        _fill(page, "key", text)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
        assert page.locator("#key-error").count() == 1
        seen.check()


def _together(most: int = 20_000) -> Iterator[str]:
    for start in range(0, len(STRINGS), TOGETHER):
        yield " ".join(STRINGS[start : start + TOGETHER])[:most]


def _fill(page: Page, name: str, text: str) -> None:
    page.locator(f"main [name={name}]:not([type=hidden])").first.evaluate(
        "(field, text) => { field.removeAttribute('maxlength'); field.value = text; }", text
    )


def _query(**fields: str) -> str:
    return urlencode({name: value[:1500] for name, value in fields.items()})

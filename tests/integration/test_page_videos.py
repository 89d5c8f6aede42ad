"""What is seen of videos, by whom; and what forms do, once."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from visitor import Visitor, cards, hidden, visiting
from whole_server import ended, running

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability
from mutoscope.domain.money import Price
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.providers.protocol import Done, RemoteAsset, Running
from mutoscope.service.requests import Attempt, Caller, NewChange, NewVideo, SourceId
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio
on_either = pytest.mark.usefixtures("either")

HOSTILE = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}</title></textarea><svg/onload=x>\u202egnp"
AT_WORK = [Running(10.0, 0.5)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4").read_bytes()


@asynccontextmanager
async def signed_in(
    folder: Path, provider: ScriptedProvider, tenant: str = "default"
) -> AsyncIterator[tuple[Mutoscope, Caller, Visitor]]:
    async with running(folder, provider) as (server, _), visiting(server) as visitor:
        yield server, await enter(server, visitor, tenant), visitor


async def enter(server: Mutoscope, visitor: Visitor, tenant: str) -> Caller:
    key = await create_key(server.database, 1.0, tenant=tenant)
    assert (await visitor.sign_in(key.secret)).status_code == 303
    return await server.service.authenticate(key.secret)


async def made(server: Mutoscope, caller: Caller, prompt: str = "a lake") -> Video:
    return await ended(server, caller, (await create(server, caller, NewVideo(prompt))).id)


def lines(page: str) -> tuple[str, str]:
    """Those that repeat a video: for a shell, and for the SDK."""
    curl, python = (unescape(each) for each in re.findall(r"<code>(curl .*?|import os.*?)</code>", page, re.DOTALL))
    return curl, python


@on_either
async def test_the_gallery_shows_the_newest_first_in_pages(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider(polls=AT_WORK)) as (server, caller, visitor):
        assert "Make your first video" in (await visitor.get("/")).text
        ids = [(await create(server, caller, NewVideo(f"lake {number}"))).id for number in range(26)]
        first = (await visitor.get("/")).text
        assert cards(first) == ids[:1:-1]
        older = re.search(r'href="(/\?after=[^"]+)" rel="next"', first)
        assert older is not None
        second = (await visitor.get(older[1])).text
        assert cards(second) == ids[1::-1]
        assert 'rel="next"' not in second


@on_either
async def test_the_search_finds_words_of_prompts_only(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider(polls=AT_WORK)) as (server, caller, visitor):
        prompts = ("A misty LAKE", 'say "100%" \\ now', "Ölfeld im Nebel", "seconds of size", "under_score", "a_b")
        ids = {prompt: (await create(server, caller, NewVideo(prompt))).id for prompt in prompts}

        async def found(words: str) -> set[str]:
            answer = await visitor.client.get("/", params={"q": words})
            return {prompt for prompt in prompts if ids[prompt] in cards(answer.text)}

        assert await found("lake") == {"A misty LAKE"}
        assert await found("lake misty a") == {"A misty LAKE"}
        assert await found("lake fog") == set()
        assert await found('"100%"') == {'say "100%" \\ now'}
        assert await found("\\") == {'say "100%" \\ now'}
        assert await found("ölFELD") == {"Ölfeld im Nebel"}
        assert await found("size") == {"seconds of size"}
        assert await found("operation") == set()  # a word of the stored request, and of no prompt
        assert await found("_") == {"under_score", "a_b"}
        assert await found("'; DROP TABLE videos; --") == set()


@on_either
async def test_the_filter_by_state_and_model(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        video = await made(server, caller)
        for query, is_there in {
            "status=completed": True,
            "status=failed": False,
            "status=in_progress": False,
            "model=scripted-1": True,
            "model=local": True,
            "status=nonsense": True,
            "status=completed&q=sea": False,
        }.items():
            assert (cards((await visitor.get(f"/?{query}")).text) == [video.id]) is is_there, query


async def test_hostile_words_are_words(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        video = await made(server, caller, HOSTILE)
        pages = [
            await visitor.get("/"),
            await visitor.get(f"/page/videos/{video.id}"),
            await visitor.get(f"/page/videos/{video.id}/card"),
            await visitor.client.get("/", params={"q": HOSTILE}),
            await visitor.post(f"/page/videos/{video.id}/remix", {"prompt": HOSTILE, "model": HOSTILE, "do": "plan"}),
            await visitor.client.get("/sign-in", params={"link": HOSTILE, "to": HOSTILE}),
        ]
        for page in pages:
            for tag, attributes in elements(page.text):
                assert tag != "svg" or attributes["class"] == "icon"
                assert tag != "script" or attributes["src"].startswith("/page/static/")
                assert tag != "img" or attributes["src"].startswith("/page/videos/")
                assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert "&lt;script&gt;alert(1)" in pages[1].text
        assert "{{ 7*7 }}" in pages[1].text


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """Every element of a page as a browser would read it, with its attributes."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

    Reader(convert_charrefs=True).feed(html)
    return found


@on_either
async def test_tenants_do_not_see_each_other(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        video = await made(server, caller, "canary of the default tenant")
        async with visiting(server) as other:
            await enter(server, other, "strangers")
            path = f"/page/videos/{video.id}"
            answers = [
                await other.get("/"),
                await other.get("/?q=canary"),
                await other.get(f"/?after={video.id}"),
                await other.get(path),
                await other.get(f"{path}/card"),
                await other.get(f"{path}/content"),
                await other.get(f"{path}/content?variant=thumbnail"),
                await other.get(f"/page/progress?id={video.id}"),
                await other.post(f"{path}/remix", {"prompt": "night", "do": "plan"}),
                await other.post(f"{path}/remix", {"prompt": "night", "do": "make"}),
                await other.post(f"{path}/delete"),
            ]
            assert [answer.status_code for answer in answers] == [200] * 3 + [404] * 4 + [200] + [404] * 3
            assert not any("canary of" in answer.text for answer in answers)
            assert answers[7].json() == {"videos": []}
        assert (await visitor.get(path)).status_code == 200


async def test_content_by_the_cookie_with_ranges(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        path = f"/page/videos/{(await made(server, caller)).id}/content"
        part = await visitor.get(path, range="bytes=0-9")
        assert (part.status_code, part.headers["content-type"], len(part.content)) == (206, "video/mp4", 10)
        assert part.headers["content-disposition"].startswith("inline")
        whole = await visitor.get(f"{path}?download")
        assert whole.headers["content-disposition"].startswith("attachment")
        assert whole.content[:10] == part.content
        assert (await visitor.get(path, if_none_match=whole.headers["etag"])).status_code == 304
        assert (await visitor.get(f"{path}?variant=thumbnail")).headers["content-type"] == "image/webp"
        assert (await visitor.get(f"{path}?variant=../../x")).status_code == 400
        visitor.client.cookies.clear()
        assert (await visitor.get(path, sec_fetch_dest="video")).status_code == 401


async def test_a_remix_that_is_sent_twice_is_made_once(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        video = await made(server, caller)
        path = f"/page/videos/{video.id}"
        once = hidden((await visitor.get(path)).text, "once")
        fields = {"prompt": "make it\r\nnight", "model": "scripted-1", "once": once, "do": "make"}
        first, second = await visitor.post(f"{path}/remix", fields), await visitor.post(f"{path}/remix", fields)
        assert first.status_code == second.status_code == 303
        assert first.headers["location"] == second.headers["location"]
        other = await visitor.post(f"{path}/remix", {**fields, "prompt": "make it snow"})
        assert other.headers["location"] != first.headers["location"]
        remix = await server.service.retrieve(caller, first.headers["location"].rpartition("/")[2])
        assert (remix.source_id, remix.request.prompt) == (video.id, "make it\nnight")
        anew = await visitor.post(f"{path}/remix", {**fields, "once": hidden((await visitor.get(path)).text, "once")})
        assert anew.headers["location"] not in (first.headers["location"], other.headers["location"])


async def test_a_plan_has_its_price_and_makes_nothing(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip, price=Price(per_second=250_000), size=Size(64, 64), seconds=1)
    async with signed_in(tmp_path, provider) as (server, caller, visitor):
        video = await made(server, caller)
        path = f"/page/videos/{video.id}"
        fields = {"prompt": "make it night", "model": "scripted-1", "do": "plan"}
        shown = await visitor.post(f"{path}/remix", fields)
        assert shown.status_code == 200
        assert "0.25 USD" in shown.text
        assert ">make it night</textarea>" in shown.text
        assert (await visitor.post(f"{path}/remix", {**fields, "rehearse": "on"})).text.count("0.25 USD") < (
            shown.text.count("0.25 USD")
        )
        assert cards((await visitor.get("/")).text) == [video.id]
        assert "0.25 USD spent" in (await visitor.get(path)).text


async def test_what_is_wrong_is_told_beside_its_field(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        path = f"/page/videos/{(await made(server, caller)).id}/remix"
        empty = await visitor.post(path, {"prompt": " ", "model": "scripted-1", "do": "make"})
        assert empty.status_code == 400
        assert re.search(r'<textarea id="prompt"[^>]*aria-invalid="true"', empty.text)
        unknown = await visitor.post(path, {"prompt": "night", "model": "nobody", "do": "make"})
        assert unknown.status_code == 400
        assert re.search(r'<select id="remix-model"[^>]*aria-invalid="true"', unknown.text)
        assert ">night</textarea>" in unknown.text


async def test_deleting_removes_it(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        path = f"/page/videos/{(await made(server, caller)).id}"
        assert (await visitor.get(f"{path}/delete")).headers["location"] == path  # looking at it deletes nothing
        assert (await visitor.get(path)).status_code == 200
        gone = await visitor.post(f"{path}/delete")
        assert gone.headers["location"] == "/?note=deleted"
        assert "The video is deleted." in (await visitor.get("/?note=deleted")).text
        assert (await visitor.get(path)).status_code == 404


async def test_forms_count_among_the_requests_of_a_tenant_and_looking_does_not(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=AT_WORK)
    async with running(tmp_path, provider, requests_per_minute=2) as (server, _), visiting(server) as visitor:
        key = await create_key(server.database, 1.0, tenant="visitors")
        assert (await visitor.sign_in(key.secret)).status_code == 303
        assert {(await visitor.get("/")).status_code for _ in range(5)} == {200}
        found = [(await visitor.post("/page/videos/video_none/delete")).status_code for _ in range(2)]
        assert found == [404, 429]


async def test_one_at_work_and_one_that_failed(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=AT_WORK)
    async with signed_in(tmp_path, provider) as (server, caller, visitor):
        video = await create(server, caller)
        page = (await visitor.get(f"/page/videos/{video.id}")).text
        assert f'data-live="{video.id}"' in page
        assert 'id="remix"' not in page
        told = (await visitor.get(f"/page/progress?id={video.id}&id=video_none&id=../x")).json()["videos"]
        assert [(one["id"], one["ended"]) for one in told] == [(video.id, False)]


async def test_a_failure_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, _), visiting(server) as visitor:
        caller = await enter(server, visitor, "default")
        wishes = Wishes(model="flipbook-instant", options={"test_case": "moderated"})
        video = await ended(server, caller, (await create(server, caller, NewVideo("x", wishes))).id)
        page = (await visitor.get(f"/page/videos/{video.id}")).text
        assert "moderation_blocked" in page
        assert "Nothing is wrong: the request asked for this failure" in page
        assert "Say it in other words" not in page
        assert ">AI-generated<" not in page
        assert ">AI-generated<" not in (await visitor.get("/")).text


async def test_what_was_not_drawn_is_told_beside_the_clip(tmp_path: Path, clip: bytes) -> None:
    facts = {
        "unmatched": ["fireworks", "<b>dragon</b>"],
        "confidence": {"setting": 0.19, "camera": 1.0},
        "scene": {"setting": "golden_bay", "camera": {"move": "pan_left"}},
    }
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),), facts)
    async with signed_in(tmp_path, ScriptedProvider(clip=clip, polls=[done])) as (server, caller, visitor):
        page = (await visitor.get(f"/page/videos/{(await made(server, caller)).id}")).text
        assert "<strong>Not drawn:</strong> fireworks, &lt;b&gt;dragon&lt;/b&gt;." in page
        assert "<strong>Guessed:</strong> the setting, taken to be “golden bay” (19 % sure)." in page
        assert page.count("Guessed:") == 1
        assert "pan left" in page
        assert "100 % sure" in page


async def test_of_what_reads_no_prompt_nothing_is_said_to_be_missing(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        page = (await visitor.get(f"/page/videos/{(await made(server, caller)).id}")).text
        assert not [words for words in ("Not drawn", "Guessed", "How the words were read") if words in page]


async def test_what_failed_is_tried_again_with_the_same_form(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, _), visiting(server) as visitor:
        caller = await enter(server, visitor, "default")
        fails = Wishes(model="flipbook-instant", seed=7, options={"test_case": "moderated"})
        new = NewVideo(HOSTILE, fails, size="720x1280", seconds=8)
        video = await ended(server, caller, (await create(server, caller, new)).id)
        assert f'href="/playground?again={video.id}"' in (await visitor.get(f"/page/videos/{video.id}")).text
        form = unescape((await visitor.get(f"/playground?again={video.id}")).text)
        assert f"\n{HOSTILE}</textarea>" in form
        for chosen in ('value="720x1280" selected', 'value="8" selected', 'name="seed"', 'value="7"'):
            assert chosen in form
        lake = NewVideo("a lake", Wishes(model="flipbook-instant"), size="640x360", seconds=4)
        source = await ended(server, caller, (await create(server, caller, lake)).id)
        change = NewChange("in the rain", SourceId(source.id, "video_id"), Operation.REMIX, fails)
        remix = (await server.service.make(caller, change, Attempt("f"))).video
        await ended(server, caller, remix.id)
        place = f"/page/videos/{source.id}?again={remix.id}"
        assert f'href="{place}#remix"' in (await visitor.get(f"/page/videos/{remix.id}")).text
        assert ">in the rain</textarea>" in (await visitor.get(place)).text
        await enter(server, visitor, "neighbours")
        assert (await visitor.get(f"/playground?again={video.id}")).status_code == 404


async def test_the_line_that_repeats_it_can_be_pasted(tmp_path: Path, clip: bytes) -> None:
    async with signed_in(tmp_path, ScriptedProvider(clip=clip)) as (server, caller, visitor):
        video = await made(server, caller, HOSTILE)
        page = (await visitor.get(f"/page/videos/{video.id}")).text
        curl, python = lines(page)
        words = shlex.split(curl.replace("\\\n", " "))
        assert words[:2] == ["curl", "http://127.0.0.1:8650/v1/videos"]
        assert json.loads(words[-1])["prompt"] == HOSTILE
        compile(python, "repeat", "exec")


async def test_the_line_names_a_seed_only_where_the_model_takes_one(tmp_path: Path, clip: bytes) -> None:
    """A paid model refuses what it does not take, also a seed that a remix keeps for those that come after it."""
    provider = ScriptedProvider(clip=clip)
    async with signed_in(tmp_path, provider) as (server, caller, visitor):
        video = await made(server, caller)
        assert video.request.seed is not None
        named = lines((await visitor.get(f"/page/videos/{video.id}")).text)
        assert all(str(video.request.seed) in each for each in named)
    (model,) = provider.models
    provider.models = (replace(model, capabilities=model.capabilities - {Capability.SEED}),)
    async with signed_in(tmp_path, provider) as (_, _, visitor):
        named = lines((await visitor.get(f"/page/videos/{video.id}")).text)
        assert not any("seed" in each for each in named)

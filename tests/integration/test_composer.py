"""Words put together by a chat endpoint, which may misbehave in every way it likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import whole_server
from aiohttp import web
from whole_server import ended

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.dialect.schema import plan_object, video_object
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import ConfigurationError, SourceRefused, UpstreamError, UpstreamUnavailable
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.engine.jobs import build_job
from mutoscope.engine.unknown import Detective
from mutoscope.engine.wording import settle
from mutoscope.providers import chat_composer
from mutoscope.providers.chat_composer import ChatComposer
from mutoscope.providers.protocol import Recovery
from mutoscope.service.requests import Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip

pytestmark = pytest.mark.anyio

NIGHT = "A lake at night, seen from the shore."
RULE = "The scene as it was: A lake at dawn.\nNow change it: make it night."


class Chat:
    """An endpoint that says what it is told to say."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answer: Any = said(NIGHT)
        self.status = 200
        self.silent = 0.0

    async def hear(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Authorization"))
        self.asked.append(await request.json())
        if self.silent:
            await asyncio.sleep(self.silent)
        body = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return web.Response(status=self.status, text=body, content_type="application/json")


def said(content: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}, **more}]}


@pytest.fixture
async def chat() -> AsyncIterator[tuple[Chat, str]]:
    fake = Chat()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", fake.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield fake, f"http://{host}:{port}/v1"
    await runner.cleanup()


@asynccontextmanager
async def composing(
    folder: Path, url: str, other: ScriptedProvider, **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    clip = write_clip(folder.parent / "clip.mp4").read_bytes()
    chosen = {"composer_url": url, "composer_model": "small" if url else "", "database": whole_server.database}
    maker = ScriptedProvider(clip=clip)
    other._clip = clip
    server = Mutoscope(
        Settings(data_dir=folder, default_model="scripted-1", **{**chosen, **settings}),
        [lambda _: maker, lambda _: other],
    )
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


def another(*capabilities: Capability, submits: Any = (None,), **more: Any) -> ScriptedProvider:
    other = ScriptedProvider("other", submits=submits)
    other.models = (replace(other.models[0], **{"capabilities": frozenset(capabilities), **more}),)
    return other


async def a_source(server: Mutoscope, caller: Caller) -> Video:
    source = await create(server, caller, NewVideo("A lake at dawn", seconds=1))
    return await ended(server, caller, source.id)


def change(source: Video, **wishes: Any) -> NewChange:
    asked = Wishes(**{"model": "other-1", "min_strategy": Strategy.PROMPT, **wishes})
    return NewChange("make it night", SourceId(source.id, "video_id"), Operation.REMIX, asked)


async def remixed(server: Mutoscope, caller: Caller, source: Video, **wishes: Any) -> Video:
    made = (await server.service.make(caller, change(source, **wishes), attempt())).video
    return await ended(server, caller, made.id)


@pytest.mark.usefixtures("either")
async def test_the_chat_rewrites_what_the_rule_has_put_together(tmp_path, chat, monkeypatch) -> None:
    fake, url = chat
    monkeypatch.setenv("COMPOSER_KEY", "sk-secret")
    other = another(prompt_limit=200)
    async with composing(tmp_path / "data", url, other, composer_key_env="COMPOSER_KEY") as (server, caller):
        source = await a_source(server, caller)
        plan = plan_object(await server.service.plan(caller, change(source)))
        assert (plan.composed_by, plan.recipients, fake.asked) == ("chat", ["127.0.0.1"], [])
        told = video_object(await remixed(server, caller, source)).remix
        assert (told.composed_by, told.upstream_prompt) == ("chat", NIGHT)  # type: ignore[union-attr]
        assert told.rule_prompt.startswith(RULE)  # type: ignore[union-attr]
        assert told.adjustments == []  # type: ignore[union-attr]
    assert other.jobs[0].prompt == NIGHT
    (question,) = fake.asked
    assert (question["model"], question["temperature"], fake.keys) == ("small", 0, ["Bearer sk-secret"])
    system, user = question["messages"]
    assert "at most 200 characters" in system["content"]
    assert user["content"].startswith(RULE)


WRONG = {
    "another status": {"status": 500},
    "a redirect": {"status": 302},
    "no JSON": {"answer": "<html>"},
    "a lone surrogate": {"answer": '{"choices": [{"message": {"content": "\\ud800"}}]}'},
    "no choices": {"answer": {"choices": []}},
    "nothing": {"answer": said("")},
    "blanks": {"answer": said(" \n ")},
    "null": {"answer": said(None)},
    "no text": {"answer": said([{"type": "text", "text": "x"}])},
    "too long": {"answer": said("x" * 201)},
    "a control character": {"answer": said("a lake\u0007")},
    "NUL": {"answer": said("a\u0000lake")},
    "cut short": {"answer": said("a lake", finish_reason="length")},
    "silence": {"silent": 5.0},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_whatever_is_wrong_with_it_the_rule_stands_in(tmp_path, chat, monkeypatch, wrong) -> None:
    fake, url = chat
    monkeypatch.setattr(chat_composer, "_LIMITS", replace(chat_composer._LIMITS, total=0.5))
    for name, value in wrong.items():
        setattr(fake, name, value)
    other = another(prompt_limit=200)
    async with composing(tmp_path / "data", url, other) as (server, caller):
        video = await remixed(server, caller, await a_source(server, caller))
        assert (video.composed_by, video.rule_prompt) == ("rule", None)
        (told,) = video.adjustments
        assert told["field"] == "upstream_prompt"
        assert "put together by rule" in told["reason"]
    assert len(fake.asked) == 1, "asked once"
    assert other.jobs[0].prompt.startswith(RULE)
    assert other.jobs[0].prompt == video.upstream_prompt


async def test_an_endpoint_that_is_away_is_no_harm(tmp_path) -> None:
    other = another()
    async with composing(tmp_path / "data", "http://127.0.0.1:9/v1", other) as (server, caller):
        video = await remixed(server, caller, await a_source(server, caller))
        assert (video.composed_by, len(video.adjustments)) == ("rule", 1)


async def test_an_attempt_has_one_text_however_often_it_is_made(tmp_path, chat) -> None:
    fake, url = chat
    away = UpstreamUnavailable(not_sent=True)
    other = another(submits=(away, away, None))
    async with composing(tmp_path / "data", url, other) as (server, caller):
        source = await a_source(server, caller)
        made = (await server.service.make(caller, change(source), attempt())).video
        async with asyncio.timeout(15):
            while not other.jobs:
                await asyncio.sleep(0.02)
        fake.answer = said("Something else.")
        await ended(server, caller, made.id)
    assert {(job.key, job.prompt) for job in other.jobs} == {(f"{made.id}-1", NIGHT)}
    assert (len(other.jobs), len(fake.asked)) == (3, 1)


async def test_what_is_settled_stays_over_a_restart_and_for_whoever_comes_second(tmp_path, chat) -> None:
    fake, url = chat
    down = UpstreamUnavailable(not_sent=True)
    first = another(submits=(down,))
    async with composing(tmp_path / "data", url, first) as (server, caller):
        source = await a_source(server, caller)
        made = (await server.service.make(caller, change(source), attempt())).video
        async with asyncio.timeout(15):
            while not first.jobs:
                await asyncio.sleep(0.02)
        desk = server._production._desk
        row: Any = await desk.row(made.id)
        # One who had seen the row before it was settled hears another text, and takes the one that stands there.
        stale = {**row, "plan": json.dumps({**json.loads(row["plan"]), "composition": _open(row)})}
        fake.answer = said("Something else.")
        assert (await settle(desk, stale))["upstream_prompt"] == NIGHT
    asked = len(fake.asked)
    second = another()
    async with composing(tmp_path / "data", url, second) as (server, _):
        async with asyncio.timeout(15):
            while not second.jobs:
                await asyncio.sleep(0.02)
    assert {job.prompt for job in [*first.jobs, *second.jobs]} == {NIGHT}
    assert len({job.key for job in [*first.jobs, *second.jobs]}) == 1
    assert len(fake.asked) == asked


def _open(row: Any) -> dict[str, Any]:
    return {"by": "rule", "material": row["upstream_prompt"], "limit": 200}


async def test_a_lower_rung_gets_words_of_its_own(tmp_path, chat) -> None:
    fake, url = chat
    refuses: tuple[UpstreamError | None, ...] = (SourceRefused("no"), None)
    other = another(Capability.EDIT, Capability.CLIP_REFERENCE, submits=refuses)
    async with composing(tmp_path / "data", url, other) as (server, caller):
        source = await a_source(server, caller)
        plan = plan_object(await server.service.plan(caller, change(source)))
        assert (plan.strategy, plan.recipients) == ("edit", ["other"])
        fake.answer = said(NIGHT)
        video = await remixed(server, caller, source)
        assert (video.strategy, video.composed_by, video.upstream_prompt) == ("reference", "chat", NIGHT)
    assert [job.prompt for job in other.jobs] == ["make it night", NIGHT]
    assert len({job.key for job in other.jobs}) == 2


async def test_nothing_is_composed_where_the_change_alone_is_sent_or_only_rehearsed(tmp_path, chat) -> None:
    fake, url = chat
    async with composing(tmp_path / "edits", url, another(Capability.EDIT)) as (server, caller):
        video = await remixed(server, caller, await a_source(server, caller))
        assert (video.strategy, video.composed_by) == ("edit", None)
    async with composing(tmp_path / "rehearses", url, another(), rehearsal_speed=1000.0) as (server, caller):
        source = await a_source(server, caller)
        plan = plan_object(await server.service.plan(caller, change(source, rehearse=True)))
        assert (plan.composed_by, plan.recipients) == ("rule", [])
        video = (await server.service.make(caller, change(source, rehearse=True), attempt())).video
        async with asyncio.timeout(30):
            while (await server.service.retrieve(caller, video.id)).state in (State.QUEUED, State.SUBMITTING):
                await asyncio.sleep(0.02)
        assert (video.composed_by, video.adjustments) == ("rule", ())
    assert fake.asked == []


async def test_under_one_key_never_two_texts_also_after_a_restore(tmp_path, chat) -> None:
    _, url = chat
    other = another()
    other.recovery = Recovery(key_seconds=3600.0)
    async with composing(tmp_path / "data", url, other) as (server, caller):
        video = await remixed(server, caller, await a_source(server, caller))
        (job,), desk = other.jobs, server._production._desk
        assert job.words_are_known
        row: Any = await desk.row(video.id)
        open_plan = json.dumps({**json.loads(row["plan"]), "composition": _open(row)})
        assert not (await build_job(desk, {**row, "plan": open_plan}, 1)).words_are_known
        for known, asked in ((False, 1), (True, 2)):
            found = await Detective(desk).look(other, replace(job, words_are_known=known), desk.clock.now())
            assert (found is not None, len(other.jobs)) == (known, asked)


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"composer_url": "http://127.0.0.1:1/v2", "composer_model": "x"}, "composer_url"),
        ({"composer_url": "ftp://127.0.0.1/v1", "composer_model": "x"}, "composer_url"),
        ({"composer_url": "http://127.0.0.1:1/v1"}, "composer_model"),
    ],
)
def test_settings_that_lead_nowhere_stop_the_start(settings: Any, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        Settings(**settings)


def test_a_key_that_is_not_there_stops_the_start(tmp_path) -> None:
    named: Any = {"composer_url": "http://127.0.0.1:1/v1", "composer_model": "x", "composer_key_env": "NOT_THERE"}
    with pytest.raises(ConfigurationError, match="NOT_THERE"):
        Mutoscope(Settings(data_dir=tmp_path, **named))


async def test_the_host_is_what_recipients_are_told() -> None:
    for url, host in (("https://chat.example/v1", "chat.example"), ("http://[::1]:8000/v1", "::1")):
        composer = ChatComposer(url, "x")
        assert composer.host == host
        await composer.aclose()

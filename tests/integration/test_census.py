"""What stands in the database, counted for the metrics on either database; and a video told whole by its rows."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from whole_server import ended, running

from mutoscope import metrics
from mutoscope.admin.census import Census
from mutoscope.admin.inspection import inspect
from mutoscope.cli.checks import Verdict, webhook_secrets
from mutoscope.domain.errors import DatabaseUnavailable, UpstreamTimeout
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import NewVideo
from mutoscope.service.webhooks import NewEndpoint
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio

ENDS = ("video.completed", "video.failed")
DIME = Price(per_second=100_000)
KEY, OTHER_KEY = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"w"))


@pytest.mark.usefixtures("either")
async def test_videos_and_money_by_state_and_provider(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    provider = ScriptedProvider(price=DIME, submits=[None, UpstreamTimeout("No answer.")], clip=clip)
    async with running(tmp_path / "data", provider) as (server, caller):
        census = Census(server.database, server._production.circuits, server.clock, server.vault)
        first = await ended(server, caller, (await create(server, caller)).id)
        second = await ended(server, caller, (await create(server, caller)).id)
        assert (first.state, second.state) == (State.COMPLETED, State.FAILED)
        standing = await census.standing()
        assert {row[:3] for row in standing.videos or ()} == {("completed", "scripted", 1), ("failed", "scripted", 1)}
        assert standing.money == [("scripted", "USD", 100_000, 100_000)]
        await create(server, caller)
        assert (await census.standing()).money == standing.money  # not counted anew at once


async def test_without_its_database_a_process_still_tells_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _):

        async def away(*_: object, **__: object) -> None:
            raise DatabaseUnavailable

        monkeypatch.setattr(server.database, "report", away)
        told = metrics.exposition(
            await Census(server.database, server._production.circuits, server.clock, server.vault).standing()
        )
        families = {family.name: family for family in text_string_to_metric_families(told.decode())}
        assert families["mutoscope_database_up"].samples[0].value == 0
        assert families["mutoscope_http_requests"].documentation
        assert families["mutoscope_circuit_open"].samples


@pytest.mark.usefixtures("either")
async def test_a_video_told_whole(tmp_path: Path) -> None:
    words = "a lighthouse above a sea of clouds"
    provider = ScriptedProvider(price=DIME, submits=[UpstreamTimeout(f"No answer to '{words}'.")])
    async with running(tmp_path / "data", provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller, NewVideo(words))).id)
        told = await inspect(server.database, video.id, server.clock.now())
        assert told is not None
        assert words not in str(told)
        assert told["request"]["prompt"]["characters"] == len(words)
        assert told["error"]["code"] == "submission_unknown"
        assert [event["kind"] for event in told["events"]] == ["created", "claimed", "gave_up"]
        assert [entry["kind"] for entry in told["ledger"]] == ["reserved"]
        assert told["attempts"][0]["outcome"] == "unknown"
        with_prompt = await inspect(server.database, video.id, server.clock.now(), with_prompt=True)
        assert with_prompt is not None
        assert with_prompt["request"]["prompt"] == words
        await server.service.delete(caller, video.id)
        deleted = await inspect(server.database, video.id, server.clock.now())
        assert deleted is not None
        assert "deleted_at" in deleted["times"]
        assert await inspect(server.database, "video_none", 0.0) is None


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("with_prompt", [False, True])
async def test_of_an_address_that_is_called_back_only_the_origin_is_told(tmp_path: Path, with_prompt: bool) -> None:
    callback = Wishes(callback_url="http://127.0.0.1:9/services/canary-path?key=canary-query")
    async with running(tmp_path, ScriptedProvider(), secret_key=KEY, webhook_hosts="127.0.0.1:9") as (server, caller):
        video = await ended(server, caller, (await create(server, caller, NewVideo("a lake", callback))).id)
        told = await inspect(server.database, video.id, server.clock.now(), with_prompt)
        assert told is not None
        assert [delivery["url"] for delivery in told["deliveries"]] == ["http://127.0.0.1:9/[hidden]"]
        assert "canary" not in str(told)


@pytest.mark.usefixtures("either")
async def test_signing_secrets_that_this_process_cannot_open_are_counted(tmp_path: Path) -> None:
    for key, count in ((KEY, 0), (OTHER_KEY, 1)):
        async with running(tmp_path, ScriptedProvider(), secret_key=key) as (server, caller):
            if key == KEY:
                await server.service.webhooks.create(caller, NewEndpoint("mine", "https://a.example/", ENDS))
            census = Census(server.database, server._production.circuits, server.clock, server.vault)
            standing = await census.standing()
            assert standing.unreadable_secrets == count
            told = metrics.exposition(standing).decode()
            assert f"mutoscope_webhook_secrets_unreadable {count:.1f}" in told
            verdict, _ = await asyncio.to_thread(webhook_secrets, server.settings)  # what the doctor says beside it
            assert verdict is (Verdict.FAIL if count else Verdict.OK)

"""The fake paid upstream and its provider: what each mishap leaves in the ledger, and what its answer proves."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mutoscope.domain.errors import UpstreamError, UpstreamRateLimited
from mutoscope.domain.video import VideoRequest
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.protocol import Done, Job, Running
from mutoscope.testing.processes import Child
from mutoscope.testing.upstream import Mishap
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider

pytestmark = pytest.mark.anyio

UNKNOWN, REJECTED, ACCEPTED = Outcome.UNKNOWN, Outcome.REJECTED, Outcome.ACCEPTED
# Mishap: what it proves, and whether there is a job all the same.
TABLE = {
    None: (ACCEPTED, True),
    Mishap.SLOW_BEFORE: (UNKNOWN, True),
    Mishap.SLOW_AFTER: (UNKNOWN, True),
    Mishap.RATE_LIMITED: (REJECTED, False),
    Mishap.BUSY: (UNKNOWN, False),
    Mishap.BROKEN: (UNKNOWN, True),
    Mishap.ERROR_IN_200: (UNKNOWN, False),
    Mishap.NO_ID: (UNKNOWN, True),
    Mishap.HTML: (UNKNOWN, True),
    Mishap.CUT: (UNKNOWN, True),
    Mishap.REFUSED: (REJECTED, False),
}


class Upstream:
    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger.jsonl"
        self._child = Child("upstream", folder / "announced", folder / "log", "--ledger", self.ledger)
        told = self._child.ready()
        assert told is not None
        self.url = told["url"]

    def events(self, video_id: str) -> list[str]:
        entries = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        return [entry["event"] for entry in entries if entry["client_id"] == video_id]

    def stop(self) -> None:
        self._child.stop()


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    started = Upstream(tmp_path_factory.mktemp("upstream"))
    yield started
    started.stop()


@pytest.fixture(params=list(Mode))
async def provider(request: pytest.FixtureRequest, upstream: Upstream) -> AsyncIterator[UpstreamProvider]:
    made = UpstreamProvider(upstream.url, request.param, timeout=0.5)
    yield made
    await made.aclose()


def job(name: str, prompt: str = "a lake") -> Job:
    request = VideoRequest(prompt=prompt, model="m", size=None, seconds=1, seed=None)  # type: ignore[arg-type]
    return Job(name, 1, f"{name}-1", request, prompt)


async def until_ended(provider: UpstreamProvider, upstream_id: str) -> object:
    while isinstance(told := await provider.poll(upstream_id), Running):
        await asyncio.sleep(0.05)
    return told


@pytest.mark.parametrize("mishap", list(TABLE), ids=str)
async def test_what_an_answer_proves(upstream: Upstream, provider: UpstreamProvider, mishap: Mishap | None) -> None:
    outcome, has_job = TABLE[mishap]
    name = f"{provider.name}-{mishap}"
    try:
        await provider.submit(job(name, f"a lake !{mishap}"))
        proved = ACCEPTED
    except UpstreamError as error:
        proved = outcome_of(error)
    if mishap is Mishap.SLOW_BEFORE:
        assert upstream.events(name) == []
        await asyncio.sleep(1.3)
    assert (proved, "accepted" in upstream.events(name)) == (outcome, has_job)


async def test_a_repetition_is_answered_as_the_account_promises(upstream: Upstream, provider: UpstreamProvider) -> None:
    asked = job(f"twice-{provider.name}")
    first, second = await provider.submit(asked), await provider.submit(asked)
    assert (first == second) is (provider.recovery.key_seconds > 0)
    assert upstream.events(asked.video_id).count("accepted") == len({first, second})


async def test_only_an_account_with_look_up_finds(provider: UpstreamProvider) -> None:
    asked = job(f"found-{provider.name}")
    if not provider.recovery.finds:
        with pytest.raises(UpstreamError):
            await provider.find(asked, 0.0)
        return
    assert await provider.find(asked, 0.0) is None
    submitted = await provider.submit(asked)
    assert await provider.find(asked, 0.0) == submitted


async def test_a_finished_job_is_billed_once_and_its_clip_is_its_own(
    upstream: Upstream, provider: UpstreamProvider
) -> None:
    clips = []
    for name, price in (("plain", 100_000), ("!dearer", 200_000)):
        submitted = await provider.submit(job(f"{name}-{provider.name}", name))
        done = await until_ended(provider, submitted.upstream_id)
        assert isinstance(done, Done)
        assert done.charged == price
        clips.append(b"".join([chunk async for chunk in provider.fetch(done.assets[0])]))
        await provider.cancel(submitted.upstream_id)
        assert upstream.events(f"{name}-{provider.name}") == ["accepted", "billed"]
    assert clips[0][4:8] == b"ftyp"
    assert clips[0] != clips[1]


async def test_a_cancelled_job_is_not_billed(upstream: Upstream, provider: UpstreamProvider) -> None:
    asked = job(f"cancelled-{provider.name}")
    submitted = await provider.submit(asked)
    await provider.cancel(submitted.upstream_id)
    await until_ended(provider, submitted.upstream_id)
    assert upstream.events(asked.video_id) == ["accepted", "cancelled"]


async def test_when_to_come_again_is_passed_on(provider: UpstreamProvider) -> None:
    with pytest.raises(UpstreamRateLimited) as raised:
        await provider.submit(job(f"again-{provider.name}", "!rate_limited"))
    assert raised.value.retry_after == 1.0


async def test_a_refused_connection_proves_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    provider = UpstreamProvider(f"http://127.0.0.1:{port}", Mode.NEITHER)
    with pytest.raises(UpstreamError) as raised:
        await provider.submit(job("nowhere"))
    await provider.aclose()
    assert outcome_of(raised.value) is Outcome.NOT_SENT

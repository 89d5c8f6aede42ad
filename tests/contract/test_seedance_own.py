"""What only Seedance takes: a draft and then its full video, and pictures that are registered in the account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from contract.jobs import job_for
from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Done, Job, Poll, Running, Source, Waiting
from mutoscope.providers.seedance.provider import Seedance
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME
from mutoscope.testing.upstreams.seedance import FakeSeedance

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["seedance"]
SPECS = PAIR.specs()
DRAFTS, NEWEST = SPECS["seedance-1.5-pro"], SPECS["seedance-2.5"]
ASSETS = {"asset-1": film.picture(31, Size(640, 640)), "asset-2": film.picture(32, Size(640, 640))}
SMALL, LARGE = Size(864, 496), Size(1280, 720)


@asynccontextmanager
async def seedance(**arguments: Any) -> AsyncIterator[tuple[FakeSeedance, Seedance]]:
    fake = PAIR.make_fake(**arguments)
    assert isinstance(fake, FakeSeedance)
    with fake.serving():
        account = PAIR.account(fake)
        try:
            yield fake, Seedance(account)
        finally:
            await account.door.aclose()


async def ended(provider: Seedance, upstream_id: str) -> Poll:
    for _ in range(6):
        answer = await provider.poll(upstream_id)
        if not isinstance(answer, Waiting | Running):
            return answer
    raise AssertionError(f"{upstream_id} does not end")


async def made(provider: Seedance, job: Job) -> tuple[str, Done, int | None]:
    """The upstream's id, the end, and what the clip shows."""
    upstream_id = (await provider.submit(job)).upstream_id
    answer = await ended(provider, upstream_id)
    assert isinstance(answer, Done), answer
    return upstream_id, answer, film.badge_of(b"".join([each async for each in provider.fetch(answer.assets[0])]))


def with_content(model: Any, *content: Any, **more: Any) -> Job:
    return job_for(model, options={"provider_options": {"content": list(content)}}, **more)


def asset(name: str, role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"asset://{name}"}, "role": role}


async def drafted(provider: Seedance) -> tuple[str, Done, int | None]:
    return await made(provider, job_for(DRAFTS, size=SMALL, seconds=6, options={"provider_options": {"draft": True}}))


async def test_a_draft_and_then_its_full_video_by_the_upstreams_id() -> None:
    async with seedance() as (fake, provider):
        draft, done, badge = await drafted(provider)
        assert (done.facts["ark_draft"], done.facts["ark_draft_seconds"]) == (True, 6)
        task = {"type": "draft_task", "draft_task": {"id": draft}}
        _, full, shown = await made(provider, with_content(DRAFTS, task, size=LARGE))
        job = fake.accepted[1]
        assert (job.kind, job.seconds, min(job.size.width, job.size.height)) == ("native", 6.0, 720)
        assert (shown, "ark_draft" in full.facts) == (badge, False)


async def test_a_remix_of_a_draft_is_its_full_video_where_that_is_asked_for() -> None:
    async with seedance() as (fake, provider):
        draft, done, badge = await drafted(provider)
        source = Source("video_0", "seedance", draft, done.facts, "key")
        remix = {"operation": Operation.REMIX, "strategy": "frame", "reference": film.picture(9, SMALL)}
        job = with_content(DRAFTS, {"type": "draft_task"}, source=source, size=LARGE, seconds=6, **remix)
        _, _, shown = await made(provider, job)
        assert (shown, fake.accepted[1].kind) == (badge, "native")
        short = with_content(DRAFTS, {"type": "draft_task"}, source=source, size=LARGE, seconds=4, **remix)
        with pytest.raises(UpstreamRejected, match="ask for 6 seconds"):
            await provider.submit(short)
        full = Source("video_1", "seedance", fake.accepted[1].id, {}, "key")
        with pytest.raises(SourceRefused, match="no draft"):
            await provider.submit(with_content(DRAFTS, {"type": "draft_task"}, source=full, **remix))
        assert len(fake.accepted) == 2


@pytest.mark.parametrize(("role", "kind"), [("reference_image", "reference"), ("first_frame", "frame")])
async def test_registered_pictures(role: str, kind: str) -> None:
    async with seedance(assets=ASSETS) as (fake, provider):
        _, _, shown = await made(provider, with_content(NEWEST, asset("asset-1", role)))
        assert (shown, fake.accepted[0].kind) == (31, kind)
        with pytest.raises(UpstreamRejected):
            await provider.submit(with_content(NEWEST, asset("asset-9", role)))
        assert len(fake.accepted) == 1


async def test_a_first_and_a_last_registered_picture() -> None:
    async with seedance(assets=ASSETS) as (fake, provider):
        frames = (asset("asset-1", "first_frame"), asset("asset-2", "last_frame"))
        await provider.submit(with_content(SPECS["seedance-2.0"], *frames))
        assert (fake.accepted[0].badge, fake.accepted[0].ending) == (31, 32)

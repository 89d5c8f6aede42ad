"""A source that a model does not take as it is: what the plan says, what the provider is given, and what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
import whole_server
from whole_server import ended, until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.clip_limits import ClipLimits
from mutoscope.domain.errors import MediaUnreadable, SourceRefused, UnsupportedByModel, UpstreamRateLimited
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.media.studio import Studio
from mutoscope.providers.protocol import Job
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, SourceId, Upload
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

PRICE = Price(per_second=100_000, as_of="2026-11-26")
ADJUST = {"on_unsupported": OnUnsupported.ADJUST}


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    """As the first provider makes it, whatever is asked for: 2 s of 320x240."""
    return write_clip(tmp_path / "clip.mp4", seconds=2, width=320, height=240).read_bytes()


def another(clip: bytes, *can: Capability, submits: Any = (None,), **more: Any) -> ScriptedProvider:
    provider = ScriptedProvider("other", clip=clip, submits=submits)
    provider.models = (replace(provider.models[0], capabilities=frozenset(can), price=PRICE, **more),)
    return provider


@asynccontextmanager
async def two(folder: Path, clip: bytes, other: ScriptedProvider) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    chosen = Settings(data_dir=folder, database=whole_server.database, default_model="scripted-1")
    maker = ScriptedProvider(clip=clip, size=Size(320, 240), seconds=2)
    server = Mutoscope(chosen, [lambda _: maker, lambda _: other])
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


def change(words: str, source: Video | Upload, **wishes: Any) -> NewChange:
    origin = SourceId(source.id, "video_id") if isinstance(source, Video) else source
    operation = Operation.REMIX if isinstance(source, Video) else Operation.EDIT
    return NewChange(words, origin, operation, Wishes(**{"model": "other-1", **wishes}))


async def a_source(server: Mutoscope, caller: Caller) -> Video:
    return await ended(server, caller, (await create(server, caller, NewVideo("A lake at dawn"))).id)


async def sent(job: Job, folder: Path) -> tuple[Size, float, int]:
    """The size, seconds and bytes of the clip that the provider was given, as a player sees them."""
    assert job.clip is not None
    data = await job.clip.read()
    path = folder / f"sent-{job.key}.mp4"
    path.write_bytes(data)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return Size(stream.width, stream.height), float(stream.duration * stream.time_base), len(data)


def stored(folder: Path, video: Video) -> list[str]:
    return sorted(path.name for path in (folder / "data").rglob(f"{video.id}/fitted-*"))


async def test_a_clip_that_is_too_large_is_scaled_and_the_plan_says_so(tmp_path: Path, clip: bytes) -> None:
    other = another(clip, Capability.EDIT, edit_limits=ClipLimits(longest_side=160))
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        plan = await server.service.plan(caller, change("at night", source))
        assert [(one.field, one.given, one.to) for one in plan.adjustments] == [("source_clip", "320x240", "160x120")]
        made = (await server.service.make(caller, change("at night", source), attempt())).video
        done = await ended(server, caller, made.id)
        assert done.state is State.COMPLETED, done.failure
        assert [(one["field"], one["to"]) for one in done.adjustments] == [("source_clip", "160x120")]
        (job,) = other.jobs
        size, seconds, length = await sent(job, tmp_path)
        assert (size, seconds) == (Size(160, 120), pytest.approx(2.0, abs=0.01))
        assert job.clip is not None
        assert (job.clip.size, job.clip.seconds, job.clip.bytes) == (size, 2, length)
        assert (job.clip.media_type, len(stored(tmp_path, done))) == ("video/mp4", 1)
        await server.service.delete(caller, done.id)
        await until(lambda: _is(not stored(tmp_path, done)))


async def test_what_is_lost_is_lost_only_where_that_is_allowed(tmp_path: Path, clip: bytes) -> None:
    other = another(clip, Capability.EDIT, edit_limits=ClipLimits(longest=1, widest=1.0))
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        with pytest.raises(UnsupportedByModel, match="'adjust' allows to cut off its end"):
            await server.service.plan(caller, change("at night", source))
        made = (await server.service.make(caller, change("at night", source, **ADJUST), attempt())).video
        assert (made.request.seconds, str(made.request.size)) == (1, "320x320")
        assert made.usage is not None
        assert made.usage.amount == 100_000, "only what is left is paid for"
        await ended(server, caller, made.id)
        size, seconds, _ = await sent(other.jobs[0], tmp_path)
        assert (size, seconds) == (Size(320, 320), pytest.approx(1.0, abs=0.001))
        assert other.jobs[0].clip is not None
        assert other.jobs[0].clip.seconds == 1


async def test_a_lower_rung_has_its_own_fit(tmp_path: Path, clip: bytes) -> None:
    refusal = SourceRefused("The source is not taken.")
    limits = {"edit_limits": ClipLimits(longest_side=160), "reference_limits": ClipLimits(smallest_side=480)}
    other = another(clip, Capability.EDIT, Capability.CLIP_REFERENCE, submits=(refusal, None), **limits)
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        made = (await server.service.make(caller, change("at night", source), attempt())).video
        done = await ended(server, caller, made.id)
        sizes = [(job.strategy, str((await sent(job, tmp_path))[0])) for job in other.jobs]
        assert sizes == [("edit", "160x120"), ("reference", "640x480")]
        assert [one["to"] for one in done.adjustments] == ["640x480"]
        assert len(stored(tmp_path, done)) == 2


async def test_an_upload_is_fitted_too_and_the_clip_is_made_only_once(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of, fit = [], Studio.fit

    async def counted(self: Studio, source: Path, target: Path, how: Any) -> None:
        made_of.append(source)
        await fit(self, source, target, how)

    monkeypatch.setattr(Studio, "fit", counted)
    busy = another(
        clip, Capability.EDIT, edit_limits=ClipLimits(highest_fps=12), submits=(UpstreamRateLimited(retry_after=60.0),)
    )
    async with two(tmp_path / "data", clip, busy) as (server, caller):
        upload = Upload(clip, "video")
        made = (await server.service.make(caller, change("at night", upload), attempt())).video
        await until(lambda: _is(len(busy.jobs) == 1))
    free = another(clip, Capability.EDIT, edit_limits=ClipLimits(highest_fps=12))
    async with two(tmp_path / "data", clip, free) as (server, caller):
        assert (await ended(server, caller, made.id)).state is State.COMPLETED
        assert len(made_of) == 1, "found again after the restart"
        assert await free.jobs[-1].clip.read() == await free.jobs[-1].clip.read() != clip  # type: ignore[union-attr]
        _, seconds, _ = await sent(free.jobs[-1], tmp_path)
        assert seconds == pytest.approx(2.0, abs=0.01)


async def test_a_clip_that_cannot_be_fitted_ends_the_video_before_anything_is_sent(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise MediaUnreadable("The file is damaged or cut short.")

    monkeypatch.setattr(Studio, "fit", broken)
    other = another(clip, Capability.EDIT, edit_limits=ClipLimits(longest_side=160))
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        made = (await server.service.make(caller, change("at night", source), attempt())).video
        done = await ended(server, caller, made.id)
        assert done.failure is not None
        assert done.failure.code == "media_unreadable"
        assert "could not be made ready for the model: The file is damaged" in done.failure.message
        assert other.jobs == []
        assert done.usage is not None
        assert done.usage.standing is Standing.RELEASED


async def test_an_extension_is_given_a_clip_that_fits(tmp_path: Path, clip: bytes) -> None:
    other = another(clip, Capability.EXTEND, extend_limits=ClipLimits(longest_side=160, shortest=1))
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        new = NewExtension("on", SourceId(source.id, "video"), 2, Wishes(model="other-1"))
        made = (await server.service.make(caller, new, attempt())).video
        assert (made.request.seconds, made.request.added_seconds) == (4, 2)
        await ended(server, caller, made.id)
        size, seconds, _ = await sent(other.jobs[0], tmp_path)
        assert (size, seconds) == (Size(160, 120), pytest.approx(2.0, abs=0.01))


async def test_a_first_frame_is_no_larger_than_the_video(tmp_path: Path, clip: bytes) -> None:
    other = another(clip, Capability.IMAGE_REFERENCE)
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        new = replace(change("at night", source, min_strategy=Strategy.FRAME), resolution="120p")
        made = (await server.service.make(caller, new, attempt())).video
        await ended(server, caller, made.id)
        (job,) = other.jobs
        assert job.reference is not None
        picture = await Studio().check_picture(job.reference)
        assert (picture.size, job.request.size) == (Size(160, 120), Size(160, 120))


async def _is(condition: bool) -> bool:
    return condition

"""Rehearsals: the real plan of a model that is never asked, drawn and marked here, for as long as it would take."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import whole_server
from whole_server import until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.dialect.schema import plan_object, video_object
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, SizeRule
from mutoscope.domain.errors import BudgetExceeded, InvalidRequest, QueueFull, UnsupportedByModel, VideoNotFound
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, SourceId, Upload
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

FIVE_DOLLARS = Price(per_video=5_000_000, as_of="2026-11-26")
FAST = 1_000.0


class Untouchable(ScriptedProvider):
    """Says nothing to anybody: whoever asks it anything has spoiled the rehearsal."""

    touched: list[str]

    def __init__(self, *capabilities: Capability, **more: Any) -> None:
        super().__init__("other")
        self.touched = []
        can = {"price": FIVE_DOLLARS, "capabilities": frozenset(capabilities), **more}
        self.models = (replace(self.models[0], **can),)

    async def submit(self, job: Any) -> Any:
        self._refuse("submit")

    async def poll(self, upstream_id: str) -> Any:
        self._refuse("poll")

    async def find(self, job: Any, since: float) -> Any:
        self._refuse("find")

    async def cancel(self, upstream_id: str) -> None:
        self._refuse("cancel")

    async def forget(self, upstream_id: str) -> None:
        self._refuse("forget")

    async def fetch(self, asset: Any) -> AsyncIterator[bytes]:
        self._refuse("fetch")
        yield b""

    def _refuse(self, what: str) -> None:
        self.touched.append(what)
        raise AssertionError(f"a rehearsal asked its upstream: {what}")


ALL = (Capability.EDIT, Capability.EXTEND, Capability.IMAGE_REFERENCE, Capability.SEED)


@asynccontextmanager
async def rehearsing(
    folder: Path, other: Untouchable, clip: bytes = b"", **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    """A server with a model `other-1` that must not be asked, and `scripted-1`, which makes `clip` for nothing."""
    settings = {"rehearsal_speed": FAST, "database": whole_server.database, **settings}
    chosen = Settings(data_dir=folder, default_model="scripted-1", **settings)
    server = Mutoscope(chosen, [lambda _: ScriptedProvider(clip=clip), lambda _: other])
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()
    assert other.touched == []


def rehearse(**wishes: Any) -> Wishes:
    return Wishes(**{"model": "other-1", "rehearse": True, **wishes})


def change(words: str, source: Video, wishes: Wishes) -> NewChange:
    return NewChange(words, SourceId(source.id, "video_id"), Operation.REMIX, wishes)


async def ended(server: Mutoscope, caller: Caller, video_id: str) -> Video:
    """Waits also for the drawing code to be compiled, as it is on a machine's first clip."""

    async def is_final() -> bool:
        return (await server.service.retrieve(caller, video_id)).state.is_final

    await until(is_final, seconds=120.0)
    return await server.service.retrieve(caller, video_id)


async def made(server: Mutoscope, caller: Caller, new: Any) -> Video:
    video = (await server.service.make(caller, new, attempt())).video
    return await ended(server, caller, video.id)


async def frames_of(server: Mutoscope, caller: Caller, video: Video, folder: Path) -> tuple[list[np.ndarray], str]:
    """Every picture as grey values, and what the file says of itself."""
    content = await server.service.content(caller, video.id, Variant.VIDEO)
    path = folder / f"{video.id}.mp4"
    path.write_bytes(b"".join([chunk async for chunk in content.read(0, content.asset.bytes)]))
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        return pictures, container.metadata["comment"]


def is_marked(picture: np.ndarray) -> bool:
    """Whether the band is there: dark letters on an even ground, from the top to where the picture begins."""
    band = picture[1 : max(14, round(min(picture.shape) * 0.075)) // 2 * 2 - 1].astype(float)
    edge = np.concatenate([band[:, :2], band[:, -2:]], axis=1)
    return bool(edge.std() < 6 and abs(edge.mean() - 183) < 12 and 0.05 < (band < 110).mean() < 0.5)


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4", seconds=2).read_bytes()


async def test_a_rehearsal_has_a_seed_as_the_real_one_would_and_its_remix_keeps_it(tmp_path: Path) -> None:
    async with rehearsing(tmp_path, Untouchable(*ALL)) as (server, caller):
        video = await create(server, caller, NewVideo("a lake", rehearse()))
        assert video.request.seed is not None
        video = await ended(server, caller, video.id)
        planned = await server.service.plan(caller, change("make it night", video, rehearse()))
        assert planned.request.seed == video.request.seed


async def test_all_four_verbs_are_rehearsed_and_nobody_is_asked(tmp_path, clip) -> None:
    other = Untouchable(*ALL)
    async with rehearsing(tmp_path / "data", other, clip) as (server, caller):
        source = await made(server, caller, NewVideo("A lake at dawn", seconds=2))
        upload = Upload(clip, "video")
        news = {
            "create": NewVideo("a boat on a lake", rehearse(), seconds=1),
            "remix": change("make it night", source, rehearse()),
            "edit": NewChange("let it snow", upload, Operation.EDIT, rehearse()),
            "extension": NewExtension("it begins to rain", SourceId(source.id, "video"), 1, rehearse()),
        }
        videos = {verb: (await server.service.make(caller, new, attempt())).video for verb, new in news.items()}
        for verb, begun in videos.items():
            video = await ended(server, caller, begun.id)
            assert video.state is State.COMPLETED, (verb, video.failure)
            pictures, comment = await frames_of(server, caller, video, tmp_path)
            assert len(pictures) == round(video.request.seconds * 24), verb
            assert all(map(is_marked, pictures)), f"{verb}: a frame is not marked"
            assert comment.startswith("REHEARSAL of the model 'other-1'")
            wire = video_object(video)
            assert (wire.model, wire.provider, wire.mode) == ("other-1", "rehearsal", "rehearse")
            assert wire.notice
            assert "nothing was sent to 'other'" in wire.notice
            told = wire.rehearsal
            assert (told.provider, told.price, told.currency) == ("other", "5.00", "USD")  # type: ignore[union-attr]
        assert video_object(await server.service.retrieve(caller, videos["remix"].id)).remix.provider == "other"  # type: ignore[union-attr]
        assert not is_marked((await frames_of(server, caller, source, tmp_path))[0][0])
    assert other.jobs == []


async def test_it_costs_nothing_against_caps(tmp_path) -> None:
    async with rehearsing(tmp_path / "data", Untouchable(*ALL), budget_per_day=0.01) as (server, caller):
        with pytest.raises(BudgetExceeded):
            await server.service.plan(caller, NewVideo("a lake", Wishes(model="other-1")))
        for _ in range(2):
            video = await made(server, caller, NewVideo("a lake", rehearse()))
            assert (video.state, video.usage) == (State.COMPLETED, None)
        days = {"first": "2000-01-01", "last": "2099-12-31"}
        ledger = await server.database.report("usage_by_day", tenant=caller.tenant, **days)
        assert ledger == []
        plan = plan_object(await server.service.plan(caller, NewVideo("a lake", rehearse())))
        assert plan.mode == "rehearse"
        assert plan.price is not None
        assert plan.price.amount == plan.rehearsal.price == "5.00"  # type: ignore[union-attr]


async def test_real_refusals_and_limits_hold(tmp_path, clip) -> None:
    other = Untouchable(Capability.SEED, prompt_limit=20, seconds=(5,), default_seconds=5)
    async with rehearsing(tmp_path / "data", other, clip, queue_limit=1, rehearsal_speed=1.0) as (server, caller):
        source = await made(server, caller, NewVideo("A lake", seconds=2))
        for new, error in (
            (NewVideo("a lake", rehearse(max_price=4.99)), BudgetExceeded),
            (NewVideo("a lake", rehearse(), seconds=4), InvalidRequest),
            (NewVideo("x" * 21, rehearse()), InvalidRequest),
            (NewVideo("a lake", rehearse(options={"negative_prompt": "rain"})), UnsupportedByModel),
            (change("at night", source, rehearse()), UnsupportedByModel),  # below the floor of a paid model
            (change("at night", source, rehearse(min_strategy=Strategy.PROMPT)), InvalidRequest),  # its length
        ):
            with pytest.raises(error):
                await server.service.make(caller, new, attempt())
        await create(server, caller, NewVideo("a lake", rehearse()))
        with pytest.raises(QueueFull):
            await create(server, caller, NewVideo("a lake", rehearse()))


async def test_the_same_request_is_rehearsed_once(tmp_path) -> None:
    async with rehearsing(tmp_path / "data", Untouchable(*ALL)) as (server, caller):
        again = attempt(key="k")
        first = await server.service.make(caller, NewVideo("a lake", rehearse()), again)
        second = await server.service.make(caller, NewVideo("a lake", rehearse()), again)
        assert (second.video.id, second.replayed) == (first.video.id, True)


async def test_it_takes_as_long_as_its_model_also_over_a_restart(tmp_path) -> None:
    if whole_server.database:
        pytest.skip("the second server is another process there, and waits for the first one's lease")
    slow = {"seconds_per_second": 9.0}
    async with rehearsing(tmp_path / "data", Untouchable(**slow), rehearsal_speed=1.0) as (server, caller):
        video = await create(server, caller, NewVideo("a lake", rehearse(), seconds=1))
        assert video.expected_seconds == 9.0

        async def is_at_work() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.GENERATING

        await until(is_at_work)
        row = await server.database.one("video_at_work", id=video.id)
        assert row is not None
        begun = row["state_since"]
        await asyncio.sleep(2)
    # The clip that was drawn meanwhile is lost too: it is drawn again, and the time goes on.
    await asyncio.to_thread(shutil.rmtree, tmp_path / "data" / "rehearsals")
    async with rehearsing(tmp_path / "data", Untouchable(**slow), rehearsal_speed=1.0) as (server, caller):
        done = await ended(server, caller, video.id)
        assert done.state is State.COMPLETED
        assert done.completed_at is not None
        assert done.completed_at - begun >= 8.9
        after = await server.database.one("video_at_work", id=video.id)
        assert after is not None
        assert after["upstream_id"] == row["upstream_id"], "it began anew"


async def test_deleted_at_work_it_stops_here_and_nobody_is_told(tmp_path) -> None:
    async with rehearsing(tmp_path / "data", Untouchable(*ALL), rehearsal_speed=1.0) as (server, caller):
        video = await create(server, caller, NewVideo("a lake", rehearse(), seconds=20))

        async def is_at_work() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.GENERATING

        await until(is_at_work)
        await server.service.delete(caller, video.id)
        with pytest.raises(VideoNotFound):
            await server.service.retrieve(caller, video.id)
        clips = tmp_path / "data" / "rehearsals" / "clips"

        async def is_gone() -> bool:
            return not any(clips.glob("*/"))

        await until(is_gone)


async def test_words_alone_and_a_first_frame_are_drawn_from_the_composed_prompt(tmp_path, clip) -> None:
    sends = {"frame": Untouchable(Capability.IMAGE_REFERENCE), "prompt": Untouchable()}
    for strategy, other in sends.items():
        async with rehearsing(tmp_path / strategy, other, clip) as (server, caller):
            source = await made(server, caller, NewVideo("A lake at dawn", seconds=2))
            wishes = rehearse(min_strategy=Strategy(strategy))
            video = await made(server, caller, change("make it night", source, wishes))
            assert (video.state, video.strategy) == (State.COMPLETED, strategy)
            assert video.upstream_prompt is not None
            assert video.upstream_prompt.startswith("The scene as it was: A lake at dawn.\nNow change it: make it")


async def test_what_flipbook_cannot_draw_of_a_change_is_passed_over(tmp_path, clip) -> None:
    async with rehearsing(tmp_path / "data", Untouchable(Capability.EDIT), clip) as (server, caller):
        source = await made(server, caller, NewVideo("A lake at dawn", seconds=2))
        video = await made(server, caller, change("let the actress wear a hat of felt", source, rehearse()))
        assert video.state is State.COMPLETED


async def test_a_chain_rehearses_the_plans_of_a_real_one_and_a_rehearsal_can_be_remixed_really(tmp_path) -> None:
    other = Untouchable(Capability.NATIVE_REMIX, Capability.EDIT, Capability.EXTEND_OWN)
    async with rehearsing(tmp_path / "data", other) as (server, caller):
        first = await made(server, caller, NewVideo("a boat on a lake", rehearse(), seconds=1))
        second = await made(server, caller, change("make it night", first, rehearse()))
        assert (second.strategy, second.source_id, second.failure) == ("native", first.id, None)
        pictures, _ = await frames_of(server, caller, second, tmp_path)
        assert all(map(is_marked, pictures))
        assert second.facts["prompts"] == ["a boat on a lake", "make it night"]
        longer = NewExtension("it rains", SourceId(second.id, "video"), 1, rehearse())
        third = await made(server, caller, longer)
        assert (third.strategy, third.state) == ("native", State.COMPLETED)
        pictures, _ = await frames_of(server, caller, third, tmp_path)
        assert len(pictures) == 48
        assert all(map(is_marked, pictures)), "also what was there before"
        real = await server.service.plan(caller, change("make it night", first, Wishes(model="other-1", max_price=9)))
    assert real.plan is not None
    assert (real.plan.strategy, real.plan.skipped[0].reason) == (
        "edit",
        "The source was made by 'rehearsal'.",
    )
    assert real.notice is not None
    assert "is a rehearsal, so the mark REHEARSAL may be seen" in real.notice


async def test_a_size_that_flipbook_does_not_draw_is_scaled(tmp_path) -> None:
    tall = Size(720, 2160)
    other = Untouchable(sizes=SizeRule((tall,)), default_size=tall)
    async with rehearsing(tmp_path / "data", other) as (server, caller):
        video = await made(server, caller, NewVideo("a lake", rehearse(), seconds=1))
        pictures, _ = await frames_of(server, caller, video, tmp_path)
        assert pictures[0].shape == (2160, 720)
        assert all(map(is_marked, pictures))


async def test_flipbook_itself_is_rehearsed_and_goes_on_from_a_rehearsal(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database=whole_server.database, rehearsal_speed=FAST)
    server = Mutoscope(settings)
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            size = "64x64"
            first = await made(server, caller, NewVideo("a boat on a lake", Wishes(rehearse=True), size, seconds=1))
            assert first.notice
            assert "nothing was sent to 'flipbook'" in first.notice
            pictures, _ = await frames_of(server, caller, first, tmp_path)
            assert all(map(is_marked, pictures))
            real = await made(server, caller, change("make it night", first, Wishes()))
            assert (real.strategy, real.provider, real.rehearsal) == ("native", "flipbook", None)
            assert real.notice is None, "it is drawn anew, from the scene"
            pictures, _ = await frames_of(server, caller, real, tmp_path)
            assert not any(map(is_marked, pictures))
    finally:
        server.close()

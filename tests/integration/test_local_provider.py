"""`model: local` through a whole server: exact changes, measured; and refusals before anything is accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from whole_server import ended, running

from mutoscope.app import Mutoscope
from mutoscope.domain.errors import UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, SourceId, Upload
from studio import attempt

pytestmark = pytest.mark.anyio

WIDTH, HEIGHT, RATE, FRAMES = 160, 96, 24, 48
LOCAL = Wishes(model="local")
# What a second encoding may change of a level of 255, in the mean.
NOISE = 2.0


def write_source(
    path: Path, *, size: tuple[int, int] = (WIDTH, HEIGHT), rate: Any = RATE, sound: bool = True, gop: int = 12
) -> bytes:
    """Two seconds in which everything moves: a bar grows from the left, and one corner is red."""
    width, height = size
    with av.open(str(path), "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=rate, options={"crf": "8", "g": str(gop)})
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        tone = made.add_stream("aac", rate=48_000, layout="mono") if sound else None
        across = np.linspace(0, 200, width, dtype=np.uint8)
        for number in range(FRAMES):
            picture = np.repeat(np.tile(across, (height, 1))[:, :, None], 3, axis=2)
            picture[: height // 3, : width * (number + 1) // FRAMES] = (255, 255, 255)
            picture[-24:, :24] = (220, 20, 20)
            made.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        made.mux(stream.encode(None))
        if tone is not None:
            # A tone in the first second, silence in the second.
            time = np.arange(96_000)
            heard = (np.sin(2 * np.pi * 440 * time / 48_000) * (time < 48_000) * 0.5).astype(np.float32)
            for at in range(0, len(heard), 1024):
                frame = av.AudioFrame.from_ndarray(heard[None, at : at + 1024], "fltp", "mono")
                frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
                made.mux(tone.encode(frame))
            made.mux(tone.encode(None))
    return path.read_bytes()


class Seen:
    """All of a clip's pictures in RGB, its length by its track, and its sound."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as clip:
            stream = clip.streams.video[0]
            self.seconds = float(stream.duration * stream.time_base)  # type: ignore[operator]
            self.size = Size(stream.width, stream.height)
            frames = list(clip.decode(stream))
        self.times = [frame.time for frame in frames]
        self.pictures = [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in frames]
        with av.open(str(path)) as clip:
            self.has_sound = bool(clip.streams.audio)
            parts = [frame.to_ndarray()[0] for frame in clip.decode(audio=0)] if self.has_sound else []
        self.sound = np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def loudness(self, start: float, end: float) -> float:
        return float(np.abs(self.sound[int(start * 48_000) : int(end * 48_000)]).mean())


def apart(one: NDArray, other: NDArray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one - other).mean())


@asynccontextmanager
async def server_at(folder: Path) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    async with running(folder) as (server, caller):
        yield server, caller


async def changed(server: Mutoscope, caller: Caller, clip: bytes | str, prompt: str) -> Video:
    origin = Upload(clip, "video") if isinstance(clip, bytes) else SourceId(clip, "video_id")
    operation = Operation.EDIT if isinstance(clip, bytes) else Operation.REMIX
    made = (await server.service.make(caller, NewChange(prompt, origin, operation, LOCAL), attempt())).video
    return await ended(server, caller, made.id)


async def seen(server: Mutoscope, video: Video, folder: Path) -> Seen:
    assert video.state is State.COMPLETED, video.failure
    row = await server.database.one("asset_of", video_id=video.id, variant="video")
    assert row is not None
    path = folder / f"{video.id}.mp4"
    path.write_bytes(b"".join([chunk async for chunk in server.storage.read(row["key"])]))
    found = Seen(path)
    # What the video says of itself is what its file is.
    assert found.size == video.request.size
    assert found.seconds == pytest.approx(video.request.seconds, abs=0.006)
    return found


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_source(tmp_path / "source.mp4")


@pytest.fixture
def source(tmp_path: Path, clip: bytes) -> Seen:
    return Seen(tmp_path / "source.mp4")


async def test_each_edit_does_exactly_its_own(tmp_path, clip, source) -> None:
    first, last, middle = source.pictures[0], source.pictures[-1], source.pictures[24]
    async with server_at(tmp_path / "data") as (server, caller):

        async def made(prompt: str) -> Seen:
            return await seen(server, await changed(server, caller, clip, prompt), tmp_path)

        backwards = await made("Play it backwards")
        assert len(backwards.pictures) == FRAMES
        assert max(apart(*pair) for pair in zip(backwards.pictures, source.pictures[::-1], strict=True)) < NOISE
        assert backwards.loudness(0.1, 0.9) < 0.01 < 0.1 < backwards.loudness(1.1, 1.9)

        square = await made("Crop it to a square")
        assert square.size == Size(96, 96)
        assert apart(square.pictures[24], middle[:, 32:128]) < NOISE

        grey = await made("black and white")
        assert max(np.ptp(picture, axis=2).max() for picture in grey.pictures) <= 2

        mirrored = await made("Mirror it")
        assert apart(mirrored.pictures[24], middle[:, ::-1]) < NOISE
        upright = await made("flip vertically")
        assert apart(upright.pictures[24], middle[::-1]) < NOISE

        left = await made("rotate it 90 degrees to the left")
        assert left.size == Size(96, 160)
        assert apart(left.pictures[24], np.rot90(middle)) < NOISE
        turned = await made("rotate 180 degrees")
        assert apart(turned.pictures[24], middle[::-1, ::-1]) < NOISE

        begun = await made("first 1.3 seconds")
        assert begun.seconds == pytest.approx(1.3, abs=1e-4)
        assert len(begun.pictures) == 32  # the last one shown for a part of its time
        assert apart(begun.pictures[0], first) < NOISE
        ending = await made("the last second")
        assert len(ending.pictures) == RATE
        assert apart(ending.pictures[0], source.pictures[24]) < NOISE
        assert ending.loudness(0.1, 0.9) < 0.01

        bounced = await made("boomerang")
        assert bounced.seconds == 4
        assert apart(bounced.pictures[0], bounced.pictures[-1]) < NOISE
        assert apart(bounced.pictures[FRAMES], last) < NOISE
        looped = await made("loop it three times")
        assert (looped.seconds, len(looped.pictures)) == (6, 3 * FRAMES)
        assert apart(looped.pictures[2 * FRAMES], first) < NOISE
        assert looped.loudness(2.1, 2.9) > 0.1 > 0.01 > looped.loudness(3.1, 3.9)


async def test_a_change_of_time_or_sound_alone_touches_no_picture(tmp_path, clip, source) -> None:
    async with server_at(tmp_path / "data") as (server, caller):
        for prompt, seconds, has_sound in (("twice as fast", 1, True), ("0.5x", 4, True), ("mute", 2, False)):
            video = await changed(server, caller, clip, prompt)
            assert video.facts["copied"] is True
            found = await seen(server, video, tmp_path)
            assert (found.seconds, len(found.pictures), found.has_sound) == (seconds, FRAMES, has_sound)
            assert all(np.array_equal(*pair) for pair in zip(found.pictures, source.pictures, strict=True))
            steps = np.diff(found.times)
            assert np.allclose(steps, seconds / FRAMES, atol=1e-4)
            if has_sound:  # the tone ends at half of the clip, as in the source
                assert found.loudness(0.1, seconds / 2 - 0.1) > 0.1
                assert found.loudness(seconds / 2 + 0.1, seconds) < 0.01
        quick = await seen(server, await changed(server, caller, clip, "4x"), tmp_path)
        assert (quick.seconds, len(quick.pictures)) == (0.5, 30)  # no more than 60 a second


async def test_grades_go_the_way_they_say(tmp_path, clip, source) -> None:
    before = source.pictures[24].astype(float)

    def spread(picture: NDArray) -> float:
        return float(np.ptp(picture, axis=2).mean())

    async with server_at(tmp_path / "data") as (server, caller):

        async def made(prompt: str) -> NDArray:
            return (
                (await seen(server, await changed(server, caller, clip, prompt), tmp_path)).pictures[24].astype(float)
            )

        assert (await made("brighter")).mean() > before.mean() + 8
        assert (await made("darker")).mean() < before.mean() - 8
        assert (await made("more contrast")).std() > before.std() * 1.1
        assert (await made("less contrast")).std() < before.std() * 0.9
        corner = np.s_[-16:, :16]
        assert spread((await made("less saturated"))[corner]) < spread(before[corner]) - 20
        assert spread((await made("more saturated"))[corner]) > spread(before[corner]) + 10
        warmer, cooler, sepia = [await made(prompt) for prompt in ("warmer", "cooler", "sepia")]
        assert (warmer - before)[..., 0].mean() > 4 > -4 > (warmer - before)[..., 2].mean()
        assert (cooler - before)[..., 0].mean() < -4 < 4 < (cooler - before)[..., 2].mean()
        assert (sepia[..., 0] > sepia[..., 2] - 2).all()
        assert apart(warmer[-40:-30, :4], before[-40:-30, :4]) < 3  # black stays black


async def test_several_at_once_are_done_in_their_order(tmp_path, clip, source) -> None:
    async with server_at(tmp_path / "data") as (server, caller):
        video = await changed(
            server, caller, clip, "first second, twice as fast and black and white, rotate right, mute"
        )
        found = await seen(server, video, tmp_path)
        assert (found.seconds, found.size, found.has_sound) == (0.5, Size(96, 160), False)
        assert video.facts["edits"] == [
            "the first 1 s",
            "at 2x speed",
            "black and white",
            "rotate 90 degrees clockwise",
            "mute",
        ]
        assert (video.strategy, video.upstream_prompt) == ("local", ", ".join(video.facts["edits"]))


async def test_a_remix_of_a_remix_and_what_it_tells(tmp_path, clip) -> None:
    async with server_at(tmp_path / "data") as (server, caller):
        first = await changed(server, caller, clip, "crop to portrait")
        second = await changed(server, caller, first.id, "Make it slower, please")
        assert (second.source_id, second.strategy, second.request.seconds) == (first.id, "local", 2.67)
        assert second.request.size == Size(54, 96)
        assert [(one["field"], one["to"]) for one in second.adjustments] == [("audio", "at 0.75x speed")]
        assert second.usage is None
        third = await changed(server, caller, second.id, "mute it and reverse it")
        assert third.adjustments == ()
        await seen(server, third, tmp_path)


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ({"size": (161, 97)}, Size(160, 96)),
        ({"rate": Fraction(30_000, 1_001)}, Size(160, 96)),
        ({"gop": 250, "sound": False}, Size(160, 96)),
    ],
    ids=["odd sides", "29.97", "one key picture"],
)
async def test_clips_of_others(tmp_path, how, size) -> None:
    data = write_source(tmp_path / "other.mp4", **how)
    before = Seen(tmp_path / "other.mp4")
    async with server_at(tmp_path / "data") as (server, caller):
        video = await changed(server, caller, data, "in reverse")
        found = await seen(server, video, tmp_path)
        assert (found.size, len(found.pictures)) == (size, FRAMES)
        assert found.seconds == pytest.approx(before.seconds, abs=1e-3)
        cut = before.pictures[0][: size.height, : size.width]
        assert apart(found.pictures[-1], cut) < NOISE + 1
        assert [one["field"] for one in video.adjustments] == ["size"] * ("size" in how) + ["audio"] * found.has_sound


async def test_a_long_clip_in_reverse_is_held_in_blocks(tmp_path, monkeypatch, source) -> None:
    from mutoscope.domain.local_edits import Boomerang
    from mutoscope.media import retouch

    monkeypatch.setattr(retouch, "_HELD_BYTES", 7 * WIDTH * HEIGHT * 3 // 2)
    retouch.retouch(tmp_path / "source.mp4", tmp_path / "made.mp4", [Boomerang()])
    made = Seen(tmp_path / "made.mp4")
    expected = [*source.pictures, *source.pictures[::-1]]
    assert max(apart(*pair) for pair in zip(made.pictures, expected, strict=True)) < NOISE


async def test_what_it_cannot_is_refused_before_anything_is_accepted(tmp_path, clip) -> None:
    async with server_at(tmp_path / "data") as (server, caller):
        made = await changed(server, caller, clip, "square")

        async def refusal(new: Any) -> UnsupportedByModel:
            with pytest.raises(UnsupportedByModel) as refused:
                await server.service.make(caller, new, attempt())
            assert refused.value.error_code == "unsupported_operation"
            return refused.value

        remix = NewChange("black and white and add a dog", SourceId(made.id, "video_id"), Operation.REMIX, LOCAL)
        assert (await refusal(remix)).message.startswith("'add a dog' is not understood")
        too_long = await refusal(replace(remix, prompt="first 9 seconds"))
        assert (too_long.param, "2 s long" in too_long.message) == ("prompt", True)
        high = replace(remix, prompt="mirror it", wishes=replace(LOCAL, min_strategy=Strategy.EDIT))
        assert "'local' at best, which is below 'min_strategy' 'edit'" in (await refusal(high)).message
        assert "makes nothing new" in (await refusal(NewVideo("black and white", LOCAL))).message
        more = NewExtension("mirror it", SourceId(made.id, "video"), 4, LOCAL)
        assert "makes nothing new" in (await refusal(more)).message
        low = replace(remix, prompt="mirror it", wishes=replace(LOCAL, min_strategy=Strategy.LOCAL))
        plan = (await server.service.plan(caller, low)).plan
        assert plan is not None
        assert (plan.strategy, plan.recipients) == ("local", ())
        page = await server.service.list(caller, after=None, limit=10, descending=True)
        assert [video.id for video in page.videos] == [made.id]


async def test_a_clip_that_turns_out_bad_fails_with_its_reason(tmp_path) -> None:
    """Its first picture, which is all that is looked at when it is accepted, is whole."""
    hurt = bytearray(write_source(tmp_path / "hurt.mp4", sound=False, gop=250))
    begin = hurt.index(b"mdat") + 4
    end = begin - 8 + int.from_bytes(hurt[begin - 8 : begin - 4])
    hurt[(begin + 3 * end) // 4 : end] = bytes(end - (begin + 3 * end) // 4)
    async with server_at(tmp_path / "data") as (server, caller):
        video = await changed(server, caller, bytes(hurt), "in reverse")
        assert video.state is State.FAILED
        assert video.failure is not None
        assert video.failure.code == "upstream_rejected"
        assert video.failure.message == "The file is damaged or cut short."

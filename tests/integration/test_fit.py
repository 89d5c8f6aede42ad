"""Clips fitted by the real child process: what comes out, what is kept, and what is refused."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec import Codec

from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable
from mutoscope.domain.video import Size
from mutoscope.media.studio import Studio

pytestmark = pytest.mark.anyio

RATE = 48_000
LARGE = Size(256, 144)
SMALL = Size(128, 72)
SMALL_TALL = Size(72, 128)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def film(
    path: Path,
    *,
    size: Size = LARGE,
    seconds: float = 2.0,
    fps: int = 24,
    codec: str = "libx264",
    sound: str | None = "aac",
    times: list[Fraction] | None = None,
    noise: bool = False,
) -> Path:
    """A clip whose left half is dark and whose right half brightens; with a tone, if `sound` names a codec.

    times: of the pictures in seconds, where they are not even.
    """
    dice = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(codec, rate=fps)
        pictures.width, pictures.height, pictures.pix_fmt = size.width, size.height, "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1200)
        tone = container.add_stream(sound, rate=RATE, layout="stereo") if sound else None
        times = times or [Fraction(number, fps) for number in range(round(seconds * fps))]
        for number, time in enumerate(times):
            frame = av.VideoFrame(size.width, size.height, "yuv420p")
            for plane in frame.planes:
                rows = np.full((plane.height, plane.line_size), 128, np.uint8)
                if plane.width == size.width:
                    rows[:, : plane.width // 2] = 30
                    rows[:, plane.width // 2 :] = 60 + 150 * number // len(times)
                if noise:
                    rows = dice.integers(16, 235, rows.shape, np.uint8)
                plane.update(rows.tobytes())
            frame.pts, frame.time_base = round(time * 1200), Fraction(1, 1200)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if tone is not None:
            _add_tone(container, tone, float(times[-1]) + 1 / fps)
    return path


def _add_tone(container: av.container.OutputContainer, tone: av.AudioStream, seconds: float) -> None:
    chunk = tone.codec_context.frame_size or 1024
    for start in range(0, int(seconds * RATE) - chunk, chunk):
        wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(start, start + chunk) / RATE)
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]).astype(np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        container.mux(tone.encode(frame))
    container.mux(tone.encode(None))


def turned(source: Path, target: Path) -> Path:
    """The same clip, to be shown after a quarter turn: the matrix of its track header (ISO/IEC 14496-12, 8.3.2)."""
    data = source.read_bytes()
    upright = b"".join(number.to_bytes(4) for number in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))
    minus = (-(1 << 16)).to_bytes(4, signed=True)
    quarter = b"".join((bytes(4), (1 << 16).to_bytes(4), bytes(4), minus, bytes(16), (1 << 30).to_bytes(4)))
    at = data.index(upright, data.index(b"tkhd"))
    target.write_bytes(data[:at] + quarter + data[at + len(quarter) :])
    return target


class Seen:
    """What a player finds in a file."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            self.kind = (container.format.name.split(",")[0], context.name, context.pix_fmt)
            self.sounds = [sound.codec_context.name for sound in container.streams.audio]
            self.frames = [(frame.time, frame.to_ndarray(format="gray")) for frame in container.decode(stream)]
            self.seconds = float(
                container.duration / av.time_base if stream.duration is None else stream.duration * stream.time_base
            )
            self.size = Size(stream.width, stream.height)
        self.sound: list[float] = []
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0) if container.streams.audio else ():
                self.sound.append(frame.time + frame.samples / frame.sample_rate)

    def brightness(self, number: int, rows: slice, columns: slice) -> float:
        return float(self.frames[number][1][rows, columns].mean())


async def fitted(studio: Studio, clip: Path, fit: Fit) -> Seen:
    target = clip.with_name("fitted.mp4")
    await studio.fit(clip, target, fit)
    seen = Seen(target)
    assert seen.kind == ("mov", "h264", "yuv420p")
    assert seen.size == fit.size
    assert 0 < seen.data.index(b"moov") < seen.data.index(b"mdat")
    return seen


async def test_a_smaller_clip_keeps_its_pictures_its_times_and_its_sound(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4")
    before, after = Seen(clip), await fitted(studio, clip, Fit(SMALL))
    assert [time for time, _ in after.frames] == pytest.approx([time for time, _ in before.frames], abs=1e-3)
    assert (after.sounds, after.seconds) == (["aac"], pytest.approx(2.0, abs=0.01))
    assert after.sound == pytest.approx(before.sound, abs=1e-3), "AAC is copied"
    for number in (0, 20, 47):
        right = slice(SMALL.width // 2 + 4, None)
        assert after.brightness(number, slice(None), right) == pytest.approx(
            before.brightness(number, slice(None), slice(140, None)), abs=3
        )
    again = await fitted(studio, clip, Fit(SMALL))
    assert again.data == after.data, "the same clip and plan make the same bytes"


async def test_what_is_only_in_the_wrong_container_is_copied(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mkv", sound="libopus")
    before, after = Seen(clip), await fitted(studio, clip, Fit(LARGE))
    assert after.sounds == ["aac"]
    assert len(after.frames) == len(before.frames) == 48
    assert all(np.array_equal(one[1], other[1]) for one, other in zip(before.frames, after.frames, strict=True))


async def test_a_webm_becomes_an_mp4(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.webm", codec="libvpx", sound="libopus", seconds=1)
    after = await fitted(studio, clip, Fit(LARGE))
    assert (len(after.frames), after.sounds) == (24, ["aac"])
    assert after.sound[-1] == pytest.approx(1.0, abs=0.1)


async def test_hevc_is_read(studio: Studio, tmp_path: Path) -> None:
    if "libx265" not in av.codecs_available:
        pytest.skip("this build cannot write HEVC")
    assert Codec("hevc", "r")
    clip = film(tmp_path / "clip.mp4", codec="libx265", seconds=1, sound=None)
    assert len((await fitted(studio, clip, Fit(SMALL))).frames) == 24


async def test_an_odd_clip_comes_out_even(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.webm", codec="libvpx", size=Size(255, 143), sound=None, seconds=0.5)
    assert Seen(clip).size == Size(255, 143)
    await fitted(studio, clip, Fit(Size(254, 142)))


async def test_a_turned_clip_comes_out_upright(studio: Studio, tmp_path: Path) -> None:
    clip = turned(film(tmp_path / "flat.mp4"), tmp_path / "clip.mp4")
    measures = await studio.check_clip(clip)
    assert measures.size == Size(144, 256)
    after = await fitted(studio, clip, Fit(SMALL_TALL))
    with av.open(str(tmp_path / "fitted.mp4")) as container:
        assert next(container.decode(video=0)).rotation == 0
    still = await studio.still(clip, last=True)
    with av.open(str(clip)) as container:
        turns = round(next(container.decode(video=0)).rotation / 90) % 4
    wanted = np.rot90(Seen(clip).frames[-1][1], turns)
    top, bottom = after.brightness(-1, slice(0, 56), slice(None)), after.brightness(-1, slice(72, None), slice(None))
    assert (top > bottom) == (wanted[:112].mean() > wanted[144:].mean())
    assert abs(top - bottom) > 80
    assert still


async def test_uneven_times_are_kept_or_made_even(studio: Studio, tmp_path: Path) -> None:
    times = [Fraction(at, 1200) for at in (0, 40, 60, 300, 310, 700, 1100)]
    clip = film(tmp_path / "clip.mp4", times=times, sound=None)
    kept = await fitted(studio, clip, Fit(SMALL))
    assert [time for time, _ in kept.frames] == pytest.approx([float(time) for time in times], abs=2e-3)
    even = await fitted(studio, clip, Fit(SMALL, fps=24.0))
    steps = np.diff([time for time, _ in even.frames])
    assert steps == pytest.approx([1 / 24] * len(steps), abs=1e-3)
    assert even.seconds == pytest.approx(kept.seconds, abs=0.05)


async def test_half_the_pictures_take_the_same_time(studio: Studio, tmp_path: Path) -> None:
    after = await fitted(studio, film(tmp_path / "clip.mp4"), Fit(SMALL, fps=12.0))
    assert (len(after.frames), after.seconds) == (24, pytest.approx(2.0, abs=0.01))
    assert after.sound[-1] == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("fps", [None, 30_000 / 1001])
async def test_a_clip_is_cut_off_at_the_end_with_its_sound(studio: Studio, tmp_path: Path, fps: float | None) -> None:
    after = await fitted(studio, film(tmp_path / "clip.mp4"), Fit(SMALL, 1.3, fps=fps))
    assert 1.3 - 0.05 <= after.seconds <= 1.301, "never longer than is taken"
    assert 1.2 < after.sound[-1] <= 1.31
    assert after.brightness(0, slice(None), slice(70, None)) < after.brightness(-1, slice(None), slice(70, None))


@pytest.mark.parametrize("fps", [None, 25.0])
async def test_the_last_picture_is_held(studio: Studio, tmp_path: Path, fps: float | None) -> None:
    after = await fitted(studio, film(tmp_path / "clip.mp4"), Fit(SMALL, 3.01, fps=fps))
    assert 3.009 <= after.seconds < 3.1, "never shorter than is taken"
    last = after.frames[-1][1].astype(int)
    assert abs(after.frames[-20][1].astype(int) - last).mean() < 2


async def test_bars_are_black_and_the_picture_is_in_the_middle(studio: Studio, tmp_path: Path) -> None:
    after = await fitted(studio, film(tmp_path / "clip.mp4"), Fit(Size(128, 128), picture=SMALL))
    assert after.brightness(10, slice(0, 24), slice(None)) < 20
    assert after.brightness(10, slice(104, None), slice(None)) < 20
    assert after.brightness(40, slice(34, 94), slice(70, None)) > 100


async def test_a_clip_is_pressed_into_its_bytes_or_refused(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", noise=True)
    most = clip.stat().st_size // 4
    after = await fitted(studio, clip, Fit(LARGE, most_bytes=most))
    assert len(after.data) <= most
    assert (len(after.frames), after.sounds) == (48, ["aac"])
    with pytest.raises(MediaUnreadable, match=r"cannot be made smaller than 0\.0 MiB"):
        await studio.fit(clip, tmp_path / "fitted.mp4", Fit(LARGE, most_bytes=2000))


async def test_another_shape_than_was_planned_with_is_refused(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", seconds=0.5)
    with pytest.raises(MediaUnreadable, match="256x144, which is not the shape"):
        await studio.fit(clip, tmp_path / "fitted.mp4", Fit(Size(128, 128)))


async def test_hostile_files_are_refused(studio: Studio, tmp_path: Path) -> None:
    data = film(tmp_path / "clip.mp4", noise=True, sound=None).read_bytes()
    (tmp_path / "list.mp4").write_bytes(b"#EXTM3U\n#EXTINF:1,\n" + str(tmp_path / "clip.mp4").encode())
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    (tmp_path / "none.mp4").write_bytes(b"")
    for name in ("list", "cut", "none"):
        with pytest.raises(MediaUnreadable):
            await studio.fit(tmp_path / f"{name}.mp4", tmp_path / "fitted.mp4", Fit(SMALL))
    dice = random.Random(7)
    for number in range(6):
        broken = bytearray(data)
        for _ in range(40):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        (tmp_path / f"{number}.mp4").write_bytes(broken)
        try:
            await studio.fit(tmp_path / f"{number}.mp4", tmp_path / "fitted.mp4", Fit(SMALL))
        except MediaUnreadable:
            continue
        assert Seen(tmp_path / "fitted.mp4").size == SMALL


async def test_a_place_that_cannot_be_written_is_a_fault_of_storage(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", seconds=0.5)
    with pytest.raises(StorageUnavailable):
        await studio.fit(clip, tmp_path / "missing" / "fitted.mp4", Fit(SMALL))
    with pytest.raises(StorageUnavailable):
        await studio.fit(tmp_path / "missing.mp4", tmp_path / "fitted.mp4", Fit(SMALL))


async def test_a_still_covers_what_it_is_for_and_is_no_larger(studio: Studio, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", seconds=0.2)
    for cover, width in ((SMALL, 128), (Size(100, 72), 128), (Size(2560, 1440), 256), (None, 256)):
        picture = await studio.check_picture(await studio.still(clip, cover=cover))
        assert picture.size.width == width

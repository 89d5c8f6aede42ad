"""Encoding with the real encoder, and everything derived from clips and pictures by the real child process."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable
from mutoscope.domain.video import Size
from mutoscope.media import sandbox
from mutoscope.media.encode import Encoder
from mutoscope.media.studio import Studio

pytestmark = pytest.mark.anyio

FPS = 24


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def studio() -> Studio:
    return Studio()


def grey_frame(width: int, height: int, luma: int) -> np.ndarray:
    frame = np.full((height * 3 // 2, width), 128, np.uint8)
    frame[:height] = luma
    return frame


def ramp(path: Path, width: int = 64, height: int = 64, seconds: int = 1) -> Path:
    """A clip that brightens evenly: frame n of N has luma 16 + 200 n / N."""
    count = seconds * FPS
    with Encoder(path, width, height, FPS) as encoder:
        for index in range(count):
            encoder.add(grey_frame(width, height, 16 + 200 * index // count))
    return path


@pytest.mark.parametrize(("width", "height", "seconds"), [(64, 64, 1), (66, 70, 2), (192, 108, 3), (64, 1920, 1)])
def test_a_clip_has_exactly_its_length_and_its_tags(tmp_path: Path, width: int, height: int, seconds: int) -> None:
    path = ramp(tmp_path / "clip.mp4", width, height, seconds)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert container.duration == seconds * av.time_base
        assert stream.duration * stream.time_base == seconds
        assert (stream.frames, stream.average_rate) == (seconds * FPS, FPS)
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", width, height)
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        assert "Mutoscope" in container.metadata["comment"]
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([index / FPS for index in range(seconds * FPS)])


def test_the_index_comes_before_the_pictures(tmp_path: Path) -> None:
    data = ramp(tmp_path / "clip.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_colours_survive(tmp_path: Path) -> None:
    # BT.709 limited range: pure red is Y 63, Cb 102, Cr 240 (ITU-R BT.709-6, 3.3 to 3.5).
    frame = np.empty((96, 64), np.uint8)
    frame[:64], frame[64:80], frame[80:] = 63, 102, 240
    with Encoder(tmp_path / "red.mp4", 64, 64, FPS) as encoder:
        for _ in range(FPS):
            encoder.add(frame)
    with av.open(str(tmp_path / "red.mp4")) as container:
        image = next(container.decode(video=0)).to_image()
    assert image.getpixel((32, 32)) == pytest.approx((255, 0, 0), abs=3)


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    first, second = ramp(tmp_path / "1.mp4"), ramp(tmp_path / "2.mp4")
    assert first.read_bytes() == second.read_bytes()


def test_a_frame_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"), Encoder(tmp_path / "clip.mp4", 64, 64, FPS) as encoder:
        encoder.add(grey_frame(32, 32, 0))


async def test_stills_keep_the_proportions_and_show_their_moments(studio: Studio, tmp_path: Path) -> None:
    clip = ramp(tmp_path / "clip.mp4", 1280, 720)
    derived = await studio.derive(clip, tmp_path)
    assert (derived.seconds, derived.frames, derived.width, derived.height) == (1.0, 24, 1280, 720)
    with Image.open(derived.thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (640, 360))
    with Image.open(derived.spritesheet) as sheet:
        assert (sheet.format, sheet.size) == ("JPEG", (4 * 320, 4 * 180))
        levels = [sheet.convert("L").getpixel((160 + 320 * (n % 4), 90 + 180 * (n // 4))) for n in range(16)]
    shown = [int((n + 0.5) * 24 / 16) for n in range(16)]
    assert levels == pytest.approx([200 * frame / 24 * 255 / 219 for frame in shown], abs=4)


@pytest.mark.parametrize(
    ("size", "thumbnail_size", "cell"),
    [((64, 64), (64, 64), (320, 320)), ((720, 1280), (640, 1138), (180, 320)), ((192, 108), (192, 108), (320, 180))],
)
async def test_stills_of_every_shape(
    studio: Studio, tmp_path: Path, size: tuple[int, int], thumbnail_size: tuple[int, int], cell: tuple[int, int]
) -> None:
    derived = await studio.derive(ramp(tmp_path / "clip.mp4", *size), tmp_path)
    with Image.open(derived.thumbnail) as thumbnail, Image.open(derived.spritesheet) as sheet:
        assert thumbnail.size == thumbnail_size
        assert sheet.size == (4 * cell[0], 4 * cell[1])


async def test_a_webm_from_elsewhere_is_read(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "clip.webm"
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(grey_frame(64, 48, 20 * index), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    derived = await studio.derive(path, tmp_path)
    assert (derived.frames, derived.width, derived.height) == (10, 64, 48)
    assert derived.seconds == pytest.approx(1.0, abs=0.02)


def hls_playlist(folder: Path) -> bytes:
    return b"#EXTM3U\n#EXTINF:1,\n" + str(folder / "clip.mp4").encode() + b"\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("content", [b"", b"not a video", b"\0\0\0\x20ftypisom" + bytes(500), b"\x1a\x45\xdf\xa3" * 50])
async def test_what_is_no_video_is_unreadable(studio: Studio, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.mp4").write_bytes(content)
    with pytest.raises(MediaUnreadable):
        await studio.derive(tmp_path / "bad.mp4", tmp_path)


async def test_a_playlist_named_mp4_opens_no_other_file(studio: Studio, tmp_path: Path) -> None:
    ramp(tmp_path / "clip.mp4")
    (tmp_path / "list.mp4").write_bytes(hls_playlist(tmp_path))
    with pytest.raises(MediaUnreadable, match="neither MP4 nor WebM"):
        await studio.derive(tmp_path / "list.mp4", tmp_path)


@pytest.mark.parametrize("kept", [0.4, 0.7, 0.9])
async def test_a_clip_that_is_cut_short_is_unreadable(studio: Studio, tmp_path: Path, kept: float) -> None:
    noise = np.random.default_rng(1)
    with Encoder(tmp_path / "clip.mp4", 64, 64, FPS) as encoder:
        for _ in range(FPS):
            encoder.add(noise.integers(16, 235, (96, 64), dtype=np.uint8))
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(MediaUnreadable):
        await studio.derive(tmp_path / "cut.mp4", tmp_path)


async def test_sound_alone_is_unreadable(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaUnreadable, match="no picture"):
        await studio.derive(path, tmp_path)


async def test_a_codec_off_the_list_is_unreadable(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "motion.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuvj420p")))
        container.mux(stream.encode(None))
    with pytest.raises(MediaUnreadable, match="mjpeg"):
        await studio.derive(path, tmp_path)


async def test_damaged_clips_never_do_harm(studio: Studio, tmp_path: Path) -> None:
    data = ramp(tmp_path / "clip.mp4").read_bytes()
    dice = random.Random(7)
    for number in range(12):
        broken = bytearray(data)
        for _ in range(30):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(broken)
        with contextlib.suppress(MediaUnreadable):
            assert (await studio.derive(path, tmp_path)).frames >= 1


async def test_stills_that_cannot_be_written_are_a_fault_of_storage(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await studio.derive(ramp(tmp_path / "clip.mp4"), tmp_path / "missing")
    with pytest.raises(StorageUnavailable):
        await studio.derive(tmp_path / "missing.mp4", tmp_path)


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    buffer = BytesIO()
    Image.new(mode, (width, height)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


async def test_a_picture_is_decoded_in_full(studio: Studio) -> None:
    data = png(300, 200)
    picture = await studio.check_picture(data)
    assert (picture.media_type, picture.size) == ("image/png", Size(300, 200))
    with pytest.raises(MediaUnreadable, match="cannot be decoded"):
        await studio.check_picture(data[: len(data) // 2])


async def test_the_largest_picture_fits_into_the_child(studio: Studio) -> None:
    assert (await studio.check_picture(png(8192, 6100))).size == Size(8192, 6100)


async def test_many_pictures_wait_for_each_other(studio: Studio) -> None:
    pictures = await asyncio.gather(*(studio.check_picture(png(8 + n, 8)) for n in range(6)))
    assert [picture.size.width for picture in pictures] == [8, 9, 10, 11, 12, 13]


CHILDREN = {
    "crashes": "import os; os.abort()",
    "exits": "import sys; sys.exit(3)",
    "babbles": "import sys; sys.stdin.read(); sys.stdout.write('x' * 10_000_000)",
    "says nothing": "import sys; sys.stdin.read()",
    "says something else": "import sys; sys.stdin.read(); print('[1, 2]')",
    "hangs": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("script", CHILDREN.values(), ids=CHILDREN.keys())
async def test_a_child_that_breaks_means_unreadable(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    python = sys.executable
    create = asyncio.create_subprocess_exec

    async def start_other(*_: str, **options: object) -> asyncio.subprocess.Process:
        return await create(python, "-c", script, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start_other)
    begun = time.monotonic()
    with pytest.raises(MediaUnreadable):
        await sandbox.run_child({"kind": "picture"}, b"x" * 300_000, seconds=1.0)
    assert time.monotonic() - begun < 5


async def test_a_child_that_cannot_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(StorageUnavailable, match="could not be started"):
        await sandbox.run_child({"kind": "picture"}, png(4, 4))


def test_the_environment_of_children_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUTOSCOPE_SECRET", "hunter2")
    environment = sandbox.scrubbed_environment(ADDED="yes")
    assert environment["ADDED"] == "yes"
    assert "hunter2" not in environment.values()


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


CONFINED = """
import os, resource, socket, sys
from mutoscope.media.confine import Limits, confine, leave_network
confine(Limits(memory_bytes=300 << 20, cpu_seconds=1, files=20, file_bytes=1000))
leave_network()
match sys.argv[1]:
    case "memory":
        try:
            bytearray(400 << 20)
        except MemoryError:
            print("stopped")
    case "files":
        try:
            held = [open(os.devnull) for _ in range(30)]
        except OSError:
            print("stopped")
    case "cpu":
        while True:
            pass
    case "core":
        print(resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.parametrize(("what", "said"), [("memory", "stopped"), ("files", "stopped"), ("core", "(0, 0)")])
def test_limits_hold(what: str, said: str) -> None:
    assert python(CONFINED, what).stdout.strip() == said


def test_processor_time_is_limited() -> None:
    assert python(CONFINED, "cpu").returncode in (-signal.SIGKILL, -signal.SIGXCPU)


CHILD = """
import os, sys, time
from mutoscope.media.confine import die_with
die_with(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
time.sleep(60)
"""


def test_a_child_dies_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(child)


def test_a_child_of_another_ends_at_once() -> None:
    script = "from mutoscope.media.confine import die_with; die_with(1); print('still here')"
    run = python(script)
    assert (run.returncode, run.stdout) == (1, "")


def _is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_the_server_side_imports_no_decoder() -> None:
    script = (
        "import sys, mutoscope.media.studio, mutoscope.providers.flipbook;"
        "print([name for name in ('av', 'PIL', 'numpy', 'numba', 'wordllama') if name in sys.modules])"
    )
    assert python(script).stdout.strip() == "[]"

"""Clips continued and clips of others read, with the real encoder and decoder."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.media.encode import Encoder
from mutoscope.media.footage import Footage
from mutoscope.media.splice import CannotSplice, Splice

FPS = 24
WIDTH, HEIGHT = 128, 64


def wave(index: int) -> np.ndarray:
    """A textured frame that moves, so that the encoder has something to do."""
    rng = np.random.default_rng(index)
    frame = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    shape = 110 + 50 * np.sin(np.arange(WIDTH) / 9 + index / 5)
    frame[:HEIGHT] = np.clip(shape[None] + rng.normal(0, 3, (HEIGHT, WIDTH)), 16, 235)
    return frame


def encoded(encoder: Encoder, first: int, last: int) -> None:
    with encoder:
        for index in range(first, last):
            encoder.add(wave(index))


def decoded(path: Path) -> tuple[list[np.ndarray], list[float]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.video[0]))
    return [frame.to_ndarray() for frame in frames], [float(frame.time) for frame in frames]


# -- splicing


def test_a_chain_of_splices_keeps_every_picture_and_every_time(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{number}.mp4" for number in range(3))
    encoded(Encoder(first, WIDTH, HEIGHT, FPS), 0, 72)
    encoded(Splice(second, first, 72, WIDTH, HEIGHT, FPS), 72, 96)
    encoded(Splice(third, second, 96, WIDTH, HEIGHT, FPS), 96, 144)
    old, middle, new = (decoded(path) for path in (first, second, third))
    assert [len(pictures) for pictures, _ in (old, middle, new)] == [72, 96, 144]
    np.testing.assert_array_equal(middle[0][:72], old[0])
    np.testing.assert_array_equal(new[0][:96], middle[0])
    assert new[1] == pytest.approx([index / FPS for index in range(144)])
    assert np.abs(new[0][100].astype(int) - wave(100)).mean() < 5
    data = third.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(third)) as container:
        stream = container.streams.video[0]
        assert (container.duration, stream.frames) == (6 * av.time_base, 144)
        assert stream.duration * stream.time_base == 6


def foreign(path: Path, codec: str = "libx264", rate: int = FPS, count: int = 48, crf: str = "30") -> Path:
    options = {"crf": crf} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(wave(index), format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("clip", "frames", "size"),
    [
        ({}, 48, (WIDTH, HEIGHT)),
        ({"codec": "mpeg4"}, 48, (WIDTH, HEIGHT)),
        ({"rate": 30}, 48, (WIDTH, HEIGHT)),
    ],
)
def test_another_stream_is_not_spliced(tmp_path: Path, clip: dict[str, object], frames: int, size: tuple) -> None:
    source = foreign(tmp_path / "foreign.mp4", **clip)  # type: ignore[arg-type]
    with pytest.raises(CannotSplice):
        Splice(tmp_path / "out.mp4", source, frames, *size, FPS)


@pytest.mark.parametrize(("frames", "width"), [(47, WIDTH), (49, WIDTH), (48, WIDTH + 2)])
def test_another_length_or_size_than_expected_is_not_spliced(tmp_path: Path, frames: int, width: int) -> None:
    source = tmp_path / "own.mp4"
    encoded(Encoder(source, WIDTH, HEIGHT, FPS), 0, 48)
    with pytest.raises(CannotSplice):
        Splice(tmp_path / "out.mp4", source, frames, width, HEIGHT, FPS)


def test_what_is_no_clip_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no clip at all, but long enough to be read")
    with pytest.raises(MediaUnreadable):
        Splice(tmp_path / "out.mp4", tmp_path / "text", 48, WIDTH, HEIGHT, FPS)
    with pytest.raises(MediaUnreadable):
        Footage(tmp_path / "text", WIDTH, HEIGHT, FPS)


# -- footage


def stepped(path: Path, times: list[float], size: tuple[int, int] = (WIDTH, HEIGHT), rotation: int = 0) -> Path:
    """A clip of gray frames, each brighter by 8 than the one before, shown at these times in seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1000, options={"crf": "1", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, time in enumerate(times):
            picture = np.full((size[1], size[0], 3), 40 + 8 * number, np.uint8)
            picture[: size[1] // 4, : size[0] // 4] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_variable_rate_becomes_an_even_one(tmp_path: Path) -> None:
    path = stepped(tmp_path / "clip.mp4", [0.0, 0.05, 0.5, 0.51, 1.0])
    footage = Footage(path, WIDTH, HEIGHT, FPS)
    shown = [round((int(footage(index)[50, 100, 0]) - 40) / 8) for index in range(30)]
    assert shown == [0, 0, *[1] * 10, *[2], *[3] * 11, *[4] * 6]


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1))])
def test_a_turned_clip_comes_out_upright(tmp_path: Path, rotation: int, corner: tuple[int, int]) -> None:
    path = stepped(tmp_path / "clip.mp4", [0.0, 0.1], rotation=rotation)
    width, height = (WIDTH, HEIGHT) if rotation % 180 == 0 else (HEIGHT, WIDTH)
    picture = Footage(path, width, height, FPS)(0)
    assert picture.shape == (height, width, 3)
    bright = {place: picture[place].mean() > 200 for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))}
    assert bright == {place: place == corner for place in bright}


def test_odd_sides_lose_a_row_and_other_shapes_are_cut_evenly(tmp_path: Path) -> None:
    path = stepped(tmp_path / "clip.mp4", [0.0, 0.1], size=(129, 65))
    assert Footage(path, 128, 64, FPS)(0).shape == (64, 128, 3)
    square = Footage(path, 64, 64, FPS)(0)
    assert square.shape == (64, 64, 3)
    assert square[4, 4].mean() < 100, "the bright corner is cut away"


def test_a_clip_that_was_cut_short_fails_and_does_not_hang(tmp_path: Path) -> None:
    path = foreign(tmp_path / "clip.mp4", count=96)
    data = path.read_bytes()
    for size in (100, len(data) // 2, len(data) - 600):
        path.write_bytes(data[:size])
        with pytest.raises(MediaUnreadable):
            Footage(path, WIDTH, HEIGHT, FPS)(95)


def test_damaged_pictures_never_bring_another_error(tmp_path: Path) -> None:
    path = foreign(tmp_path / "clip.mp4", count=48)
    data, rng = path.read_bytes(), np.random.default_rng(4)
    for _ in range(60):
        hurt = bytearray(data)
        for place in rng.integers(40, len(hurt), 12):
            hurt[place] ^= 0xFF
        path.write_bytes(hurt)
        try:
            assert Footage(path, WIDTH, HEIGHT, FPS)(47).shape == (HEIGHT, WIDTH, 3)
        except MediaUnreadable:
            continue

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mutoscope.cli.compare import Film, stills, write_comparison
from mutoscope.media.encode import Encoder


def film(path: Path, shades: list[int], width: int = 128, height: int = 72) -> Path:
    """A second of grey frames, one shade each, as many as there are shades."""
    with Encoder(path, width, height, len(shades)) as encoder:
        for shade in shades:
            frame = np.full((height * 3 // 2, width), 128, np.uint8)
            frame[:height] = shade
            encoder.add(frame)
    return path


def test_stills_are_the_frames_at_those_moments(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [20 + 8 * index for index in range(20)])
    found = stills(path)
    assert [round(at, 2) for at, _ in found] == [0.1, 0.5, 0.9]
    expected = [(20 + 8 * index - 16) * 255 / 219 for index in (2, 10, 18)]
    for (_, picture), shade in zip(found, expected, strict=True):
        assert np.abs(np.asarray(picture).mean() - shade) < 4


def test_a_moment_past_the_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no picture at 1\.0 s"):
        stills(film(tmp_path / "a.mp4", [50] * 4), (0.5, 1.0))


def test_the_comparison_sets_the_source_above_the_remix(tmp_path: Path) -> None:
    bright = film(tmp_path / "bright.mp4", [200] * 10)
    dark = film(tmp_path / "dark.mp4", [40] * 10)
    rows = [Film("source", "A lake", bright), Film("remix", "A very long change " * 40, dark)]
    path = write_comparison(rows, tmp_path / "compare.png")
    with Image.open(path) as sheet:
        assert sheet.mode == "RGB"
        assert sheet.width < 2000
        upper = sheet.getpixel((sheet.width // 2, sheet.height // 4 + 20))
        lower = sheet.getpixel((sheet.width // 2, 3 * sheet.height // 4 + 20))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert min(upper) > 180
    assert max(lower) < 60


def test_an_upright_film_does_not_make_an_endless_sheet(tmp_path: Path) -> None:
    upright = film(tmp_path / "tall.mp4", [90] * 10, width=64, height=512)
    path = write_comparison([Film("source", "", upright)], tmp_path / "compare.png")
    with Image.open(path) as sheet:
        assert sheet.height < 700

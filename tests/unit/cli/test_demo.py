from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from dialect_double import KEY, Double, Run
from PIL import Image

from mutoscope.cli import local_server
from mutoscope.cli.local_server import LocalServer
from mutoscope.media.encode import Encoder


@pytest.fixture(autouse=True)
def _server(double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The double in the place of the demo's own server, with a real film to give away."""
    with Encoder(tmp_path / "film.mp4", 64, 64, 10) as encoder:
        for shade in range(16, 216, 20):
            encoder.add(np.full((96, 64), shade, np.uint8))
    double.film = (tmp_path / "film.mp4").read_bytes()

    @contextmanager
    def ready() -> Iterator[LocalServer]:
        yield LocalServer(double.url, KEY)

    monkeypatch.setattr(local_server, "running_server", ready)


def test_the_demo_makes_saves_and_compares_two_videos(run: Run, double: Double, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    result = run("demo", "--output", str(folder), "--prompt", "A lake", "--remix", "in snow", "--seconds", "4")
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == [
        "compare.png",
        "remix-sheet.jpg",
        "remix.mp4",
        "remix.webp",
        "source-sheet.jpg",
        "source.mp4",
        "source.webp",
    ]
    assert (folder / "remix.mp4").read_bytes() == double.film
    with Image.open(folder / "compare.png") as sheet:
        assert sheet.height > 800
    for text in ("server start", "source: create to completed", "remix: download", str(folder / "compare.png")):
        assert text in result.out
    source = json.loads(result.out[result.out.index("{\n") : result.out.index("\n}") + 2])
    assert source == double.videos["video_new"]
    assert (source["prompt"], source["seconds"], source["size"]) == ("A lake", "4", "1280x720")
    assert double.videos["video_remix"]["remixed_from_video_id"] == "video_new"


def test_a_failed_video_ends_the_demo_with_1(run: Run, double: Double, tmp_path: Path) -> None:
    double.path = [("failed", 3)]
    double.error = {"code": "encoding_failed", "message": "The clip could not be drawn."}
    result = run("demo", "--output", str(tmp_path / "demo"))
    assert result.code == 1
    assert "The source failed: The clip could not be drawn." in result.err
    assert not list((tmp_path / "demo").iterdir())

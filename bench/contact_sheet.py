"""Draws flipbook's contact sheet, and measures every clip on it against limits.

Run: python bench/contact_sheet.py [--size 640x360] [--only lake,night]

It renders 24 clips (8 settings at dawn, by day and at night) and writes their stills at the start, the middle
and the end to docs/images/contact-sheet.jpg. For each clip it prints, and exits with 1 if a limit is passed:

- clipped: share of pixels that are fully black or white, in per cent;
- banding: share of a smooth sky's pixels that lie on flat runs of one level at least a 24th of the width long;
- jump: largest mean difference between neighbouring frames, in steps of eight bits.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mutoscope.flipbook import camera
from mutoscope.flipbook.render import Renderer
from mutoscope.flipbook.scene import Camera, Scene

SETTINGS = ("lake", "ocean", "mountain", "mountain_snow", "hills", "desert", "forest", "city")
TIMES = ("dawn", "day", "night")
SECONDS = 8
CLIPPED_LIMIT = 1.0
BANDING_LIMIT = 5.0
JUMP_LIMIT = 12.0
SHEET = Path(__file__).parent.parent / "docs" / "images" / "contact-sheet.jpg"
SHEET_BYTES = 1_500_000


def scene_of(setting: str, time: str, width: int, height: int) -> Scene:
    weather = ("fog",) if (setting, time) == ("lake", "dawn") else ()
    move = Camera("forward", camera.path("forward", 1.0, SECONDS))
    return Scene(3, width, height, SECONDS, f"{setting} at {time}", setting, time, move, weather=weather)


def luma(frame: NDArray[np.uint8]) -> NDArray[np.int16]:
    return frame[: frame.shape[0] * 2 // 3].astype(np.int16)


def picture(frame: NDArray[np.uint8]) -> Image.Image:
    """An I420 frame of BT.709 limited range as an RGB picture."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    flat = frame.reshape(-1).astype(np.float32)
    planes = flat[height * width :].reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2)
    y = (flat[: height * width].reshape(height, width) - 16) / 219
    u, v = (planes - 128) / 224
    red, blue = y + 1.5748 * v, y + 1.8556 * u
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    rgb = np.stack([red, green, blue], axis=2)
    return Image.fromarray((rgb.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def clipped(frame: NDArray[np.uint8]) -> float:
    y = luma(frame)
    return 100.0 * float(np.mean((y <= 16) | (y >= 235)))


def banding(frame: NDArray[np.uint8]) -> float:
    """Per cent of the upper quarter's pixels that end a flat run; dithered gradients have next to none."""
    y = luma(frame)
    sky = y[: y.shape[0] // 4]
    run = max(8, sky.shape[1] // 24)
    same = (np.diff(sky, axis=1) == 0).astype(np.int32)
    total = np.cumsum(np.pad(same, ((0, 0), (1, 0))), axis=1)
    return 100.0 * float(np.mean(total[:, run:] - total[:, :-run] == run))


def measure(scene: Scene) -> tuple[list[Image.Image], tuple[float, float, float]]:
    """The three stills of a clip, and its clipped share, banding and largest jump."""
    renderer = Renderer(scene)
    last = scene.frame_count - 1
    stills = [renderer.frame(i) for i in (0, last // 2, last)]
    jumps = []
    for start in (0, last // 2, last - 6):
        run = [luma(renderer.frame(i)) for i in range(start, start + 6)]
        jumps += [float(np.abs(b - a).mean()) for a, b in pairwise(run)]
    numbers = (max(map(clipped, stills)), max(map(banding, stills)), max(jumps))
    return [picture(still) for still in stills], numbers


def sheet(rows: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    """All clips, two beside each other, each with its three stills and its name."""
    wide, tall = 240, 135
    out = Image.new("RGB", (6 * wide + 16, (len(rows) + 1) // 2 * (tall + 4)), (18, 18, 20))
    pen = ImageDraw.Draw(out)
    for n, (name, stills) in enumerate(rows):
        left, top = (n % 2) * (3 * wide + 16), n // 2 * (tall + 4)
        for i, still in enumerate(stills):
            out.paste(still.resize((wide, tall), Image.Resampling.LANCZOS), (left + i * wide, top))
        pen.text((left + 6, top + 4), name, fill=(255, 255, 255), stroke_width=1, stroke_fill=(0, 0, 0))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description="Flipbook's contact sheet and its limits.")
    parser.add_argument("--size", default="640x360", help="width x height to render, such as 1280x720")
    parser.add_argument("--only", default="", help="words that a clip's name must contain, separated by commas")
    parser.add_argument("--out", type=Path, help="where the sheet goes; a partial one goes nowhere by default")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    words = [word for word in options.only.split(",") if word]
    rows, failed = [], False
    print(f"{'clip':24}{'clipped %':>12}{'banding %':>12}{'jump':>8}")
    for name, setting, time in ((f"{s} {t}", s, t) for s in SETTINGS for t in TIMES):
        if not all(word in name.split() for word in words):
            continue
        stills, (dead, bands, jump) = measure(scene_of(setting, time, width, height))
        over = dead > CLIPPED_LIMIT or bands > BANDING_LIMIT or jump > JUMP_LIMIT
        failed = failed or over
        print(f"{name:24}{dead:12.3f}{bands:12.2f}{jump:8.2f}{'  OVER THE LIMIT' if over else ''}", flush=True)
        rows.append((name, stills))
    if not rows:
        parser.error(f"no clip is called {options.only}")
    print(f"limits: clipped {CLIPPED_LIMIT}, banding {BANDING_LIMIT}, jump {JUMP_LIMIT}")
    out = options.out or (None if words else SHEET)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        sheet(rows).save(out, quality=88)
        failed = failed or out.stat().st_size > SHEET_BYTES
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Many flat pictures standing in depth, painted from near to far so that what is hidden costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook import sprites
from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.world import Depth, Paint

# A standing picture nearer than this fades out, gone at half of it; metres.
_NEAR = 15.0


@dataclass(frozen=True, slots=True)
class Air:
    """What distance does to colours: share = 1 - exp(-distance * density), towards `haze` or, near the sun, `glow`.

    low: further density near the ground, falling with height; thick: metres of that fall; ground: its level.
    """

    haze: Rgb
    glow: Rgb
    density: float
    low: float
    thick: float
    ground: float

    def numbers(self, lens: Lens, light: Light) -> NDArray[np.float32]:
        """Everything in the order in which the kernels unpack it."""
        sun = lens.column_of(light.sun_azimuth)
        column = -1e6 if sun is None else sun
        return np.array(
            [*self.haze, *self.glow, self.density, self.low, self.thick, self.ground, column, lens.focal * 0.42],
            np.float32,
        )


class Canvas:
    """The near-to-far accumulation of a picture: colour so far, and how much still shows through."""

    def __init__(self) -> None:
        self.color = np.zeros((0, 0, 3), np.float32)
        self.through = np.ones((0, 0), np.float32)

    def clear(self, depth: Depth) -> None:
        """Begin a new picture of the size that is painted, which need not be the scene's."""
        if self.through.shape != depth.shape:
            self.color = np.zeros((*depth.shape, 3), np.float32)
            self.through = np.ones(depth.shape, np.float32)
        self.color[:] = 0.0
        self.through[:] = 1.0

    def merge(self, rgb: Paint) -> None:
        """Lay what was painted over a background."""
        _merge(rgb, self.color, self.through)


@dataclass(frozen=True, slots=True)
class Stand:
    """Standing pictures of several kinds.

    places: (n, 3) foot in metres. looks: (n, 4) variant, height in metres, tint, phase. tints: (tints, 2, 3)
    colours in the shade and in the light. sway: share of the height that tops move in the wind.
    """

    places: Field
    looks: Field
    atlas: Atlas
    tints: Field
    sway: float

    def draw(
        self, canvas: Canvas, depth: Depth, lens: Lens, air: NDArray[np.float32], seconds: float, flip: bool
    ) -> None:
        """Paint all that the lens sees; flip mirrors them, so that their bright side is on the right."""
        across, along = self.places[:, 0] - lens.x, self.places[:, 2] - lens.z
        distance = (across * lens.sin + along * lens.cos).astype(np.float32)
        aside = (across * lens.cos - along * lens.sin).astype(np.float32)
        seen = (distance > _NEAR * 0.5) & (np.abs(aside) < lens.middle / lens.focal * distance + self.looks[:, 1])
        index = np.flatnonzero(seen)
        order = index[np.argsort(distance[index], kind="stable")]
        eye = np.array([lens.focal, lens.horizon_row, lens.middle, lens.y, seconds, self.sway, float(flip)], np.float32)
        seen_places, seen_looks = self.places[order], self.looks[order]
        atlas = self.atlas
        _stand(canvas.color, canvas.through, depth, seen_places, seen_looks, distance[order], aside[order],
               atlas.texels, atlas.levels, atlas.spans, self.tints, leaves(), eye, air)  # fmt: skip


@lru_cache(maxsize=1)
def leaves() -> Field:
    """Fine seamless noise that breaks magnified edges into leaves."""
    return spectral(128, 4711, 0.55, low=5.0)


@dataclass(frozen=True, slots=True)
class Atlas:
    """Many sprites in one table.

    texels: (n, 2) coverage and light of all sprites end to end. levels: (variant, level, 4) offset, rows,
    columns and first row in `spans`. spans: (rows, 2) first and last column that shows anything in a row.
    """

    texels: Field
    levels: NDArray[np.int32]
    spans: NDArray[np.int32]


def atlas_of(kinds: list[str], seed: int, variants: int) -> Atlas:
    """The sprites of several kinds, `variants` of each, with all their smaller sizes."""
    grown = [tree for kind in kinds for tree in sprites.grow(kind, seed, variants)]
    levels = np.zeros((len(grown), len(grown[0]), 4), np.int32)
    texels, spans, offset, rows = [], [], 0, 0
    for i, tree in enumerate(grown):
        for j, sprite in enumerate(tree):
            levels[i, j] = offset, sprite.shape[0], sprite.shape[1], rows
            texels.append(sprite.reshape(-1, 2))
            spans.append(_spans(sprite))
            offset += sprite.shape[0] * sprite.shape[1]
            rows += sprite.shape[0]
    return Atlas(np.concatenate(texels), levels, np.concatenate(spans))


def _spans(sprite: Field) -> NDArray[np.int32]:
    shows = sprite[:, :, 0] > 0.02
    first = np.where(shows.any(axis=1), shows.argmax(axis=1), sprite.shape[1])
    last = np.where(shows.any(axis=1), sprite.shape[1] - 1 - shows[:, ::-1].argmax(axis=1), -1)
    return np.stack([first, last], axis=1).astype(np.int32)


@njit(**LEAN)
def _stand(  # noqa: PLR0912, PLR0915
    color, through, depth, places, looks, distance, aside, atlas, levels, spans, tints, noise, eye, air
):
    focal, horizon, middle, eye_y, seconds, sway, flip = eye
    density, low, thick, ground, sun, spread = air[6:12]
    height, width = through.shape
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for t in range(distance.size):
        z = distance[t]
        scale = focal / z
        tall = looks[t, 1] * scale
        if tall < np.float32(1.2):
            continue
        show = min(one, max(zero, (z - np.float32(_NEAR * 0.5)) / np.float32(_NEAR * 0.5)))
        foot = horizon - (places[t, 1] - eye_y) * scale
        wide = tall * np.float32(0.75)
        left = middle + aside[t] * scale - wide * half
        r0, r1 = max(0, int(foot - tall)), min(height, int(foot) + 1)
        c0, c1 = max(0, int(left)), min(width, int(left + wide) + 1)
        if r0 >= r1 or c0 >= c1:
            continue
        level = 0
        while level + 1 < levels.shape[1] and levels[0, level + 1, 1] >= tall * np.float32(0.8):
            level += 1
        offset, rows, columns, first_row = levels[int(looks[t, 0]), level]
        grain = max(zero, one - np.float32(rows) / tall)
        sharp = min(max(one, tall / np.float32(rows) * np.float32(0.55)), np.float32(2.4))
        off = (left + wide * half - sun) / spread
        toward = np.exp(-off * off)
        clear = np.exp(-z * density)
        tint = int(looks[t, 2])
        per_row, per_column = np.float32(rows) / tall, np.float32(columns) / wide
        bend = sway * np.float32(columns) * np.sin(seconds * np.float32(1.3) + looks[t, 3])
        for r in range(r0, r1):
            v = (np.float32(r) + half - foot + tall) * per_row - half
            v = min(max(v, zero), np.float32(rows) - np.float32(1.001))
            i = int(v)
            fv = v - np.float32(i)
            up = one - v / np.float32(rows)
            high = max(zero, eye_y - ground + (horizon - np.float32(r)) / scale)
            veil = one - clear * np.exp(-z * low * np.exp(-high / thick))
            lean = bend * up * up
            under = first_row + min(i + 1, rows - 1)
            begin = np.float32(min(spans[first_row + i, 0], spans[under, 0])) - np.float32(1.0)
            end = np.float32(max(spans[first_row + i, 1], spans[under, 1])) + np.float32(1.0)
            if end < begin:
                continue
            if flip > half:
                begin, end = np.float32(columns - 1) - end, np.float32(columns - 1) - begin
            s0 = max(c0, int(left + (begin + half - lean) / per_column))
            s1 = min(c1, int(left + (end + half - lean) / per_column) + 1)
            for c in range(s0, s1):
                left_over = through[r, c]
                if left_over < np.float32(0.02):
                    continue
                u = (np.float32(c) + half - left) * per_column - half + lean
                u = min(max(u, zero), np.float32(columns) - np.float32(1.001))
                if flip > half:
                    u = np.float32(columns) - np.float32(1.001) - u
                j = int(u)
                fu = u - np.float32(j)
                at = offset + i * columns + j
                w00, w01 = (one - fv) * (one - fu), (one - fv) * fu
                w10, w11 = fv * (one - fu), fv * fu
                cover = (
                    atlas[at, 0] * w00
                    + atlas[at + 1, 0] * w01
                    + atlas[at + columns, 0] * w10
                    + atlas[at + columns + 1, 0] * w11
                )
                if cover < np.float32(0.03):
                    continue
                lit = (
                    atlas[at, 1] * w00
                    + atlas[at + 1, 1] * w01
                    + atlas[at + columns, 1] * w10
                    + atlas[at + columns + 1, 1] * w11
                )
                if grain > np.float32(0.2):
                    leaf = read(noise, v * np.float32(2.3) + looks[t, 3] * np.float32(9.0), u * np.float32(2.3)) * grain
                    cover = (cover - half + leaf * np.float32(0.26)) * sharp + half
                    lit = lit + leaf * np.float32(0.10)
                    if cover < np.float32(0.02):
                        continue
                    cover = min(cover, one)
                cover *= show
                part = left_over * cover
                for k in range(3):
                    value = tints[tint, 0, k] + (tints[tint, 1, k] - tints[tint, 0, k]) * lit
                    haze = air[k] + (air[3 + k] - air[k]) * toward
                    color[r, c, k] += part * (value + (haze - value) * veil)
                through[r, c] = left_over - part
                if left_over > half and through[r, c] <= half:
                    depth[r, c] = z


@njit(**LEAN)
def _merge(rgb, color, through):
    for r in range(rgb.shape[0]):
        for c in range(rgb.shape[1]):
            left = through[r, c]
            for k in range(3):
                rgb[r, c, k] = color[r, c, k] + rgb[r, c, k] * left


def shafts(rgb: Paint, depth: Depth, lens: Lens, light: Light, strength: float, seconds: float) -> None:
    """Add beams of sunlight that fan out from the sun through misty air."""
    sun = lens.column_of(light.sun_azimuth)
    if sun is None or strength <= 0.0:
        return
    row = lens.horizon_row - lens.focal * (np.tan(light.sun_elevation) + 0.10)
    color = np.asarray(light.glow_color) * strength
    numbers = np.array([sun, row, lens.focal, seconds, *color], np.float32)
    _shafts(rgb, depth, _fans(), numbers)


@lru_cache(maxsize=1)
def _fans() -> Field:
    return spectral(128, 99, 1.0, low=2.0, high=20.0)


@njit(cache=True, fastmath=True, nogil=True)
def _shafts(rgb, depth, noise, numbers):
    column, row, focal, seconds = numbers[0:4]
    block = 4
    one = np.float32(1.0)
    high, wide = rgb.shape[0] // block + 2, rgb.shape[1] // block + 2
    beams = np.zeros((high, wide), np.float32)
    for i in range(high):
        dy = (np.float32(i * block) - row) / focal
        for j in range(wide):
            dx = (np.float32(j * block) - column) / focal
            angle = np.arctan2(dx, dy + np.float32(0.02))
            off = np.sqrt(dx * dx + dy * dy)
            ray = read(noise, seconds * np.float32(0.6), angle * np.float32(20.3718))
            ray += np.float32(0.6) * read(
                noise, np.float32(40.0) - seconds * np.float32(0.8), angle * np.float32(40.7437)
            )
            ray = max(np.float32(0.0), np.float32(0.35) + np.float32(0.5) * ray)
            beams[i, j] = (
                min(ray, np.float32(1.3))
                * np.exp(-off * np.float32(2.6))
                * min(one, off * np.float32(6.0) + np.float32(0.3))
            )
    for r in range(rgb.shape[0]):
        i = r // block
        fr = np.float32(r - i * block) / np.float32(block)
        for c in range(rgb.shape[1]):
            j = c // block
            fc = np.float32(c - j * block) / np.float32(block)
            top = beams[i, j] + (beams[i, j + 1] - beams[i, j]) * fc
            end = beams[i + 1, j] + (beams[i + 1, j + 1] - beams[i + 1, j]) * fc
            far = min(one, depth[r, c] / np.float32(55.0))
            beam = (top + (end - top) * fr) * far
            for k in range(3):
                rgb[r, c, k] += numbers[4 + k] * beam * max(np.float32(0.25), one - np.float32(0.55) * rgb[r, c, k])

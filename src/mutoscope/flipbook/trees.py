"""Woods: where trees stand, and how thousands of them are painted from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook import heightmap, sprites
from mutoscope.flipbook.air import Vector, patchiness, scatter, veil, warmth
from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.ground import SNOW
from mutoscope.flipbook.heightmap import CELL, LEFT, NEAR, SIZE
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, smoothstep, spectral
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.scene import Keyframe
from mutoscope.flipbook.world import Depth, Paint

_FARTHEST = 1500.0
# Beyond this distance only a share of the trees is painted; the ground carries the colour of the rest.
_THINNING = 260.0


@dataclass(frozen=True, slots=True)
class Wood:
    """What grows in a landscape.

    kind: as in `sprites.grow`. share: part of the ground that is wooded. tall: metres. spacing: metres
    between trees where the wood is dense. colors: foliage tints, picked at random. snow: white on branches.
    ceiling: metres above which nothing grows. foot: lowest ground in metres where it grows.
    """

    kind: str
    share: float
    tall: float
    spacing: float
    colors: tuple[Rgb, ...]
    snow: float = 0.0
    ceiling: float = 170.0
    foot: float = 1.6


def density(heights: Field, wood: Wood, seed: int) -> Field:
    """How dense the wood is in every cell, 0 to 1."""
    patch = spectral(SIZE, seed * 31 + 21, 1.45, low=7.0)
    level = float(np.quantile(patch[::4, ::4], 1.0 - wood.share))
    slope_z, slope_x = np.gradient(heights, CELL)
    steep = np.hypot(slope_x, slope_z)
    field = smoothstep(level - 0.25, level + 0.35, patch)
    field *= smoothstep(0.95, 0.62, steep) * smoothstep(wood.ceiling + 25.0, wood.ceiling - 25.0, heights + 9.0 * patch)
    return (field * smoothstep(wood.foot, wood.foot + 1.2, heights)).astype(np.float32)


class Trees:
    """The trees of one scene."""

    def __init__(
        self, heights: Field, thick: Field, wood: Wood, light: Light, path: tuple[Keyframe, ...], seed: int
    ) -> None:
        """Plant them. heights: of the ground. thick: as `density` gives it."""
        self._places, self._looks = _plant(heights, thick, wood, path, seed)
        self._atlas, self._levels = _atlas(sprites.grow(wood.kind, seed))
        self._tints = _tints(wood, light)
        self._flip = light.key()[0] > 0
        self._snow = np.float32(wood.snow)

    def draw(self, rgb: Paint, depth: Depth, view: Vector, air: Vector, mist: Field) -> None:
        """Paint the trees that the view sees, hidden by nearer ground; arguments as in `march.march`."""
        if not len(self._places):
            return
        across = self._places[:, 0] - view[5]
        ahead = self._places[:, 2] - view[7]
        distance = across * view[4] + ahead * view[3]
        aside = across * view[3] - ahead * view[4]
        reach = view[2] / view[0] * distance + 14.0
        seen = (distance > 9.0) & (distance < _FARTHEST) & (np.abs(aside) < reach)
        seen &= self._looks[:, 1] < _THINNING / np.maximum(distance, 1.0) + 0.06
        index = np.flatnonzero(seen)
        order = index[np.argsort(-distance[index])]
        in_bands(len(rgb), _paint, rgb, depth, self._places[order], self._looks[order], distance[order], aside[order],
                 self._atlas, self._levels, self._tints, mist, view, air, self._flip, self._snow)  # fmt: skip


def _plant(heights: Field, thick: Field, wood: Wood, path: tuple[Keyframe, ...], seed: int) -> tuple[Field, Field]:
    """Places (n, 3) and looks (n, 4): variant, rank for thinning, height in metres, tint."""
    rng = np.random.default_rng(seed * 47 + 9)
    half = SIZE * CELL / 2
    line = np.arange(-half * 0.62, half * 0.62, wood.spacing)
    deep = np.arange(NEAR * 0.2, _FARTHEST + max(key.z for key in path), wood.spacing)
    x, z = (a.ravel() for a in np.meshgrid(line, deep))
    x = x + rng.uniform(-0.5, 0.5, x.size) * wood.spacing
    z = z + rng.uniform(-0.5, 0.5, z.size) * wood.spacing
    column = ((x - LEFT) / CELL).astype(np.int64) % SIZE
    row = ((z - NEAR) / CELL).astype(np.int64) % SIZE
    kept = rng.random(x.size) < thick[row, column]
    x, z = x[kept], z[kept]
    y = np.array([heightmap.at(heights, a, b) for a, b in zip(x, z, strict=True)], np.float32)
    looks = np.empty((x.size, 4), np.float32)
    looks[:, 0] = rng.integers(0, 6, x.size)
    looks[:, 1] = rng.random(x.size)
    looks[:, 2] = wood.tall * rng.uniform(0.62, 1.2, x.size)
    looks[:, 3] = rng.integers(0, len(wood.colors), x.size)
    return np.stack([x, y, z], axis=1).astype(np.float32), looks


def _atlas(trees: list[list[sprites.Sprite]]) -> tuple[Field, NDArray[np.int32]]:
    """All sprites end to end in one (n, 2) table, and (variant, level, 3) of offset, rows and columns."""
    levels = np.zeros((len(trees), len(trees[0]), 3), np.int32)
    parts, offset = [], 0
    for i, tree in enumerate(trees):
        for j, sprite in enumerate(tree):
            levels[i, j] = offset, sprite.shape[0], sprite.shape[1]
            parts.append(sprite.reshape(-1, 2))
            offset += sprite.shape[0] * sprite.shape[1]
    return np.concatenate(parts), levels


def _tints(wood: Wood, light: Light) -> Field:
    """(tints, 3, 3): colour in the shade, in the light and of snow on the upper sides."""
    table = np.empty((len(wood.colors), 3, 3), np.float32)
    for i, color in enumerate(wood.colors):
        for k in range(3):
            table[i, 0, k] = color[k] * light.ambient[k] * 0.62
            table[i, 1, k] = color[k] * (1.15 * light.ambient[k] + 0.95 * light.sun_color[k])
            table[i, 2, k] = SNOW[k] * (1.05 * light.ambient[k] + 0.50 * light.sun_color[k])
    return table


@njit(cache=True, fastmath=True, nogil=True)
def _paint(first, last, rgb, depth, places, looks, distance, aside, atlas, levels, tints, mist, view, air, flip, snow):
    """All trees in their order, as far as they stand in the rows from `first` to before `last`."""
    added = np.empty(3, np.float32)
    for t in range(distance.size):
        _tree(rgb, depth, first, last, places[t], looks[t], distance[t], aside[t],
              atlas, levels, tints, mist, view, air, flip, snow, added)  # fmt: skip


@njit(**LEAN)
def _tree(rgb, depth, first, last, place, look, z, aside, atlas, levels, tints, mist, view, air, flip, snow, added):
    """Paint one tree inside the rows from `first` to before `last`."""
    half, one = np.float32(0.5), np.float32(1.0)
    scale = view[0] / z
    grown = min(one, (_rank_shown(z) - look[1]) * np.float32(9.0))
    tall = look[2] * scale * (np.float32(0.4) + np.float32(0.6) * grown)
    wide = tall * np.float32(0.75)
    foot = view[1] - (place[1] - np.float32(0.4) - view[6]) * scale
    left = view[2] + aside * scale - wide * half
    r0, r1 = max(first, int(foot - tall)), min(last, int(foot) + 1)
    c0, c1 = max(0, int(left)), min(depth.shape[1], int(left + wide) + 1)
    if tall < np.float32(1.5) or r0 >= r1 or c0 >= c1:
        return
    level = 0
    while level + 1 < levels.shape[1] and levels[0, level + 1, 1] >= tall * np.float32(0.8):
        level += 1
    offset, rows, columns = levels[int(look[0]), level]
    warm, clear = warmth(air, left + wide * half), np.exp(-z * air[8])
    patch = patchiness(air, mist, place[0], place[2])
    tint = tints[int(look[3])]
    per_row, per_column = np.float32(rows) / tall, np.float32(columns) / wide
    for r in range(r0, r1):
        v = (np.float32(r) + half - foot + tall) * per_row - half
        lost = veil(air, abs(view[6] + (view[1] - np.float32(r)) / scale), z, patch)
        keep = clear * (one - lost)
        for k in range(3):
            added[k] = scatter(air, k, warm, clear, lost)
        for c in range(c0, c1):
            if depth[r, c] < z - np.float32(4.0):
                continue
            u = (np.float32(c) + half - left) * per_column - half
            if flip:
                u = np.float32(columns - 1) - u
            cover, light = _texel(atlas, offset, rows, columns, v, u)
            if cover < np.float32(0.02):
                continue
            light /= cover
            cap = snow * min(one, max(np.float32(0.0), (light - np.float32(0.36)) * np.float32(3.2)))
            for k in range(3):
                value = tint[0, k] + (tint[1, k] - tint[0, k]) * light
                value += (tint[2, k] - value) * cap
                rgb[r, c, k] += (value * keep + added[k] - rgb[r, c, k]) * cover
            if cover > half:
                depth[r, c] = z


@njit(**LEAN)
def _rank_shown(z):
    """Trees of a lower rank than this are painted at a distance."""
    return np.float32(_THINNING) / z + np.float32(0.06)


@njit(inline="always")
def _texel(atlas, offset, rows, columns, v, u):
    """Coverage, and coverage times light, of a sprite at a row and a column between its texels."""
    v = min(max(v, np.float32(0.0)), np.float32(rows) - np.float32(1.001))
    u = min(max(u, np.float32(0.0)), np.float32(columns) - np.float32(1.001))
    i, j = int(v), int(u)
    fv, fu = v - np.float32(i), u - np.float32(j)
    at = offset + i * columns + j
    below = at + columns
    one = np.float32(1.0)
    w00, w01, w10, w11 = (one - fv) * (one - fu), (one - fv) * fu, fv * (one - fu), fv * fu
    cover = atlas[at, 0] * w00 + atlas[at + 1, 0] * w01 + atlas[below, 0] * w10 + atlas[below + 1, 0] * w11
    light = atlas[at, 1] * w00 + atlas[at + 1, 1] * w01 + atlas[below, 1] * w10 + atlas[below + 1, 1] * w11
    return cover, light

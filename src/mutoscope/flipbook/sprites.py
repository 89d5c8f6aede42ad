"""Tree pictures, grown from many soft tufts so that they have neither straight edges nor perfect circles.

A sprite is (rows, columns, 2): coverage 0 to 1, and coverage times light, where light goes from 0 (deep shade)
to 1 (sunlit from the left). The foot stands in the middle of the bottom row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sprite = NDArray[np.float32]

TALL = 128
WIDE = 96


def grow(kind: str, seed: int, variants: int = 6) -> list[list[Sprite]]:
    """For every variant of a kind of tree, its sprite at full size and at each halving down to 8 rows.

    kind: conifer, broadleaf, acacia, palm or bush.
    """
    makers = {"conifer": _conifer, "broadleaf": _broadleaf, "acacia": _acacia, "palm": _palm, "bush": _bush}
    return [_halvings(makers[kind](np.random.default_rng(seed * 101 + i))) for i in range(variants)]


def _halvings(sprite: Sprite) -> list[Sprite]:
    """The sprite and its halved sizes."""
    levels = [sprite]
    while levels[-1].shape[0] > 8:
        rows, columns = levels[-1].shape[0] // 2, levels[-1].shape[1] // 2
        small = levels[-1].reshape(rows, 2, columns, 2, 2).mean(axis=(1, 3))
        levels.append(np.ascontiguousarray(small, dtype=np.float32))
    return levels


class _Canvas:
    """Tufts painted over one another, later ones in front."""

    def __init__(self) -> None:
        self.sprite = np.zeros((TALL, WIDE, 2), np.float32)
        self.rows, self.columns = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)

    def tuft(self, row: float, column: float, tall: float, wide: float, light: float, lean: float = 0.0) -> None:
        """A soft ellipse; its upper left is brighter. Lengths in sprite pixels."""
        r0, r1 = max(0, int(row - tall * 1.6)), min(TALL, int(row + tall * 1.6) + 2)
        c0, c1 = max(0, int(column - wide * 1.6)), min(WIDE, int(column + wide * 1.6) + 2)
        if r0 >= r1 or c0 >= c1:
            return
        y = (self.rows[r0:r1, c0:c1] - row) / tall
        x = (self.columns[r0:r1, c0:c1] - column) / wide
        y = y - lean * np.abs(x)
        cover = np.clip((1.0 - np.hypot(x, y)) * 2.2, 0.0, 1.0)
        glow = np.clip(light - 0.16 * x - 0.22 * y, 0.0, 1.0)
        self._over(self.sprite[r0:r1, c0:c1], cover, glow)

    def trunk(self, top: float, bottom: float, column: float, half: float, bend: float = 0.0) -> None:
        """A tapering stem; bend: how far the top leans to the right, in pixels."""
        share = np.clip((bottom - self.rows) / max(bottom - top, 1.0), 0.0, 1.0)
        middle = column + bend * share**2
        width = half * (1.0 - 0.5 * share)
        tall = (self.rows >= top) & (self.rows <= bottom)
        cover = np.clip(width - np.abs(self.columns - middle) + 0.5, 0.0, 1.0) * tall
        light = 0.30 - 0.12 * np.clip((self.columns - middle) / np.maximum(width, 0.5), -1, 1)
        self._over(self.sprite, cover, light)

    @staticmethod
    def _over(part: Sprite, cover: Sprite, light: Sprite) -> None:
        part[:, :, 1] += (light - part[:, :, 1]) * cover
        part[:, :, 0] += (1.0 - part[:, :, 0]) * cover


def _conifer(rng: np.random.Generator) -> Sprite:
    canvas = _Canvas()
    middle = WIDE / 2 + rng.uniform(-1, 1)
    spread = rng.uniform(22, 31)
    canvas.trunk(10, TALL - 1, middle, 2.4)
    layers = 17
    for layer in range(layers, -1, -1):
        share = layer / layers
        row = 9 + share * (TALL - 24)
        reach = (1.5 + spread * share**0.92) * rng.uniform(0.82, 1.12)
        for _ in range(5 + int(9 * share)):
            side = rng.uniform(-1, 1)
            column = middle + reach * side * 0.86
            droop = abs(side) * 6.0 * share
            light = 0.50 - 0.26 * side - 0.10 * share + rng.normal(0, 0.09)
            size = 2.0 + 4.6 * share * rng.uniform(0.7, 1.15)
            canvas.tuft(row + droop + rng.normal(0, 1.4), column, size * 0.78, size * 1.35, light, lean=0.35)
    canvas.tuft(9, middle, 8, 1.7, 0.55)
    return canvas.sprite


def _broadleaf(rng: np.random.Generator) -> Sprite:
    canvas = _Canvas()
    middle = WIDE / 2
    canvas.trunk(70, TALL - 1, middle, 3.2, bend=rng.uniform(-4, 4))
    lobes = [(rng.uniform(36, 94), middle + rng.uniform(-25, 25), rng.uniform(13, 20)) for _ in range(10)]
    lobes += [(58.0, middle, 30.0), (84.0, middle - 12, 22.0), (86.0, middle + 12, 21.0)]
    lobes += [(30.0, middle + rng.uniform(-7, 7), 17.0)]
    for row, column, size in sorted(lobes, key=lambda lobe: -lobe[0]):
        for _ in range(40):
            angle, out = rng.uniform(0, 6.283), np.sqrt(rng.random())
            dx, dy = np.cos(angle) * out, np.sin(angle) * out
            light = 0.48 - 0.20 * dx - 0.24 * dy - 0.16 * (row - 60) / 34 - 0.14 * (column - middle) / 24
            light += rng.normal(0, 0.09)
            tuft = size * rng.uniform(0.14, 0.27)
            canvas.tuft(row + dy * size * 0.9, column + dx * size, tuft, tuft * 1.2, light)
    return canvas.sprite


def _acacia(rng: np.random.Generator) -> Sprite:
    canvas = _Canvas()
    middle = WIDE / 2
    for bend in (-15.0, 0.0, 16.0):
        canvas.trunk(66, TALL - 1, middle, 2.2, bend=bend + rng.uniform(-3, 3))
    for _ in range(190):
        side, up = rng.uniform(-1, 1), rng.uniform(-1, 1)
        row = 60 + up * 9 * np.sqrt(1 - side * side) + 4 * abs(side)
        light = 0.48 - 0.30 * up - 0.16 * side + rng.normal(0, 0.06)
        canvas.tuft(row, middle + side * 42, 3.2, 5.5, light)
    return canvas.sprite


def _palm(rng: np.random.Generator) -> Sprite:
    canvas = _Canvas()
    bend = float(rng.uniform(-15, 15))
    canvas.trunk(34, TALL - 1, WIDE / 2 - bend * 0.5, 2.6, bend=bend)
    top = WIDE / 2 + bend * 0.5
    for frond in range(13):
        angle = np.pi * (frond + rng.uniform(-0.3, 0.3)) / 12
        for bit in range(16):
            out = bit / 15
            column = top + np.cos(angle) * 36 * out
            row = 34 - np.sin(angle) * 26 * out + 30 * out * out
            light = 0.58 - 0.25 * out - 0.14 * np.cos(angle)
            canvas.tuft(row, column, 2.6 * (1.15 - out), 3.4 * (1.2 - out), light, lean=0.6)
    return canvas.sprite


def _bush(rng: np.random.Generator) -> Sprite:
    canvas = _Canvas()
    for _ in range(150):
        side, up = rng.uniform(-1, 1), rng.random()
        row = TALL - 4 - up * 42 * np.sqrt(max(0.0, 1 - side * side)) * rng.uniform(0.7, 1.0)
        light = 0.30 + 0.34 * up - 0.18 * side + rng.normal(0, 0.06)
        canvas.tuft(row, WIDE / 2 + side * 34, 5.0, 6.0, light)
    return canvas.sprite

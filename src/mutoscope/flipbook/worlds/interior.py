"""A room: a great window, boarded floor, shelves and a few pieces of furniture, built larger than life.

The room is drawn at fourteen times its size, so that camera moves meant for landscapes stay inside it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numba import njit

from mutoscope.flipbook import drawings, sky, stamp
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.drawings import Drawing
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.stamp import Print
from mutoscope.flipbook.world import Depth, Paint

_HALF, _CEILING = 105.0, 70.0
_BEHIND = -160.0
# Half width, sill and lintel of the window in the far wall, metres.
_WINDOW = (44.0, 15.0, 56.0)
# Icon, x, metres before the far wall, and height in metres.
_FURNITURE = (
    ("floor_lamp", -66.0, 22.0, 44.0), ("armchair", -88.0, 44.0, 27.0), ("houseplant", 70.0, 20.0, 31.0),
    ("low_table", 58.0, 52.0, 13.0), ("armchair", 92.0, 62.0, 27.0),
)  # fmt: skip


def build(scene: Scene, light: Light) -> Interior:
    """The room of a scene; the hour shows through its window."""
    return Interior(scene, light)


class Interior:
    """A box with a window; lamps burn when it is dark outside."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._light, self._seed = light, scene.seed
        keys = scene.camera.path
        self._wall = max(190.0, max(key.z for key in keys) + 125.0)
        self._half = max(_HALF, max(abs(key.x) for key in keys) + 35.0)
        self._ceiling = max(_CEILING, max(key.y for key in keys) + 28.0)
        self._grain = spectral(256, scene.seed * 5 + 1, 1.0, low=3.0)
        self._colors = _colors(light)
        inside = _inner_light(light)
        self._pieces: dict[str, Drawing] = {}
        for icon in sorted({piece[0] for piece in _FURNITURE}):
            picture = drawings.picture_of(drawings.markup(icon), max(48, round(0.55 * scene.height)))
            self._pieces[icon] = drawings.shaded(picture, inside, lamp=True)

    def height_at(self, x: float, z: float) -> float:
        """The floor."""
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture: the sky outside, the room around it, then the furniture."""
        lens, light = Lens.at(pose, rgb.shape[1], rgb.shape[0]), self._light
        sky.draw(rgb, pose, lens, light, seconds, self._seed)
        view = np.array(
            [lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y, lens.z, lens.cos, lens.sin], np.float32
        )
        slope = -math.tan(light.sun_azimuth)
        fall = max(math.tan(light.sun_elevation), 0.22)
        room = np.array([self._half, self._ceiling, self._wall, _BEHIND, *_WINDOW, slope, fall], np.float32)
        _room(rgb, depth, self._grain, self._colors, room, view)
        self._furnish(rgb, depth, lens)

    def _furnish(self, rgb: Paint, depth: Depth, lens: Lens) -> None:
        pieces = sorted(_FURNITURE, key=lambda piece: piece[2])
        for icon, x, before, tall in pieces:
            column, base, distance = lens.project(x, 0.0, self._wall - before)
            if distance < 12.0:
                continue
            height = tall * lens.focal / distance
            drawing = self._pieces[icon]
            shown = Print(
                column, base, height * drawing.aspect, height, distance, opacity=min(1.0, (distance - 12.0) / 12.0)
            )
            stamp.shade(rgb, depth, drawing.level_for(height * 0.3), shown, 0.0, 0.10, 0.45)
            stamp.stamp(rgb, depth, drawing.level_for(height), shown)
            if icon == "floor_lamp" and self._light.night > 0.1:
                power = 0.62 * self._light.night
                stamp.glow(rgb, column, base - 0.82 * height, 2.3 * height, (power, 0.62 * power, 0.28 * power))


def _inner_light(light: Light) -> Light:
    """The scene's light as it is inside: softer, and warm from the lamps when it is dark."""
    lamp = np.array((0.34, 0.24, 0.15)) * light.night
    ambient = np.asarray(light.ambient) * 1.05 + lamp
    return replace(light, ambient=(float(ambient[0]), float(ambient[1]), float(ambient[2])))


def _colors(light: Light) -> Field:
    """(6, 3): wall, far wall, floor, ceiling, sunlight on surfaces, lamplight."""
    dark = light.night
    day = np.asarray(light.ambient) * (1.35 - 0.65 * dark) + np.asarray(light.sun_color) * (0.30 - 0.18 * dark)
    day = day + np.array((0.13, 0.075, 0.02)) * dark
    tones = np.array(((0.62, 0.54, 0.46), (0.52, 0.50, 0.46), (0.50, 0.33, 0.21), (0.66, 0.62, 0.56)))
    sun = np.asarray(light.sun_color) * (0.55 * light.disc) * (0.35 if light.moon else 1.0)
    lamp = np.array((0.50, 0.30, 0.13)) * light.night
    return np.vstack([tones * day, sun[None], lamp[None]]).astype(np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def _frame(x, y, half, sill, lintel):
    """0 in the open panes of the window to 1 on its frame, bars and the wall around it; soft over 0.4 metres."""
    edge = min(half - abs(x), y - sill, lintel - y)
    bar = min(abs(abs(x) - half / np.float32(3.0)), abs(y - (sill + (lintel - sill) * np.float32(0.68))))
    open_glass = min(edge - np.float32(1.6), bar - np.float32(0.8))
    return min(np.float32(1.0), max(np.float32(0.0), np.float32(0.5) - open_glass * np.float32(2.5)))


@njit(cache=True, fastmath=True, nogil=True)
def _shelf(x, y, base):
    """A wall of books: (red, green, blue) factors over the wall's colour at metres along and up it."""
    one = np.float32(1.0)
    board = y / np.float32(8.5)
    level = np.floor(board)
    up = (board - level) * np.float32(8.5)
    at = x / np.float32(1.25) + level * np.float32(7.3)
    number = np.floor(at)
    luck = np.sin(number * np.float32(12.9898) + level * np.float32(78.233)) * np.float32(43758.547)
    luck -= np.floor(luck)
    tall = np.float32(4.6) + np.float32(2.4) * luck
    gap = at - number
    if up < np.float32(0.9):
        return base * np.float32(0.62), base * np.float32(0.44), base * np.float32(0.30)
    if up - np.float32(0.9) > tall or gap < np.float32(0.07):
        return base * np.float32(0.20), base * np.float32(0.16), base * np.float32(0.13)
    hue = luck * np.float32(7.0) - np.floor(luck * np.float32(7.0))
    tone = base * (np.float32(0.62) + np.float32(0.35) * luck)
    return (
        tone * (np.float32(0.55) + np.float32(0.5) * hue),
        tone * (np.float32(0.50) + np.float32(0.22) * (one - hue)),
        tone * (np.float32(0.42) + np.float32(0.34) * abs(hue - np.float32(0.5))),
    )


@njit(cache=True, fastmath=True, nogil=True)
def _room(rgb, depth, grain, colors, room, view):  # noqa: PLR0912, PLR0915
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view
    half, ceiling, wall, behind, glass, sill, lintel, slope, fall = room
    one, zero = np.float32(1.0), np.float32(0.0)
    for r in range(rgb.shape[0]):
        rise = (horizon - np.float32(r) - np.float32(0.5)) / focal
        flat = (ceiling - eye_y) / rise if rise > np.float32(1e-5) else eye_y / max(-rise, np.float32(1e-5))
        for c in range(rgb.shape[1]):
            across = (np.float32(c) + np.float32(0.5) - middle) / focal
            dx, dz = across * cos + sin, cos - across * sin
            side = ((half if dx > 0 else -half) - eye_x) / (dx if abs(dx) > np.float32(1e-5) else np.float32(1e-5))
            end = ((wall if dz > 0 else behind) - eye_z) / (dz if abs(dz) > np.float32(1e-5) else np.float32(1e-5))
            t = min(flat, side, end)
            x, y, z = eye_x + dx * t, eye_y + rise * t, eye_z + dz * t
            lit = zero
            frame = one
            if t == end and dz > 0:
                frame = _frame(x, y, glass, sill, lintel)
                near = max(zero, abs(x) - glass, sill - y, y - lintel)
                tone = (
                    np.float32(0.80)
                    + np.float32(0.20) * np.exp(-near * np.float32(0.06))
                    + read(grain, y * np.float32(3.0), x * np.float32(3.0)) * np.float32(0.012)
                )
                inner = near <= zero
                red, green, blue = colors[1, 0] * tone, colors[1, 1] * tone, colors[1, 2] * tone
                if inner or near < np.float32(2.2):
                    red, green, blue = (
                        colors[3, 0] * np.float32(0.86),
                        colors[3, 1] * np.float32(0.84),
                        colors[3, 2] * np.float32(0.80),
                    )
                if y < np.float32(3.0):
                    red, green, blue = red * np.float32(0.8), green * np.float32(0.76), blue * np.float32(0.72)
            elif t in (side, end):
                base = colors[0, 0] * np.float32(1.10)
                along = z if t == side else x
                if y < np.float32(52.0):
                    red, green, blue = _shelf(along, y, base)
                    green *= colors[0, 1] / colors[0, 0] * np.float32(1.12)
                    blue *= colors[0, 2] / colors[0, 0] * np.float32(1.25)
                else:
                    red, green, blue = colors[0, 0], colors[0, 1], colors[0, 2]
                shade = np.float32(0.45) + np.float32(0.55) * np.exp(-abs(wall - z) * np.float32(0.010))
                red, green, blue = red * shade, green * shade, blue * shade
            elif rise > 0:
                beam = z / np.float32(26.0)
                beam = beam - np.floor(beam)
                tone = np.float32(0.60) if beam < np.float32(0.16) else np.float32(0.92)
                shade = tone * (np.float32(0.55) + np.float32(0.45) * np.exp(-abs(wall - z) * np.float32(0.012)))
                red, green, blue = (
                    colors[3, 0] * shade,
                    colors[3, 1] * shade * np.float32(0.97),
                    colors[3, 2] * shade * np.float32(0.92),
                )
            else:
                plank = x / np.float32(5.0)
                number = np.floor(plank)
                seam = plank - number
                shift = z / np.float32(46.0) + number * np.float32(0.37)
                luck = np.sin(number * np.float32(12.9) + np.floor(shift) * np.float32(78.2)) * np.float32(437.5)
                luck -= np.floor(luck)
                tone = (
                    np.float32(0.80)
                    + np.float32(0.26) * luck
                    + read(grain, z * np.float32(0.7), x * np.float32(7.0))
                    * np.float32(0.05)
                    * min(one, np.float32(120.0) / t)
                )
                if min(seam, one - seam) < np.float32(0.025) + t * np.float32(0.0001):
                    tone *= np.float32(0.78)
                tone *= np.float32(0.62) + np.float32(0.38) * np.exp(-abs(wall - z) * np.float32(0.009))
                rug = (x / np.float32(46.0)) ** 2 + ((z - wall + np.float32(66.0)) / np.float32(30.0)) ** 2
                red, green, blue = colors[2, 0] * tone, colors[2, 1] * tone, colors[2, 2] * tone
                if rug < one:
                    ring = (
                        np.float32(0.85)
                        if rug > np.float32(0.86) or (rug > np.float32(0.62) and rug < np.float32(0.68))
                        else np.float32(0.55)
                    )
                    red, green, blue = (
                        colors[0, 0] * ring * np.float32(0.95),
                        colors[0, 1] * ring * np.float32(0.62),
                        colors[0, 2] * ring * np.float32(0.60),
                    )
                # Where the sun reaches the floor through the panes.
                away = wall - z
                wx, wy = x - away * slope, away * fall
                lit = one - _frame(wx, wy, glass, sill, lintel)
                lit *= np.exp(-away * np.float32(0.004))
            red += lit * colors[4, 0] * (red + np.float32(0.10)) * np.float32(1.5)
            green += lit * colors[4, 1] * (green + np.float32(0.08)) * np.float32(1.5)
            blue += lit * colors[4, 2] * (blue + np.float32(0.06)) * np.float32(1.5)
            rgb[r, c, 0] += (red - rgb[r, c, 0]) * frame
            rgb[r, c, 1] += (green - rgb[r, c, 1]) * frame
            rgb[r, c, 2] += (blue - rgb[r, c, 2]) * frame
            depth[r, c] = t
            if frame < np.float32(0.99):
                depth[r, c] = np.float32(1e6)

"""Above everything: open space with stars and nebulae, and the sky over a sea of clouds."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from mutoscope.flipbook import sky
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint, World
from mutoscope.flipbook.worlds.abstract import enlarge

_COARSE = 3
_STARS = 2600


def build(scene: Scene, light: Light) -> World:
    """Space, or for the setting "sky" a flight above the clouds."""
    return CloudSea(scene, light) if scene.setting == "sky" else Space(scene)


class Space:
    """Stars near and far, two colours of nebula, and a limb of a planet unless the scene brings its own."""

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng([scene.seed, 41])
        self._field = spectral(256, scene.seed * 9 + 6, 1.35, low=1.0)
        self._stars = _stars(rng)
        self._colors = _nebula_colors(rng)
        own = {"planet", "earth", "moon"} & {subject.name for subject in scene.first_subjects}
        side = -1.0 if scene.sun >= 0 else 1.0
        self._planet = np.array(
            [side * 0.46, -0.34, 0.0 if own else 0.30, -side * 0.75, 0.45, *self._colors[1]], np.float32
        )

    def height_at(self, x: float, z: float) -> float:
        """A nominal floor far below."""
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        depth[:] = FAR
        coarse = np.empty((rgb.shape[0] // _COARSE + 2, rgb.shape[1] // _COARSE + 2, 3), np.float32)
        yaw = math.atan2(lens.sin, lens.cos)
        view = np.array(
            [lens.middle, lens.horizon_row, lens.focal, yaw + pose.x * 0.0006, pose.y * 0.0008, pose.z, seconds],
            np.float32,
        )
        _nebula(coarse, self._field, self._colors, view)
        enlarge(rgb, coarse, _COARSE)
        _sparkle(rgb, self._stars, view)
        if self._planet[2] > 0.0:
            _planet(rgb, self._field, self._planet, view)


def _stars(rng: np.random.Generator) -> Field:
    """(n, 5): azimuth, rise, brightness, warmth, phase."""
    stars = rng.random((_STARS, 5), dtype=np.float32)
    stars[:, 0] = stars[:, 0] * 3.4 - 1.7
    stars[:, 1] = stars[:, 1] * 2.2 - 1.1
    stars[:, 2] = 0.10 + 1.1 * stars[:, 2] ** 9
    return stars


def _nebula_colors(rng: np.random.Generator) -> Field:
    """(3, 3): empty space, and the two clouds in it."""
    pairs = [
        ((0.10, 0.24, 0.52), (0.52, 0.18, 0.46)), ((0.06, 0.34, 0.42), (0.56, 0.26, 0.20)),
        ((0.26, 0.14, 0.52), (0.12, 0.40, 0.52)), ((0.42, 0.14, 0.30), (0.14, 0.20, 0.50)),
    ]  # fmt: skip
    first, second = pairs[int(rng.integers(0, len(pairs)))]
    return np.array([(0.012, 0.016, 0.036), first, second], np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def _nebula(coarse, field, colors, view):
    middle, horizon, focal, yaw, up, ahead, seconds = view
    zero, one = np.float32(0.0), np.float32(1.0)
    near = np.float32(40.0) / (one + ahead * np.float32(0.0007))
    for i in range(coarse.shape[0]):
        y = ((horizon - np.float32(i * _COARSE)) / focal + up) * near
        for j in range(coarse.shape[1]):
            x = ((np.float32(j * _COARSE) - middle) / focal) * near + yaw * np.float32(40.0)
            a = read(field, y * np.float32(0.8) + np.float32(90.0), x * np.float32(0.8) + np.float32(50.0))
            b = read(
                field, y * np.float32(1.7) + np.float32(12.0) * a + seconds * np.float32(0.12), x * np.float32(1.7)
            )
            c = read(field, y * np.float32(4.5) + np.float32(9.0) * b, x * np.float32(4.5) - seconds * np.float32(0.2))
            band = np.exp(
                -(((y - np.float32(4.0) - x * np.float32(0.35) - np.float32(4.0) * a) / np.float32(13.0)) ** 2)
            )
            first = max(zero, np.float32(0.22) + np.float32(0.36) * b + np.float32(0.14) * c) * (
                np.float32(0.25) + np.float32(0.85) * band
            )
            second = max(
                zero, np.float32(0.10) + np.float32(0.40) * a - np.float32(0.20) * b + np.float32(0.12) * c
            ) * (np.float32(0.2) + band)
            dark = max(zero, np.float32(0.35) * c + np.float32(0.25) * b) * band
            for k in range(3):
                value = colors[0, k] + colors[1, k] * first * np.float32(0.85) + colors[2, k] * second * np.float32(0.8)
                coarse[i, j, k] = value * (one - np.float32(0.6) * min(one, dark))


@njit(cache=True, fastmath=True, nogil=True)
def _sparkle(rgb, stars, view):
    """Stars as soft points; bright ones have a glow. A way ahead makes the nearer third spread."""
    middle, horizon, focal, yaw, up, ahead, seconds = view
    height, width = rgb.shape[0], rgb.shape[1]
    one, half = np.float32(1.0), np.float32(0.5)
    unit = max(np.float32(0.55), np.float32(height) / np.float32(720.0))
    for i in range(stars.shape[0]):
        near = np.float32(0.0018) * ahead if stars[i, 4] > np.float32(0.66) else np.float32(0.0)
        grow = np.exp(near)
        col = middle + (stars[i, 0] - yaw) * grow * focal
        row = horizon - (stars[i, 1] - up) * grow * focal
        if col < -8 or row < -8 or col > width + 8 or row > height + 8:
            continue
        bright = stars[i, 2] * (
            np.float32(0.85) + np.float32(0.15) * np.sin(seconds * np.float32(2.0) + stars[i, 4] * np.float32(40.0))
        )
        size = unit * (np.float32(0.62) + np.float32(0.75) * stars[i, 2])
        reach = int(size * np.float32(4.0)) + 1
        for r in range(max(0, int(row) - reach), min(height, int(row) + reach + 1)):
            for c in range(max(0, int(col) - reach), min(width, int(col) + reach + 1)):
                dx, dy = (np.float32(c) + half - col) / size, (np.float32(r) + half - row) / size
                off = dx * dx + dy * dy
                light = bright * (np.exp(-off) + np.float32(0.10) * bright * np.exp(-np.sqrt(off) * np.float32(0.9)))
                rgb[r, c, 0] += light * (np.float32(0.82) + np.float32(0.18) * stars[i, 3])
                rgb[r, c, 1] += light * np.float32(0.90)
                rgb[r, c, 2] += light * (one - np.float32(0.22) * stars[i, 3])


@njit(cache=True, fastmath=True, nogil=True)
def _planet(rgb, field, planet, view):
    """A banded sphere lit from one side, with a thin shining air."""
    middle, horizon, focal, yaw, up, ahead, seconds = view
    at_x, at_y, size, sun_x, sun_y, red, green, blue = planet
    one, zero = np.float32(1.0), np.float32(0.0)
    radius = size * focal * (one + ahead * np.float32(0.0022))
    col = middle + (at_x * (one + ahead * np.float32(0.0016)) - yaw) * focal
    row = horizon - (at_y - up) * focal
    deep = np.sqrt(max(zero, one - sun_x * sun_x * np.float32(0.6) - sun_y * sun_y)) * np.float32(0.35)
    for r in range(
        max(0, int(row - radius * np.float32(1.12))), min(rgb.shape[0], int(row + radius * np.float32(1.12)) + 1)
    ):
        for c in range(
            max(0, int(col - radius * np.float32(1.12))), min(rgb.shape[1], int(col + radius * np.float32(1.12)) + 1)
        ):
            x, y = (np.float32(c) - col) / radius, (row - np.float32(r)) / radius
            off = np.sqrt(x * x + y * y)
            lit = x * sun_x + y * sun_y
            edge = min(one, max(zero, (one - off) * radius + np.float32(0.5)))
            if edge > zero:
                z = np.sqrt(max(zero, one - off * off))
                shine = max(zero, lit + z * deep) ** np.float32(0.9)
                tilt = y * np.float32(0.96) + x * np.float32(0.28)
                turn = (x * np.float32(0.96) - y * np.float32(0.28)) / max(z + np.float32(0.6), np.float32(0.6))
                swirl = read(field, tilt * np.float32(30.0), turn * np.float32(14.0) + seconds * np.float32(0.25))
                bands = (
                    np.float32(0.66)
                    + np.float32(0.22)
                    * np.sin(tilt * np.float32(17.0) + swirl * np.float32(0.9))
                    * np.sin(tilt * np.float32(5.0) + np.float32(1.0))
                    + np.float32(0.10) * swirl
                )
                haze = (one - z) ** np.float32(3.0) * shine
                rgb[r, c, 0] += (
                    (np.float32(0.35) + red) * bands * shine + np.float32(0.30) * haze - rgb[r, c, 0]
                ) * edge
                rgb[r, c, 1] += (
                    (np.float32(0.32) + green) * bands * shine + np.float32(0.42) * haze - rgb[r, c, 1]
                ) * edge
                rgb[r, c, 2] += (
                    (np.float32(0.35) + blue) * bands * shine + np.float32(0.60) * haze - rgb[r, c, 2]
                ) * edge
            if off > one:
                air = (
                    np.exp(-(off - one) * np.float32(46.0)) * max(zero, lit / off + np.float32(0.15)) * np.float32(0.42)
                )
                rgb[r, c, 0] += air * np.float32(0.45)
                rgb[r, c, 1] += air * np.float32(0.68)
                rgb[r, c, 2] += air


class CloudSea:
    """The open sky over a floor of clouds."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._light, self._seed = light, scene.seed
        self._field = spectral(512, scene.seed * 9 + 8, 1.5, low=2.0)

    def height_at(self, x: float, z: float) -> float:
        """The cloud tops."""
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture: the sky, then cloud tops that roll away below."""
        lens, light = Lens.at(pose, rgb.shape[1], rgb.shape[0]), self._light
        sky.draw(rgb, pose, lens, light, seconds, self._seed)
        sun = lens.column_of(light.sun_azimuth)
        view = np.array([lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y + 6.0, lens.z, lens.cos, lens.sin,
                         seconds * (1.0 + 4.0 * light.wind), -1e6 if sun is None else sun, light.key()[0]],
                        np.float32)  # fmt: skip
        lit = np.minimum(np.asarray(light.cloud_lit), 1.0)
        colors = np.array([lit, light.cloud_shade, light.haze_color, light.glow_color], np.float32)
        _cloud_floor(rgb, depth, self._field, colors, view)


@njit(cache=True, fastmath=True, nogil=True)
def _cloud_floor(rgb, depth, field, colors, view):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin, drift, sun, side = view
    one, zero = np.float32(1.0), np.float32(0.0)
    soft = np.float32(0.03) * focal
    for r in range(rgb.shape[0]):
        below = np.float32(r) + np.float32(0.5) - horizon
        for c in range(rgb.shape[1]):
            depth[r, c] = np.float32(FAR)
        if below < -soft:
            continue
        z = min(eye_y * focal / max(below, np.float32(0.6)), np.float32(4000.0))
        fade = np.exp(-z * np.float32(0.0016))
        rim = min(one, (below + soft) / (np.float32(2.0) * soft))
        rim = rim * rim * (np.float32(3.0) - np.float32(2.0) * rim)
        for c in range(rgb.shape[1]):
            across = (np.float32(c) - middle) / focal
            # The billows rise towards the eye: look for the height by stepping along the ray.
            high, x, y = zero, zero, zero
            for _ in range(3):
                far = z * (one - high * np.float32(0.16))
                x, y = eye_x + far * (across * cos + sin), eye_z + far * (cos - across * sin)
                high = read(field, y * np.float32(0.30), x * np.float32(0.30) + drift * np.float32(0.2))
                high += (
                    np.float32(0.38)
                    * read(field, y * np.float32(1.1) + np.float32(60.0), x * np.float32(1.1) + drift * np.float32(0.4))
                    * min(one, np.float32(130.0) / z)
                )
            ahead = read(
                field,
                y * np.float32(0.30) + np.float32(3.0),
                x * np.float32(0.30) + side * np.float32(3.5) + drift * np.float32(0.2),
            )
            lit = min(one, max(zero, np.float32(0.52) + np.float32(0.30) * (high - ahead) + np.float32(0.16) * high))
            off = (np.float32(c) - sun) / (focal * np.float32(0.45))
            toward = np.exp(-off * off)
            for k in range(3):
                value = colors[1, k] + (colors[0, k] - colors[1, k]) * lit
                haze = colors[2, k] + (colors[3, k] - colors[2, k]) * toward
                value = haze + (value - haze) * (np.float32(0.15) + np.float32(0.85) * fade)
                value += colors[3, k] * toward * np.float32(0.12) * lit
                rgb[r, c, k] += (value - rgb[r, c, k]) * rim
            if below > zero:
                depth[r, c] = z

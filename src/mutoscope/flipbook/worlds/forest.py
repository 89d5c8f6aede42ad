"""The forest and the jungle: trees and undergrowth around a glade, with mist between them and beams of light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook import camera, sky
from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.layers import Air, Canvas, Stand, atlas_of, shafts
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.pivot import pivot_of
from mutoscope.flipbook.scene import Keyframe, Scene
from mutoscope.flipbook.world import Depth, Paint

# Level of the forest floor in metres: the cruising camera flies under the crowns, 7 m above it.
FLOOR = 15.0
_DEEP = 330.0
_VARIANTS = 5


@dataclass(frozen=True, slots=True)
class _Flora:
    """What grows: kinds of trees, metres between them and of their height, tints of leaves, floor and its herbs."""

    trees: tuple[str, ...]
    spacing: float
    tall: float
    leaves: tuple[Rgb, ...]
    floor: tuple[Rgb, Rgb]


_GREENS = ((0.16, 0.30, 0.15), (0.20, 0.34, 0.16), (0.13, 0.26, 0.16), (0.24, 0.36, 0.15))
_GOLDS = ((0.62, 0.30, 0.10), (0.70, 0.42, 0.12), (0.50, 0.20, 0.10), (0.34, 0.34, 0.13))
_SPRINGS = ((0.36, 0.52, 0.20), (0.30, 0.46, 0.18), (0.22, 0.38, 0.17), (0.48, 0.56, 0.26))
_WHITES = ((0.62, 0.67, 0.72), (0.50, 0.57, 0.62), (0.70, 0.74, 0.80), (0.40, 0.47, 0.50))
_FLOORS = {
    "autumn": ((0.34, 0.20, 0.09), (0.52, 0.31, 0.12)),
    "winter": ((0.66, 0.71, 0.78), (0.80, 0.84, 0.90)),
    None: ((0.12, 0.17, 0.08), (0.24, 0.29, 0.12)),
}


def build(scene: Scene, light: Light) -> Forest:
    """The forest of a scene; jungle, season and snowfall choose what grows."""
    return Forest(scene, light, _flora_of(scene))


def _flora_of(scene: Scene) -> _Flora:
    winter = scene.season == "winter" or "snow" in scene.weather
    season = "winter" if winter else scene.season
    floor = _FLOORS.get(season, _FLOORS[None])
    if scene.setting == "jungle":
        return _Flora(("broadleaf", "palm", "broadleaf"), 8.0, 27.0, _SPRINGS[1:] + _GREENS[:2], _FLOORS[None])
    if winter:
        return _Flora(("conifer",), 8.5, 27.0, _WHITES, floor)
    if season == "autumn":
        return _Flora(("broadleaf", "broadleaf", "conifer"), 9.0, 25.0, _GOLDS, floor)
    if season == "spring":
        return _Flora(("broadleaf", "conifer"), 9.0, 25.0, _SPRINGS, floor)
    return _Flora(("conifer", "conifer", "broadleaf"), 8.5, 28.0, _GREENS, floor)


class Forest:
    """A flat forest floor with thousands of trees, open around the camera's way."""

    def __init__(self, scene: Scene, light: Light, flora: _Flora) -> None:
        self._light, self._seed = light, scene.seed
        self._canvas = Canvas()
        self._air = _air_of(light)
        self._stand = _planted(scene, light, flora)
        self._flip = light.key()[0] > 0
        self._ground = _ground_colors(flora, light)
        self._patches = spectral(256, scene.seed * 5 + 2, 1.1, low=2.0)
        self._beams = _beam_strength(light)

    def height_at(self, x: float, z: float) -> float:
        """The forest floor is level."""
        return FLOOR

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture: the trees from near to far, and behind what they leave open the sky and the floor."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        air = self._air.numbers(lens, self._light)
        depth[:] = FAR
        self._canvas.clear(depth)
        self._stand.draw(self._canvas, depth, lens, air, seconds, self._flip)
        sky.draw(rgb, pose, lens, self._light, seconds, self._seed)
        view = np.array(
            [lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y, lens.z, lens.cos, lens.sin], np.float32
        )
        off = (np.arange(lens.width, dtype=np.float32) - air[10]) / air[11]
        toward = np.exp(-off * off)
        _floor(rgb, depth, self._canvas.through, self._patches, self._ground, toward, view, air)
        self._canvas.merge(rgb)
        shafts(rgb, depth, lens, self._light, self._beams, seconds)


def _air_of(light: Light) -> Air:
    dense = 0.0028 + light.haze_density * 1.2 + 0.0065 * light.fog**1.5
    return Air(light.haze_color, light.glow_color, dense, 0.0035 + 0.018 * light.fog, 5.0, FLOOR)


def _beam_strength(light: Light) -> float:
    low = math.exp(-1.5 * max(light.sun_elevation, 0.0))
    return light.disc * (0.26 + 0.34 * light.fog) * (0.35 + 0.65 * low) * (0.4 if light.moon else 1.0)


def _ground_colors(flora: _Flora, light: Light) -> Field:
    """(2, 2, 3): the floor's two colours, each in the shade and in a patch of light."""
    table = np.empty((2, 2, 3), np.float32)
    for i, color in enumerate(flora.floor):
        for k in range(3):
            table[i, 0, k] = color[k] * light.ambient[k] * 0.95
            table[i, 1, k] = color[k] * (1.1 * light.ambient[k] + 0.8 * light.sun_color[k] * light.disc)
    return table


def _planted(scene: Scene, light: Light, flora: _Flora) -> Stand:
    """Trees on a jittered grid, bushes between them, nothing on the camera's way."""
    rng = np.random.default_rng(scene.seed * 61 + 3)
    keys = scene.camera.path
    x, z = _jittered(rng, flora.spacing, keys, _DEEP)
    open_ground = 14.0 + 5.0 * np.sin(z * 0.021 + scene.seed)
    tree = np.stack([x, z])[
        :, (_away(x, z, keys) > open_ground) & ~_in_sight(x, z, scene, 13.5) & ~_in_round(x, z, keys, rng)
    ]
    bx, bz = _jittered(rng, 4.6, keys, 110.0)
    bush = np.stack([bx, bz])[
        :, (_away(bx, bz, keys) > 8.0) & (rng.random(bx.size) < 0.62) & ~_in_sight(bx, bz, scene, 5.0)
    ]
    looks = np.concatenate([_tree_looks(rng, tree.shape[1], flora), _bush_looks(rng, bush.shape[1], flora)])
    ground = np.concatenate([tree, bush], axis=1)
    places = np.stack([ground[0], np.full(ground.shape[1], FLOOR - 0.4), ground[1]], axis=1).astype(np.float32)
    atlas = atlas_of([*flora.trees, "bush"], scene.seed, _VARIANTS)
    return Stand(places, looks, atlas, _tints(flora, light), 0.012 * (0.5 + 1.5 * light.wind))


def _jittered(rng: np.random.Generator, spacing: float, keys: tuple[Keyframe, ...], deep: float) -> tuple[Field, Field]:
    """Points about `spacing` metres apart over all that the camera may see within `deep` metres."""
    low = min(key.z for key in keys) - (deep * 0.5 if any(abs(key.yaw) > 0.8 for key in keys) else 15.0)
    half = deep * 0.9
    line = np.arange(min(key.x for key in keys) - half, max(key.x for key in keys) + half, spacing)
    along = np.arange(low, max(key.z for key in keys) + deep, spacing)
    x, z = (axis.ravel() for axis in np.meshgrid(line, along))
    jitter = rng.uniform(-0.46, 0.46, (2, x.size)) * spacing
    return (x + jitter[0]).astype(np.float32), (z + jitter[1]).astype(np.float32)


def _away(x: Field, z: Field, keys: tuple[Keyframe, ...]) -> Field:
    """Metres from the camera's way and from the glade that it looks into at first."""
    first, last = keys[0], keys[-1]
    glade = np.hypot(x - (first.x + last.x) / 2, (z - (last.z + 34.0)) * 0.55) - 6.0
    away = np.minimum(np.hypot(x - last.x, z - last.z), glade)
    for one, two in pairwise(keys):
        along = np.array([two.x - one.x, two.z - one.z])
        long = max(float(along @ along), 1e-6)
        share = np.clip(((x - one.x) * along[0] + (z - one.z) * along[1]) / long, 0.0, 1.0)
        away = np.minimum(away, np.hypot(x - one.x - share * along[0], z - one.z - share * along[1]))
    return away.astype(np.float32)


def _in_round(x: Field, z: Field, keys: tuple[Keyframe, ...], rng: np.random.Generator) -> NDArray[np.bool_]:
    """What an orbiting camera has to look past; a few lone trees stay."""
    pivot = pivot_of(keys)
    if pivot is None:
        return np.zeros(x.shape, np.bool_)
    off = np.hypot(x - pivot[0], z - pivot[1])
    radius = math.hypot(keys[0].x - pivot[0], keys[0].z - pivot[1])
    lone = (rng.random(x.shape) < 0.06) & (off > 30.0) & (off < radius - 42.0)
    return (off < radius + 6.0) & ~lone


def _in_sight(x: Field, z: Field, scene: Scene, room: float) -> NDArray[np.bool_]:
    """Whether a point stands in the way of, or on, a subject as seen at the middle of the clip."""
    pose = camera.pose(scene.camera.path, 0.5)
    lens = Lens.at(pose, scene.width, scene.height)
    hidden = np.zeros(x.shape, np.bool_)
    for subject in scene.first_subjects:
        end_x, end_z = lens.ground_point(lens.middle * (1.0 + subject.x), 62.0)
        share = np.clip(((x - pose.x) * (end_x - pose.x) + (z - pose.z) * (end_z - pose.z)) / 62.0**2, 0.0, 1.4)
        hidden |= np.hypot(x - pose.x - share * (end_x - pose.x), z - pose.z - share * (end_z - pose.z)) < room
    return hidden


def _tree_looks(rng: np.random.Generator, count: int, flora: _Flora) -> Field:
    looks = np.empty((count, 4), np.float32)
    looks[:, 0] = rng.integers(0, len(flora.trees) * _VARIANTS, count)
    looks[:, 1] = flora.tall * rng.uniform(0.55, 1.25, count)
    looks[:, 2] = rng.integers(0, len(flora.leaves), count)
    looks[:, 3] = rng.uniform(0, 6.28, count)
    return looks


def _bush_looks(rng: np.random.Generator, count: int, flora: _Flora) -> Field:
    looks = np.empty((count, 4), np.float32)
    looks[:, 0] = len(flora.trees) * _VARIANTS + rng.integers(0, _VARIANTS, count)
    looks[:, 1] = rng.uniform(2.2, 5.5, count)
    looks[:, 2] = len(flora.leaves) + rng.integers(0, 2, count)
    looks[:, 3] = rng.uniform(0, 6.28, count)
    return looks


def _tints(flora: _Flora, light: Light) -> NDArray[np.float32]:
    """(leaves and two herbs, 2, 3): colour in the shade and in the light."""
    herbs = tuple(
        tuple(0.55 * leaf + 0.45 * floor for leaf, floor in zip(flora.leaves[i], flora.floor[1], strict=True))
        for i in (0, 1)
    )
    table = np.empty((len(flora.leaves) + 2, 2, 3), np.float32)
    through = 0.35 + 0.75 * max(math.sin(light.sun_elevation), 0.0)
    for i, color in enumerate(flora.leaves + herbs):
        for k in range(3):
            table[i, 0, k] = color[k] * light.ambient[k] * 0.55
            table[i, 1, k] = color[k] * (
                1.25 * light.ambient[k] + 1.75 * through * light.sun_color[k] * (0.4 + 0.6 * light.disc)
            )
    return table


@njit(**LEAN)
def _floor(rgb, depth, through, patches, ground, toward, view, air):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view
    density, low, _, level = air[6:10]
    one, zero = np.float32(1.0), np.float32(0.0)
    drop = eye_y - level
    band = np.float32(0.055) * focal
    for r in range(rgb.shape[0]):
        below = np.float32(r) + np.float32(0.5) - horizon
        if below <= zero:
            mist = min(one, max(zero, one + below / band))
            mist = mist * mist * np.float32(0.9)
            if mist <= zero:
                continue
            for c in range(rgb.shape[1]):
                if through[r, c] > np.float32(0.01):
                    for k in range(3):
                        rgb[r, c, k] += (air[k] + (air[3 + k] - air[k]) * toward[c] - rgb[r, c, k]) * mist
            continue
        z = drop * focal / below
        veil = one - np.exp(-z * (density + low))
        blur = min(one, np.float32(90.0) / z)
        for c in range(rgb.shape[1]):
            if through[r, c] < np.float32(0.01):
                continue
            across = (np.float32(c) - middle) / focal * z
            x = eye_x + across * cos + z * sin
            y = eye_z - across * sin + z * cos
            soil = read(patches, y * np.float32(1.1), x * np.float32(1.1)) * np.float32(0.5)
            soil += read(patches, y * np.float32(7.0), x * np.float32(7.0)) * np.float32(0.28) * blur
            sunny = read(patches, y * np.float32(2.3) + np.float32(70.0), x * np.float32(2.3))
            soil = min(one, max(zero, np.float32(0.5) + np.float32(0.45) * soil))
            sunny = min(one, max(zero, np.float32(0.15) + np.float32(0.55) * sunny))
            for k in range(3):
                dark = ground[0, 0, k] + (ground[1, 0, k] - ground[0, 0, k]) * soil
                bright = ground[0, 1, k] + (ground[1, 1, k] - ground[0, 1, k]) * soil
                value = dark + (bright - dark) * sunny
                haze = air[k] + (air[3 + k] - air[k]) * toward[c]
                rgb[r, c, k] = value + (haze - value) * veil
            if through[r, c] > np.float32(0.5):
                depth[r, c] = z

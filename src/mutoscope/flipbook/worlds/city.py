"""The city: streets of real blocks seen by casting a ray per column, with lit windows and wet reflecting asphalt."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook import camera, sky
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint
from mutoscope.flipbook.worlds import lamps

# Level of the street in metres: the cruising camera is 8 m above it.
STREET = 14.0
# The plan is a torus of CELLS x CELLS squares of SIDE metres; each is street (height 0) or part of a building.
CELLS = 128
SIDE = 13.0
_REACH = 1100.0
_HITS = 24
_STYLES = 8


def build(scene: Scene, light: Light) -> City:
    """The city of a scene; neon when its style is cyberpunk, wet ground when it rains."""
    return City(scene, light)


class City:
    """A grid of towers around the avenue that the camera follows."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._light, self._seed = light, scene.seed
        neon = scene.style == "cyberpunk"
        rainy = bool({"rain", "storm"} & set(scene.weather))
        self._plan = _plan(scene, low=scene.setting == "street")
        self._colors = _walls(light, neon, scene.seed)
        self._signs = _signs(light, neon)
        self._patches = spectral(256, scene.seed * 5 + 9, 0.9, low=2.0)
        self._amounts = _amounts(light, neon, rainy, scene.seed)

    def height_at(self, x: float, z: float) -> float:
        """The streets are level."""
        return STREET

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture, one ray per column."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        sky.draw(rgb, pose, lens, self._light, seconds, self._seed)
        view = np.array(
            [lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y - STREET, lens.z, lens.cos, lens.sin, seconds], np.float32
        )
        sun = lens.column_of(self._light.sun_azimuth)
        air = np.array([*self._light.haze_color, *self._light.glow_color, -1e6 if sun is None else sun, lens.focal * 0.5], np.float32)
        _streets(rgb, depth, self._plan, self._colors, self._signs, self._patches, self._amounts, view, air)
        lamps.draw(rgb, depth, lens, STREET, float(self._amounts[1]) - 0.3, float(self._amounts[3]), float(self._amounts[4]))


def _plan(scene: Scene, low: bool) -> Field:
    """(CELLS, CELLS, 2): height of each square in metres, and the number of its building. Row is z, column x.

    Blocks of 3 x 4 squares with streets between; the avenue along x = 0 and the ground that the camera
    passes stay open.
    """
    rng = np.random.default_rng(scene.seed * 71 + 1)
    plan = np.zeros((CELLS, CELLS, 2), np.float32)
    for row in range(0, CELLS, 5):
        for column in range(0, CELLS, 4):
            _block(plan, rng, row, column, 0.45 if low else 1.0)
    half = CELLS // 2
    plan[:, half - 2 : half + 2, 0] = 0.0
    for u in np.linspace(0.0, 1.0, 40):
        _open_around(plan, scene, float(u))
    return plan


def _block(plan: Field, rng: np.random.Generator, row: int, column: int, stature: float) -> None:
    """Fill one block with two to four buildings."""
    number = 1 + (row * 131 + column * 17) % 4093
    for i in range(0, 4, 2):
        for j in range(3):
            if rng.random() < 0.35 and j:
                tall, same = float(plan[(row + i) % CELLS, (column + j - 1) % CELLS, 0]), number + i * 3 + j - 1
            else:
                tall, same = _stature(rng, column + j) * stature, number + i * 3 + j
            rows = [(row + i) % CELLS, (row + i + 1) % CELLS]
            plan[rows, (column + j) % CELLS] = (round(tall / 3.4) * 3.4 + 1.2, same)


def _stature(rng: np.random.Generator, column: int) -> float:
    """Height of a new building: low along the avenue, so that the sky stays open, towers behind."""
    aside = abs(column - CELLS / 2 + 0.5)
    if aside < 6.0:
        return 11.0 + 24.0 * float(rng.random()) ** 1.5
    return 20.0 + 105.0 * float(rng.random()) ** 2.0


def _open_around(plan: Field, scene: Scene, u: float) -> None:
    pose = camera.pose(scene.camera.path, u)
    for dx in (-1, 0, 1):
        for dz in (-1, 0, 1, 2):
            column = math.floor(pose.x / SIDE) + dx + CELLS // 2
            row = math.floor(pose.z / SIDE) + dz
            plan[row % CELLS, column % CELLS, 0] = 0.0


def _walls(light: Light, neon: bool, seed: int) -> Field:
    """(styles, 2, 3): a facade's colour on its two directions of wall, lit by the scene."""
    stone = ((0.62, 0.50, 0.42), (0.52, 0.54, 0.58), (0.70, 0.64, 0.55), (0.42, 0.46, 0.54),
             (0.56, 0.42, 0.38), (0.48, 0.52, 0.52), (0.66, 0.60, 0.60), (0.36, 0.40, 0.48))  # fmt: skip
    side = light.key()[0]
    table = np.empty((_STYLES, 2, 3), np.float32)
    for i, color in enumerate(stone):
        for k in range(3):
            base = color[k] * (0.7 if neon else 1.0)
            rise = 0.35 + 0.6 * max(light.sun_elevation, 0.0)
            table[i, 0, k] = base * (0.78 * light.ambient[k] + 0.18 * rise * light.sun_color[k])
            table[i, 1, k] = base * (0.88 * light.ambient[k] + 0.95 * rise * light.sun_color[k] * (0.5 + 0.5 * abs(side)))
    return table


def _signs(light: Light, neon: bool) -> Field:
    """(6, 3): colours of lit windows (first three) and of signs."""
    warm = [(1.15, 0.80, 0.42), (1.05, 0.88, 0.62), (0.70, 0.86, 1.0)]
    bright = [(1.5, 0.25, 0.85), (0.15, 1.15, 1.35), (0.95, 0.35, 1.5)] if neon else [(1.2, 0.42, 0.22), (0.9, 0.75, 0.4), (0.3, 0.75, 1.0)]
    if neon:
        warm = [(1.15, 0.70, 0.50), (0.55, 0.85, 1.1), (0.95, 0.55, 1.0)]
    return np.array(warm + bright, np.float32)


def _amounts(light: Light, neon: bool, rainy: bool, seed: int) -> NDArray[np.float32]:
    """Share of lit windows, their power, signs, wetness, haze per metre, low fog, snow, seed, sky mirrored in
    glass, lamplight on walls."""
    dark = max(light.night, 0.45 if neon else 0.0)
    share = 0.04 + 0.36 * dark + (0.10 if rainy else 0.0)
    power = 0.30 + 0.75 * dark
    wet = 0.85 if rainy else 0.30 if neon else 0.0
    haze = 0.0011 + light.haze_density * 0.7 + 0.0024 * light.fog**1.3
    return np.array([share, power, dark * (1.0 if neon else 0.35), wet, haze, light.fog, light.snow, seed % 997,
                     0.45 * (1.0 - light.night), 0.085 * dark], np.float32)  # fmt: skip


@njit(cache=True, fastmath=True, nogil=True)
def _chance(a, b, c):
    """A float 0 to 1 from three whole numbers."""
    n = np.uint32(a) * np.uint32(374761393) + np.uint32(b) * np.uint32(668265263) + np.uint32(c) * np.uint32(2246822519)
    n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
    n = n ^ (n >> np.uint32(16))
    return np.float32(n & np.uint32(0xFFFFFF)) / np.float32(0x1000000)


@njit(cache=True, fastmath=True, nogil=True)
def _cast(plan, eye_x, eye_z, dir_x, dir_z, hits):
    """Walls along a ray: rows of (distance, height, building, along the wall, side); returns their number.

    hits[i, 5] is where the building's square ends, for its roof. The directions are per metre of view depth.
    """
    half = CELLS // 2
    x, z = eye_x / np.float32(SIDE) + np.float32(half), eye_z / np.float32(SIDE)
    column, row = int(np.floor(x)), int(np.floor(z))
    step_x = 1 if dir_x > 0 else -1
    step_z = 1 if dir_z > 0 else -1
    per_x = np.float32(SIDE) / max(abs(dir_x), np.float32(1e-5))
    per_z = np.float32(SIDE) / max(abs(dir_z), np.float32(1e-5))
    next_x = (np.float32(column + 1) - x if dir_x > 0 else x - np.float32(column)) * per_x
    next_z = (np.float32(row + 1) - z if dir_z > 0 else z - np.float32(row)) * per_z
    count = 0
    before = np.float32(-1.0)
    tallest = np.float32(0.0)
    while count < _HITS:
        if next_x < next_z:
            at, side = next_x, 0
            column += step_x
            next_x += per_x
        else:
            at, side = next_z, 1
            row += step_z
            next_z += per_z
        if at > np.float32(_REACH):
            break
        tall = plan[row & (CELLS - 1), column & (CELLS - 1), 0]
        number = plan[row & (CELLS - 1), column & (CELLS - 1), 1]
        if tall > 0 and (number != before or tall > tallest):
            hits[count, 0] = at
            hits[count, 1] = tall
            hits[count, 2] = number
            hits[count, 3] = eye_z + dir_z * at if side == 0 else eye_x + dir_x * at
            hits[count, 4] = side
            hits[count, 5] = min(next_x, next_z)
            count += 1
        before = number if tall > 0 else np.float32(-1.0)
        tallest = tall
    return count


@njit(cache=True, fastmath=True, nogil=True)
def _wall(along, high, tall, number, side, blur, colors, signs, amounts):
    """Colour of a facade at metres along it and above the street; blur: metres that one pixel covers."""
    one, zero = np.float32(1.0), np.float32(0.0)
    style = int(_chance(number, 3, 7) * np.float32(_STYLES))
    fx = along / (np.float32(2.4) + np.float32(1.6) * _chance(number, 5, 1))
    fy = high / np.float32(3.4)
    ix, iy = int(np.floor(fx)), int(np.floor(fy))
    u, v = fx - np.float32(ix), fy - np.float32(iy)
    fine = max(zero, one - blur * np.float32(0.9))
    pane = np.float32(0.20) + np.float32(0.10) * _chance(number, 9, 2)
    soft = np.float32(0.04) + blur * np.float32(0.3)
    du = min(one, max(zero, (min(u - pane, one - pane - u)) / soft + np.float32(0.5)))
    dv = min(one, max(zero, (min(v - np.float32(0.26), np.float32(0.80) - v)) / soft + np.float32(0.5)))
    mean = (one - np.float32(2.0) * pane) * np.float32(0.54)
    window = mean + (du * dv - mean) * fine
    if high > tall - np.float32(1.6):
        window = zero
    luck = _chance(ix + 5000, iy, number + int(amounts[7]) + side * 7919)
    share = amounts[0] + (np.float32(0.35) * amounts[1] if iy < 1 else zero)
    lit = share + ((one if luck < share else zero) - share) * fine
    shine = amounts[1] * (np.float32(0.45) + np.float32(0.9) * _chance(ix, iy + 31, number)) * (np.float32(0.75) + np.float32(0.35) * v)
    hue = int(_chance(ix + 77, iy + 5, number + 3) * np.float32(2.99))
    bright = np.float32(0.94) + np.float32(0.12) * _chance(number, iy, 4)
    sky = amounts[8] * np.float32(0.32) * min(one, high / np.float32(60.0) + np.float32(0.3))
    lamp = amounts[9] * np.exp(-high / np.float32(7.0))
    red = _pane(colors[style, side, 0], bright, sky, signs[hue, 0] * shine, lit, window) + lamp
    green = _pane(colors[style, side, 1], bright, sky, signs[hue, 1] * shine, lit, window) + lamp * np.float32(0.70)
    blue = _pane(colors[style, side, 2], bright, sky * np.float32(1.2), signs[hue, 2] * shine, lit, window) + lamp * np.float32(0.42)
    return red, green, blue


@njit(cache=True, fastmath=True, nogil=True)
def _pane(stone, bright, sky, lamp, lit, window):
    """One channel of a wall with a window: stone, or glass that mirrors the sky, or lamplight."""
    glass = stone * np.float32(0.62) + sky
    glass += (lamp - glass) * lit
    stone *= bright
    return stone + (glass - stone) * window


@njit(cache=True, fastmath=True, nogil=True)
def _sign(along, high, tall, number, side, amounts):
    """Hue and power of a sign's light on a facade: an upright strip on some buildings, a band on others."""
    zero = np.float32(0.0)
    luck = _chance(number, 91, side + int(amounts[7]))
    if luck > np.float32(0.55) or amounts[2] <= zero:
        return 3, zero
    lane = along / np.float32(26.0)
    u = (lane - np.floor(lane)) * np.float32(26.0)
    low = np.float32(5.0) + np.float32(10.0) * _chance(number, 17, 3)
    long = min(np.float32(7.0) + np.float32(14.0) * _chance(number, 23, 5), tall - low - np.float32(3.0))
    place = np.float32(3.0) + np.float32(18.0) * _chance(number, 29, int(np.floor(lane)) + 100)
    wide = np.float32(1.1)
    if luck < np.float32(0.15):
        wide, long = np.float32(5.5), np.float32(1.3)
    if long <= zero:
        return 3, zero
    dx = abs(u - place) - wide
    dy = abs(high - low - long * np.float32(0.5)) - long * np.float32(0.5)
    off = np.sqrt(max(dx, zero) ** 2 + max(dy, zero) ** 2)
    power = np.float32(0.28) * np.exp(-off * np.float32(0.55))
    if dx < zero and dy < zero:
        grain = (high - low) / np.float32(1.6)
        power += np.float32(0.85) if grain - np.floor(grain) > np.float32(0.28) or wide > np.float32(2.0) else np.float32(0.35)
    return 3 + int(luck * np.float32(5.4)), power * amounts[2]


@njit(cache=True, fastmath=True, nogil=True)
def _streets(rgb, depth, plan, colors, signs, patches, amounts, view, air):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin, seconds = view
    height, width = depth.shape
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    haze_density, wet = amounts[4], amounts[3]
    hits = np.zeros((_HITS, 6), np.float32)
    for c in range(width):
        slope = (np.float32(c) + half - middle) / focal
        dir_x, dir_z = slope * cos + sin, cos - slope * sin
        count = _cast(plan, eye_x, eye_z, dir_x, dir_z, hits)
        off = (np.float32(c) - air[6]) / air[7]
        toward = np.exp(-off * off) * np.float32(0.8)
        top = height
        street_top = max(0, int(horizon) + 1)
        if count:
            street_top = max(0, min(height, int(horizon + focal * eye_y / hits[0, 0] + half)))
        # The street in front of the nearest wall, then every wall and roof that rises above what covers it.
        for i in range(count):
            z, tall = hits[i, 0], hits[i, 1]
            number, along, side = int(hits[i, 2]), hits[i, 3], int(hits[i, 4])
            foot = min(np.float32(top), horizon + focal * eye_y / z)
            crown = horizon + focal * (eye_y - tall) / z
            first, last = max(0, int(np.floor(crown))), min(top, int(foot + half))
            if i == 0:
                last = min(height, max(street_top, 0))
            else:
                last = top
            clear = np.exp(-z * haze_density)
            blur = z / focal
            for r in range(first, last):
                high = eye_y + (horizon - np.float32(r) - half) * blur
                cover = min(one, np.float32(r) + one - crown)
                if high < zero:
                    high = zero
                low_fog = one - amounts[5] * np.float32(0.75) * np.exp(-high / np.float32(14.0)) * (one - np.exp(-z * np.float32(0.006)))
                paint = _wall(along, high, tall, number, side, blur, colors, signs, amounts)
                hue, power = _sign(along, high, tall, number, side, amounts)
                for k in range(3):
                    value = (paint[0] if k == 0 else paint[1] if k == 1 else paint[2]) + signs[hue, k] * power
                    haze = air[k] + (air[3 + k] - air[k]) * toward
                    value = haze + (value - haze) * clear * low_fog
                    rgb[r, c, k] += (value - rgb[r, c, k]) * cover
                depth[r, c] = z
            if first < top:
                top = first
            if tall < eye_y:
                edge = max(0, int(horizon + focal * (eye_y - tall) / hits[i, 5]))
                style = int(_chance(number, 3, 7) * np.float32(_STYLES))
                for r in range(edge, top):
                    for k in range(3):
                        haze = air[k] + (air[3 + k] - air[k]) * toward
                        value = colors[style, 1, k] * (np.float32(0.8) + np.float32(0.25) * _chance(number, 41, 2)) + amounts[6] * np.float32(0.5) * air[k]
                        rgb[r, c, k] = haze + (value - haze) * clear
                    depth[r, c] = z
                if edge < top:
                    top = edge
            if top <= 0:
                break
        for r in range(0, min(top, height)):
            depth[r, c] = np.float32(FAR)
        _street(rgb, depth, c, street_top, count, hits, colors, signs, patches, amounts, view, air, dir_x, dir_z, toward)


@njit(cache=True, fastmath=True, nogil=True)
def _street(rgb, depth, c, first, count, hits, colors, signs, patches, amounts, view, air, dir_x, dir_z, toward):
    """The ground of one column: asphalt with markings, mirroring the walls and the sky where it is wet."""
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin, seconds = view
    height = depth.shape[0]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    wet, snow = amounts[3], amounts[6]
    for r in range(first, height):
        below = np.float32(r) + half - horizon
        if below < half:
            continue
        z = eye_y * focal / below
        x, y = eye_x + dir_x * z, eye_z + dir_z * z
        grain = read(patches, y * np.float32(2.0), x * np.float32(2.0)) * min(one, np.float32(40.0) / z)
        puddle = read(patches, y * np.float32(0.55) + np.float32(31.0), x * np.float32(0.8))
        tone = np.float32(0.21) + np.float32(0.018) * grain + snow * np.float32(0.5)
        lane = x
        dash = y / np.float32(9.0)
        mark = zero
        if abs(lane) < np.float32(0.16) and dash - np.floor(dash) < half:
            mark = np.float32(0.30)
        if abs(abs(lane) - np.float32(13.0)) < np.float32(0.12):
            mark = np.float32(0.20)
        if abs(lane) > np.float32(18.0) and abs(lane) < np.float32(26.0):
            mark = np.float32(0.10)
        tone += mark * min(one, np.float32(70.0) / z) * (one - snow)
        clear = np.exp(-z * amounts[4]) * (one - amounts[5] * np.float32(0.6) * (one - np.exp(-z * np.float32(0.006))))
        slick = wet * min(one, max(np.float32(0.25), np.float32(0.55) + np.float32(0.5) * puddle))
        graze = one / (one + eye_y / z * np.float32(3.0))
        mirror = slick * (np.float32(0.30) + np.float32(0.55) * graze)
        wave = grain * np.float32(0.05) + np.float32(0.02) * np.sin(seconds * np.float32(5.0) + np.float32(r) * np.float32(0.9))
        hit = -1
        high = zero
        for i in range(count):
            if hits[i, 0] > z:
                rise = (hits[i, 0] - z) / z * eye_y * (one + wave)
                if rise < hits[i, 1]:
                    hit, high = i, rise
                    break
        wall = (zero, zero, zero)
        hue, power, far = 3, zero, zero
        if hit >= 0 and mirror > zero:
            far = hits[hit, 0]
            blur = far / focal * np.float32(3.0) + np.float32(0.25)
            along = hits[hit, 3] + grain * np.float32(0.9)
            number, side = int(hits[hit, 2]), int(hits[hit, 4])
            wall = _wall(along, high, hits[hit, 1], number, side, blur, colors, signs, amounts)
            hue, power = _sign(along, high, hits[hit, 1], number, side, amounts)
        for k in range(3):
            value = tone * (air[k] * np.float32(0.55) + colors[1, 1, k] * np.float32(0.9)) * (one - np.float32(0.45) * wet)
            if mirror > zero:
                haze = air[k] + (air[3 + k] - air[k]) * toward
                seen = haze * np.float32(0.75)
                if hit >= 0:
                    wall_k = wall[0] if k == 0 else wall[1] if k == 1 else wall[2]
                    seen = haze + (wall_k + signs[hue, k] * power * np.float32(1.3) - haze) * np.exp(-far * amounts[4])
                value += (seen - value) * mirror
            haze = air[k] + (air[3 + k] - air[k]) * toward
            rgb[r, c, k] = haze + (value - haze) * clear
        depth[r, c] = z

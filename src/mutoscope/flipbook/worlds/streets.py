"""Painting of city streets: a ray per column through a plan of square towers, their facades, and the ground."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.lens import FAR
from mutoscope.flipbook.noise import read

# The plan is a torus of CELLS x CELLS squares of SIDE metres; each is street (height 0) or part of a building.
CELLS = 128
SIDE = 13.0
# Sorts of facade.
STYLES = 8
_REACH = 1100.0
_HITS = 24


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
    style = int(_chance(number, 3, 7) * np.float32(STYLES))
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
    shine = (
        amounts[1]
        * (np.float32(0.45) + np.float32(0.9) * _chance(ix, iy + 31, number))
        * (np.float32(0.75) + np.float32(0.35) * v)
    )
    hue = int(_chance(ix + 77, iy + 5, number + 3) * np.float32(2.99))
    bright = np.float32(0.94) + np.float32(0.12) * _chance(number, iy, 4)
    sky = amounts[8] * np.float32(0.32) * min(one, high / np.float32(60.0) + np.float32(0.3))
    lamp = amounts[9] / (one + high * high * np.float32(0.02))
    red = _pane(colors[style, side, 0], bright, sky, signs[hue, 0] * shine, lit, window) + lamp
    green = _pane(colors[style, side, 1], bright, sky, signs[hue, 1] * shine, lit, window) + lamp * np.float32(0.70)
    blue = _pane(
        colors[style, side, 2], bright, sky * np.float32(1.2), signs[hue, 2] * shine, lit, window
    ) + lamp * np.float32(0.42)
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
        power += (
            np.float32(0.85)
            if grain - np.floor(grain) > np.float32(0.28) or wide > np.float32(2.0)
            else np.float32(0.35)
        )
    return 3 + int(luck * np.float32(5.4)), power * amounts[2]


@njit(cache=True, fastmath=True, nogil=True)
def paint(rgb, depth, plan, colors, signs, patches, amounts, view, air):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view[0:8]
    height, width = depth.shape
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    haze_density = amounts[4]
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
            crown = horizon + focal * (eye_y - tall) / z
            first = max(0, int(np.floor(crown)))
            last = street_top if i == 0 else top
            clear = np.exp(-z * haze_density)
            misty = amounts[5] * np.float32(0.75) * (one - np.exp(-z * np.float32(0.006)))
            blur = z / focal
            for r in range(first, last):
                high = max(zero, eye_y + (horizon - np.float32(r) - half) * blur)
                cover = min(one, np.float32(r) + one - crown)
                low_fog = clear * (one - misty / (one + high * high * np.float32(0.006)))
                paint = _wall(along, high, tall, number, side, blur, colors, signs, amounts)
                hue, power = _sign(along, high, tall, number, side, amounts)
                for k in range(3):
                    value = (paint[0] if k == 0 else paint[1] if k == 1 else paint[2]) + signs[hue, k] * power
                    haze = air[k] + (air[3 + k] - air[k]) * toward
                    value = haze + (value - haze) * low_fog
                    rgb[r, c, k] += (value - rgb[r, c, k]) * cover
                depth[r, c] = z
            top = min(top, first)
            if tall < eye_y:
                edge = max(0, int(horizon + focal * (eye_y - tall) / hits[i, 5]))
                style = int(_chance(number, 3, 7) * np.float32(STYLES))
                for r in range(edge, top):
                    for k in range(3):
                        haze = air[k] + (air[3 + k] - air[k]) * toward
                        value = (
                            colors[style, 1, k] * (np.float32(0.8) + np.float32(0.25) * _chance(number, 41, 2))
                            + amounts[6] * np.float32(0.5) * air[k]
                        )
                        rgb[r, c, k] = haze + (value - haze) * clear
                    depth[r, c] = z
                top = min(top, edge)
            if top <= 0:
                break
        for r in range(0, min(top, height)):
            depth[r, c] = np.float32(FAR)
        _street(
            rgb, depth, c, street_top, count, hits, colors, signs, patches, amounts, view, air, dir_x, dir_z, toward
        )


@njit(cache=True, fastmath=True, nogil=True)
def _street(rgb, depth, c, first, count, hits, colors, signs, patches, amounts, view, air, dir_x, dir_z, toward):  # noqa: PLR0915
    """The ground of one column: asphalt with markings, mirroring the walls and the sky where it is wet."""
    focal, horizon, _, eye_x, eye_y, eye_z, _, _, seconds = view
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
        wave = grain * np.float32(0.05) + np.float32(0.02) * np.sin(
            seconds * np.float32(5.0) + np.float32(r) * np.float32(0.9)
        )
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
            value = (
                tone * (air[k] * np.float32(0.55) + colors[1, 1, k] * np.float32(0.9)) * (one - np.float32(0.45) * wet)
            )
            if mirror > zero:
                haze = air[k] + (air[3 + k] - air[k]) * toward
                seen = haze * np.float32(0.75)
                if hit >= 0:
                    wall_k = wall[0] if k == 0 else wall[1] if k == 1 else wall[2]
                    seen = haze + (wall_k * np.float32(1.25) + signs[hue, k] * power * np.float32(2.0) - haze) * np.exp(
                        -far * amounts[4]
                    )
                value += (seen - value) * mirror
            haze = air[k] + (air[3 + k] - air[k]) * toward
            rgb[r, c, k] = haze + (value - haze) * clear
        depth[r, c] = z

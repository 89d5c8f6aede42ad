"""Painting of city streets: a ray per column through a plan of square towers, their facades, and the ground."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.lens import FAR
from mutoscope.flipbook.noise import read

# The plan is a torus of CELLS x CELLS squares of SIDE metres; each is street (height 0) or part of a building.
CELLS = 128
SIDE = 13.0
# Sorts of facade.
STYLES = 8
_REACH = 1100.0
_HITS = 24
# Numbers kept for a hit: six of the ray, see `_cast`, eight of the building, see `_traits`, its clearness.
_KEPT = 15


@njit(**LEAN)
def _chance(a, b, c):
    """A float 0 to 1 from three whole numbers."""
    n = np.uint32(a) * np.uint32(374761393) + np.uint32(b) * np.uint32(668265263) + np.uint32(c) * np.uint32(2246822519)
    n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
    n = n ^ (n >> np.uint32(16))
    return np.float32(n & np.uint32(0xFFFFFF)) / np.float32(0x1000000)


@njit(**LEAN)
def _cast(plan, eye_x, eye_z, dir_x, dir_z, amounts, hits):
    """Walls along a ray: rows of (distance, height, building, along the wall, side); returns their number.

    hits[i, 5] is where the building's square ends, for its roof; `_traits` and the share that haze leaves
    follow. The directions are per metre of view depth.
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
            _traits(hits[count], int(number), side, int(amounts[7]))
            hits[count, 14] = np.exp(-at * amounts[4])
            count += 1
        before = number if tall > 0 else np.float32(-1.0)
        tallest = tall
    return count


@njit(inline="always")
def _traits(hit, number, side, seed):
    """What a building decides by its number: style, width of a window's field, pane, roof; luck, foot, length and
    hue of its sign."""
    hit[6] = np.floor(_chance(number, 3, 7) * np.float32(STYLES))
    hit[7] = np.float32(2.4) + np.float32(1.6) * _chance(number, 5, 1)
    hit[8] = np.float32(0.20) + np.float32(0.10) * _chance(number, 9, 2)
    hit[9] = np.float32(0.8) + np.float32(0.25) * _chance(number, 41, 2)
    hit[10] = _chance(number, 91, side + seed)
    hit[11] = np.float32(5.0) + np.float32(10.0) * _chance(number, 17, 3)
    hit[12] = np.float32(7.0) + np.float32(14.0) * _chance(number, 23, 5)
    hit[13] = np.float32(3.0) + np.floor(hit[10] * np.float32(5.4))


@njit(inline="always")
def _choose(cell, hit, fx, fy, seed):
    """Luck, brightness, hue and stone of a window's field into `cell`, unless they are there from the last pixel."""
    if cell[0] == fx and cell[1] == fy and cell[2] == hit[2] and cell[3] == hit[4]:
        return
    cell[0], cell[1], cell[2], cell[3] = fx, fy, hit[2], hit[4]
    ix, iy, number = int(fx), int(fy), int(hit[2])
    cell[4] = _chance(ix + 5000, iy, number + seed + int(hit[4]) * 7919)
    cell[5] = np.float32(0.45) + np.float32(0.9) * _chance(ix, iy + 31, number)
    cell[6] = np.floor(_chance(ix + 77, iy + 5, number + 3) * np.float32(2.99))
    cell[7] = np.float32(0.94) + np.float32(0.12) * _chance(number, iy, 4)


@njit(**LEAN)
def _wall(along, high, hit, cell, blur, colors, signs, amounts):
    """Colour of a facade at metres along it and above the street; blur: metres that one pixel covers.

    cell: eight numbers kept from one call to the next, see `_choose`.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    style, side = int(hit[6]), int(hit[4])
    fx, fy = along / hit[7], high / np.float32(3.4)
    ix, iy = np.floor(fx), np.floor(fy)
    _choose(cell, hit, ix, iy, int(amounts[7]))
    u, v = fx - ix, fy - iy
    fine = max(zero, one - blur * np.float32(0.9))
    pane = hit[8]
    soft = one / (np.float32(0.04) + blur * np.float32(0.3))
    du = min(one, max(zero, min(u - pane, one - pane - u) * soft + np.float32(0.5)))
    dv = min(one, max(zero, min(v - np.float32(0.26), np.float32(0.80) - v) * soft + np.float32(0.5)))
    mean = (one - np.float32(2.0) * pane) * np.float32(0.54)
    window = mean + (du * dv - mean) * fine
    if high > hit[1] - np.float32(1.6):
        window = zero
    share = amounts[0] + (np.float32(0.35) * amounts[1] if iy < one else zero)
    lit = share + ((one if cell[4] < share else zero) - share) * fine
    shine = amounts[1] * cell[5] * (np.float32(0.75) + np.float32(0.35) * v)
    hue, bright = int(cell[6]), cell[7]
    sky = amounts[8] * np.float32(0.32) * min(one, high / np.float32(60.0) + np.float32(0.3))
    lamp = amounts[9] / (one + high * high * np.float32(0.02))
    red = _pane(colors[style, side, 0], bright, sky, signs[hue, 0] * shine, lit, window) + lamp
    green = _pane(colors[style, side, 1], bright, sky, signs[hue, 1] * shine, lit, window) + lamp * np.float32(0.70)
    blue = _pane(
        colors[style, side, 2], bright, sky * np.float32(1.2), signs[hue, 2] * shine, lit, window
    ) + lamp * np.float32(0.42)
    return red, green, blue


@njit(**LEAN)
def _pane(stone, bright, sky, lamp, lit, window):
    """One channel of a wall with a window: stone, or glass that mirrors the sky, or lamplight."""
    glass = stone * np.float32(0.62) + sky
    glass += (lamp - glass) * lit
    stone *= bright
    return stone + (glass - stone) * window


@njit(**LEAN)
def _sign(along, high, hit, amounts):
    """Hue and power of a sign's light on a facade: an upright strip on some buildings, a band on others."""
    zero = np.float32(0.0)
    luck = hit[10]
    if luck > np.float32(0.55) or amounts[2] <= zero:
        return 3, zero
    lane = along / np.float32(26.0)
    u = (lane - np.floor(lane)) * np.float32(26.0)
    low = hit[11]
    long = min(hit[12], hit[1] - low - np.float32(3.0))
    place = np.float32(3.0) + np.float32(18.0) * _chance(int(hit[2]), 29, int(np.floor(lane)) + 100)
    wide = np.float32(1.1)
    if luck < np.float32(0.15):
        wide, long = np.float32(5.5), np.float32(1.3)
    if long <= zero:
        return 3, zero
    dx = abs(u - place) - wide
    dy = abs(high - low - long * np.float32(0.5)) - long * np.float32(0.5)
    aside, above = max(dx, zero), max(dy, zero)
    off = np.sqrt(aside * aside + above * above)
    if off > np.float32(14.0):
        return 3, zero
    power = np.float32(0.28) * np.exp(-off * np.float32(0.55))
    if dx < zero and dy < zero:
        grain = (high - low) / np.float32(1.6)
        power += (
            np.float32(0.85)
            if grain - np.floor(grain) > np.float32(0.28) or wide > np.float32(2.0)
            else np.float32(0.35)
        )
    return int(hit[13]), power * amounts[2]


@njit(cache=True, fastmath=True, nogil=True)
def paint(first_column, last_column, rgb, depth, plan, colors, signs, patches, amounts, view, air):
    """Paint the columns from `first_column` to before `last_column` of a picture that already holds the sky."""
    hits = np.zeros((_HITS, _KEPT), np.float32)
    cell = np.full(8, np.float32(-1.0))
    rows = _rows_of(depth.shape[0], amounts, view)
    tones = np.zeros((4, 3), np.float32)
    _columns(first_column, last_column, rgb, depth, plan, colors, signs, patches, amounts, view, air,
             hits, cell, rows, tones)  # fmt: skip


@njit(**LEAN)
def _columns(
    first_column, last_column, rgb, depth, plan, colors, signs, patches, amounts, view, air, hits, cell, rows, tones
):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view[0:8]
    height = depth.shape[0]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    tone = tones[0]
    for c in range(first_column, last_column):
        slope = (np.float32(c) + half - middle) / focal
        dir_x, dir_z = slope * cos + sin, cos - slope * sin
        count = _cast(plan, eye_x, eye_z, dir_x, dir_z, amounts, hits)
        off = (np.float32(c) - air[6]) / air[7]
        toward = np.exp(-off * off) * np.float32(0.8)
        top = height
        street_top = max(0, int(horizon) + 1)
        if count:
            street_top = max(0, min(height, int(horizon + focal * eye_y / hits[0, 0] + half)))
        # The street in front of the nearest wall, then every wall and roof that rises above what covers it.
        for i in range(count):
            z, tall = hits[i, 0], hits[i, 1]
            along = hits[i, 3]
            crown = horizon + focal * (eye_y - tall) / z
            first = max(0, int(np.floor(crown)))
            last = street_top if i == 0 else top
            clear = hits[i, 14]
            misty = amounts[5] * np.float32(0.75) * (one - np.exp(-z * np.float32(0.006)))
            blur = z / focal
            for r in range(first, last):
                high = max(zero, eye_y + (horizon - np.float32(r) - half) * blur)
                cover = min(one, np.float32(r) + one - crown)
                low_fog = clear * (one - misty / (one + high * high * np.float32(0.006)))
                tone[0], tone[1], tone[2] = _wall(along, high, hits[i], cell, blur, colors, signs, amounts)
                hue, power = _sign(along, high, hits[i], amounts)
                for k in range(3):
                    value = tone[k] + signs[hue, k] * power
                    haze = air[k] + (air[3 + k] - air[k]) * toward
                    value = haze + (value - haze) * low_fog
                    rgb[r, c, k] += (value - rgb[r, c, k]) * cover
                depth[r, c] = z
            top = min(top, first)
            if tall < eye_y:
                edge = max(0, int(horizon + focal * (eye_y - tall) / hits[i, 5]))
                style = int(hits[i, 6])
                for r in range(edge, top):
                    for k in range(3):
                        haze = air[k] + (air[3 + k] - air[k]) * toward
                        value = colors[style, 1, k] * hits[i, 9] + amounts[6] * np.float32(0.5) * air[k]
                        rgb[r, c, k] = haze + (value - haze) * clear
                    depth[r, c] = z
                top = min(top, edge)
            if top <= 0:
                break
        for r in range(0, min(top, height)):
            depth[r, c] = np.float32(FAR)
        _street(
            rgb, depth, c, street_top, count, hits, cell, rows, tones, colors, signs, patches, amounts, view, air,
            dir_x, dir_z, toward
        )  # fmt: skip


@njit(cache=True, fastmath=True, nogil=True)
def _rows_of(height, amounts, view):
    """(height, 2): the share of the ground's colour that the air leaves in a row, and the wave in its mirror image."""
    half, one = np.float32(0.5), np.float32(1.0)
    table = np.empty((height, 2), np.float32)
    for r in range(height):
        z = view[4] * view[0] / max(np.float32(r) + half - view[1], half)
        misty = amounts[5] * np.float32(0.6) * (one - np.exp(-z * np.float32(0.006)))
        table[r, 0] = np.exp(-z * amounts[4]) * (one - misty)
        table[r, 1] = np.float32(0.02) * np.sin(view[8] * np.float32(5.0) + np.float32(r) * np.float32(0.9))
    return table


@njit(**LEAN)
def _street(
    rgb, depth, c, first, count, hits, cell, rows, tones, colors, signs, patches, amounts, view, air,
    dir_x, dir_z, toward
):  # fmt: skip
    """The ground of one column: asphalt with markings, mirroring the walls and the sky where it is wet."""
    focal, horizon, _, eye_x, eye_y, eye_z = view[0:6]
    height = depth.shape[0]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    wet, snow = amounts[3], amounts[6]
    ground, seen, haze = tones[1], tones[2], tones[3]
    for k in range(3):
        ground[k] = (air[k] * np.float32(0.55) + colors[1, 1, k] * np.float32(0.9)) * (one - np.float32(0.45) * wet)
        haze[k] = air[k] + (air[3 + k] - air[k]) * toward
    for r in range(first, height):
        below = np.float32(r) + half - horizon
        if below < half:
            continue
        z = eye_y * focal / below
        x, y = eye_x + dir_x * z, eye_z + dir_z * z
        grain = read(patches, y * np.float32(2.0), x * np.float32(2.0)) * min(one, np.float32(40.0) / z)
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
        clear = rows[r, 0]
        if wet > zero:
            puddle = read(patches, y * np.float32(0.55) + np.float32(31.0), x * np.float32(0.8))
            slick = wet * min(one, max(np.float32(0.25), np.float32(0.55) + np.float32(0.5) * puddle))
            graze = one / (one + eye_y / z * np.float32(3.0))
            mirror = slick * (np.float32(0.30) + np.float32(0.55) * graze)
            _mirrored(seen, z, grain, rows[r, 1], count, hits, cell, colors, signs, amounts, haze, view)
            for k in range(3):
                value = tone * ground[k]
                value += (seen[k] - value) * mirror
                rgb[r, c, k] = haze[k] + (value - haze[k]) * clear
        else:
            for k in range(3):
                rgb[r, c, k] = haze[k] + (tone * ground[k] - haze[k]) * clear
        depth[r, c] = z


@njit(**LEAN)
def _mirrored(seen, z, grain, wave, count, hits, cell, colors, signs, amounts, haze, view):
    """What the wet ground at a distance mirrors, into `seen`: the first wall that is high enough, or the haze."""
    focal, eye_y = view[0], view[4]
    bent = eye_y * (np.float32(1.0) + grain * np.float32(0.05) + wave) / z
    for k in range(3):
        seen[k] = haze[k] * np.float32(0.75)
    for i in range(count):
        far = hits[i, 0]
        high = (far - z) * bent
        if far > z and high < hits[i, 1]:
            blur = far / focal * np.float32(3.0) + np.float32(0.25)
            along = hits[i, 3] + grain * np.float32(0.9)
            seen[0], seen[1], seen[2] = _wall(along, high, hits[i], cell, blur, colors, signs, amounts)
            hue, power = _sign(along, high, hits[i], amounts)
            for k in range(3):
                value = seen[k] * np.float32(1.25) + signs[hue, k] * power * np.float32(2.0)
                seen[k] = haze[k] + (value - haze[k]) * hits[i, 14]
            return

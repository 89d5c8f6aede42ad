"""The air between the eye and things, as the kernels need it: thin haze everywhere and mist that lies low.

Kernels take the air as one float32 vector: haze rgb (0 to 2), glow rgb (3 to 5), the sun's column (6), the
glow's width in columns (7), haze per metre (8), mist per metre (9), mist height in metres (10), the eye's
height (11), the mist's drift in x and z (12, 13), mist rgb (14 to 16).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import read

# Cells of the mist texture per metre.
PATCH = np.float32(0.35)

Vector = NDArray[np.float32]


def vector(lens: Lens, light: Light, mist: float, mist_height: float, seconds: float) -> Vector:
    """The air of a frame. mist: density per metre on a clear day; mist_height: metres over which it thins out."""
    column = lens.column_of(light.sun_azimuth)
    drift = seconds * (1.5 + 5.0 * light.wind)
    pale = (0.88 * h + 0.18 * s for h, s in zip(light.haze_color, light.sky_color(0.02), strict=True))
    numbers = [
        *light.haze_color, *light.glow_color, 1e6 if column is None else column, lens.focal * 0.36,
        light.haze_density, mist * (0.45 + 0.50 * light.fog), mist_height * (1.0 + 0.8 * light.fog), max(lens.y, 1.0),
        drift, drift * 0.4, *pale,
    ]  # fmt: skip
    return np.array(numbers, np.float32)


@njit(inline="always")
def warmth(air, column):
    """How much the air in a column glows with the sun, 0 to 1."""
    off = (np.float32(column) - air[6]) / air[7]
    return np.exp(-off * off)


@njit(inline="always")
def patchiness(air, mist, x, z):
    """How dense the mist is at a place compared with its mean, 0 to about 3."""
    return max(
        np.float32(0.0),
        np.float32(1.0) + np.float32(0.65) * read(mist, (z + air[13]) * PATCH, (x + air[12]) * PATCH),
    )


@njit(inline="always")
def veil(air, height, distance, patch):
    """How much of a thing at a height and a distance is lost in the mist, 0 to 1.

    The mist thins out exponentially with height; this is its exact integral from the eye to the thing.
    """
    thick, eye = air[10], air[11]
    rise = height - eye
    mean = np.exp(-eye / thick)
    if abs(rise) > np.float32(0.5):
        mean = thick * (mean - np.exp(-height / thick)) / rise
    return np.float32(1.0) - np.exp(-air[9] * mean * distance * patch)


@njit(inline="always")
def scatter(air, k, warm, clear, lost):
    """Colour k of the light that the air itself adds, where `clear` is left by the haze and `lost` by the mist."""
    haze = air[k] + (air[3 + k] - air[k]) * warm
    mist = air[14 + k] + (air[3 + k] - air[14 + k]) * warm * np.float32(0.6)
    return haze * (np.float32(1.0) - clear) * (np.float32(1.0) - lost) + mist * lost

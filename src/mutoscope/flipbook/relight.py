"""Another hour, season or weather for a picture that was filmed: a grade, since nothing is known of its depth.

A photograph's light cannot be moved. What can be done is what film crews do: day for night, warm and cool filters,
a graduated filter over the sky, and for a season another colour for what is green.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Paint


@dataclass(frozen=True, slots=True)
class _Filter:
    """What an hour does to a picture filmed by day.

    deep: 0 keeps the tones, 1 squares them, which darkens the middle more than the ends. drain: share of the colour
    that goes. dark, bright: factors for the shades and for the lights. top: factors at the upper edge, which reach
    down to the middle of the picture; glow: light added around the usual place of the horizon.
    """

    deep: float = 0.0
    drain: float = 0.0
    dark: Rgb = (1.0, 1.0, 1.0)
    bright: Rgb = (1.0, 1.0, 1.0)
    top: Rgb = (1.0, 1.0, 1.0)
    glow: Rgb = (0.0, 0.0, 0.0)


_HOURS = {
    "night": _Filter(0.62, 0.55, (0.40, 0.52, 0.82), (0.36, 0.46, 0.68), (0.50, 0.55, 0.68), (0.008, 0.014, 0.030)),
    "dusk": _Filter(0.45, 0.30, (0.62, 0.62, 0.86), (0.72, 0.62, 0.80), (0.58, 0.62, 0.84), (0.085, 0.030, 0.035)),
    "sunset": _Filter(0.22, 0.10, (0.92, 0.78, 0.84), (1.10, 0.84, 0.62), (0.88, 0.72, 0.84), (0.150, 0.055, 0.000)),
    "dawn": _Filter(0.05, 0.22, (0.96, 0.90, 1.00), (1.04, 0.93, 0.88), (0.90, 0.88, 1.02), (0.110, 0.060, 0.050)),
}
# Colour that green turns to, how much of it, and how much colour the whole loses.
_SEASONS: dict[str, tuple[Rgb, float, float]] = {
    "autumn": ((1.40, 0.84, 0.38), 0.82, 0.0),
    "winter": ((0.98, 1.02, 1.10), 0.90, 0.35),
    "spring": ((0.98, 1.20, 0.62), 0.55, -0.10),
    "summer": ((0.92, 1.10, 0.62), 0.35, -0.12),
}
# Veil near the horizon, share of the colour that goes, and what remains of the light.
_WEATHER = {
    "clouds": (0.06, 0.18, 0.94), "fog": (0.78, 0.35, 1.0), "rain": (0.26, 0.36, 0.74), "storm": (0.30, 0.48, 0.52),
    "snow": (0.34, 0.40, 1.0), "dust": (0.46, 0.20, 0.98),
}  # fmt: skip
# What winter and falling snow lay on the ground: share of white in the lower half of the picture.
_LYING_SNOW = 0.42


class Relight:
    """The change of light for one scene; does nothing for a scene of a plain day without weather or season."""

    def __init__(self, scene: Scene, light: Light) -> None:
        hour = _HOURS.get(scene.time, _Filter())
        weather = [_WEATHER[name] for name in scene.weather if name in _WEATHER]
        tint, turned, lost = _SEASONS.get(scene.season or "", ((1.0, 1.0, 1.0), 0.0, 0.0))
        veil = max((one[0] for one in weather), default=0.0)
        drain = max([hour.drain, *(one[1] for one in weather)])
        # The night has taken most of the light that clouds could take.
        level = min((one[2] for one in weather), default=1.0) ** (1.0 - 0.65 * light.night)
        white = _LYING_SNOW * (scene.season == "winter" or "snow" in scene.weather)
        sand = "dust" in scene.weather
        mist = tuple(value * factor for value, factor in zip(light.haze_color, (1.1, 0.95, 0.7), strict=True))
        self._idle = hour == _Filter() and not weather and not scene.season
        self._numbers = np.array(
            [
                hour.deep, drain, veil, level, turned, lost, white, *hour.dark, *hour.bright, *hour.top, *hour.glow,
                *tint, *(mist if sand else light.haze_color),
            ],
            np.float32,
        )  # fmt: skip

    def apply(self, rgb: Paint) -> None:
        """Change a picture in place; its values are 0 to 1 before and about so after."""
        if not self._idle:
            in_bands(len(rgb), _apply, rgb, self._numbers)


@njit(**LEAN)
def _apply(first, last, rgb, numbers):
    deep, drain, veil, level, turned, lost, white = numbers[0:7]
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    height = np.float32(rgb.shape[0])
    for r in range(first, last):
        down = (np.float32(r) + half) / height
        high = max(zero, one - down / np.float32(0.62))
        high = high * high * (np.float32(3.0) - np.float32(2.0) * high)
        off = (down - np.float32(0.46)) / np.float32(0.26)
        near = np.exp(-off * off)
        # Air: thickest at the horizon, some of it in the sky, little before our feet.
        air = veil * (near + (one - near) * (np.float32(0.62) if down < np.float32(0.46) else np.float32(0.30)))
        low = min(one, max(zero, (down - np.float32(0.40)) * np.float32(4.0))) * white
        for c in range(rgb.shape[1]):
            red, green, blue = rgb[r, c, 0], rgb[r, c, 1], rgb[r, c, 2]
            gray = np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
            leafy = min(one, max(zero, (green - max(blue, red * np.float32(0.90))) * np.float32(5.5))) * turned
            lit = min(one, max(zero, gray * np.float32(1.25)))
            cover = low * min(one, max(zero, (gray - np.float32(0.16)) * np.float32(3.0)))
            for k in range(3):
                value = rgb[r, c, k]
                value += (gray * numbers[19 + k] * np.float32(1.06) - value) * leafy
                value += (gray - value) * (drain + lost)
                value += ((np.float32(0.62) + np.float32(0.34) * gray) - value) * cover
                value *= one - deep * (one - value)
                tone = numbers[7 + k] + (numbers[10 + k] - numbers[7 + k]) * lit
                tone *= one + (numbers[13 + k] - one) * high
                value = value * tone * level + numbers[16 + k] * near * (np.float32(0.35) + np.float32(0.65) * lit)
                rgb[r, c, k] = value + (numbers[22 + k] * np.float32(0.96) * level - value) * air

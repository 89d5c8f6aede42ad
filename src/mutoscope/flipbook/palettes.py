"""The colours of the five times of day, as a painter's table. Display-referred, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]
Stops = tuple[tuple[float, Rgb], ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """The colours of one time of day.

    sky: (tangent of the elevation, colour) from the horizon up. elevation: of the sun or moon, radians. sun,
    ambient: light on things. haze: far air away from the sun; glow: far air towards it. cloud_lit,
    cloud_shade: clouds on the sunny side and underneath. density: of the haze per metre. stars: 0 to 1.
    """

    sky: Stops
    elevation: float
    sun: Rgb
    ambient: Rgb
    haze: Rgb
    glow: Rgb
    cloud_lit: Rgb
    cloud_shade: Rgb
    density: float
    stars: float = 0.0
    moon: float = 0.0


HOURS: dict[str, Hour] = {
    "dawn": Hour(
        sky=(
            (0.0, (0.98, 0.79, 0.58)),
            (0.05, (0.97, 0.72, 0.56)),
            (0.11, (0.90, 0.64, 0.59)),
            (0.19, (0.72, 0.60, 0.68)),
            (0.30, (0.50, 0.55, 0.72)),
            (0.60, (0.30, 0.42, 0.66)),
        ),
        elevation=0.085,
        sun=(1.08, 0.75, 0.50),
        ambient=(0.38, 0.41, 0.54),
        haze=(0.74, 0.70, 0.77),
        glow=(1.04, 0.82, 0.64),
        cloud_lit=(1.0, 0.74, 0.60),
        cloud_shade=(0.60, 0.52, 0.64),
        density=0.00055,
    ),
    "day": Hour(
        sky=(
            (0.0, (0.83, 0.90, 0.94)),
            (0.06, (0.72, 0.85, 0.94)),
            (0.14, (0.56, 0.76, 0.92)),
            (0.26, (0.40, 0.65, 0.89)),
            (0.60, (0.20, 0.45, 0.80)),
        ),
        elevation=0.62,
        sun=(0.78, 0.74, 0.66),
        ambient=(0.40, 0.45, 0.52),
        haze=(0.70, 0.81, 0.90),
        glow=(0.84, 0.88, 0.90),
        cloud_lit=(0.97, 0.97, 0.97),
        cloud_shade=(0.70, 0.76, 0.84),
        density=0.00034,
    ),
    "sunset": Hour(
        sky=(
            (0.0, (1.0, 0.66, 0.32)),
            (0.05, (0.98, 0.54, 0.29)),
            (0.11, (0.88, 0.43, 0.36)),
            (0.19, (0.66, 0.36, 0.45)),
            (0.30, (0.42, 0.31, 0.50)),
            (0.60, (0.20, 0.20, 0.42)),
        ),
        elevation=0.075,
        sun=(1.04, 0.65, 0.39),
        ambient=(0.33, 0.30, 0.45),
        haze=(0.56, 0.42, 0.50),
        glow=(0.98, 0.60, 0.34),
        cloud_lit=(1.0, 0.56, 0.36),
        cloud_shade=(0.46, 0.31, 0.44),
        density=0.00055,
    ),
    "dusk": Hour(
        sky=(
            (0.0, (0.84, 0.55, 0.48)),
            (0.04, (0.72, 0.49, 0.52)),
            (0.10, (0.50, 0.41, 0.55)),
            (0.19, (0.32, 0.34, 0.54)),
            (0.32, (0.20, 0.25, 0.46)),
            (0.60, (0.11, 0.15, 0.33)),
        ),
        elevation=0.02,
        sun=(0.52, 0.38, 0.40),
        ambient=(0.31, 0.32, 0.46),
        haze=(0.36, 0.35, 0.50),
        glow=(0.74, 0.48, 0.47),
        cloud_lit=(0.74, 0.46, 0.50),
        cloud_shade=(0.28, 0.27, 0.43),
        density=0.0006,
        stars=0.25,
    ),
    "night": Hour(
        sky=(
            (0.0, (0.27, 0.36, 0.51)),
            (0.06, (0.20, 0.30, 0.47)),
            (0.14, (0.135, 0.22, 0.40)),
            (0.26, (0.085, 0.155, 0.32)),
            (0.60, (0.04, 0.08, 0.20)),
        ),
        elevation=0.2,
        sun=(0.50, 0.57, 0.70),
        ambient=(0.19, 0.25, 0.39),
        haze=(0.21, 0.29, 0.44),
        glow=(0.34, 0.43, 0.57),
        cloud_lit=(0.46, 0.54, 0.68),
        cloud_shade=(0.15, 0.21, 0.34),
        density=0.00045,
        stars=1.0,
        moon=1.0,
    ),
}

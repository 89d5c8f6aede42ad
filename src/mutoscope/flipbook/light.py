"""The light of a scene: what its hour, weather and sun position mean for everything that is painted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mutoscope.flipbook.lens import focal_length
from mutoscope.flipbook.palettes import HOURS, Hour, Rgb, Stops
from mutoscope.flipbook.scene import Scene


@dataclass(frozen=True, slots=True)
class Light:
    """Colours are display-referred, about 0 to 1; amounts 0 to 1 unless a unit is named.

    time: the word of the vocabulary. sun_azimuth: radians right of +z, of the sun or at night the moon, as
    seen. sun_elevation: radians. sun_color: the key light. ambient: light from everywhere. sky: (tangent of
    elevation, colour) stops. haze_color, glow_color: far air away from and towards the sun. haze_density: per
    metre. fog: thick low air. cloud_cover: share of the sky. cloud_lit, cloud_shade: colours of clouds. stars,
    moon: how strongly they show. disc: how clearly the sun shows through clouds. snow: whiteness of the
    ground from falling snow. wind: 0 calm to 1 storm. night: darkness for lamps and windows.
    """

    time: str
    sun_azimuth: float
    sun_elevation: float
    sun_color: Rgb
    ambient: Rgb
    sky: Stops
    haze_color: Rgb
    glow_color: Rgb
    haze_density: float
    fog: float
    cloud_cover: float
    cloud_lit: Rgb
    cloud_shade: Rgb
    stars: float
    moon: float
    disc: float
    snow: float
    wind: float
    night: float

    def key(self) -> tuple[float, float, float]:
        """Unit vector towards the light that shapes relief.

        It stands 70 degrees beside the visible sun and stays between 14 and 30 degrees up: light from straight ahead
        would leave every slope flat.
        """
        aside = -1.2 if self.sun_azimuth >= 0 else 1.2
        azimuth = self.sun_azimuth - aside
        elevation = min(max(self.sun_elevation, 0.24), 0.52)
        flat = math.cos(elevation)
        return (math.sin(azimuth) * flat, math.sin(elevation), math.cos(azimuth) * flat)

    def sky_color(self, rise: float) -> Rgb:
        """The clear sky's colour at a tangent of elevation."""
        where = [stop for stop, _ in self.sky]
        red, green, blue = (float(np.interp(rise, where, [c[i] for _, c in self.sky])) for i in range(3))
        return (red, green, blue)


@dataclass(frozen=True, slots=True)
class _Weather:
    """What the weather words add up to, 0 to 1 each; gray: how far the hour's colours turn to overcast."""

    cover: float
    fog: float
    gray: float
    dim: float
    snow: float
    wind: float
    dust: float


_NIGHTNESS = {"night": 1.0, "dusk": 0.6, "sunset": 0.15, "dawn": 0.1}


def light_for(scene: Scene) -> Light:
    """The light of a scene; pure, no randomness."""
    hour = HOURS.get(scene.time, HOURS["day"])
    weather = _weather_of(scene)
    half_field = math.atan(scene.width / 2 / focal_length(scene.width, scene.height))
    gray = _Overcast(hour, weather)
    clear = 1.0 - weather.gray
    return Light(
        time=scene.time,
        sun_azimuth=scene.sun * half_field,
        sun_elevation=hour.elevation,
        sun_color=_scale(hour.sun, (0.25 + 0.75 * clear) * weather.dim),
        ambient=gray.own(_scale(hour.ambient, 1.0 + 0.25 * weather.gray)),
        sky=tuple((rise, gray.of(color)) for rise, color in hour.sky),
        haze_color=gray.of(hour.haze),
        glow_color=gray.of(hour.glow),
        haze_density=hour.density * (1.0 + 0.6 * weather.fog + 1.2 * weather.gray + 2.0 * weather.dust),
        fog=weather.fog,
        cloud_cover=weather.cover,
        cloud_lit=gray.own(hour.cloud_lit),
        cloud_shade=gray.own(_scale(hour.cloud_shade, 1.0 - 0.35 * weather.gray)),
        stars=hour.stars * clear * (1.0 - 0.6 * weather.fog),
        moon=hour.moon,
        disc=clear * (1.0 - 0.3 * weather.fog) * (0.0 if scene.time == "dusk" else 1.0),
        snow=weather.snow,
        wind=weather.wind,
        night=_NIGHTNESS.get(scene.time, 0.0),
    )


def _weather_of(scene: Scene) -> _Weather:
    words = set(scene.weather)
    storm, rain, snow = "storm" in words, "rain" in words, "snow" in words
    return _Weather(
        cover=max(0.42, 0.75 * ("clouds" in words), 0.8 * snow, 0.85 * rain, 1.0 * storm),
        fog=max(0.12, 1.0 * ("fog" in words), 0.35 * rain, 0.4 * snow, 0.3 * storm),
        gray=max(0.25 * ("clouds" in words), 0.18 * ("fog" in words), 0.35 * snow, 0.6 * rain, 0.85 * storm),
        dim=0.72 if storm else 0.86 if rain else 0.94 if snow else 1.0,
        snow=1.0 if snow else 0.0,
        wind=max(0.25, 0.8 * ("wind" in words), 1.0 * storm),
        dust=1.0 if "dust" in words else 0.0,
    )


class _Overcast:
    """Turns a colour of a clear hour into that of the weather: greyer, dimmer, or dusty."""

    def __init__(self, hour: Hour, weather: _Weather) -> None:
        self._gray, self._dim, self._dust = weather.gray, weather.dim, weather.dust
        level = sum(hour.haze) / 3
        self._veil = (level * 0.92, level * 0.97, level * 1.05)
        self._sand = (min(1.0, level * 1.18), level * 0.98, level * 0.72)

    def of(self, color: Rgb) -> Rgb:
        mixed = _mix(_mix(color, self._veil, self._gray), self._sand, 0.5 * self._dust)
        return _scale(mixed, self._dim)

    def own(self, color: Rgb) -> Rgb:
        """As `of`, but the colour keeps its own brightness: lit and shaded sides of clouds stay apart."""
        own = sum(color) / 3
        mixed = _mix(_mix(color, (own * 0.95, own * 0.98, own * 1.04), self._gray), self._sand, 0.5 * self._dust)
        return _scale(mixed, self._dim)


def _mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _scale(color: Rgb, by: float) -> Rgb:
    return (color[0] * by, color[1] * by, color[2] * by)

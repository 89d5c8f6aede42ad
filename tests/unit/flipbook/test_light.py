import math
from dataclasses import replace

import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.light import Light, light_for
from mutoscope.flipbook.scene import Camera, Scene

TIMES = ("dawn", "day", "sunset", "dusk", "night")


def light(time: str, *weather: str) -> Light:
    move = Camera("static", camera.path("static", 1.0, 4))
    return light_for(Scene(3, 640, 360, 4, "", "hills", time, move, weather=weather))


def brightness(color: tuple[float, float, float]) -> float:
    return sum(color) / 3


def test_the_day_is_brightest_and_the_night_darkest() -> None:
    by_time = {time: brightness(light(time).sky_color(0.2)) for time in TIMES}
    assert max(by_time, key=lambda time: by_time[time]) == "day"
    assert min(by_time, key=lambda time: by_time[time]) == "night"


def test_only_the_night_has_a_moon_and_only_late_hours_have_stars() -> None:
    assert [time for time in TIMES if light(time).moon] == ["night"]
    assert [time for time in TIMES if light(time).stars] == ["dusk", "night"]


@pytest.mark.parametrize("time", TIMES)
def test_weather_changes_the_light(time: str) -> None:
    clear, storm, fog, snow = (light(time, *words) for words in ((), ("storm",), ("fog",), ("snow",)))
    assert brightness(storm.ambient) < brightness(clear.ambient) * 1.05
    assert brightness(storm.sun_color) < 0.5 * brightness(clear.sun_color)
    assert storm.cloud_cover > clear.cloud_cover
    assert storm.disc <= 0.5 * clear.disc
    assert fog.fog > clear.fog
    assert fog.haze_density > clear.haze_density
    assert snow.snow > clear.snow == 0.0


def test_the_sun_stands_where_the_scene_puts_it() -> None:
    scene = Scene(3, 640, 360, 4, "", "hills", "dawn", Camera("static", camera.path("static", 1.0, 4)))
    left, right = (light_for(replace(scene, sun=sun)).sun_azimuth for sun in (-1.0, 1.0))
    assert left == pytest.approx(-right)
    assert math.tan(right) == pytest.approx(0.5 / 0.9, rel=0.01)


@pytest.mark.parametrize("time", TIMES)
def test_the_key_light_is_a_direction_beside_the_sun(time: str) -> None:
    lit = light(time)
    x, y, z = lit.key()
    assert math.hypot(x, y, z) == pytest.approx(1.0)
    assert abs(math.atan2(x, z) - lit.sun_azimuth) == pytest.approx(1.2)
    assert y > 0.2

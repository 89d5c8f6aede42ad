"""Weather: what falls shows, moves with time and camera, hides behind things; lightning is rare and soft."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mutoscope.flipbook import camera, lightning
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.particles import Weather
from mutoscope.flipbook.scene import Camera, Scene

WIDTH, HEIGHT, SECONDS = 160, 90, 8


def scene_of(*weather: str, setting: str = "hills", move: str = "static") -> Scene:
    return Scene(
        5, WIDTH, HEIGHT, SECONDS, "", setting, "day", Camera(move, camera.path(move, 1.0, SECONDS)), weather=weather
    )


def drawn(
    scene: Scene, seconds: float, away: float = FAR, at: float = 0.0, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> np.ndarray:
    """The picture, grey before, after the weather; away: distance of everything in it."""
    width, height = size
    rgb, depth = np.full((height, width, 3), 0.3, np.float32), np.full((height, width), away, np.float32)
    pose = camera.pose(scene.camera.path, at)
    Weather(scene, light_for(scene)).draw(rgb, depth, pose, Lens.at(pose, width, height), seconds)
    return rgb


def touched(rgb: np.ndarray) -> float:
    return float((np.abs(rgb - 0.3).max(axis=2) > 0.01).mean())


def test_clear_weather_changes_nothing():
    assert touched(drawn(scene_of("clouds"), 1.0)) == 0.0


@pytest.mark.parametrize("word", ["rain", "snow", "storm", "fog", "dust", "wind"])
def test_every_weather_shows(word):
    assert touched(drawn(scene_of(word), 1.0)) > 0.001


@pytest.mark.parametrize("word", ["rain", "snow", "dust"])
def test_it_moves_with_time_and_with_the_camera(word):
    scene = scene_of(word, move="forward")
    first = drawn(scene, 1.0)
    assert not np.array_equal(first, drawn(scene, 1.1))
    assert not np.array_equal(first, drawn(scene, 1.0, at=0.5))
    assert np.array_equal(first, drawn(scene, 1.0))


def test_things_nearby_hide_what_falls_behind_them():
    assert touched(drawn(scene_of("snow"), 1.0, away=1.0)) == 0.0


def test_no_rain_falls_indoors():
    for setting in ("interior", "underwater", "space"):
        assert touched(drawn(scene_of("rain", setting=setting), 1.0)) == 0.0


def test_a_larger_frame_shows_about_as_much_rain():
    small, large = drawn(scene_of("rain"), 1.0), drawn(scene_of("rain"), 1.0, size=(640, 360))
    assert 0.3 < np.abs(large - 0.3).mean() / np.abs(small - 0.3).mean() < 3.0


@pytest.mark.parametrize("seed", range(12))
def test_at_most_two_flashes_in_eight_seconds(seed):
    moments = lightning.moments(seed, 8.0)
    assert 1 <= len(moments) <= 2
    assert all(b - a > 4.0 for a, b in itertools.pairwise(lightning.moments(seed, 20.0)))


def test_a_flash_swells_and_fades_without_flicker():
    times = np.arange(0.0, 2.0, 1 / 24)
    curve = np.array([lightning.strength(float(t)) for t in times])
    turns = np.sum(np.diff(np.sign(np.diff(curve[curve > 1e-3]))) != 0)
    assert curve.max() <= 1.0
    assert turns == 1


def test_a_flash_brightens_the_sky_softly():
    scene = scene_of("storm")
    moment = lightning.moments(scene.seed, SECONDS)[0]
    dark, bright = drawn(scene, moment - 0.2).mean(), drawn(scene, moment + 0.13).mean()
    assert dark + 0.05 < bright < dark + 0.45

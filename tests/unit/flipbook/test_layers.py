"""The layered worlds: full pictures at every hour and size, parallax, depth and what is special to each."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.layers import Air, Canvas, Stand, atlas_of
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.scene import Camera, Scene, Subject

MODULES = {
    "forest": "forest", "jungle": "forest", "city": "city", "street": "city", "interior": "interior",
    "underwater": "underwater", "space": "space", "sky": "space", "abstract": "abstract",
}  # fmt: skip
TIMES = ("dawn", "day", "sunset", "dusk", "night")


def scene_of(
    setting: str, time: str = "day", move: str = "forward", width: int = 128, height: int = 72, **more
) -> Scene:
    return Scene(11, width, height, 8, "", setting, time, Camera(move, camera.path(move, 1.0, 8)), **more)


def world_of(scene: Scene):
    module = importlib.import_module(f"mutoscope.flipbook.worlds.{MODULES[scene.setting]}")
    return module.build(scene, light_for(scene))


def drawn(scene: Scene, u: float = 0.0, world=None) -> tuple[np.ndarray, np.ndarray]:
    rgb = np.full((scene.height, scene.width, 3), np.nan, np.float32)
    depth = np.full((scene.height, scene.width), np.nan, np.float32)
    (world or world_of(scene)).draw(rgb, depth, camera.pose(scene.camera.path, u), u * 8)
    return rgb, depth


@pytest.mark.parametrize("setting", MODULES)
@pytest.mark.parametrize("time", TIMES)
def test_every_pixel_is_painted_at_every_hour(setting, time):
    rgb, depth = drawn(scene_of(setting, time))
    assert np.isfinite(rgb).all()
    assert np.isfinite(depth).all()
    assert rgb.min() > -0.05
    assert rgb.max() < 3.0
    assert depth.min() > 0.0
    assert rgb.std() > 0.01


@pytest.mark.parametrize("setting", MODULES)
@pytest.mark.parametrize("size", [(64, 64), (54, 96), (96, 54)])
def test_any_shape_works_for_every_move(setting, size):
    for move in ("rise", "orbit", "pan_right", "tracking", "zoom_in"):
        scene = scene_of(setting, move=move, width=size[0], height=size[1])
        world = world_of(scene)
        for u in (0.0, 0.5, 1.0):
            assert np.isfinite(drawn(scene, u, world)[0]).all()


@pytest.mark.parametrize("setting", MODULES)
def test_the_camera_moves_the_picture(setting):
    scene = scene_of(setting)
    world = world_of(scene)
    assert np.abs(drawn(scene, 0.0, world)[0] - drawn(scene, 0.5, world)[0]).mean() > 0.004


@pytest.mark.parametrize("setting", MODULES)
def test_the_same_scene_gives_the_same_pixels(setting):
    scene = scene_of(setting, "dusk")
    assert np.array_equal(drawn(scene, 0.3)[0], drawn(scene, 0.3)[0])


@pytest.mark.parametrize("setting", ["forest", "city", "underwater", "sky"])
def test_night_is_darker_than_day(setting):
    assert drawn(scene_of(setting, "night"))[0].mean() < 0.8 * drawn(scene_of(setting, "day"))[0].mean()


def test_lamps_warm_a_room_at_night():
    def warmth(time):
        red, _, blue = drawn(scene_of("interior", time))[0].mean(axis=(0, 1))
        return red / blue

    assert warmth("night") > 1.1 * warmth("day") > 0


@pytest.mark.parametrize("setting", ["forest", "city"])
def test_sky_is_far_and_the_ground_near(setting):
    _, depth = drawn(scene_of(setting))
    assert depth[0].max() == pytest.approx(FAR)
    assert depth[-1].max() < 60.0


def test_autumn_and_winter_change_the_forest():
    def color(season):
        return drawn(scene_of("forest", season=season))[0].mean(axis=(0, 1))

    summer, autumn, winter = color(None), color("autumn"), color("winter")
    assert autumn[0] / autumn[1] > 1.15 * summer[0] / summer[1]
    assert winter.mean() > summer.mean()


def test_the_way_to_a_subject_stays_open_in_the_forest():
    scene = scene_of("forest", subjects=(Subject("deer", -0.4),))
    _, depth = drawn(scene, 0.5)
    lens = Lens.at(camera.pose(scene.camera.path, 0.5), 128, 72)
    column = int(lens.middle * 0.6)
    assert depth[int(lens.horizon_row) + 4, column] > 40.0


def test_more_windows_are_lit_at_night():
    def lit(time):
        rgb = drawn(scene_of("city", time))[0]
        return float((rgb[..., 0] > rgb[..., 2] + 0.25).mean())

    assert lit("night") > 4 * lit("day") + 0.005


def test_rain_makes_the_street_mirror_the_lights():
    def ground(*weather):
        return np.abs(np.diff(drawn(scene_of("city", "night", weather=weather))[0][45:], axis=1)).mean()

    assert ground("rain") > 1.5 * ground()


def test_neon_belongs_to_cyberpunk():
    def magenta(style):
        rgb = drawn(scene_of("city", "night", style=style, width=256, height=144))[0]
        return float((np.minimum(rgb[..., 0], rgb[..., 2]) > rgb[..., 1] + 0.15).mean())

    assert magenta("cyberpunk") > magenta(None) + 0.003


def test_near_pictures_hide_far_ones_and_far_ones_fade_into_the_air():
    atlas = atlas_of(["broadleaf"], 1, 1)
    tints = np.array([[(1, 0, 0), (1, 0, 0)], [(0, 1, 0), (0, 1, 0)]], np.float32)
    places = np.array([(0, 0, 300.0), (0, 0, 60.0)], np.float32)
    looks = np.array([(0, 100.0, 1, 0), (0, 30.0, 0, 0)], np.float32)
    scene = scene_of("forest", move="static")
    lens = Lens.at(camera.pose(scene.camera.path, 0.0), 128, 72)
    air = Air((0, 0, 1), (0, 0, 1), 0.004, 0.0, 5.0, 0.0).numbers(lens, light_for(scene))
    canvas, depth = Canvas(), np.full((72, 128), FAR, np.float32)
    canvas.clear(depth)
    Stand(places, looks, atlas, tints, 0.0).draw(canvas, depth, lens, air, 0.0, False)
    opaque = canvas.through < 0.05
    near = opaque & (depth == 60.0)
    far = opaque & (depth == 300.0)
    assert near.any()
    assert far.any()
    assert canvas.color[near][:, 1].mean() < 0.02
    assert canvas.color[far][:, 2].mean() > 0.5 > canvas.color[near][:, 2].mean()

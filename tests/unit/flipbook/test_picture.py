"""A picture as a world: shown whole at first, cut to the frame, moved by the camera."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.scene import Camera, Scene

picture = import_module("mutoscope.flipbook.worlds.picture")
WIDTH, HEIGHT = 96, 54


def scene_of(move: str) -> Scene:
    return Scene(3, WIDTH, HEIGHT, 4, "", "hills", "day", Camera(move, camera.path(move, 1.0, 4)))


def reference(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([columns * 255 // width, rows * 255 // height, (columns + rows) % 256]).astype(np.uint8)


def drawn(move: str, u: float, image: np.ndarray) -> np.ndarray:
    scene = scene_of(move)
    rgb, depth = np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    world = picture.build(scene, light_for(scene), image)
    world.draw(rgb, depth, camera.pose(scene.camera.path, u), u * 4)
    assert depth.min() > 1e6
    return rgb


@pytest.mark.parametrize("move", ["static", "forward", "pan_left", "rise", "orbit", "tilt_up", "zoom_out"])
def test_the_first_frame_is_the_picture(move):
    image = reference()
    assert np.abs(drawn(move, 0.0, image) * 255 - image).max() < 1.0


@pytest.mark.parametrize(("width", "height"), [(200, 54), (96, 160), (33, 17), (400, 300)])
def test_another_shape_is_cut_evenly_to_fill_the_frame(width, height):
    rgb = drawn("static", 0.0, reference(width, height))
    assert rgb[..., :2].mean() == pytest.approx(0.5, abs=0.03)


def test_flying_ahead_enlarges_and_panning_shifts():
    image = reference()
    ahead = drawn("forward", 1.0, image)
    assert ahead[:, 0, 0].mean() > 0.03
    assert ahead[:, -1, 0].mean() < 0.97
    assert drawn("pan_right", 1.0, image)[..., 0].mean() > drawn("pan_left", 1.0, image)[..., 0].mean() + 0.05


def test_not_a_picture_is_refused():
    with pytest.raises(ValueError, match="three dimensions"):
        picture.build(scene_of("static"), light_for(scene_of("static")), np.zeros((4, 4), np.uint8))

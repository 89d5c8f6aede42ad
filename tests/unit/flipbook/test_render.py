import numpy as np
import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.render import Renderer
from mutoscope.flipbook.scene import Camera, Scene

SETTINGS = [
    "lake", "river", "waterfall", "ocean", "coast", "beach", "island", "underwater", "mountain", "mountain_snow",
    "snowfield", "volcano", "canyon", "desert", "savanna", "hills", "field", "forest", "jungle", "village", "city",
    "street", "interior", "space", "sky", "abstract", "somewhere unheard of",
]  # fmt: skip


def scene(setting: str = "lake", time: str = "dawn", size: tuple[int, int] = (96, 54), **more: object) -> Scene:
    move = Camera("forward", camera.path("forward", 1.0, 1), shake=float(more.pop("shake", 0.0)))  # type: ignore[arg-type]
    return Scene(7, *size, 1, "", setting, time, move, **more)  # type: ignore[arg-type]


def luma(frame: np.ndarray) -> np.ndarray:
    return frame[: frame.shape[0] * 2 // 3].astype(int)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_gives_a_picture(setting: str) -> None:
    y = luma(Renderer(scene(setting, "day")).frame(12))
    assert y.std() > 4
    assert ((y <= 16) | (y >= 235)).mean() < 0.01


@pytest.mark.parametrize("size", [(64, 64), (54, 96), (130, 62)])
def test_any_even_size_works(size: tuple[int, int]) -> None:
    frame = Renderer(scene(size=size)).frame(0)
    assert frame.shape == (size[1] * 3 // 2, size[0])
    assert luma(frame).std() > 4


def test_a_picture_beyond_the_painted_size_is_enlarged() -> None:
    big, small = (luma(Renderer(scene(size=size)).frame(3)) for size in ((1920, 1080), (192, 108)))
    assert big.shape == (1080, 1920)
    shrunk = big.reshape(108, 10, 192, 10).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 6


def test_frames_do_not_depend_on_their_order() -> None:
    plan = scene("mountain", "sunset", weather=("snow",))
    forwards = Renderer(plan)
    frames = [forwards.frame(i) for i in (0, 9, 23)]
    np.testing.assert_array_equal(Renderer(plan).frame(23), frames[2])
    np.testing.assert_array_equal(forwards.frame(0), frames[0])


def test_neighbouring_frames_are_alike_and_distant_ones_are_not() -> None:
    renderer = Renderer(scene("hills", "day"))
    near = np.abs(luma(renderer.frame(1)) - luma(renderer.frame(0))).mean()
    far = np.abs(luma(renderer.frame(23)) - luma(renderer.frame(0))).mean()
    assert near < 6
    assert far > near


def test_there_is_no_frame_outside_the_clip() -> None:
    renderer = Renderer(scene("ocean"))
    for index in (-1, 24):
        with pytest.raises(IndexError):
            renderer.frame(index)


def test_a_reference_replaces_the_setting() -> None:
    reference = np.zeros((108, 192, 3), np.uint8)
    reference[:, 96:] = (220, 40, 40)
    y = luma(Renderer(scene("lake", "day"), reference).frame(0))
    assert y[20, 10] < 60 < y[20, 80]


def test_a_hand_held_camera_shakes() -> None:
    still, shaken = (luma(Renderer(scene("hills", "day", shake=shake)).frame(10)) for shake in (0.0, 1.0))
    assert np.abs(still - shaken).mean() > 1

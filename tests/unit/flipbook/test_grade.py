import numpy as np
import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.grade import Grade
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.scene import Camera, Scene

W, H = 96, 54


def finish(rgb: np.ndarray, index: int = 0, **more: str) -> np.ndarray:
    height, width = rgb.shape[:2]
    plan = Scene(3, width, height, 4, "", "hills", "day", Camera("static", camera.path("static", 1, 4)), **more)  # type: ignore[arg-type]
    return Grade(plan, light_for(plan)).finish(rgb.astype(np.float32), index)


def planes(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    flat, area = frame.reshape(-1).astype(int), height * width
    half = (height // 2, width // 2)
    return (
        flat[:area].reshape(height, width),
        flat[area : area * 5 // 4].reshape(half),
        flat[area * 5 // 4 :].reshape(half),
    )


def flat(red: float, green: float, blue: float) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue], np.float32), (H, W, 3)).copy()


def test_a_gray_has_no_colour_and_is_of_the_right_size() -> None:
    frame = finish(flat(0.5, 0.5, 0.5))
    assert frame.shape == (H * 3 // 2, W)
    assert frame.dtype == np.uint8
    y, u, v = planes(frame)
    assert 100 < y[H // 2].mean() < 140
    assert np.abs(u - 128).max() <= 1
    assert np.abs(v - 128).max() <= 1


def test_red_goes_to_the_red_plane_and_blue_to_the_blue_one() -> None:
    _, u, v = planes(finish(flat(0.7, 0.2, 0.2)))
    assert v.mean() > 160 > 128 > u.mean()
    _, u, v = planes(finish(flat(0.2, 0.2, 0.7)))
    assert u.mean() > 160 > 128 > v.mean()


@pytest.mark.parametrize("value", [0.0, 1.0, 2.4])
def test_nothing_clips(value: float) -> None:
    y = planes(finish(flat(value, value, value)))[0]
    assert ((y > 16) & (y < 235)).mean() > 0.99


def test_a_slow_gradient_is_dithered() -> None:
    ramp = np.linspace(0.50, 0.52, W, dtype=np.float32)
    y = planes(finish(np.repeat(np.broadcast_to(ramp[None, :, None], (H, W, 3)), 1, 0).copy()))[0]
    longest = max(len(run) for row in y for run in "".join("s" if s else " " for s in np.diff(row) == 0).split())
    assert longest < W // 4


def test_the_grain_moves_and_is_the_same_for_a_frame() -> None:
    first, again, other = (finish(flat(0.5, 0.5, 0.5), index) for index in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_black_and_white_has_no_colour() -> None:
    _, u, v = planes(finish(flat(0.7, 0.3, 0.2), style="bw"))
    assert np.abs(u - 128).max() <= 1
    assert np.abs(v - 128).max() <= 1


def test_a_palette_of_two_colours_tints_shadows_and_lights() -> None:
    dark = planes(finish(flat(0.3, 0.3, 0.3), palette="teal,rust"))
    light = planes(finish(flat(0.75, 0.75, 0.75), palette="teal,rust"))
    assert dark[1].mean() > dark[2].mean() + 8
    assert light[2].mean() > light[1].mean() + 8


@pytest.mark.parametrize(("palette", "warmer"), [("warm", True), ("sepia", True), ("cool", False)])
def test_warm_and_cool_palettes(palette: str, warmer: bool) -> None:
    _, u, v = planes(finish(flat(0.5, 0.5, 0.5), palette=palette))
    assert bool(v.mean() > u.mean()) is warmer


def test_an_unknown_palette_changes_nothing() -> None:
    np.testing.assert_array_equal(finish(flat(0.4, 0.5, 0.6), palette="xyzzy"), finish(flat(0.4, 0.5, 0.6)))


@pytest.mark.parametrize("style", ["watercolor", "oil", "ink", "anime", "pixel", "cyberpunk", "color", "illustration"])
def test_every_style_repaints_but_keeps_the_picture(style: str) -> None:
    rng = np.random.default_rng(1)
    picture = np.linspace(0.1, 0.9, W)[None, :, None] * np.ones((H, 1, 3)) + 0.1 * rng.random((H, W, 3))
    picture *= (1.0, 0.8, 0.5)
    plain, styled = (finish(picture.copy(), **more).astype(int) for more in ({}, {"style": style}))
    assert np.abs(styled - plain).mean() > 1
    assert np.corrcoef(styled[:H].mean(axis=0), plain[:H].mean(axis=0))[0, 1] > 0.9


def test_pixels_are_square_blocks() -> None:
    picture = np.random.default_rng(2).random((54, 640, 3))
    y = planes(finish(picture, style="pixel"))[0]
    inside = np.abs(np.diff(y[:, :600], axis=1)).reshape(54, -1)[:, 0::3].mean()
    between = np.abs(np.diff(y[:, :600], axis=1))[:, 2::3].mean()
    assert between > 5 * inside

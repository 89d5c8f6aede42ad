"""Clips of others: what a change can do to them, what it cannot, and what it looks like."""

from __future__ import annotations

import numpy as np
import pytest

from mutoscope.flipbook import clips
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.relight import Relight
from mutoscope.flipbook.render import Renderer
from mutoscope.flipbook.scene import Scene

WIDTH, HEIGHT = 96, 64
SKY, LEAVES, EARTH = (150, 190, 240), (90, 140, 60), (130, 110, 95)


def footage(number: int) -> np.ndarray:
    """A sky over a wood over bare ground, with a bright bar that moves one column a frame for 48 frames."""
    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    frame[:24], frame[24:44], frame[44:] = SKY, LEAVES, EARTH
    frame[:, min(number, 47)] = 250
    return frame


def edit(change: str, seconds: float = 2.0) -> clips.Overlay:
    return clips.edit(change, 3, WIDTH, HEIGHT, seconds)


def picture(scene: Scene, index: int = 10) -> np.ndarray:
    return Renderer(scene, footage=footage).frame(index)


def luma(frame: np.ndarray) -> np.ndarray:
    return frame[:HEIGHT].astype(float)


def chroma(frame: np.ndarray) -> tuple[float, float]:
    """Blue and red difference, 0 for gray."""
    blue, red = np.split(frame[HEIGHT:].astype(float) - 128.0, 2)
    return blue.mean(), red.mean()


PLAIN = picture(clips.as_it_is(edit("snow").scene))


# -- reading


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("make it night", {"time": "night"}),
        ("night falls", {"time": "night"}),
        ("at golden hour", {"time": "sunset"}),
        ("let it snow", {"weather": ("snow",)}),
        ("film noir", {"style": "bw"}),
        ("make it autumn", {"season": "autumn"}),
        ("in teal and rust tones", {"palette": "teal,rust"}),
        ("make it a watercolor in the rain", {"style": "watercolor", "weather": ("rain",)}),
    ],
)
def test_what_can_be_laid_on_a_clip(change, expected):
    overlay = edit(change)
    assert overlay.does_something
    assert overlay.unmatched == ()
    assert {name: getattr(overlay.scene, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("change", "unmatched"),
    [
        ("make it a mountain", ("mountain",)),
        ("remove the dog", ("dog",)),
        ("slow motion", ("slower",)),
        ("make it wobbulous", ("wobbulous",)),
        ("make it daytime", ("day",)),
    ],
)
def test_what_cannot_be_done_is_told(change, unmatched):
    overlay = edit(change)
    assert not overlay.does_something
    assert set(unmatched) <= set(overlay.unmatched)


def test_of_a_mixed_change_the_possible_part_is_done():
    overlay = edit("a snowy mountain at night, with a fox and a starfish")
    assert overlay.does_something
    assert overlay.scene.time == "night"
    assert [one.name for one in overlay.scene.subjects] == ["fox"]
    assert {"snowy mountain", "starfish"} <= set(overlay.unmatched)
    assert overlay.scene.confidence["time"] == 1.0


def test_a_length_between_whole_seconds_is_kept():
    assert edit("snow", 3.4).scene.frame_count == round(3.4 * 24)


# -- showing


def test_a_clip_as_it_is_keeps_its_pixels():
    luma_of = np.array((0.2126, 0.7152, 0.0722)) @ np.moveaxis(footage(10) / 255.0, 2, 1)
    np.testing.assert_allclose(luma(PLAIN), 16 + 219 * luma_of, atol=1.0)


def test_its_pictures_go_on_and_its_last_one_stays():
    scene = edit("sepia", 3.0).scene
    bars = [int(luma(picture(scene, index))[:40].mean(0).argmax()) for index in (0, 7, 47, 60, 71)]
    assert bars == [0, 7, 47, 47, 47]


def test_night_is_dark_and_blue_and_keeps_its_shapes():
    night = picture(edit("make it night").scene)
    assert luma(night).mean() < 0.5 * luma(PLAIN).mean()
    assert chroma(night)[0] > chroma(PLAIN)[0] + 3
    assert luma(night)[22].mean() > luma(night)[26].mean() + 8


def test_sunset_is_warm_and_dawn_is_paler():
    sunset, dawn = (picture(edit(f"make it {time}").scene) for time in ("sunset", "dawn"))
    assert chroma(sunset)[1] > chroma(PLAIN)[1] + 8
    assert chroma(PLAIN)[1] < chroma(dawn)[1] < chroma(sunset)[1]
    assert luma(dawn).mean() > luma(sunset).mean()


def test_noir_has_no_colour():
    noir = picture(edit("film noir").scene)
    assert np.abs(noir[HEIGHT:].astype(int) - 128).max() <= 1
    assert luma(noir).std() > luma(PLAIN).std()


def test_snow_and_fog_lighten_and_a_storm_darkens():
    snow, fog, storm = (luma(picture(edit(word).scene)) for word in ("let it snow", "thick fog", "a storm"))
    for pale in (snow, fog):
        assert pale[44:].mean() > luma(PLAIN)[44:].mean() + 5
    assert fog[20:36].std() < 0.4 * luma(PLAIN)[20:36].std()
    assert storm.mean() < 0.85 * luma(PLAIN).mean()


def test_seasons_colour_what_is_green_and_leave_the_sky():
    scene = edit("make it autumn").scene
    rgb = (footage(10) / 255.0).astype(np.float32)
    Relight(scene, light_for(scene)).apply(rgb)
    assert rgb[34, 60, 0] > rgb[34, 60, 1] > rgb[34, 60, 2]
    np.testing.assert_allclose(rgb[5, 60], np.array(SKY) / 255, atol=0.02)


def test_a_zoom_out_never_shows_more_than_the_clip():
    scene = edit("zoom out", 4.0).scene
    last = luma(picture(scene, 95))
    assert np.abs(last[:, :40] - luma(picture(clips.as_it_is(scene), 95))[:, :40]).mean() < 2.0


# -- going on


def test_a_clip_goes_on_from_its_last_picture():
    overlay = clips.extend("slowly zoom in, night falls", 3, WIDTH, HEIGHT, 2.0, 4)
    scene = overlay.scene
    renderer = Renderer(scene, footage=footage)
    frames = [luma(renderer.frame(index)) for index in (47, 48, 49, 90, 143)]
    assert scene.frame_count == 144
    np.testing.assert_array_equal(frames[0], frames[1])
    assert np.abs(frames[2] - frames[1]).mean() < 0.5
    assert frames[3].mean() < 0.6 * frames[0].mean()
    edges = [int(np.abs(np.diff(frame[:40, 20])).argmax()) for frame in (frames[0], frames[4])]
    assert edges[1] < edges[0] == 23, "the camera moves in on what is below the wood's edge"
    assert overlay.unmatched == ()


@pytest.mark.parametrize("prompt", ["it goes on", "static shot", "zoom out"])
def test_without_a_move_that_can_be_made_the_last_picture_stands(prompt):
    overlay = clips.extend(prompt, 3, WIDTH, HEIGHT, 2.0, 2)
    assert overlay.does_something
    assert overlay.scene.turns == ()
    np.testing.assert_array_equal(picture(overlay.scene, 47), picture(overlay.scene, 95))
    assert ("zoom out" in overlay.unmatched) == (prompt == "zoom out")


def test_a_moon_stands_in_the_sky_and_behind_the_wood():
    night, moonlit = (picture(edit(change).scene) for change in ("make it night", "make it night with a full moon"))
    change = np.abs(luma(moonlit) - luma(night))
    assert change[:24].max() > 60
    assert change[30:].max() < 25

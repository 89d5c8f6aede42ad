"""A clip that flipbook did not draw, as a scene: what of a change can be laid on it, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mutoscope.flipbook import camera, placement, travel
from mutoscope.flipbook.catalogue import kind_of
from mutoscope.flipbook.delta import read_course
from mutoscope.flipbook.lexicon.sense import sense
from mutoscope.flipbook.reading import pace
from mutoscope.flipbook.scene import Camera, Scene, Turn
from mutoscope.flipbook.vocabulary import WEATHER, Delta, Reading

# The word for a setting that is neither known nor drawn.
SETTING = "footage"
CAN_DO = (
    "None of this can be done to a clip that flipbook did not draw: it can change the time of day, the season, the "
    "weather, the style and the palette, move the camera over it and add things that it can draw."
)
_FADES_BACK = {"dolly_out": "zoom_out"}


@dataclass(frozen=True, slots=True)
class Overlay:
    """A clip's scene. unmatched: what was asked for and cannot be done. does_something: whether anything was left."""

    scene: Scene
    delta: Delta
    unmatched: tuple[str, ...]
    does_something: bool


def edit(change: str, seed: int, width: int, height: int, seconds: float) -> Overlay:
    """The scene that shows a clip of this size and length with a change."""
    delta = read_course(Reading(SETTING), change)
    unmatched = tuple(dict.fromkeys(_impossible(delta, change)))
    move = _move_of(delta)
    shot = Camera(move, camera.path(move, pace(change), seconds), 1.0 if move == "handheld" else 0.0)
    scene = _changed(_plain(change, seed, width, height, seconds, shot), delta, None, unmatched)
    return Overlay(scene, delta, unmatched, _does_something(scene, move))


def extend(prompt: str, seed: int, width: int, height: int, before: float, added: float) -> Overlay:
    """The scene that shows a clip of `before` seconds and then moves over its last picture.

    What the prompt changes comes in from there on.
    """
    delta = read_course(Reading(SETTING), prompt)
    move = _move_of(delta)
    still = Camera("static", camera.path("static", 1.0, before))
    plain = _plain(prompt, seed, width, height, before, still)
    # Nothing is known beyond the edges of the picture.
    impossible = [*_impossible(delta, prompt), *(["zoom out"] if move == "zoom_out" else [])]
    unmatched = tuple(dict.fromkeys(impossible))
    span = (before, before + added)
    then = _changed(plain, delta, span, unmatched)
    looks = {name: getattr(then, name) for name in ("time", "season", "weather", "subjects", "style", "palette")}
    turns = (Turn(before, SETTING, **looks),) if _does_something(then, "static") else ()
    shot = still if move == "zoom_out" else travel.change_to(plain, move, added, pace(prompt))
    scene = replace(plain, seconds=before + added, camera=shot, turns=turns, unmatched=unmatched)
    return Overlay(replace(scene, confidence=then.confidence), delta, unmatched, True)


def as_it_is(scene: Scene) -> Scene:
    """A scene of this size and length that shows a clip and changes nothing."""
    still = Camera("static", camera.path("static", 1.0, scene.seconds))
    return _plain("", scene.seed, scene.width, scene.height, scene.seconds, still)


def _move_of(delta: Delta) -> str:
    move = "static" if "camera" in delta.lock else delta.set.get("camera", "static")
    return _FADES_BACK.get(move, move)


def _plain(prompt: str, seed: int, width: int, height: int, seconds: float, shot: Camera) -> Scene:
    return Scene(seed, width, height, seconds, prompt, SETTING, "day", shot)


def _changed(plain: Scene, delta: Delta, span: tuple[float, float] | None, unmatched: tuple[str, ...]) -> Scene:
    names = tuple(name for name in delta.add if name not in WEATHER and kind_of(name) is not None)
    placed = placement.place(names, plain.prompt, plain.seed)
    done = [name for name in ("time", "season", "style", "palette", "camera") if name in delta.set]
    return replace(
        plain,
        time=delta.set.get("time", "day"),
        season=delta.set.get("season"),
        style=delta.set.get("style"),
        palette=delta.set.get("palette"),
        weather=tuple(name for name in delta.add if name in WEATHER),
        subjects=tuple(replace(one, span=span) for one in placed),
        unmatched=unmatched,
        confidence=dict.fromkeys(done, 1.0),
    )


def _does_something(scene: Scene, move: str) -> bool:
    looks = (scene.season, scene.style, scene.palette, scene.weather, scene.subjects)
    return any(looks) or scene.time != "day" or move != "static"


def _impossible(delta: Delta, text: str) -> Iterator[str]:
    """What of a change no overlay can do, in the text's own words where it has them."""
    yield from delta.unmatched
    if "setting" in delta.set:
        places = [match.text for match in sense(text).of("setting")]
        yield from places or [delta.set["setting"].replace("_", " ")]
    if delta.set.get("time") == "day":
        yield "day"
    if "speed" in delta.set:
        yield delta.set["speed"]
    yield from delta.remove

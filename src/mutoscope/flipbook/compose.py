"""From words to a scene, and from a scene and a change to the next scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, asdict, fields, replace
from random import Random
from typing import Any

from mutoscope.flipbook import camera, placement
from mutoscope.flipbook.clock import PACE
from mutoscope.flipbook.delta import read_change
from mutoscope.flipbook.reading import pace, read
from mutoscope.flipbook.scene import SCENE_VERSION, Camera, Keyframe, Knot, Scene, Subject, Turn
from mutoscope.flipbook.vocabulary import WEATHER, Delta, Reading

_HANDHELD_SHAKE = 1.0
_SUN_REACH = 0.6
# How many join when a change asks for more of what is there.
_MORE = 3
_SCALARS = ("setting", "time", "season", "style", "palette", "speed")
_POSE = ("x", "y", "z", "yaw", "tilt", "zoom")


def compose(prompt: str, seed: int, width: int, height: int, seconds: float) -> Scene:
    """The scene of a prompt. width, height: pixels, even. The same arguments give the same scene."""
    reading = read(prompt)
    return Scene(
        seed=seed,
        width=width,
        height=height,
        seconds=seconds,
        prompt=prompt,
        setting=reading.setting,
        time=reading.time,
        camera=_camera(reading.camera, pace(prompt), seconds),
        season=reading.season,
        weather=reading.weather,
        subjects=placement.place(reading.subjects, prompt, seed),
        style=reading.style,
        palette=reading.palette,
        speed=reading.speed,
        sun=round(Random(f"{seed}:sun").uniform(-_SUN_REACH, _SUN_REACH), 3),
        unmatched=reading.unmatched,
        confidence=reading.confidence,
    )


def _camera(move: str, speed: float, seconds: float) -> Camera:
    return Camera(move, camera.path(move, speed, seconds), _HANDHELD_SHAKE if move == "handheld" else 0.0)


def remix(source: Scene, change: str) -> tuple[Scene, Delta]:
    """The source with a change applied, and what was understood of the change.

    Seed, size, length, sun, the camera's keyframes and everybody's place stay as they are stored; only what the text
    names changes. A new camera move makes a new path; a change of speed alone stretches the stored path from its
    start. Who takes another's place in a swap stands where the other stood. Of an extended clip all chapters change
    alike. `unmatched` speaks of the change.
    """
    delta = read_change(_described(source), change)
    recast = Recast(_everybody(source), delta, change, source.seed)
    turns = tuple(replace(turn, **_look(turn, delta, recast)) for turn in source.turns)
    return (
        replace(
            source,
            **_look(source, delta, recast),
            camera=_changed_camera(source, delta, change),
            unmatched=delta.unmatched,
            confidence={**source.confidence, **delta.confidence},
            turns=turns,
        ),
        delta,
    )


def compose_all(prompts: Sequence[str], seed: int, width: int, height: int, seconds: float) -> Scene:
    """The scene of a first prompt and of the changes that followed it, applied in their order."""
    scene = compose(prompts[0], seed, width, height, seconds)
    for change in prompts[1:]:
        scene, _ = remix(scene, change)
    return scene


def _look(old: Scene | Turn, delta: Delta, recast: Recast) -> dict[str, Any]:
    """The fields of a look that a change alters, with their new values."""
    scalars = {name: delta.set[name] for name in _SCALARS if name in delta.set}
    return {**scalars, "weather": changed_weather(old.weather, delta), "subjects": recast.of(old.subjects)}


def _everybody(scene: Scene) -> tuple[Subject, ...]:
    """The subjects of all chapters, none twice."""
    return tuple(dict.fromkeys(one for look in (scene, *scene.turns) for one in look.subjects))


def _described(scene: Scene) -> Reading:
    weather = dict.fromkeys(name for look in (scene, *scene.turns) for name in look.weather)
    names = tuple(subject.name for subject in _everybody(scene))
    return replace(reading_of(scene), weather=tuple(weather), subjects=names)


def reading_of(scene: Scene) -> Reading:
    """A scene in words of the vocabulary."""
    return Reading(
        setting=scene.setting,
        time=scene.time,
        season=scene.season,
        weather=scene.weather,
        camera=scene.camera.move,
        subjects=tuple(subject.name for subject in scene.subjects),
        style=scene.style,
        palette=scene.palette,
        speed=scene.speed,
        confidence=scene.confidence,
        unmatched=scene.unmatched,
    )


def _changed_camera(source: Scene, delta: Delta, change: str) -> Camera:
    if "camera" in delta.set:
        return _camera(delta.set["camera"], pace(change), source.seconds)
    if "speed" in delta.set and "camera" not in delta.lock:
        return _stretched(source.camera, PACE[delta.set["speed"]])
    return source.camera


def _stretched(move: Camera, factor: float) -> Camera:
    """The camera with every way from its first keyframe made longer or shorter by the factor; zoom by its power."""
    first = move.path[0]

    def way(name: str, value: float) -> float:
        start = getattr(first, name)
        return start * (value / start) ** factor if name == "zoom" else start + (value - start) * factor

    def rate(name: str, value: float, rate: float) -> float:
        return rate * factor * (way(name, value) / value if name == "zoom" else 1.0)

    path = tuple(replace(key, **{name: way(name, getattr(key, name)) for name in _POSE}) for key in move.path)
    knots = tuple(
        replace(
            knot,
            pose=tuple(way(name, value) for name, value in zip(_POSE, knot.pose, strict=True)),
            rate=tuple(rate(*three) for three in zip(_POSE, knot.pose, knot.rate, strict=True)),
        )
        for knot in move.onward
    )
    return replace(move, path=path, onward=knots)


def changed_weather(weather: tuple[str, ...], delta: Delta) -> tuple[str, ...]:
    kept = [name for name in weather if name not in delta.remove]
    added = [name for name in delta.add if name in WEATHER and name not in kept]
    return (*kept, *added)


class Recast:
    """Who is there after a change; the first who comes takes the place of the first who goes.

    everybody: who is there before, in any chapter of the clip. span: of those who come, see `Subject`.
    """

    def __init__(
        self,
        everybody: Sequence[Subject],
        delta: Delta,
        change: str,
        seed: int,
        span: tuple[float, float] | None = None,
    ) -> None:
        gone = [one for name in delta.remove for one in everybody if one.name == name]
        stay = [one for one in everybody if one.name not in delta.remove]
        new = [name for name in delta.add if name not in WEATHER and all(name != one.name for one in stay)]
        heirs = [placement.succeed(old, name, change, seed) for old, name in zip(gone, new, strict=False)]
        more = {one: replace(one, count=one.count + _MORE) for one in stay if one.name in delta.add}
        self._becomes = {one: one for one in stay} | more | dict(zip(gone, heirs, strict=False))
        present = [self._becomes[one] for one in everybody if one in self._becomes]
        placed = placement.place(tuple(new[len(heirs) :]), change, seed, present)
        self._newcomers = tuple(replace(one, span=span) for one in placed)

    def of(self, subjects: Sequence[Subject]) -> tuple[Subject, ...]:
        """A chapter's subjects after the change."""
        return (*(self._becomes[one] for one in subjects if one in self._becomes), *self._newcomers)


# -- stored form


def scene_to_json(scene: Scene) -> dict[str, Any]:
    """The scene as plain JSON values, with its version."""
    return asdict(scene)


def scene_from_json(stored: dict[str, Any]) -> Scene:
    """The scene from what `scene_to_json` gave. Raises ValueError for another version or a damaged form."""
    version = stored.get("version")
    if version != SCENE_VERSION:
        raise ValueError(f"scene version {version!r} is not known; this is version {SCENE_VERSION}")
    try:
        values = {
            known.name: stored[known.name] for known in fields(Scene) if _is_needed(known) or known.name in stored
        }
        values["camera"] = _camera_from(values["camera"])
        values["turns"] = tuple(Turn(**_tuples_in(turn)) for turn in values.get("turns", ()))
        return Scene(**_tuples_in(values))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a stored scene: {error}") from error


def _is_needed(known: Field[Any]) -> bool:
    """Fields with a default may be missing: they came later than the scene was stored."""
    return known.default is MISSING and known.default_factory is MISSING


def _camera_from(stored: dict[str, Any]) -> Camera:
    path = tuple(Keyframe(**key) for key in stored["path"])
    knots = (
        Knot(knot["at"], tuple(knot["pose"]), tuple(knot["rate"]), knot.get("shake", 0.0))
        for knot in stored.get("onward", ())
    )
    return Camera(stored["move"], path, stored["shake"], tuple(knots))


def _tuples_in(stored: dict[str, Any]) -> dict[str, Any]:
    """The fields of a look, its lists made tuples again."""
    lists = {name: tuple(stored[name]) for name in ("weather", "unmatched") if name in stored}
    subjects = tuple(_subject_from(subject) for subject in stored.get("subjects", ()))
    return {**stored, **lists, "subjects": subjects}


def _subject_from(stored: dict[str, Any]) -> Subject:
    span = stored.get("span")
    return Subject(**{**stored, "span": None if span is None else tuple(span)})

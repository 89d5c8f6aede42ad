"""From words to a scene, and from a scene and a change to the next scene."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from random import Random
from typing import Any

from mutoscope.flipbook import camera, placement
from mutoscope.flipbook.catalogue import kind_of
from mutoscope.flipbook.delta import Delta, read_change
from mutoscope.flipbook.reading import pace, read
from mutoscope.flipbook.scene import SCENE_VERSION, Camera, Keyframe, Scene, Subject
from mutoscope.flipbook.vocabulary import WEATHER, Reading

_HANDHELD_SHAKE = 1.0
_SUN_REACH = 0.6
# How many join when a change asks for more of what is there.
_MORE = 3
_PACES = {"slower": 0.6, "faster": 1.7}


def compose(prompt: str, seed: int, width: int, height: int, seconds: int) -> Scene:
    """The scene of a prompt. width, height: pixels, even. seconds: whole. The same arguments give the same scene."""
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
        unmatched=(*reading.unmatched, *_undrawable(reading.subjects)),
        confidence=reading.confidence,
    )


def _undrawable(names: Iterable[str]) -> list[str]:
    """Subjects that were understood but that nobody can draw yet: told like words that found no place."""
    return [name for name in names if name not in WEATHER and kind_of(name) is None]


def _camera(move: str, speed: float, seconds: int) -> Camera:
    return Camera(move, camera.path(move, speed, seconds), _HANDHELD_SHAKE if move == "handheld" else 0.0)


def remix(source: Scene, change: str) -> tuple[Scene, Delta]:
    """The source with a change applied, and what was understood of the change.

    Seed, size, length, sun, the camera's keyframes and everybody's place stay as they are stored; only what the text
    names changes. A new camera move makes a new path; a change of speed alone stretches the stored path from its
    start. Who takes another's place in a swap stands where the other stood. `unmatched` speaks of the change.
    """
    delta = read_change(reading_of(source), change)
    scalars = {name: delta.set[name] for name in ("setting", "time", "season", "palette", "speed") if name in delta.set}
    if "style" in delta.set:
        scalars["style"] = delta.set["style"]
    return (
        replace(
            source,
            **scalars,
            camera=_changed_camera(source, delta, change),
            weather=_changed_weather(source.weather, delta),
            subjects=_changed_subjects(source, delta, change),
            unmatched=(*delta.unmatched, *_undrawable(delta.add)),
            confidence={**source.confidence, **dict.fromkeys(delta.set, 1.0)},
        ),
        delta,
    )


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
        return replace(source.camera, path=_stretched(source.camera.path, _PACES[delta.set["speed"]]))
    return source.camera


def _stretched(path: tuple[Keyframe, ...], factor: float) -> tuple[Keyframe, ...]:
    """The path with every way from its first keyframe made longer or shorter by the factor; zoom by its power."""
    first = path[0]
    return tuple(
        Keyframe(
            u=key.u,
            **{
                name: _from(getattr(first, name), getattr(key, name), factor) for name in ("x", "y", "z", "yaw", "tilt")
            },
            zoom=first.zoom * (key.zoom / first.zoom) ** factor,
        )
        for key in path
    )


def _from(start: float, value: float, factor: float) -> float:
    return start + (value - start) * factor


def _changed_weather(weather: tuple[str, ...], delta: Delta) -> tuple[str, ...]:
    kept = [name for name in weather if name not in delta.remove]
    added = [name for name in delta.add if name in WEATHER and name not in kept]
    return (*kept, *added)


def _changed_subjects(source: Scene, delta: Delta, change: str) -> tuple[Subject, ...]:
    """Who is there after the change; the first who comes takes the place of the first who goes."""
    gone = [subject for subject in source.subjects if subject.name in delta.remove]
    stay = [subject for subject in source.subjects if subject.name not in delta.remove]
    new = [name for name in delta.add if name not in WEATHER and all(name != subject.name for subject in stay)]
    heirs = [placement.succeed(old, name, change, source.seed) for old, name in zip(gone, new, strict=False)]
    ranks = dict(zip(gone, heirs, strict=False))
    kept = [ranks.get(subject, subject) for subject in source.subjects if subject in stay or subject in ranks]
    kept = [replace(one, count=one.count + _MORE) if one in stay and one.name in delta.add else one for one in kept]
    return (*kept, *placement.place(tuple(new[len(heirs) :]), change, source.seed, kept))


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
        values = {known.name: stored[known.name] for known in fields(Scene)}
        move = values["camera"]
        values["camera"] = Camera(move["move"], tuple(Keyframe(**key) for key in move["path"]), move["shake"])
        values["subjects"] = tuple(Subject(**subject) for subject in values["subjects"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a stored scene: {error}") from error
    values["weather"], values["unmatched"] = tuple(values["weather"]), tuple(values["unmatched"])
    return Scene(**values)

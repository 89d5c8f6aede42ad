"""A scene continued in time: the same world goes on, and what the prompt asks for comes into it."""

from __future__ import annotations

import re
from dataclasses import replace

from mutoscope.flipbook import travel
from mutoscope.flipbook.chapters import chapters_of
from mutoscope.flipbook.clock import PACE
from mutoscope.flipbook.compose import Recast, changed_weather, reading_of
from mutoscope.flipbook.delta import read_course
from mutoscope.flipbook.reading import pace
from mutoscope.flipbook.scene import Camera, Scene, Turn
from mutoscope.flipbook.vocabulary import Delta

_MORE = re.compile(r"\b(?:more|another|extra|additional|second)\b", re.I)


def extend(source: Scene, prompt: str, added: int) -> tuple[Scene, Delta]:
    """The scene of the source with `added` more seconds, and what was understood of the prompt.

    The prompt may be a change or describe the whole scene again: what is there already stays as it is, and is not
    doubled by being named. What is new begins where the source ends. `unmatched` speaks of the prompt.
    """
    now = chapters_of(source)[-1].scene
    speed = source.turns[-1].speed if source.turns else source.speed
    delta = _news(now, read_course(reading_of(now), prompt), prompt)
    span = (source.seconds, source.seconds + added)
    turn = Turn(
        at=source.seconds,
        setting=delta.set.get("setting", now.setting),
        time=delta.set.get("time", now.time),
        season=delta.set.get("season", now.season),
        style=delta.set.get("style", now.style),
        palette=delta.set.get("palette", now.palette),
        speed=delta.set.get("speed", speed),
        weather=changed_weather(now.weather, delta),
        subjects=Recast(now.subjects, delta, prompt, source.seed, span).of(now.subjects),
    )
    return (
        replace(
            source,
            seconds=source.seconds + added,
            camera=_camera(source, delta, prompt, added),
            turns=(*source.turns, turn) if _differs(turn, now, speed) else source.turns,
            unmatched=delta.unmatched,
            confidence={**source.confidence, **delta.confidence},
        ),
        delta,
    )


def _news(now: Scene, delta: Delta, prompt: str) -> Delta:
    """Of a delta what is not so already."""
    present = {subject.name for subject in now.subjects} - set(delta.remove)
    more = _MORE.search(prompt) is not None
    added = tuple(name for name in delta.add if name not in now.weather and (more or name not in present))
    same = {"camera": now.camera.move, **{name: getattr(now, name) for name in ("setting", "time", "season", "style")}}
    return replace(delta, set={name: value for name, value in delta.set.items() if same.get(name) != value}, add=added)


def _differs(turn: Turn, now: Scene, speed: str | None) -> bool:
    return turn.speed != speed or any(
        getattr(turn, name) != getattr(now, name)
        for name in ("setting", "time", "season", "weather", "subjects", "style", "palette")
    )


def _camera(source: Scene, delta: Delta, prompt: str, added: int) -> Camera:
    if "camera" in delta.set and "camera" not in delta.lock:
        return travel.change_to(source, delta.set["camera"], added, pace(prompt))
    return travel.carry_on(source, added, PACE.get(delta.set.get("speed", ""), 1.0))

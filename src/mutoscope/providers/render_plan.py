"""What a render job comes to: the scene to draw, where its frames come from, and the facts to keep with the clip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mutoscope.domain.errors import EncodingFailed, UpstreamRejected
from mutoscope.domain.video import Operation
from mutoscope.flipbook import clips, extension
from mutoscope.flipbook.characters import Spoken, counted, spoken
from mutoscope.flipbook.compose import compose, compose_all, remix, scene_from_json, scene_to_json
from mutoscope.flipbook.delta import Delta
from mutoscope.flipbook.scene import FRAMES_PER_SECOND, Scene
from mutoscope.media.footage import Footage
from mutoscope.media.pictures import decode
from mutoscope.providers.render_job import RenderJob


@dataclass(frozen=True, slots=True)
class Plan:
    """scene: what is drawn. reference, footage: see `Renderer`. facts: see `providers/flipbook.py`.

    kept: how many frames are at the beginning of the job's clip already, to be copied; 0 where all are drawn.
    """

    scene: Scene
    facts: dict[str, Any]
    reference: NDArray[np.uint8] | None = None
    footage: Footage | None = None
    kept: int = 0


def plan(job: RenderJob) -> Plan:
    """Read the job's prompt and decide.

    Raises EncodingFailed for a stored scene that cannot be used, MediaUnreadable for a picture or clip that cannot,
    UpstreamRejected when nothing of a change can be done.
    """
    said = spoken(job.prompt, job.characters)
    if job.source is not None:
        source, prompts = _remembered(job)
        if job.operation == Operation.EXTENSION:
            return _extension(job, said, source, prompts)
        return _remix(job, said, source, prompts)
    if job.clip is not None:
        return _clip_extension(job, said) if job.operation == Operation.EXTENSION else _clip_edit(job, said)
    scene = counted(compose(said.text, job.seed, job.width, job.height, job.seconds), said)
    return Plan(scene, _facts(scene, None, [said.text]), reference=_reference(job))


# -- videos of our own


def _remembered(job: RenderJob) -> tuple[Scene, list[str]]:
    """The source's scene and the prompts that led to it; the scene is made from the prompts where none is stored."""
    source = dict(job.source or {})
    try:
        if stored := source.get("scene"):
            scene = scene_from_json(stored)
            return scene, list(source.get("prompts") or [scene.prompt])
        prompts = [str(prompt) for prompt in source["prompts"]]
        seconds = job.seconds - job.added_seconds
        return compose_all(prompts, int(source["seed"]), job.width, job.height, seconds), prompts
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise EncodingFailed(f"The source's stored scene cannot be used: {error}.") from error


def _remix(job: RenderJob, said: Spoken, source: Scene, prompts: list[str]) -> Plan:
    scene, delta = remix(source, said.text)
    scene = replace(scene, width=job.width, height=job.height, seconds=job.seconds)
    scene = counted(scene, said, delta.remove)
    return Plan(scene, _facts(scene, delta, [*prompts, said.text]))


def _extension(job: RenderJob, said: Spoken, source: Scene, prompts: list[str]) -> Plan:
    before = job.seconds - job.added_seconds
    source = replace(source, width=job.width, height=job.height, seconds=before)
    scene, delta = extension.extend(source, said.text, job.added_seconds)
    scene = counted(scene, said, delta.remove)
    kept = 0 if job.clip is None else round(before * FRAMES_PER_SECOND)
    return Plan(scene, _facts(scene, delta, [*prompts, said.text]), kept=kept)


def _facts(scene: Scene, delta: Delta | None, prompts: list[str]) -> dict[str, Any]:
    return {"scene": scene_to_json(scene), "prompts": prompts, **_understood(scene, delta)}


def _understood(scene: Scene, delta: Delta | None) -> dict[str, Any]:
    return {
        "delta": None if delta is None else delta.to_json(),
        "unmatched": list(scene.unmatched),
        "confidence": dict(scene.confidence),
    }


def _reference(job: RenderJob) -> NDArray[np.uint8] | None:
    return None if job.reference is None else np.asarray(decode(Path(job.reference).read_bytes()))


# -- clips of others


def _clip_edit(job: RenderJob, said: Spoken) -> Plan:
    overlay = clips.edit(said.text, job.seed, job.width, job.height, job.seconds)
    if not overlay.does_something and not job.rehearses:
        raise UpstreamRejected(clips.CAN_DO)
    return _over_clip(job, said, overlay)


def _clip_extension(job: RenderJob, said: Spoken) -> Plan:
    before = job.seconds - job.added_seconds
    return _over_clip(job, said, clips.extend(said.text, job.seed, job.width, job.height, before, job.added_seconds))


def _over_clip(job: RenderJob, said: Spoken, overlay: clips.Overlay) -> Plan:
    scene = counted(overlay.scene, said)
    facts = {"remembered": False, **_understood(scene, overlay.delta)}
    return Plan(scene, facts, footage=footage_of(job))


def footage_of(job: RenderJob) -> Footage:
    """The pictures of the job's clip in the job's size. MediaUnreadable when it is none."""
    assert job.clip is not None
    return Footage(Path(job.clip), job.width, job.height, FRAMES_PER_SECOND)

"""The ways in which a model is ordered from, by what it says that it can."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams import film

BADGE = 11  # what the clips and pictures show that the jobs are given


def new_clips(model: ModelSpec, **wishes: Any) -> Iterator[Job]:
    """Of words and of pictures, in each size, with lengths in turn, with and without all wishes."""
    can, first, last = model.capabilities, *(film.picture(badge, Size(640, 360)) for badge in (BADGE, 12))
    of_words = model.wiring.get("text_sizes", [str(size) for size in model.sizes.sizes or [model.default_size]])
    lengths = cycle((min(model.seconds), model.seconds[len(model.seconds) // 2], max(model.seconds)))
    shapes = list(zip(model.sizes.sizes or (model.default_size,), lengths, strict=False))
    for size, seconds in shapes:
        if model.from_words and str(size) in of_words:
            yield job_for(model, size=size, seconds=seconds)
            yield job_for(model, size=size, seconds=seconds, **wished(model, **wishes))
        if Capability.IMAGE_REFERENCE in can:
            yield job_for(model, size=size, seconds=seconds, reference=first)
            yield job_for(model, size=size, seconds=seconds, reference=first, **wished(model, **wishes))
        if Capability.LAST_FRAME in can:
            yield job_for(model, size=size, seconds=seconds, reference=first, last_frame=last)


def changed_clips(model: ModelSpec, *, has_guides: bool) -> Iterator[Job]:
    """Edited, taken as a reference, and continued. has_guides: also with a picture that guides."""
    can, source = model.capabilities, clip(BADGE)
    picture = given(film.picture(BADGE, Size(640, 360)), "image/png", size=Size(640, 360))
    for capability, strategy in ((Capability.EDIT, "edit"), (Capability.CLIP_REFERENCE, "reference")):
        if capability in can:
            yield changing(model, source, strategy)
            yield changing(model, source, strategy, **wished(model))
            if has_guides:
                yield changing(model, source, strategy, guides=(picture, picture))
    if Capability.EXTEND in can:
        more: dict[str, Any] = {"strategy": "frame", "clip": source, "seconds": 9, "added_seconds": 4}
        yield job_for(model, operation=Operation.EXTENSION, **more)
        yield job_for(model, operation=Operation.EXTENSION, **more, **wished(model))


def wished(model: ModelSpec, **more: Any) -> dict[str, Any]:
    """All that may be wished of the model."""
    can = model.capabilities
    options: dict[str, Any] = {"generate_audio": True} if Capability.AUDIO in can else {}
    if Capability.NEGATIVE_PROMPT in can:
        options["negative_prompt"] = "rain"
    return {**({"seed": 7} if Capability.SEED in can else {}), "options": options, **more}

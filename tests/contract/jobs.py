"""Jobs for an upstream, of real pictures and clips that bear a badge."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.providers.protocol import Given, Job
from mutoscope.testing.upstreams import film

_numbers = itertools.count(1)


def job_for(model: ModelSpec, prompt: str = "a red fox in the snow", **more: Any) -> Job:
    """A create; fields of its request are known from its own by their names. Each job has a key of its own."""
    size = model.default_size
    request = VideoRequest(prompt, model.name, size, min(model.seconds))
    of_request = {
        name: more.pop(name)
        for name in ("size", "seconds", "seed", "options", "operation", "added_seconds")
        if name in more
    }
    video_id = f"video_{next(_numbers):048x}"
    job = Job(video_id, 1, f"{video_id}-1", replace(request, **of_request), prompt, spec=model)
    return replace(job, **more)


def changing(model: ModelSpec, source: Given, strategy: str, **more: Any) -> Job:
    """A remix of a clip by one of the strategies."""
    of_source = {"size": source.size, "seconds": source.seconds} if strategy == "edit" else {}
    return job_for(
        model,
        "make it night",
        **{"operation": Operation.REMIX, "strategy": strategy, "clip": source, **of_source, **more},
    )


def clip(badge: int, seconds: float = 5.0, size: Size | None = None, link: str | None = None) -> Given:
    size = size or Size(1280, 720)
    data = film.film(badge, size, seconds)
    return given(data, "video/mp4", size=size, seconds=seconds, link=link)


def given(data: bytes, media_type: str, **more: Any) -> Given:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1 << 16):
            yield data[start : start + (1 << 16)]

    return Given(media_type, len(data), chunks, **more)

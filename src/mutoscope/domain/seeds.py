"""Which seed a video is made with where its caller names none: one that stays the same, however often it is asked for.

It is fixed when the video is accepted, so that a repeated submission, a lower rung, another model and a remix keep it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.video import Video, VideoRequest

SEED_LIMIT = 1 << 32
# What the upstreams report their own seed under, in the facts that are kept with a video.
FACT = "seed"


def seeded(request: VideoRequest, model: ModelSpec, video_id: str) -> VideoRequest:
    """The request with a seed of the video's own, 0 to 2^31 - 1, where its model takes one and none is known.

    The engines of this machine choose for themselves and write it into their facts.
    """
    if request.seed is not None or model.is_own or Capability.SEED not in model.capabilities:
        return request
    return replace(request, seed=int.from_bytes(hashlib.sha256(video_id.encode()).digest()[:4]) >> 1)


def seed_of(video: Video) -> int | None:
    """The seed that a finished video was made with: as its upstream says, else as it was asked for."""
    told = video.facts.get(FACT)
    is_seed = isinstance(told, int) and not isinstance(told, bool) and 0 <= told < SEED_LIMIT
    return told if is_seed else video.request.seed

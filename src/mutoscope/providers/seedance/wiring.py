"""What a model's table says: how it is asked for a size, and what it takes."""

from __future__ import annotations

import msgspec

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import ConfigurationError


class Most(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """How many pictures and clips are taken as references, and how many seconds of clips in all."""

    image: int = 0
    video: int = 0
    seconds: float = 0.0


class Wiring(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What only this adapter reads of a model.

    shapes: by size, the resolution and ratio that ask for it. areas: by resolution, the fewest and most pixels of a
    frame of a clip that is given. has_tasks: whether it is told what to do with a clip. has_audio: whether it is told
    about sound. has_drafts: whether it makes drafts, and their full videos. ratio_by_frame: whether a first frame sets
    the ratio, so that none may be told. flags: whether shape and length stand at the end of the prompt.
    """

    shapes: dict[str, tuple[str, str]]
    areas: dict[str, tuple[int, int]] = {}
    most: Most = Most()
    has_tasks: bool = False
    has_audio: bool = True
    has_drafts: bool = False
    ratio_by_frame: bool = False
    flags: bool = False


def wiring_of(model: ModelSpec) -> Wiring:
    """The table of one model. ConfigurationError names the model and what is wrong."""
    try:
        wiring = msgspec.convert(dict(model.wiring), Wiring)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"Model '{model.name}' of seedance: [model.wiring]: {error}.") from None
    if not model.sizes.sizes or not {str(size) for size in model.sizes.sizes} <= set(wiring.shapes):
        raise ConfigurationError(f"Model '{model.name}' of seedance: [model.wiring.shapes] lacks some of its sizes.")
    return wiring

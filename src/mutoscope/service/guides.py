"""Pictures and clips that guide a model beside the first frame: judged, stored, and described in the request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from mutoscope.domain.video import Clip, Reference
from mutoscope.domain.wishes import INPUT_REFERENCES, LAST_FRAME
from mutoscope.service.inputs import Inputs
from mutoscope.service.requests import Guide, Upload

# By their first bytes; what they really are is found out by whoever decodes them.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")


class Guides:
    """What stands in a request's `options` instead of uploads: where they are stored, and what they are."""

    def __init__(self, inputs: Inputs, check_space: Callable[[], Awaitable[None]]) -> None:
        self._inputs = inputs
        self._check_space = check_space

    async def kept(self, tenant: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options with their uploads stored. InvalidRequest names the one that cannot be read."""
        made = dict(options)
        if LAST_FRAME in options:
            made[LAST_FRAME] = await self.keep_picture(tenant, options[LAST_FRAME]())
        if INPUT_REFERENCES in options:
            made[INPUT_REFERENCES] = [await self._keep(tenant, guide) for guide in options[INPUT_REFERENCES]()]
        return made

    async def keep_picture(self, tenant: str, upload: Upload) -> dict[str, Any]:
        await self._check_space()
        return _described(await self._inputs.keep_picture(tenant, upload))

    async def _keep(self, tenant: str, guide: Guide) -> dict[str, Any]:
        guide = replace(guide, upload=await self._inputs.loaded(guide.upload))
        role = {} if guide.role is None else {"role": guide.role}
        if _is_picture(guide.upload.data):
            return {**await self.keep_picture(tenant, guide.upload), **role}
        await self._check_space()
        clip = await self._inputs.keep_clip(tenant, guide.upload)
        return {**_described(clip), "seconds": clip.seconds, **role}


def stored_in(options: Mapping[str, Any]) -> list[str]:
    """The hashes of the uploads that these options name."""
    last = options.get(LAST_FRAME)
    return [one["sha256"] for one in (*([last] if last else ()), *options.get(INPUT_REFERENCES, ()))]


def _described(kept: Reference | Clip) -> dict[str, Any]:
    return {"sha256": kept.sha256, "media_type": kept.media_type, "size": str(kept.size)}


def _is_picture(data: bytes) -> bool:
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")

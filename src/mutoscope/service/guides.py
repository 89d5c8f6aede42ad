"""Pictures, clips and sounds that guide a model beside the first frame: judged, stored, described in the request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.video import Clip, Reference, Sound
from mutoscope.domain.wishes import INPUT_REFERENCES, LAST_FRAME, Adjustment, Wishes, leave_out
from mutoscope.service.inputs import Inputs
from mutoscope.service.requests import Guide, Upload

# By their first bytes; what they really are is found out by whoever decodes them.
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")


class Guides:
    """What stands in a request's `options` instead of uploads: where they are stored, and what they are.

    has_links: whether this server can give upstreams an address where they fetch them.
    """

    def __init__(self, inputs: Inputs, check_space: Callable[[], Awaitable[None]], has_links: bool) -> None:
        self._inputs = inputs
        self._check_space = check_space
        self._has_links = has_links

    async def kept(
        self, tenant: str, options: Mapping[str, Any], wishes: Wishes, model: ModelSpec
    ) -> tuple[dict[str, Any], tuple[Adjustment, ...]]:
        """The options with their uploads stored, and the sounds that the model does not take and were left out.

        InvalidRequest names the upload that cannot be read, UnsupportedByModel one that is not taken.
        """
        made, told = dict(options), list[Adjustment]()
        if LAST_FRAME in options:
            made[LAST_FRAME] = await self.keep_picture(tenant, options[LAST_FRAME]())
        if INPUT_REFERENCES in options:
            taken = made[INPUT_REFERENCES] = list[dict[str, Any]]()
            for guide in options[INPUT_REFERENCES]():
                described = await self._keep(tenant, guide)
                reason = self._misfit(model, [*taken, described]) if _is_sound(described) else None
                if reason is None:
                    taken.append(described)
                else:
                    told.append(leave_out(guide.upload.param, None, wishes, model, reason))
        return made, tuple(told)

    async def keep_picture(self, tenant: str, upload: Upload) -> dict[str, Any]:
        await self._check_space()
        return _described(await self._inputs.keep_picture(tenant, upload))

    async def _keep(self, tenant: str, guide: Guide) -> dict[str, Any]:
        guide = replace(guide, upload=await self._inputs.loaded(guide.upload))
        role = {} if guide.role is None else {"role": guide.role}
        if _is_picture(guide.upload.data):
            return {**await self.keep_picture(tenant, guide.upload), **role}
        await self._check_space()
        kept = await self._inputs.keep_recording(tenant, guide.upload)
        return {**_described(kept), "seconds": kept.seconds, **role}

    def _misfit(self, model: ModelSpec, described: Sequence[Mapping[str, Any]]) -> str | None:
        """Why the model does not take the sounds among these, in words for the caller; None if it does."""
        if Capability.SOUND_REFERENCES not in model.capabilities:
            return f"Model '{model.name}' takes no sounds among its references."
        if model.sound_limits.by_link and not self._has_links:
            return f"Model '{model.name}' takes sounds by a public URL only, and this server's 'public_url' is not set."
        wrong = model.sound_limits.misfit([one["seconds"] for one in described if _is_sound(one)])
        return wrong and f"Model '{model.name}' does not take this reference. {wrong}"


def stored_in(options: Mapping[str, Any]) -> list[str]:
    """The hashes of the uploads that these options name."""
    last = options.get(LAST_FRAME)
    return [one["sha256"] for one in (*([last] if last else ()), *options.get(INPUT_REFERENCES, ()))]


def _described(kept: Reference | Clip | Sound) -> dict[str, Any]:
    size = {} if isinstance(kept, Sound) else {"size": str(kept.size)}
    return {"sha256": kept.sha256, "media_type": kept.media_type, **size}


def _is_picture(data: bytes) -> bool:
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _is_sound(described: Mapping[str, Any]) -> bool:
    return described["media_type"].startswith("audio/")

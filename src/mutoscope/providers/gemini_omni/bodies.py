"""The body of `POST /interactions`: what the job asks for, as content blocks and a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.pictures import in_base64, media_type_of
from mutoscope.providers.protocol import Job
from mutoscope.providers.wording import keeping_the_rest

MOST_PICTURES = 6
# What a caller may add in `provider_options`; all other fields are this adapter's own.
OWN_OPTIONS = frozenset({"labels", "safety_settings", "system_instruction"})

_RESOLUTIONS = {360: "360p", 720: "720p", 1080: "1080p", 2160: "4k"}


def check(job: Job) -> None:
    """UpstreamRejected for what the model does not take, before anything is uploaded or sent."""
    if job.request.options.get("generate_audio") is False:
        raise UpstreamRejected("Gemini Omni always makes sound: 'generate_audio' cannot be false.")
    if unknown := sorted(_own(job).keys() - OWN_OPTIONS):
        raise UpstreamRejected(f"'provider_options' takes {', '.join(sorted(OWN_OPTIONS))}; not {', '.join(unknown)}.")
    if any(not guide.media_type.startswith("image/") for guide in job.guides):
        raise UpstreamRejected("Gemini Omni takes pictures as references, no clips and no sounds.")
    if len(job.guides) > MOST_PICTURES:
        raise UpstreamRejected(f"Gemini Omni takes {MOST_PICTURES} reference pictures at most.")
    if job.guides and task_of(job) in ("extend", "image_to_video"):
        raise UpstreamRejected("Gemini Omni takes no reference pictures with a first frame or for an extension.")
    _check_extension(job)


def _check_extension(job: Job) -> None:
    if job.request.operation is not Operation.EXTENSION:
        return
    shortest, longest = job.model.wiring.get("extension_seconds", (3, 10))
    if not shortest <= job.request.added_seconds <= longest:
        raise UpstreamRejected(f"Gemini Omni continues a clip by {shortest} to {longest} seconds at a time.")


def task_of(job: Job) -> str:
    """The service's word for what is to be done."""
    if job.request.operation is Operation.EXTENSION:
        return "extend"
    if job.strategy in (Strategy.NATIVE, Strategy.EDIT):
        return "edit"
    if job.reference is not None:
        return "image_to_video"
    return "reference_to_video" if job.guides else "text_to_video"


def body(job: Job, pictures: Sequence[bytes], clip: Mapping[str, Any] | None, delivery: str) -> dict[str, Any]:
    """pictures: the bytes of the job's guides. clip: the block of its clip, `{"type": "video", …}`."""
    blocks: list[Mapping[str, Any]] = [] if clip is None else [clip]
    task = task_of(job)
    if task == "image_to_video" and job.reference is not None:
        blocks.append(picture(job.reference))
    blocks += [picture(one) for one in pictures]
    asked = {
        "model": job.model.upstream_model,
        # Blocks alone are also documented; Google's own SDK always puts them into a step.
        "input": [{"type": "user_input", "content": [*blocks, {"type": "text", "text": _words(job, task)}]}],
        "background": True,
        "store": True,  # else it could not be remixed later
        "response_format": _format(job, task, delivery),
        "generation_config": {"video_config": {"task": task}},
    }
    if job.strategy == Strategy.NATIVE:
        asked["previous_interaction_id"] = _previous(job)
    if job.callback_url is not None:
        asked["webhook_config"] = {"uris": [job.callback_url]}
    return {**_own(job), **asked}


def picture(data: bytes) -> dict[str, Any]:
    return {"type": "image", "data": in_base64(data), "mime_type": media_type_of(data)}


def _words(job: Job, task: str) -> str:
    """There is no field for what is unwanted: the service wants it in the prompt."""
    words = keeping_the_rest(job.prompt) if task == "edit" else job.prompt
    unwanted = job.request.options.get("negative_prompt")
    return f"{words}\n\nAvoid: {unwanted}" if unwanted else words


def _format(job: Job, task: str, delivery: str) -> dict[str, Any]:
    """An edit keeps the length of its source; for an extension the length is that of the new part."""
    size = job.request.size
    wanted = {
        "type": "video",
        "aspect_ratio": "16:9" if size.width >= size.height else "9:16",
        "resolution": resolution_of(size),
        "delivery": delivery,
    }
    if task != "edit":
        wanted["duration"] = f"{job.request.added_seconds if task == 'extend' else job.request.seconds:g}s"
    return wanted


def resolution_of(size: Size) -> str:
    """The word for it: of an edit, which may have any size, that for the smallest one not below it, else the last."""
    short = min(size.width, size.height)
    return next((name for side, name in _RESOLUTIONS.items() if side >= short), _RESOLUTIONS[2160])


def _previous(job: Job) -> str:
    source = job.source
    known = source and (source.facts.get("interaction_id") or source.upstream_id)
    if not known:
        raise SourceRefused("The interaction that made the source is not known.")
    return known


def _own(job: Job) -> Mapping[str, Any]:
    return job.request.options.get("provider_options", {})

"""The request that starts a job, and what is refused before it is sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Given, Job
from mutoscope.providers.seedance.own import CONTENT, Own
from mutoscope.providers.seedance.wiring import Wiring

_PICTURES = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_WHOLE_SOURCE = -1
_FLAGS = ("resolution", "duration", "ratio")
_PAID_BY = (*_FLAGS, "frames")


def body_of_job(job: Job, wiring: Wiring, options: Mapping[str, Any], now: float, own: Own) -> dict[str, Any]:
    """The body that starts a job, but for its guides' bytes: see `content_of`. now: Unix seconds.

    UpstreamRejected and SourceRefused for what the model or this server cannot give: nothing was sent.
    """
    request = job.request
    resolution, ratio = wiring.shapes[str(_asked_size(request.size, job.model))]
    body = _begun(job)
    shape = {"resolution": resolution, "duration": _duration(job, options), "ratio": ratio}
    if job.strategy == Strategy.EDIT:
        shape["ratio"] = "adaptive"
    if wiring.ratio_by_frame and (job.reference is not None or own.has("first_frame")):
        del shape["ratio"]
    words = _words(job, wiring)
    if wiring.flags:
        words = " ".join([words, *(f"--{name} {shape[name]}" for name in _FLAGS if name in shape)])
    else:
        body |= shape
    pictures = [*_frames(job), *own.assets]
    body[CONTENT] = [{"type": "text", "text": words}, *pictures, *_source(job, wiring, resolution, now)]
    if wiring.has_tasks and (task := _task(job) or ("reference" if own.references else None)):
        body["omni_reference_task_type"] = task
    if wiring.has_audio:
        body["generate_audio"] = _wants_audio(job, options)
    if request.seed is not None:
        body["seed"] = request.seed
    return body | _ended(job, options)


def body_of_draft(job: Job, wiring: Wiring, options: Mapping[str, Any], draft: str) -> dict[str, Any]:
    """The body that makes a draft's full video. draft: the upstream's id.

    Words, pictures, length, shape, seed and sound are the draft's; only how large it is to be is asked for.
    """
    resolution, _ = wiring.shapes[str(_asked_size(job.request.size, job.model))]
    content = [{"type": "draft_task", "draft_task": {"id": draft}}]
    return {**_begun(job), CONTENT: content, "resolution": resolution, **_ended(job, options)}


def _begun(job: Job) -> dict[str, Any]:
    """The caller's own fields, but for what is paid by, which may be told in the words; and the model."""
    theirs = job.request.options.get("provider_options", {})
    kept = {name: value for name, value in theirs.items() if name not in (*_PAID_BY, CONTENT)}
    return {**kept, "model": job.model.upstream_model}


def _ended(job: Job, options: Mapping[str, Any]) -> dict[str, Any]:
    """What every body has, as the operator wants it."""
    body: dict[str, Any] = {"watermark": options["watermark"]}
    if options["service_tier"] != "default":
        body["service_tier"] = options["service_tier"]
    if job.callback_url is not None:
        body["callback_url"] = job.callback_url
    return body


def _asked_size(size: Size, model: ModelSpec) -> Size:
    """The size whose words are told: of an edit, whose size is its source's, the nearest that costs no more."""
    price = model.price
    if size in model.sizes.sizes or price is None:
        return model.sizes.fit(size)
    most = price.of(1, min(size.width, size.height))
    paid = tuple(own for own in model.sizes.sizes if price.of(1, min(own.width, own.height)) <= most)
    return SizeRule(paid or model.sizes.sizes).fit(size)


def check(job: Job, wiring: Wiring, own: Own) -> None:
    """Refuse what the model does not take. UpstreamRejected: nothing was sent, and nothing is left out silently."""
    name = job.model.name
    if job.strategy == Strategy.NATIVE:
        raise UpstreamRejected(f"Model '{name}' remembers no videos.")
    if _task(job) in ("edit", "extend") and not wiring.has_tasks:
        raise UpstreamRejected(f"Model '{name}' cannot {_task(job)} a clip.")
    if own.draft is not None and not wiring.has_drafts:
        raise UpstreamRejected(f"Model '{name}' makes no drafts.")
    for role, frame in (("first_frame", job.reference), ("last_frame", job.last_frame)):
        if frame is not None and own.has(role):
            raise UpstreamRejected(f"'provider_options' must not set a '{role}'; the request has one.")
    has_last = job.last_frame is not None or own.has("last_frame")
    if has_last and job.reference is None and not own.has("first_frame"):
        raise UpstreamRejected(f"Model '{name}' takes a last frame only with a first one.")
    kinds = [given.media_type.partition("/")[0] for given in _given(job)] + ["image"] * own.references
    sounds = job.model.sound_limits.most if Capability.SOUND_REFERENCES in job.model.capabilities else 0
    for kind in sorted(set(kinds)):
        if kinds.count(kind) > (most := sounds if kind == "audio" else getattr(wiring.most, kind, 0)):
            raise UpstreamRejected(f"Model '{name}' takes at most {most} references of the kind '{kind}'.")
    seconds = sum(given.seconds or 0.0 for given in _given(job) if given.media_type.startswith("video/"))
    if seconds > wiring.most.seconds:
        raise SourceRefused(f"Model '{name}' takes {wiring.most.seconds:g} s of clips in all, not {seconds:g} s.")


async def content_of(guide: Given) -> dict[str, Any]:
    """One reference. Pictures go along as they are, the rest by public URL."""
    kind = guide.media_type.partition("/")[0]
    url = _data_uri(await guide.read()) if kind == "image" else _link(guide)
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": f"reference_{kind}"}


def _given(job: Job) -> tuple[Given, ...]:
    return (*((job.clip,) if job.clip is not None else ()), *job.guides)


def _task(job: Job) -> str | None:
    """What is to be done with what is given, in the upstream's word; None where nothing is."""
    if job.request.operation is Operation.EXTENSION:
        return "extend"
    if job.strategy == Strategy.EDIT:
        return "edit"
    return "reference" if _given(job) else None


def _duration(job: Job, options: Mapping[str, Any]) -> int:
    if job.strategy == Strategy.EDIT:
        return _WHOLE_SOURCE
    if job.request.operation is Operation.EXTENSION and options["extension_duration"] == "added":
        return job.request.added_seconds
    return round(job.request.seconds)


def _words(job: Job, wiring: Wiring) -> str:
    words = job.prompt.strip()
    match _task(job):
        case "edit":
            words = words if words.endswith(_ENDS) else f"{words}."
            return f"Editing task: in @Video1, {words} Keep everything else unchanged."
        case "extend":
            return f"Extending task: continue @Video1. {words}"
    if job.clip is None:
        return words
    return f"Go by @Video1. {words}" if wiring.has_tasks else f"Edit Video 1: {words}"


def _wants_audio(job: Job, options: Mapping[str, Any]) -> bool:
    """As asked for; else as the source has it, where that is known; else as the operator prefers."""
    wish = job.request.options.get("generate_audio")
    if wish is None and job.clip is not None and job.source is not None:
        wish = job.source.facts.get("generate_audio")
    return wish if isinstance(wish, bool) else options["audio"]


def _frames(job: Job) -> list[dict[str, Any]]:
    frames = (("first_frame", job.reference), ("last_frame", job.last_frame))
    return [
        {"type": "image_url", "image_url": {"url": _data_uri(data)}, "role": role}
        for role, data in frames
        if data is not None
    ]


def _source(job: Job, wiring: Wiring, resolution: str, now: float) -> list[dict[str, Any]]:
    if job.clip is None:
        return []
    size, (fewest, most) = job.clip.size, wiring.areas.get(resolution, (0, 1 << 62))
    if size is not None and not fewest <= size.width * size.height <= most:
        raise SourceRefused(
            f"The clip is {size}; model '{job.model.name}' takes frames of {fewest} to {most} pixels at {resolution}."
        )
    url = _own_url(job, now) or _link(job.clip)
    return [{"type": "video_url", "video_url": {"url": url}, "role": "reference_video"}]


def _own_url(job: Job, now: float) -> str | None:
    """Where the upstream itself still keeps the source: it takes its own results more readily than a stranger's."""
    facts = job.source.facts if job.source is not None else {}
    url, until = facts.get("ark_url"), facts.get("ark_url_until")
    return url if isinstance(url, str) and isinstance(until, int | float) and now < until else None


def _link(given: Given) -> str:
    if given.link is None:
        raise SourceRefused("The upstream takes this by a public URL only, and this server's 'public_url' is not set.")
    return given.link


def _data_uri(data: bytes) -> str:
    media_type = next((name for begin, name in _PICTURES if data.startswith(begin)), "image/jpeg")
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

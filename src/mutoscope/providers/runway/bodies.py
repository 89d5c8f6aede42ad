"""Which of Runway's routes a job takes, and the body that it is asked with. A model's wiring says what it differs in.

    routes        those that it has: "text_to_video", "image_to_video", "video_to_video"
    text_sizes    the sizes that it makes from words alone, where these are fewer than all
    clip          the field of the source clip: "videoUri" or "promptVideo"
    has_modes     whether it is told by `mode` to edit a clip, to continue it or to be guided by it
    shapes        for each size, the fields that tell it, where that is not a ratio of its pixels
    picture_shapes  the same where the clip begins with a picture; empty where the picture tells it
    takes_shape   whether `ratio` and `duration` go along with a clip that guides it
    extend_ratio  whether an extension may be told its source's ratio, which it else takes from there itself
    clip_ratios   instead of a ratio, words by the short side of the clip that is edited
    references    how many pictures guide it at most
    keeps_sound   whether the clip's own sound is kept or dropped by `providerSettings`

What a model cannot take together is refused here, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Given, Job

TEXT, IMAGE, VIDEO = "text_to_video", "image_to_video", "video_to_video"

KEEP = " Keep everything else the same."


@dataclass(frozen=True, slots=True)
class Uris:
    """Where the job's files are by now."""

    clip: str | None = None
    first: str | None = None
    last: str | None = None
    references: Sequence[str] = ()


def route_of(job: Job) -> str:
    """The route. UpstreamRejected for what the model cannot take; nothing has been sent then."""
    route = VIDEO if clip_of(job) is not None else IMAGE if job.reference or job.last_frame else TEXT
    wiring = job.model.wiring
    if route not in wiring["routes"]:
        raise UpstreamRejected(_CANNOT[route].format(model=job.model.name))
    if route == TEXT and str(job.request.size) not in wiring.get("text_sizes", (str(job.request.size),)):
        raise UpstreamRejected(f"Model '{job.model.name}' makes {job.request.size} from a first picture only.")
    _check_guides(job, route)
    # Runway counts as JavaScript does.
    if len(job.prompt.encode("utf-16-le")) // 2 > job.model.prompt_limit:
        raise UpstreamRejected(f"Runway counts more than {job.model.prompt_limit} characters in the prompt.")
    return route


_CANNOT = {
    TEXT: "Model '{model}' makes no video from words alone.",
    IMAGE: "Model '{model}' begins with no picture.",
    VIDEO: "Model '{model}' takes no clip.",
}


def _check_guides(job: Job, route: str) -> None:
    name = job.model.name
    if route == VIDEO and (job.reference or job.last_frame):
        raise UpstreamRejected(f"Model '{name}' takes no first or last picture beside a clip.")
    clip = clip_of(job)
    others = [guide for guide in job.guides if job.clip is not None or guide is not clip]
    if any(not guide.media_type.startswith("image/") for guide in others):
        raise UpstreamRejected(f"Model '{name}' takes one clip and pictures, and nothing else, to guide it.")
    most = job.model.wiring.get("references", 0) if route == VIDEO else 0
    if len(others) > most:
        beside = "beside a clip" if route == VIDEO else "without a clip"
        raise UpstreamRejected(f"Model '{name}' takes at most {most} pictures to guide it {beside}.")


def clip_of(job: Job) -> Given | None:
    """The clip that goes along: the one to be changed or to guide, or the first among the guides."""
    if job.clip is not None or Capability.CLIP_REFERENCE not in job.model.capabilities:
        return job.clip
    return next((guide for guide in job.guides if guide.media_type.startswith("video/")), None)


def pictures_of(job: Job) -> list[Given]:
    return [guide for guide in job.guides if guide.media_type.startswith("image/")]


def body_of(job: Job, uris: Uris) -> dict[str, Any]:
    """The body. What the caller sends to Runway itself comes first: nothing that is paid by changes by it."""
    body = {**job.request.options.get("provider_options", {}), "model": job.model.upstream_model}
    if Capability.SEED in job.model.capabilities and job.request.seed is not None:
        body["seed"] = job.request.seed
    if "negative_prompt" in job.request.options:
        body["negativePrompt"] = job.request.options["negative_prompt"]
    if uris.clip is not None:
        return body | _of_clip(job, uris, uris.clip)
    body |= {"promptText": job.prompt, **_shape(job, has_picture=bool(uris.first or uris.last))}
    body |= _sound(job, by_default=False)
    if uris.last is not None:
        frames = [(uris.first, "first"), (uris.last, "last")]
        body["promptImage"] = [{"uri": uri, "position": position} for uri, position in frames if uri is not None]
    elif uris.first is not None:
        body["promptImage"] = uris.first
    return body


def _of_clip(job: Job, uris: Uris, clip: str) -> dict[str, Any]:
    wiring = job.model.wiring
    is_edit, is_extension = job.strategy == Strategy.EDIT, job.request.operation is Operation.EXTENSION
    body: dict[str, Any] = {wiring["clip"]: clip, "promptText": _change(job) if is_edit else job.prompt}
    if uris.references:
        body["references"] = [{"uri": uri} for uri in uris.references]
    if wiring.get("has_modes"):
        body["mode"] = "extend" if is_extension else "edit" if is_edit else "reference"
    if wiring.get("edit_duration") and is_edit:
        body["duration"] = wiring["edit_duration"]
    if "clip_ratios" in wiring:
        body["ratio"] = _by_side(wiring["clip_ratios"], job.request.size)
    if is_extension:  # whose length is that of the new part
        body["duration"] = job.request.added_seconds
        if wiring.get("extend_ratio") and job.model.sizes.allows(job.request.size):
            body["ratio"] = _shape(job)["ratio"]
    elif not is_edit and wiring.get("takes_shape"):
        body |= _shape(job)
    if not wiring.get("keeps_sound"):
        return body | _sound(job, by_default=is_edit or is_extension)
    return body | {"providerSettings": {"keepOriginalSound": job.request.options.get("generate_audio", True)}}


def _change(job: Job) -> str:
    """The change, and that it is the only one, where there is room to say so."""
    whole = job.prompt.rstrip() + ("" if job.prompt.rstrip().endswith((".", "!", "?")) else ".") + KEEP
    return whole if len(whole.encode("utf-16-le")) // 2 <= job.model.prompt_limit else job.prompt


def _shape(job: Job, *, has_picture: bool = False) -> dict[str, Any]:
    size, wiring = job.request.size, job.model.wiring
    shapes = wiring.get("picture_shapes" if has_picture and "picture_shapes" in wiring else "shapes")
    told = {"ratio": f"{size.width}:{size.height}"} if shapes is None else shapes.get(str(size), {})
    return {**told, "duration": int(job.request.seconds)}


def _sound(job: Job, *, by_default: bool) -> dict[str, Any]:
    """Said either way: what happens when it is not said differs from model to model."""
    if Capability.AUDIO not in job.model.capabilities:
        return {}
    return {"audio": job.request.options.get("generate_audio", by_default)}


def _by_side(words: dict[str, str], size: Size) -> str:
    """The word for the smallest short side that is not below the clip's; for a larger clip, the last one."""
    sides = sorted(words, key=int)
    return words[next((side for side in sides if int(side) >= min(size.width, size.height)), sides[-1])]

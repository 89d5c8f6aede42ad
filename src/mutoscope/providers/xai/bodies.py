"""Which route a job takes at xAI, and the body that it sends there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.pictures import data_url, media_type_of
from mutoscope.providers.protocol import Given, Job
from mutoscope.providers.wording import keeping_the_rest

MOST_PICTURES = 7
MOST_SOUNDS = 3
MOST_KEYFRAMES = 4
DAY = 86_400
MOST_DAYS_STORED = 30
# A stored source must live at least this much longer than now, in seconds.
STORED_MARGIN = 3_600.0

# What a caller may add in `provider_options` to a create; all other fields are this adapter's own.
OWN_OPTIONS = frozenset({"keyframes", "reference_audios", "user"})

_RATIOS = {"1:1": 1 / 1, "16:9": 16 / 9, "9:16": 9 / 16, "4:3": 4 / 3, "3:4": 3 / 4, "3:2": 3 / 2, "2:3": 2 / 3}


def check(job: Job) -> None:
    """UpstreamRejected for what the model does not take, before anything is uploaded or sent."""
    if path_of(job) == "/videos/generations":
        _check_creation(job)
    else:
        _check_change(job)


def _check_creation(job: Job) -> None:
    own, pictures = _own(job), [guide for guide in job.guides if is_picture(guide)]
    sounds = [guide for guide in job.guides if guide.media_type.startswith("audio/")]
    if unknown := sorted(own.keys() - OWN_OPTIONS):
        raise UpstreamRejected(f"'provider_options' takes {', '.join(sorted(OWN_OPTIONS))}; not {', '.join(unknown)}.")
    if len(pictures) + len(sounds) < len(job.guides):
        raise UpstreamRejected("xAI takes pictures and sounds as references, no clips.")
    if len(pictures) > MOST_PICTURES or len(sounds) > MOST_SOUNDS:
        raise UpstreamRejected(f"xAI takes {MOST_PICTURES} reference pictures and {MOST_SOUNDS} sounds at most.")
    takes_frames = bool(job.model.wiring.get("keyframes"))  # and not a first one only
    if pictures and (job.reference or job.last_frame or "keyframes" in own) and not takes_frames:
        raise UpstreamRejected(f"Model '{job.model.name}' takes either reference pictures or frames, not both.")
    if pictures and min(job.request.size.width, job.request.size.height) > 720:
        raise UpstreamRejected("xAI makes 720p at most from reference pictures.")
    if sounds and ("reference_audios" in own or any(sound.link is None for sound in sounds)):
        raise UpstreamRejected("xAI takes reference sounds by a public address only; 'public_url' is not set.")
    if "keyframes" in own and not (takes_frames and _is_short_list(own["keyframes"])):
        raise UpstreamRejected(
            f"'keyframes' are a list of {MOST_KEYFRAMES} at most, and of grok-imagine-video-1.5 only."
        )


def _check_change(job: Job) -> None:
    if job.guides or job.last_frame or _own(job) or "generate_audio" in job.request.options:
        raise UpstreamRejected("xAI takes nothing but words and the clip for an edit or an extension.")
    if job.clip is None or job.clip.media_type != "video/mp4":
        raise SourceRefused("xAI edits and continues MP4 files only.")
    shortest, longest = job.model.wiring.get("extension_seconds", (2, 10))
    added = job.request.added_seconds
    if job.request.operation is Operation.EXTENSION and not shortest <= added <= longest:
        raise UpstreamRejected(f"xAI continues a clip by {shortest} to {longest} seconds at a time.")


def path_of(job: Job) -> str:
    if job.request.operation is Operation.EXTENSION:
        return "/videos/extensions"
    return "/videos/edits" if job.strategy == Strategy.EDIT else "/videos/generations"


def body(job: Job, pictures: Sequence[bytes], source: Mapping[str, str] | None, days_stored: int) -> dict[str, Any]:
    """pictures: the bytes of the guides that are pictures. source: the clip, as `url` or `file_id`."""
    request = job.request
    asked: dict[str, Any] = {"model": job.model.upstream_model}
    if source is not None:
        if request.operation is Operation.EXTENSION:
            return asked | {"prompt": job.prompt, "video": source, "duration": request.added_seconds}
        return asked | {"prompt": keeping_the_rest(job.prompt), "video": source}
    asked |= _own(job)
    asked |= {
        "prompt": job.prompt,
        "duration": int(request.seconds),
        "aspect_ratio": ratio_of(request.size),
        "resolution": f"{min(request.size.width, request.size.height)}p",
    }
    for field, picture in (("image", job.reference), ("last_frame", job.last_frame)):
        if picture is not None:
            asked[field] = _picture(picture)
    if pictures:
        asked["reference_images"] = [_picture(picture) for picture in pictures]
    if sounds := [{"url": guide.link} for guide in job.guides if not is_picture(guide)]:
        asked["reference_audios"] = sounds
    if "generate_audio" in request.options:
        asked["generate_audio"] = request.options["generate_audio"]
    if days_stored > 0:  # so that a later edit needs no upload
        asked["storage_options"] = {"filename": f"{job.key}.mp4", "expires_after": days_stored * DAY}
    return asked


def ratio_of(size: Size) -> str:
    """The nearest of the service's ratios: 854x480 is no exact 16:9."""
    shape = size.width / size.height
    return min(_RATIOS, key=lambda name: abs(math.log(_RATIOS[name] / shape)))


def stored_file(job: Job, account: str, now: float) -> str | None:
    """The service's own copy of the source, if this account made it and it is still there for a while."""
    facts = {} if job.source is None else job.source.facts
    if facts.get("account") != account:
        return None
    until, file = facts.get("file_until"), facts.get("file_id")
    return file if isinstance(until, int | float) and until > now + STORED_MARGIN else None


def _own(job: Job) -> Mapping[str, Any]:
    return job.request.options.get("provider_options", {})


def is_picture(guide: Given) -> bool:
    return guide.media_type.startswith("image/")


def _is_short_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_KEYFRAMES


def _picture(data: bytes) -> dict[str, str]:
    return {"url": data_url(data, media_type_of(data))}

"""Kling's older API: clips that can be continued and motion control, of whose API 2.0 nobody documents the bodies, and
the omni models for accounts that have no key of the console.

A model's wiring says

    is_older    whether it is asked there
    is_motion   whether it moves a picture as a clip moves, and does nothing else
    is_omni     whether it has the one route that takes words, pictures and a clip together: see `older_omni.py`
    has_shots   whether its clips may have cuts, and are told to have none

A task is known by its route as well: its id here is such as "text2video/829391812391".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import SourceRefused, UpstreamProtocolError, UpstreamRejected
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.api import at, text_at
from mutoscope.providers.kling import older_omni
from mutoscope.providers.kling.bodies import encoded, ratio
from mutoscope.providers.kling.older_omni import shots_of
from mutoscope.providers.kling.replies import poll_of as newer_poll_of
from mutoscope.providers.protocol import Done, Job, Poll

TEXT, IMAGE, OMNI, EXTEND, MOTION = ROUTES = (
    "text2video",
    "image2video",
    "omni-video",
    "video-extend",
    "motion-control",
)
_MAY_GO_ON = (TEXT, IMAGE, EXTEND)
# The id of a clip there, by which it can be continued: another than its task's.
VIDEO = "kling_video"
ADDED_SECONDS = 5
# Of the newest tasks of a route, in one answer. Far more than are begun while a lost one is looked for.
LISTED = 500

_ROUTE = "route"
# The word for a resolution by its short side; beyond the last one, the last.
_MODES = ((720, "std"), (1080, "pro"), (2160, "4k"))
# The length of a result follows the clip, and what is paid for follows that.
_OFF_SECONDS = 1.0


def is_older(model: ModelSpec) -> bool:
    return bool(model.wiring.get("is_older"))


def route_of(job: Job) -> str:
    if job.request.operation is Operation.EXTENSION:
        return EXTEND
    if job.model.wiring.get("is_motion"):
        return MOTION
    if job.model.wiring.get("is_omni"):
        return OMNI
    return TEXT if job.reference is None else IMAGE


async def body_of(job: Job, link: str | None) -> dict[str, Any]:
    """What the route is asked with. link: where Kling may fetch the clip.

    UpstreamRejected for what the model cannot take, SourceRefused for a source that it cannot continue.
    """
    route = route_of(job)
    body = await _BODIES[route](job, link)
    if job.prompt:
        body = {"prompt": job.prompt, **body}
    if route != EXTEND:  # which goes on as its source was made
        body |= {"model_name": job.model.upstream_model, "mode": _mode(job.request.size)}
    if "negative_prompt" in job.request.options:
        body["negative_prompt"] = job.request.options["negative_prompt"]
    body["external_task_id"] = job.key
    if job.callback_url is not None:
        body["callback_url"] = f"{job.callback_url}?{_ROUTE}={route}"
    theirs = job.request.options.get("provider_options", {})
    return {**_DEFAULTS.get(route, {}), **theirs, **body}


def path_of(upstream_id: str) -> str:
    """Where a task is asked about."""
    route, _, task = upstream_id.partition("/")
    return f"/v1/videos/{route}/{quote(task, safe='')}"


def list_of(route: str, most: int = LISTED) -> str:
    """Where the newest tasks of a route are told."""
    return f"/v1/videos/{route}?pageNum=1&pageSize={most}"


def is_id(upstream_id: str) -> bool:
    return upstream_id.partition("/")[0] in ROUTES


def id_in(answer: Any, route: str) -> str:
    return f"{route}/{text_at(answer, 'data', 'task_id')}"


def found_in(answer: Any, route: str, key: str) -> str | None:
    """The one task of ours in a list; None for none. UpstreamProtocolError for several."""
    tasks = at(answer, "data")
    if not isinstance(tasks, list):
        raise UpstreamProtocolError("Kling's answer has no list of tasks at 'data'.")
    own = [task for task in tasks if at(task, "task_info", "external_task_id") == key]
    if len(own) > 1:
        raise UpstreamProtocolError("Kling tells of several tasks with one external id.")
    return f"{route}/{text_at(own[0], 'task_id')}" if own else None


def route_called(path: str) -> str | None:
    """The route in the path and query of a callback; None for one of API 2.0's. UpstreamProtocolError for another."""
    named = parse_qs(urlsplit(path).query).get(_ROUTE)
    if named is None:
        return None
    if len(named) != 1 or named[0] not in ROUTES:
        raise UpstreamProtocolError("A callback to an address that no job was given.")
    return named[0]


def poll_of(upstream_id: str, answer: Any, shown: Callable[[str], str], now: float) -> Poll:
    """What a task says of itself. now: Unix seconds. UpstreamProtocolError for an undocumented status word."""
    task = at(answer, "data")
    videos = at(task, "task_result", "videos")
    poll = newer_poll_of(
        {
            "id": text_at(task, "task_id"),
            "status": text_at(task, "task_status"),
            "message": at(task, "task_status_msg"),
            "outputs": [{"type": "video", "url": at(video, "url")} for video in videos or ()],
        },
        shown,
        now,
    )
    video = at(videos, 0, "id")
    is_continued = upstream_id.partition("/")[0] in _MAY_GO_ON
    if is_continued and isinstance(poll, Done) and isinstance(video, str) and video:
        return replace(poll, facts={**poll.facts, VIDEO: video})
    return poll


async def _of_words(job: Job, _link: str | None) -> dict[str, Any]:
    _refuse_guides(job)
    return {**_clip_made(job), "aspect_ratio": ratio(job.request.size)}


async def _of_picture(job: Job, _link: str | None) -> dict[str, Any]:
    _refuse_guides(replace(job, last_frame=None))
    assert job.reference is not None
    tail = {} if job.last_frame is None else {"image_tail": encoded(job.last_frame)}
    return {**_clip_made(job), "image": encoded(job.reference), **tail}


def _clip_made(job: Job) -> dict[str, Any]:
    made: dict[str, Any] = {"duration": str(int(job.request.seconds)), **shots_of(job)}
    if Capability.AUDIO in job.model.capabilities:
        made["sound"] = "on" if job.request.options.get("generate_audio") else "off"
    return made


async def _of_video(job: Job, _link: str | None) -> dict[str, Any]:
    _refuse_guides(job)
    if job.request.added_seconds != ADDED_SECONDS:
        raise UpstreamRejected(f"Kling adds about {ADDED_SECONDS} seconds to a clip, no other length.")
    video = job.source.facts.get(VIDEO) if job.source is not None else None
    if not video:
        raise SourceRefused("Kling continues only clips of its older API, by an id of theirs; the source has none.")
    return {"video_id": video}


async def _of_motion(job: Job, link: str | None) -> dict[str, Any]:
    name, clip = job.model.name, job.clip
    if clip is None or link is None or len(job.guides) != 1 or not job.guides[0].media_type.startswith("image/"):
        raise UpstreamRejected(
            f"Model '{name}' moves one picture as a clip moves: send the picture in 'input_references'."
        )
    if clip.seconds is None or abs(clip.seconds - job.request.seconds) > _OFF_SECONDS:
        raise UpstreamRejected(f"Model '{name}' makes a clip as long as the one that it follows; leave 'seconds' out.")
    sound = "no" if job.request.options.get("generate_audio") is False else "yes"
    return {
        "image_url": encoded(await job.guides[0].read()),
        "video_url": link,
        "keep_original_sound": sound,
    }


_BODIES = {TEXT: _of_words, IMAGE: _of_picture, EXTEND: _of_video, MOTION: _of_motion, OMNI: older_omni.body_of}
# "image" takes clips of at most 10 seconds, "video" of 30.
_DEFAULTS: dict[str, dict[str, Any]] = {MOTION: {"character_orientation": "video"}}


def _refuse_guides(job: Job) -> None:
    if job.guides or job.last_frame is not None:
        raise UpstreamRejected(f"Model '{job.model.name}' takes words, a first picture and with it a last one.")


def _mode(size: Size) -> str:
    short = min(size.width, size.height)
    return next((word for side, word in _MODES if side >= short), _MODES[-1][1])

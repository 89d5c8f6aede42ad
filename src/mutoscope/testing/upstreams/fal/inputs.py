"""What a job becomes by what it was given: its badge, size and length, or what is wrong with its sources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import FakeJob, SourceUnusable
from mutoscope.testing.upstreams.fal.answers import Problem, at
from mutoscope.testing.upstreams.fal.endpoints import VIDEO_FIELDS, Endpoint, Limits
from mutoscope.testing.upstreams.footage import Footage, clip_in, picture_in

VACE_FPS = 16
INFINITE = float("inf")


async def use_sources(
    job: FakeJob, endpoint: Endpoint, fetch: Callable[[str], Awaitable[bytes]], badge_in: Callable[[bytes], int]
) -> Problem:
    """Fetch and measure every clip and picture; the first of them makes the job what it will be."""
    for name in reversed(endpoint.sources):
        for place in reversed(_all_in(job.asked.get(name))):
            try:
                data = await fetch(place)
                if name in VIDEO_FIELDS:
                    source = clip_in(data)
                    if wrong := _outside(source, len(data), endpoint.limits):
                        return at(name, *wrong)
                    _follow(job, source)
                else:
                    _begin_with(job, picture_in(data))
            except (SourceUnusable, ValueError) as error:
                return at(name, f"Failed to download the file: {error}", "file_download_error")
            job.badge = badge_in(data)
            if name == "end_image_url":
                job.ending = job.badge
    return []


def _all_in(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _follow(job: FakeJob, source: Footage) -> None:
    """An edit is as large and as long as its source, an extension longer; a new clip after a reference is neither."""
    if job.kind in ("edit", "extend"):
        job.size = Size(source.size.width // 2 * 2, source.size.height // 2 * 2)
    if job.kind == "extend":
        job.seconds += source.seconds
    if job.kind == "edit":
        frames = job.asked.get("num_frames")
        job.seconds = frames / VACE_FPS if frames else source.seconds


def _begin_with(job: FakeJob, picture: Size) -> None:
    """A clip that begins with a picture has its shape."""
    if job.kind == "frame":
        scale = min(job.size.width, job.size.height) / min(picture.width, picture.height)
        job.size = Size(round(picture.width * scale / 2) * 2, round(picture.height * scale / 2) * 2)


def _outside(source: Footage, size: int, limits: Limits) -> tuple[str, str] | None:
    """Which of the limits a source clip does not keep: a message, and its type."""
    (shortest, longest), (least, most) = limits.seconds or (0.0, INFINITE), limits.sides or (0, INFINITE)
    slowest, fastest = limits.fps or (0.0, INFINITE)
    names, sides, fps = source.container.split(","), (source.size.width, source.size.height), round(source.fps, 2)
    rules = (
        (not limits.containers or any(name in names for name in limits.containers), "is of no known format", "format"),
        (size <= (limits.largest or INFINITE), f"must not exceed {limits.largest} bytes", "file_size"),
        (source.seconds >= shortest, f"must be at least {shortest} seconds long", "duration_too_short"),
        (source.seconds <= longest, f"must be at most {longest} seconds long", "duration_too_long"),
        (least <= min(sides) and max(sides) <= most, f"must have sides of {least} to {most} pixels", "dimensions"),
        (slowest <= fps <= fastest, f"must have {slowest} to {fastest} frames a second", "frame_rate"),
    )
    broken = next((rule for rule in rules if not rule[0]), None)
    return None if broken is None else (f"The video {broken[1]}", f"video_{broken[2]}")

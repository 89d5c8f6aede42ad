"""Waiting for a video to end, at the pace the server asks for."""

from __future__ import annotations

import asyncio

from mutoscope.cli.client import Client
from mutoscope.cli.outcome import CliError, ExitCode
from mutoscope.cli.progress import ProgressView
from mutoscope.cli.records import RemoteVideo


async def until_ended(client: Client, video: RemoteVideo, view: ProgressView) -> RemoteVideo:
    """The completed video. A failed one, or a status that no client knows, is a CliError.

    An outage of about a minute on the way is sat out. Being interrupted tells how to find the video again.
    """
    try:
        with view:
            video = await _poll(client, video, view)
    except asyncio.CancelledError:
        raise interrupted(video.id) from None
    return completed_or_error(video)


async def _poll(client: Client, video: RemoteVideo, view: ProgressView) -> RemoteVideo:
    view.update(video.status, video.progress)
    while video.is_unfinished:
        await asyncio.sleep(video.poll_seconds)
        video = await client.retrieve(video.id, patient=True)
        view.update(video.status, video.progress)
    return video


def completed_or_error(video: RemoteVideo) -> RemoteVideo:
    """The video itself if it is completed; otherwise why it will never be."""
    if video.status == "completed":
        return video
    if video.status == "failed":
        raise CliError(
            f"The video failed: {video.failure or 'the server gave no reason'}",
            facts={"code": video.failure_code, "video": video.id},
        )
    raise CliError(f"The server reports a status that is not in the API: {video.status!r}.", facts={"video": video.id})


def interrupted(video_id: str) -> CliError:
    """What to say when the person stops waiting."""
    return CliError(
        "Interrupted; the video goes on without you.",
        ExitCode.INTERRUPTED,
        hint=f"mutoscope get {video_id} --wait\nmutoscope download {video_id}",
    )

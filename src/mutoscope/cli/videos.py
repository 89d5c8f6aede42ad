"""The commands on videos that there are: list, get, download and delete."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.options import DEFAULT_URL, ApiKey, Json, NoProgress, Order, Url, VideoId, Wait
from mutoscope.cli.outcome import CliError, ExitCode, misused
from mutoscope.cli.session import Afterwards, run, save
from mutoscope.domain.assets import Variant

if TYPE_CHECKING:
    from mutoscope.cli.client import Client
    from mutoscope.cli.records import RemoteVideo


def list_videos(
    limit: Annotated[int, typer.Option("--limit", min=0, max=100, help="How many at most.")] = 20,
    after: Annotated[
        str | None, typer.Option("--after", metavar="VIDEO_ID", help="Begin after this video: the next page.")
    ] = None,
    order: Annotated[Order, typer.Option("--order", help="The newest first, or the oldest.")] = Order.DESC,
    as_json: Json = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """List videos, the newest first.

    A table on a terminal; in a pipe one line a video with id, status, progress, model, seconds, size, age and
    prompt, separated by tabs.
    """
    from mutoscope.cli import show

    page = run(url, api_key, lambda client: client.list(limit, after, order))
    if as_json:
        show.print_json(page.raw)
        return
    show.print_list(page.videos)
    if not page.videos:
        show.say("No videos here.", "dim")
    elif page.has_more:
        show.say(f"More: mutoscope list --after {page.last_id}", "dim")


def get(
    video_id: VideoId,
    wait: Wait = False,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Show one video, or wait for it.

    With --wait the exit code says how the video ended; without, only whether it was found.
    """
    from mutoscope.cli import show

    after = Afterwards(wait, None, as_json, no_progress)

    async def look(client: Client) -> RemoteVideo:
        return await after.follow(client, await client.retrieve(video_id))

    video = run(url, api_key, look)
    if as_json:
        show.print_json(video.raw)
    else:
        show.print_video(video)


def download(
    video_id: VideoId,
    variant: Annotated[Variant, typer.Option("--variant", help="What to save.")] = Variant.VIDEO,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="A file or folder; - for standard output."),
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Save a completed video, its thumbnail or its spritesheet.

    Prints the file's name: the video's id with .mp4, .webp or .jpg unless told otherwise. An interrupted or failed
    download leaves nothing behind, and an older file of that name untouched.
    """
    run(url, api_key, lambda client: save(client, video_id, variant, output, announce=True))


def delete(
    video_ids: Annotated[list[str], typer.Argument(help="Ids of the videos.", metavar="VIDEO_ID...")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Delete videos; those still in the making are cancelled.

    Prints the id of each deleted video. A refusal does not stop the others; the exit code is the first refusal's.
    """
    if not yes:
        _confirm(video_ids)
    failures = run(url, api_key, lambda client: _delete(client, video_ids))
    if failures:
        raise CliError("", failures[0].exit_code)


async def _delete(client: Client, video_ids: list[str]) -> list[CliError]:
    from mutoscope.cli import show

    failures: list[CliError] = []
    for video_id in dict.fromkeys(video_ids):
        try:
            await client.delete(video_id)
        except CliError as error:
            if error.exit_code in (ExitCode.UNREACHABLE, ExitCode.NOT_AUTHENTICATED):
                raise
            show.print_error(error)
            failures.append(error)
        else:
            show.print_data(video_id)
    return failures


def _confirm(video_ids: list[str]) -> None:
    if not sys.stdin.isatty():
        raise misused("Nobody is there to be asked.", "Add --yes to delete without a question.")
    what = video_ids[0] if len(video_ids) == 1 else f"{len(video_ids)} videos"
    if not typer.confirm(f"Delete {what}?", err=True):
        raise typer.Exit(ExitCode.REFUSED)

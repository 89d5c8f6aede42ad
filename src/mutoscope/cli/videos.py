"""The client's commands: create, remix, list, get, download and delete."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mutoscope.cli.outcome import CliError, ExitCode, misused
from mutoscope.domain.assets import Variant

if TYPE_CHECKING:
    from mutoscope.cli.client import Client
    from mutoscope.cli.records import RemoteVideo

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8650/v1"

Url = Annotated[
    str,
    typer.Option("--url", envvar="MUTOSCOPE_URL", help="The server, with or without /v1.", rich_help_panel="Server"),
]
ApiKey = Annotated[
    str | None, typer.Option("--api-key", envvar="MUTOSCOPE_API_KEY", help="Your API key.", rich_help_panel="Server")
]
VideoId = Annotated[str, typer.Argument(help="Id of the video.", metavar="VIDEO_ID", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", help="Which model to ask; the server's default if not given.")]
Seed = Annotated[int | None, typer.Option("--seed", help="A number that makes the same request draw the same again.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the video is completed or failed.")]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="Wait, then save the video here; - for standard output.", metavar="FILE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print the server's object and nothing else.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Wait in silence.")]


class Order(StrEnum):
    """Which end of the list comes first, by the wire's words."""

    DESC = "desc"
    ASC = "asc"


def create(
    prompt: Annotated[str, typer.Argument(help="What to show; - reads it from standard input.", show_default=False)],
    model: Model = None,
    size: Annotated[str | None, typer.Option("--size", help="Pixels, such as 1280x720.")] = None,
    seconds: Annotated[int | None, typer.Option("--seconds", help="Length in whole seconds.")] = None,
    seed: Seed = None,
    reference: Annotated[
        Path | None,
        typer.Option("--reference", help="An image to start from.", metavar="FILE", exists=True, dir_okay=False),
    ] = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Ask for a video.

    Prints its id, or with --json the object. With --wait it ends when the video does; --output also saves it.
    """
    length = None if seconds is None else str(seconds)
    fields = _given(prompt=_read(prompt), model=model, size=size, seconds=length, seed=seed)
    after = Afterwards(wait, output, as_json, no_progress)
    _run(url, api_key, lambda client: after.make(client, lambda: client.create(fields, reference)))


def remix(
    video_id: VideoId,
    prompt: Annotated[str, typer.Argument(help="What changes; - reads it from standard input.", show_default=False)],
    model: Model = None,
    seed: Seed = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Make a new video from a completed one and a change.

    What the change does not name stays as it was. Prints the new video's id, or with --json the object.
    """
    fields = _given(prompt=_read(prompt), model=model, seed=seed)
    after = Afterwards(wait, output, as_json, no_progress)
    _run(url, api_key, lambda client: after.make(client, lambda: client.remix(video_id, fields)))


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

    page = _run(url, api_key, lambda client: client.list(limit, after, order))
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

    video = _run(url, api_key, look)
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
    _run(url, api_key, lambda client: _save(client, video_id, variant, output, announce=True))


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
    failures = _run(url, api_key, lambda client: _delete(client, video_ids))
    if failures:
        raise CliError("", failures[0].exit_code)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What happens once a video was asked for."""

    wait: bool
    output: str | None
    as_json: bool
    no_progress: bool

    async def make(self, client: Client, ask: Callable[[], Awaitable[RemoteVideo]]) -> None:
        """Ask, wait if wanted, print, save if wanted."""
        from mutoscope.cli import show

        if self.output not in (None, "-"):
            _target(self.output, "video", Variant.VIDEO)  # refuse a bad place before anything is made
        video = await ask()
        if not self.as_json:
            show.say(show.clean(f"{video.status} · {video.model} · {video.size} · {video.seconds} s"), "dim")
            if video.notice:
                show.say(show.clean(video.notice), "yellow")
        video = await self.follow(client, video)
        if self.output == "-":
            show.say(video.id)
        elif self.as_json:
            show.print_json(video.raw)
        else:
            show.print_data(video.id)
        if self.output is not None:
            await _save(client, video.id, Variant.VIDEO, self.output, announce=False)

    async def follow(self, client: Client, video: RemoteVideo) -> RemoteVideo:
        """The video as it is, or as it ends if somebody wants to wait."""
        if not self.wait and self.output is None:
            return video
        from mutoscope.cli.progress import progress_view
        from mutoscope.cli.show import err
        from mutoscope.cli.waiting import until_ended

        return await until_ended(client, video, progress_view(err(), quiet=self.no_progress))


def _run(url: str, api_key: str | None, work: Callable[[Client], Awaitable[T]]) -> T:
    """One event loop and one client for the whole command."""
    from mutoscope.cli.client import Client

    async def session() -> T:
        async with Client(url, api_key) as client:
            return await work(client)

    return asyncio.run(session())


async def _save(client: Client, video_id: str, variant: Variant, output: str | None, *, announce: bool) -> None:
    from mutoscope.cli import download as files
    from mutoscope.cli import show

    if output == files.STDOUT:
        if sys.stdout.isatty():
            raise misused("A terminal cannot show a video.", "Send standard output into a file or a player.")
        await files.copy(client, video_id, variant, sys.stdout.buffer)
        return
    saved = await files.save(client, video_id, variant, files.target(output, video_id, variant))
    show.say(f"saved {saved.path} ({_size(saved.length)})", "dim")
    if announce:
        show.print_data(str(saved.path))


def _size(length: int) -> str:
    return f"{length / 1e6:.1f} MB" if length >= 100_000 else f"{length / 1e3:.1f} kB"


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


def _target(output: str | None, video_id: str, variant: Variant) -> Path:
    from mutoscope.cli.download import target

    return target(output, video_id, variant)


def _given(**fields: Any) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _read(prompt: str) -> str:
    return sys.stdin.read().strip() if prompt == "-" else prompt

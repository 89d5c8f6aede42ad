"""One command's conversation with the server, from the first request to the saved file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mutoscope.cli.outcome import misused
from mutoscope.domain.assets import Variant

if TYPE_CHECKING:
    from mutoscope.cli.client import Client
    from mutoscope.cli.records import RemoteVideo

T = TypeVar("T")


def run(url: str, api_key: str | None, work: Callable[[Client], Awaitable[T]]) -> T:
    """One event loop and one client for the whole command."""
    from mutoscope.cli.client import Client

    async def session() -> T:
        async with Client(url, api_key) as client:
            return await work(client)

    return asyncio.run(session())


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
            from mutoscope.cli.download import target

            target(self.output, "video", Variant.VIDEO)  # refuse a bad place before anything is made
        video = await ask()
        if not self.as_json:
            show.say(show.clean(f"{video.status} · {video.model} · {video.size} · {video.seconds} s"), "dim")
            if video.replayed:
                show.say("The server had this request already; here is its video.", "yellow")
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
            await save(client, video.id, Variant.VIDEO, self.output, announce=False)

    async def follow(self, client: Client, video: RemoteVideo) -> RemoteVideo:
        """The video as it is, or as it ends if somebody wants to wait."""
        if not self.wait and self.output is None:
            return video
        from mutoscope.cli.progress import progress_view
        from mutoscope.cli.show import err
        from mutoscope.cli.waiting import until_ended

        return await until_ended(client, video, progress_view(err(), quiet=self.no_progress))


async def save(client: Client, video_id: str, variant: Variant, output: str | None, *, announce: bool) -> None:
    """Write one variant to a file, or to standard output for "-"; `announce` prints the file's name there."""
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

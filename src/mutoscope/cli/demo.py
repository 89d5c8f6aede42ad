"""The demo: a server of its own, two videos through the official SDK, and a picture that compares them."""

from __future__ import annotations

import json
import time
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mutoscope.cli.outcome import CliError
from mutoscope.domain.assets import Variant

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types import Video
    from rich.console import Console

PROMPT = "A cinematic drone shot over a misty lake at sunrise"
REMIX = "Keep the same camera movement but change the scene to a snowy mountain at dawn"
SOURCE_NAME, REMIX_NAME = "source", "remix"
_FILES = {Variant.VIDEO: "{}.mp4", Variant.THUMBNAIL: "{}.webp", Variant.SPRITESHEET: "{}-sheet.jpg"}


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("demo"),
    prompt: Annotated[str, typer.Option("--prompt", help="What the first video shows.")] = PROMPT,
    remix: Annotated[str, typer.Option("--remix", help="What its remix changes.")] = REMIX,
    seconds: Annotated[int, typer.Option("--seconds", help="Length of both in seconds.")] = 8,
    size: Annotated[str, typer.Option("--size", help="Pixels of both.")] = "1280x720",
) -> None:
    """Make a video and its remix on a server of its own, from nothing.

    Starts a server with an empty data folder on a free port, asks it through the official openai package for a video
    and a remix of it, saves both with their thumbnails and spritesheets, draws compare.png, and stops the server.
    """
    from mutoscope.cli.local_server import running_server
    from mutoscope.cli.show import out

    console = out()
    folder = _made(output)
    timings = Timings()
    with ExitStack() as stack:
        with timings.measure("server start"):
            server = stack.enter_context(running_server())
        console.print(f"[bold]Mutoscope[/] [dim]answers on {server.url}, data in a folder that will be removed[/]")
        console.print("[dim]On a new machine the first clip stays at 1% for half a minute or more: it compiles.[/]\n")
        show = Show(stack.enter_context(_sdk(server.url, server.api_key)), console, folder, timings)
        source, remixed = show.run(prompt, remix, seconds, size)
        films = [(SOURCE_NAME, source), (REMIX_NAME, remixed)]
        with timings.measure("comparison picture"):
            picture = _compare(folder, films)
    _report(console, folder, picture, films, timings)


@dataclass
class Timings:
    """Seconds spent in each part, in the order in which they ended."""

    parts: dict[str, float] = field(default_factory=dict)

    def measure(self, name: str) -> _Measure:
        return _Measure(self, name)


@dataclass
class _Measure:
    timings: Timings
    name: str
    started: float = 0.0

    def __enter__(self) -> None:
        self.started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = self.timings.parts.get(self.name, 0.0)
        self.timings.parts[self.name] = spent + time.perf_counter() - self.started


@dataclass(frozen=True)
class Show:
    """The demo's part that any user of the SDK could have written."""

    client: OpenAI
    console: Console
    folder: Path
    timings: Timings

    def run(self, prompt: str, change: str, seconds: int, size: str) -> tuple[Video, Video]:
        """Create, remix, download both."""
        self._announce("1", "create", prompt)
        wanted = {"prompt": prompt, "seconds": str(seconds), "size": size}
        source = self._made(SOURCE_NAME, lambda: self.client.videos.create(**cast(Any, wanted)))
        self._announce("2", "remix", change)
        remixed = self._made(REMIX_NAME, lambda: self.client.videos.remix(source.id, prompt=change))
        for name, video in ((SOURCE_NAME, source), (REMIX_NAME, remixed)):
            with self.timings.measure(f"{name}: download"):
                self._download(name, video)
        return source, remixed

    def _announce(self, number: str, verb: str, text: str) -> None:
        from rich.text import Text

        self.console.print(Text.assemble((f"{number} {verb.ljust(7)}", "bold cyan"), (f"“{text}”", "italic")))

    def _made(self, name: str, ask: Any) -> Video:
        from mutoscope.cli.progress import progress_view

        with self.timings.measure(f"{name}: create to completed"), progress_view(self.console, name.rjust(8)) as view:
            video = ask()
            while video.status in ("queued", "in_progress"):
                view.update(video.status, video.progress or 0)
                answer = self.client.videos.with_raw_response.retrieve(video.id)
                video = answer.parse()
                if video.status in ("queued", "in_progress"):
                    time.sleep(_pause(answer.headers.get("openai-poll-after-ms")))
            view.update(video.status, video.progress or 0)
        if video.status != "completed":
            reason = video.error.message if video.error else "no reason was given"
            raise CliError(f"The {name} failed: {reason}", facts={"video": video.id})
        return video

    def _download(self, name: str, video: Video) -> None:
        for variant, pattern in _FILES.items():
            content = self.client.videos.download_content(video.id, variant=variant.value)
            content.write_to_file(self.folder / pattern.format(name))


def _pause(header: str | None) -> float:
    """Seconds until the next look, as the server's header `openai-poll-after-ms` asks."""
    return int(header) / 1000 if header and header.isdigit() else 1.0


def _sdk(url: str, api_key: str) -> OpenAI:
    from openai import DefaultHttpxClient, OpenAI

    # The package calls its own video methods deprecated, because its maker's video service ended.
    warnings.filterwarnings("ignore", message=".*Sora API.*", category=DeprecationWarning)
    # A proxy from the environment must not stand between the demo and its own server.
    return OpenAI(base_url=f"{url}/v1", api_key=api_key, http_client=DefaultHttpxClient(trust_env=False))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CliError(f"The folder {folder} cannot be made: {error.strerror}.") from None
    return folder


def _compare(folder: Path, films: list[tuple[str, Video]]) -> Path:
    from mutoscope.cli.compare import Film, write_comparison

    rows = [Film(name, video.prompt or "", folder / _FILES[Variant.VIDEO].format(name)) for name, video in films]
    return write_comparison(rows, folder / "compare.png")


def _report(console: Console, folder: Path, picture: Path, films: list[tuple[str, Video]], timings: Timings) -> None:
    from rich.table import Table

    for _, video in films:
        console.print()
        console.print(json.dumps(video.to_dict(), indent=2, ensure_ascii=False), markup=False, soft_wrap=True)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, spent in timings.parts.items():
        table.add_row(name, f"{spent:.1f} s")
    console.print("\n", table, "\n", sep="", end="")
    for name, _ in films:
        console.print("[dim]saved[/] " + ", ".join(str(folder / each.format(name)) for each in _FILES.values()))
    console.print(f"[dim]look at[/] [bold]{picture}[/]")

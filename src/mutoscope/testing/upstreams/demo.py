"""`make demo-providers`: one clip goes round all upstreams, asked for with the official SDK. No key, no network."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import structlog
from openai import DefaultHttpxClient, OpenAI
from openai.types import Video
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.demo_sheet import Row, write_sheet
from mutoscope.testing.upstreams.ensemble import serving

FOLDER = Path("demo-providers")
SHEET = "contact-sheet.png"
SIZE, SECONDS = "1280x720", "4"
SCENE = "A red fox crosses a snowy field at dawn"
# What is done, by which model: the first makes a clip, each other one changes what the one before it made.
STEPS = (
    ("kling-3.0", SCENE),
    ("aleph2", "Make it night"),
    ("seedance-2.5", "Let it snow"),
    ("gemini-omni-1.2-flash", "Give the fox a red scarf"),
    ("gemini-omni-1.2-flash", "Make the scarf blue"),
    ("grok-imagine-video", "Add northern lights"),
    ("fal-kling-o3-pro", "Paint it in watercolours"),
    ("sora-2-elsewhere", "Replace the fox with a hare"),
    ("wan-comfy", "Add falling leaves"),
    ("seedance-2.0", "Move the camera closer"),
    ("local", "black and white"),
    ("kling-3.0-omni", "Back to dawn, in colour"),
)
CAPTION = "One clip round all upstreams. The badge is that of the first clip: whoever shows it was given the clip."
PAUSE = 0.2
WIDTH = 124  # of what is printed where there is no terminal


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step. seconds: from the request to the end. price: as the plan told it."""

    number: int
    change: str
    video: Video
    price: str
    seconds: float
    clip: bytes

    @property
    def provider(self) -> str:
        return str(_more(self.video)["provider"])

    @property
    def strategy(self) -> str:
        return str((_more(self.video).get("remix") or {}).get("strategy", "create"))

    @property
    def badge(self) -> int | None:
        return film.badge_of(self.clip)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo; its clips and the contact sheet go into the folder."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.upstreams.demo", description=__doc__)
    parser.add_argument("--output", "-o", type=Path, default=FOLDER, help=f"folder for the results (default {FOLDER})")
    folder = parser.parse_args(arguments).output
    folder.mkdir(parents=True, exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutoscope-") as data, serving(polls_queued=0) as ensemble:
        count = len(ensemble.fakes)
        console.print(f"[bold]Mutoscope[/] [dim]before {count} stand-ins for video services, all on this machine[/]")
        console.print("[dim]A badge in every frame tells which clip a picture comes from.[/]\n")
        with ensemble.server(Path(data)) as server, _sdk(server.url, server.key) as client:
            steps = _round(client, console)
        jobs = sum(len(fake.accepted) for fake in ensemble.fakes.values())
    _report(console, steps, jobs, time.monotonic() - started)
    _save(console, steps, folder)


def _sdk(url: str, key: str) -> OpenAI:
    # The package calls its own video methods deprecated, because its maker's video service ended.
    warnings.filterwarnings("ignore", message=".*Sora API.*", category=DeprecationWarning)
    # A proxy from the environment must not stand between the demo and its own server.
    return OpenAI(base_url=f"{url}/v1", api_key=key, http_client=DefaultHttpxClient(trust_env=False))


def _round(client: OpenAI, console: Console) -> list[Step]:
    steps: list[Step] = []
    with console.status("") as status:
        for number, (model, words) in enumerate(STEPS, 1):
            status.update(f"{number} of {len(STEPS)}: {model}")
            steps.append(_step(client, number, model, words, steps[-1].video.id if steps else None))
    return steps


def _step(client: OpenAI, number: int, model: str, words: str, source_id: str | None) -> Step:
    began = time.monotonic()

    def ask(**query: Any) -> Any:
        if source_id is None:
            return client.videos.create(
                model=cast(Any, model), prompt=words, size=SIZE, seconds=SECONDS, extra_query=query
            )
        wishes = {"model": model, "on_unsupported": "adjust"}
        return client.videos.remix(source_id, prompt=words, extra_body=wishes, extra_query=query)

    price = _more(ask(dry_run="true"))["price"]
    video: Video = ask()
    while video.status in ("queued", "in_progress"):
        time.sleep(PAUSE)
        video = client.videos.retrieve(video.id)
    if video.status != "completed":
        raise SystemExit(f"Step {number}, {model}: {video.error.message if video.error else video.status}")
    seconds = time.monotonic() - began
    clip = client.videos.download_content(video.id).read()
    return Step(number, words, video, f"{price['amount']} {price['currency']}", seconds, clip)


def _more(answer: Any) -> dict[str, Any]:
    """The fields that the official package does not know, and keeps."""
    return answer.model_extra or {}


def _kept(steps: Sequence[Step], place: int) -> bool | None:
    """Whether the frames show the badge of the clip that the step started from; None where there was none."""
    return None if place == 0 else steps[place].badge == steps[place - 1].badge


def _report(console: Console, steps: Sequence[Step], jobs: int, seconds: float) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "Step", "Provider", "Model", "Strategy"):
        is_step = name == "Step"
        table.add_column(name, justify="left" if name else "right", no_wrap=not is_step, min_width=16 if is_step else 0)
    for name in ("Time", "Price", "Badge"):
        table.add_column(name, justify="right", no_wrap=True)
    for place, step in enumerate(steps):
        kept = _kept(steps, place)
        mark = {None: Text("new", "dim"), True: Text("● kept", "green"), False: Text("○ not kept", "yellow")}[kept]
        table.add_row(
            Text(str(step.number), "dim"),
            step.change,
            step.provider,
            step.video.model,
            Text(step.strategy, "cyan"),
            f"{step.seconds:.1f} s",
            step.price,
            mark,
        )
    console.print(table)
    console.print(
        f"\n{len(steps)} videos, {jobs} jobs at {len({step.provider for step in steps})} providers, {seconds:.0f} s. "
        "[dim]Prices are those that the services publish; nobody was paid.[/]"
    )


def _save(console: Console, steps: Sequence[Step], folder: Path) -> None:
    rows = []
    for place, step in enumerate(steps):
        path = folder / f"{step.number:02}-{step.video.model}.mp4"
        path.write_bytes(step.clip)
        badge = "no badge" if step.badge is None else f"badge {step.badge:04x}"
        state = {None: "new", True: "kept", False: "not kept"}[_kept(steps, place)]
        label = f"{step.provider} · {step.video.model} · {step.strategy}"
        rows.append(Row(f"{step.number}  {step.change}", label, f"{badge}, {state}", path))
    write_sheet(rows, CAPTION, folder / SHEET)
    console.print(f"[dim]saved[/] {len(rows)} clips in {folder}")
    console.print(f"[dim]look at[/] [bold]{folder / SHEET}[/]")


if __name__ == "__main__":
    main()

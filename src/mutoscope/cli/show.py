"""How things look: data on standard output, everything said to a person on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mutoscope.cli.outcome import CliError
from mutoscope.cli.records import RemoteCharacter, RemoteModel, RemoteVideo

_MARKS = {"queued": ("○", "cyan"), "in_progress": ("◐", "yellow"), "completed": ("●", "green"), "failed": ("✕", "red")}
_WIDE = 124
_WIDE_FOR_MODELS = 140
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def out() -> Console:
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def say(text: str, style: str = "") -> None:
    """A line for the person at the terminal."""
    err().print(Text(text, style=style))


def print_data(text: str) -> None:
    """A line of data, written as it is."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def print_json(value: Any) -> None:
    """The server's object, its keys in the server's order."""
    print_data(json.dumps(value, ensure_ascii=False, indent=2))


def print_error(error: CliError) -> None:
    """Message, facts and hint on standard error; an empty message prints nothing."""
    if not error.message:
        return
    text = Text.assemble(("✕ ", "bold red"), clean(error.message))
    width = max((len(label) for label in error.facts), default=0)
    for label, value in error.facts.items():
        text.append(f"\n  {label.ljust(width)}  ", style="dim").append(clean(value))
    for line in (error.hint or "").splitlines():
        text.append(f"\n  {_printable(line)}", style="dim")
    err().print(text)


def print_list(videos: Sequence[RemoteVideo], now: float | None = None) -> None:
    """A table on a terminal, two lines a video on a narrow one, tab-separated lines in a pipe."""
    moment = time.time() if now is None else now
    console = out()
    if not console.is_terminal:
        for video in videos:
            print_data("\t".join(_columns(video, moment)))
    elif console.width >= _WIDE:
        console.print(_table(videos, moment))
    else:
        for line in _pairs(videos, moment, console.width):
            console.print(line, no_wrap=True, overflow="ellipsis")


def print_video(video: RemoteVideo, now: float | None = None) -> None:
    """One video, a line for each thing known."""
    moment = time.time() if now is None else now
    print_rows([(Text(label, style="dim"), value) for label, value in _facts(video, moment)])


def print_character(character: RemoteCharacter, now: float | None = None) -> None:
    """One character, a line for each thing known."""
    moment = time.time() if now is None else now
    rows = [("character", Text(clean(character.id), style="bold")), ("name", Text(clean(character.name)))]
    if character.created_at is not None:
        rows.append(("created", _created(character.created_at, moment)))
    print_rows([(Text(label, style="dim"), value) for label, value in rows])


def print_models(models: Sequence[RemoteModel]) -> None:
    """A table on a terminal, a paragraph a model on a narrow one, tab-separated lines in a pipe."""
    console = out()
    if not console.is_terminal:
        for model in models:
            print_data("\t".join(_model_columns(model)))
    elif console.width >= _WIDE_FOR_MODELS:
        console.print(_model_table(models))
    else:
        for number, model in enumerate(models):
            console.print("\n" * (number > 0), _model_paragraph(model), sep="", end="")


def print_rows(rows: Sequence[tuple[Text, ...]]) -> None:
    """Aligned columns on a terminal, tab-separated ones in a pipe."""
    console = out()
    if not console.is_terminal:
        for row in rows:
            print_data("\t".join(cell.plain.strip() for cell in row))
        return
    grid = Table.grid(padding=(0, 2))
    for row in rows:
        grid.add_row(*row)
    console.print(grid)


def clean(text: str) -> str:
    """One line without control characters: what a server sends must not drive the terminal."""
    return _printable(" ".join(text.split()))


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in line)


def shorten(text: str, length: int) -> str:
    """`text` on one line of at most `length` characters."""
    line = clean(text)
    return line if len(line) <= length else line[: max(0, length - 1)].rstrip() + "…"


def age(seconds: float) -> str:
    """A duration in its largest whole unit, such as "3 min"."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def status_text(status: str) -> Text:
    """The status word with its mark, in its colour."""
    mark, colour = _MARKS.get(status, ("?", "magenta"))
    return Text(f"{mark} {clean(status).replace('_', ' ')}", style=colour)


def _columns(video: RemoteVideo, now: float) -> tuple[str, ...]:
    plain = (video.id, video.status, f"{video.progress}%", video.model, video.seconds, video.size)
    return (*(clean(value) or "-" for value in plain), _age_of(video, now), shorten(video.prompt, 60))


def _age_of(video: RemoteVideo, now: float) -> str:
    return "-" if video.created_at is None else age(now - video.created_at)


def _table(videos: Sequence[RemoteVideo], now: float) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for name in ("Video", "Status"):
        table.add_column(name, no_wrap=True)
    for name in ("", "Model", "Length", "Size"):
        table.add_column(name, no_wrap=True, justify="left" if name == "Model" else "right")
    table.add_column("Prompt", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("Age", no_wrap=True, justify="right")
    for video in videos:
        table.add_row(
            Text(clean(video.id)),
            status_text(video.status),
            _percent(video),
            Text(clean(video.model)),
            Text(f"{clean(video.seconds)} s"),
            Text(clean(video.size)),
            Text(shorten(video.prompt, 200)),
            _age_of(video, now),
        )
    return table


def _model_columns(model: RemoteModel) -> tuple[str, ...]:
    sizes = "..".join(model.sides) if model.sides else ",".join(model.sizes)
    lists = (sizes, ",".join(model.seconds), ",".join(model.capabilities), ",".join(model.strategies))
    plain = (model.id, model.default_size, model.default_seconds, *lists, model.price, model.verified)
    return tuple(clean(each) or "-" for each in plain)


def _model_table(models: Sequence[RemoteModel]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Model", no_wrap=True)
    for name in ("Default", "Sizes", "Seconds", "Capabilities", "Remixes by", "Price", "Verified"):
        table.add_column(name, no_wrap=name == "Default")
    for model in models:
        table.add_row(Text(clean(model.id)), *_model_facts(model).values())
    return table


def _model_paragraph(model: RemoteModel) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("model", style="dim"), Text(clean(model.id), style="bold"))
    for label, value in _model_facts(model).items():
        if value:
            grid.add_row(Text(label, style="dim"), value)
    return grid


def _model_facts(model: RemoteModel) -> dict[str, Text]:
    facts = {
        "default": _default(model) if model.default_size else "",
        "sizes": f"{' to '.join(model.sides)} a side" if model.sides else ", ".join(model.sizes),
        "seconds": _runs(model.seconds),
        "capabilities": ", ".join(model.capabilities).replace("_", " "),
        "remixes by": ", ".join(model.strategies),
        "price": model.price,
        "verified": f"{model.verified}, ends {model.ends}" if model.ends else model.verified,
    }
    return {label: Text(clean(value)) for label, value in facts.items()}


def _default(model: RemoteModel) -> str:
    """A model that only changes clips has no length of its own."""
    has_length = model.default_seconds not in ("", "0")
    return f"{model.default_size} · {model.default_seconds} s" if has_length else model.default_size


def _runs(numbers: Sequence[str]) -> str:
    """Whole numbers with their neighbours joined: 1, 2, 3, 8 is "1 to 3, 8"; anything else as it is."""
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return ", ".join(numbers)
    runs: list[list[int]] = []
    for number in sorted(map(int, numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _pairs(videos: Sequence[RemoteVideo], now: float, width: int) -> Iterator[Text]:
    for video in videos:
        yield Text.assemble((clean(video.id), "bold"), "  ", status_text(video.status), "  ", _percent(video))
        details = f"  {_age_of(video, now)} · {video.seconds} s · {video.size} · {video.model} · "
        yield Text(clean(details).join(("  ", " ")) + shorten(video.prompt, width - len(details)), style="dim")


def _percent(video: RemoteVideo) -> str:
    return f"{video.progress} %" if video.is_unfinished else ""


def _facts(video: RemoteVideo, now: float) -> Iterator[tuple[str, Text]]:
    yield "video", Text(clean(video.id), style="bold")
    yield "status", Text.assemble(status_text(video.status), "  ", _percent(video))
    if video.failure_code or video.failure:
        yield "error", Text(clean(f"{video.failure or ''} ({video.failure_code or 'no code'})"), style="red")
    yield "prompt", Text(shorten(video.prompt, 500))
    yield "format", Text(clean(f"{video.size} · {video.seconds} s · {video.model}"))
    if video.source:
        yield "made from", Text(clean(video.source))
    yield from _times(video, now)
    for label, value in _extras(video.raw):
        yield label, Text(shorten(value, 500))


def _times(video: RemoteVideo, now: float) -> Iterator[tuple[str, Text]]:
    if video.created_at is not None:
        yield "created", _created(video.created_at, now)
    if video.created_at is not None and video.completed_at is not None:
        yield "took", Text(f"{video.completed_at - video.created_at:.0f} s")


def _created(moment: float, now: float) -> Text:
    return Text(f"{_clock(moment)}  ({age(now - moment)} ago)")


def _extras(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match raw.get("rehearsal"):
        case {"provider": provider, "price": price, "currency": currency}:
            yield "rehearses", f"{provider} would make it for {price} {currency}"
    for name in ("notice", "ignored", "unmatched"):
        value = raw.get(name)
        if value:
            yield name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _clock(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))

"""Live progress of one video: a bar on a terminal, a plain line now and then elsewhere, or nothing."""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from mutoscope.cli.show import status_text

PLAIN_STEP = 25


class ProgressView(Protocol):
    """A context manager that is told each status (a wire word) and percent (0 to 100) as they come."""

    def __enter__(self) -> ProgressView: ...
    def __exit__(self, *_: object) -> None: ...
    def update(self, status: str, percent: int) -> None: ...


def progress_view(console: Console, label: str = "", *, quiet: bool = False) -> ProgressView:
    """The view that suits the console. label: a word before the bar, to tell several apart."""
    if quiet:
        return Silent()
    return Bar(console, label) if console.is_terminal else Lines(console, label)


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, status: str, percent: int) -> None:
        pass


class Lines:
    """A line for each new status and every 25 per cent, with the seconds gone by."""

    def __init__(self, console: Console, label: str) -> None:
        self._console = console
        self._label = f"{label}: " if label else ""
        self._last: tuple[str, int] | None = None
        self._started = time.monotonic()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, status: str, percent: int) -> None:
        news = (status, percent // PLAIN_STEP)
        if news != self._last:
            self._last = news
            elapsed = time.monotonic() - self._started
            self._console.print(Text(f"{self._label}{status} {percent}% ({elapsed:.0f} s)"))


class Bar:
    """Status, bar, percent and elapsed time on one line that renews itself."""

    def __init__(self, console: Console, label: str) -> None:
        columns = (_StatusColumn(), BarColumn(36, "grey23", "cyan", "green"), _PercentColumn(), _ElapsedColumn())
        labels = (TextColumn("{task.description}", style="dim"),) if label else ()
        self._progress = Progress(*labels, *columns, console=console, refresh_per_second=8)
        self._task = self._progress.add_task(label, total=100, status="queued")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, status: str, percent: int) -> None:
        self._progress.update(self._task, completed=percent, status=status)


class _StatusColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        text = status_text(task.fields["status"])
        text.pad_right(max(0, 13 - len(text)))
        return text


class _PercentColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.percentage:3.0f} %")


class _ElapsedColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = int(task.elapsed or 0)
        return Text(f"{seconds // 60}:{seconds % 60:02d}", style="dim")

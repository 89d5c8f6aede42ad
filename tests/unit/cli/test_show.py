from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from mutoscope.cli import lineage, progress, show
from mutoscope.cli.outcome import CliError
from mutoscope.cli.records import Page, RemoteCharacter, RemoteModel, RemoteVideo, read_lineage

NOW = 1_758_941_600.0
VIDEO: dict[str, Any] = {
    "id": "video_" + "7" * 48,
    "status": "in_progress",
    "progress": 42,
    "model": "flipbook",
    "created_at": NOW - 200,
    "prompt": "A [bold]misty[/bold] lake\nat sunrise, seen from a drone that glides forward over the water " * 3,
    "size": "1280x720",
    "seconds": "8",
}


MODELS: list[dict[str, Any]] = [
    {
        "id": "flipbook",
        "sizes": [],
        "seconds": [str(number) for number in range(1, 21)],
        "default_size": "720x1280",
        "default_seconds": "4",
        "capabilities": ["image_reference", "seed"],
        "size_range": {"minimum": 64, "maximum": 1920, "maximum_pixels": 2_073_600, "multiple_of": 2},
        "strategies": ["native", "edit"],
        "price": None,
        "verified": "tests",
        "ends": None,
    },
    {
        "id": "far",
        "price": {"by_side": {"720": "0.10", "1080": "0.15"}, "currency": "USD", "as_of": None},
        "verified": "docs",
        "ends": "2026-12-31",
        "sizes": ["720x1280", "1280x720"],
        "seconds": ["8", "4", "5"],
        "default_size": "720x1280",
        "default_seconds": "4",
    },
    {"id": "bare"},
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Console:
    console = Console(file=io.StringIO(), width=request.param, force_terminal=True, no_color=True, highlight=False)
    monkeypatch.setattr(show, "out", lambda: console)
    monkeypatch.setattr(show, "err", lambda: console)
    return console


def shown(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in _plain(console.file.getvalue()).splitlines()]


def _plain(text: str) -> str:
    from rich.text import Text

    return Text.from_ansi(text).plain


@pytest.mark.parametrize("terminal", [160], indirect=True)
def test_a_wide_terminal_gets_a_table(terminal: Console) -> None:
    show.print_list([RemoteVideo.read(VIDEO)], NOW)
    head, line = shown(terminal)
    assert head.split() == ["Video", "Status", "Model", "Length", "Size", "Prompt", "Age"]
    assert line.startswith(f"{VIDEO['id']}  ◐ in progress  42 %  flipbook")
    assert "A [bold]misty[/bold] lake at" in line
    assert line.endswith("3 min")


@pytest.mark.parametrize("terminal", [80], indirect=True)
def test_a_narrow_terminal_shows_whole_ids(terminal: Console) -> None:
    show.print_list([RemoteVideo.read(VIDEO)], NOW)
    first, second = shown(terminal)
    assert first == f"{VIDEO['id']}  ◐ in progress  42 %"
    assert second.startswith("  3 min · 8 s · 1280x720 · flipbook · A [bold]misty")
    assert len(second) <= 80


@pytest.mark.parametrize("terminal", [190], indirect=True)
def test_models_on_a_wide_terminal_are_a_table(terminal: Console) -> None:
    show.print_models([RemoteModel.read(model) for model in MODELS])
    assert shown(terminal) == [
        "Model     Default         Sizes               Seconds  Capabilities           Remixes by"
        "    Price                               Verified",
        "flipbook  720x1280 · 4 s  64 to 1920 a side   1 to 20  image reference, seed  native, edit"
        "  free                                tests",
        "far       720x1280 · 4 s  720x1280, 1280x720  4, 5, 8                                     "
        "  720p 0.10, 1080p 0.15 USD a second  docs, ends 2026-12-31",
        "bare",
    ]


@pytest.mark.parametrize("terminal", [60], indirect=True)
def test_models_on_a_narrow_terminal_are_paragraphs(terminal: Console) -> None:
    show.print_models([RemoteModel.read(model) for model in MODELS])
    assert shown(terminal) == [
        "model         flipbook",
        "default       720x1280 · 4 s",
        "sizes         64 to 1920 a side",
        "seconds       1 to 20",
        "capabilities  image reference, seed",
        "remixes by    native, edit",
        "price         free",
        "verified      tests",
        "",
        "model     far",
        "default   720x1280 · 4 s",
        "sizes     720x1280, 1280x720",
        "seconds   4, 5, 8",
        "price     720p 0.10, 1080p 0.15 USD a second",
        "verified  docs, ends 2026-12-31",
        "",
        "model  bare",
    ]


@pytest.mark.parametrize("terminal", [80], indirect=True)
def test_a_character(terminal: Console) -> None:
    character = RemoteCharacter.read({"id": "char_a", "name": "Ot\x1bto", "created_at": NOW - 120})
    show.print_character(character, NOW)
    lines = shown(terminal)
    assert lines[:2] == ["character  char_a", "name       Ot�to"]
    assert lines[2].endswith("(2 min ago)")


@pytest.mark.parametrize("terminal", [80], indirect=True)
def test_an_error_shows_its_facts_and_no_control_characters(terminal: Console) -> None:
    facts = {"field": "size", "request": "req_1", "code": None}
    error = CliError("Bad\x1b[2J value\x07", facts=facts, hint="Do\n  that")
    show.print_error(error)
    assert shown(terminal) == ["✕ Bad�[2J value�", "  field    size", "  request  req_1", "  Do", "    that"]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "now"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (400_000, "4 d"), (-5, "now")]
)
def test_age(seconds: float, expected: str) -> None:
    assert show.age(seconds) == expected


def test_a_video_of_another_server_may_lack_nearly_everything() -> None:
    video = RemoteVideo.read({"id": "x", "progress": None, "error": "text", "status": "failed", "seconds": 8})
    assert (video.progress, video.failure, video.failure_code, video.seconds) == (0, "text", None, "8")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("2500", 2.5), ("0", 0.1), ("999999", 30.0), ("2.5", 1.0), ("-1", 1.0), ("", 1.0), ("²", 1.0)],
)
def test_poll_header(header: str, expected: float) -> None:
    assert RemoteVideo.read({}, {"openai-poll-after-ms": header}).poll_seconds == expected


def test_a_page_without_a_cursor_takes_the_last_id() -> None:
    assert Page.read({"data": [{"id": "a"}, {"id": "b"}, 7], "has_more": True}).last_id == "b"
    assert Page.read({"data": None}).last_id is None


def test_progress_in_a_pipe_is_a_line_now_and_then() -> None:
    console = Console(file=io.StringIO(), width=80)
    with progress.progress_view(console, "source") as view:
        for percent in (0, 1, 24, 25, 40, 90):
            view.update("in_progress", percent)
        view.update("completed", 100)
    words = [line.rsplit(" (", 1)[0] for line in shown(console)]
    assert words == [
        "source: in_progress 0%",
        "source: in_progress 25%",
        "source: in_progress 90%",
        "source: completed 100%",
    ]


def test_progress_on_a_terminal_ends_with_a_full_bar() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, no_color=True)
    with progress.progress_view(console) as view:
        view.update("in_progress", 50)
        view.update("completed", 100)
    assert "completed" in shown(console)[-1]
    assert "100 %" in shown(console)[-1]


@pytest.mark.parametrize("terminal", [100], indirect=True)
def test_a_lineage_is_a_tree(terminal: Console) -> None:
    node = {"status": "completed", "strategy": "native"}
    raw = [
        {**node, "id": "video_a", "prompt": None, "strategy": None},
        {**node, "id": "video_b", "remixed_from_video_id": "video_a", "prompt": "at night"},
        {**node, "id": "video_c", "remixed_from_video_id": "video_b", "prompt": "in snow"},
        {**node, "id": "video_d", "remixed_from_video_id": "video_a", "prompt": "[b]at noon[/b]"},
    ]
    lineage._print_tree(read_lineage({"nodes": raw}), "video_c")
    assert shown(terminal) == [
        "● completed  (deleted)  video_a",
        "├── ● completed  at night  native  video_b",
        "│   └── ● completed  in snow  native  video_c",
        "└── ● completed  [b]at noon[/b]  native  video_d",
    ]

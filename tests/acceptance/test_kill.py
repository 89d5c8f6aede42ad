"""kill -9 in every working state, thirty times: every accepted video completes, none is drawn twice without cause.

A kill happens at a named place in the code (`mutoscope/failpoints.py`) or, while a picture is being drawn, from
outside. The state counted is the one that the video's row shows after the death. "Completed" is among them: a
death right after the last commit must not undo it. The fsynced render ledger says how often each clip was drawn.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from collections import Counter
from pathlib import Path

import openai
import pytest

from acceptance.servers import ServerProcess

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(900)]

WHILE_DRAWING = "while drawing"
KILLS = {
    "create.after_commit": 3,
    "submit.before_intent": 2,
    "submit.before_call": 3,
    "submit.after_call": 2,
    "submit.after_accept": 1,
    "poll.before_write": 2,
    WHILE_DRAWING: 3,
    "poll.after_finish": 1,
    "collect.before_store": 2,
    "collect.after_bytes": 2,
    "finish.before_derive": 3,
    "finish.after_derive": 2,
    "finish.after_commit": 4,
}
STATES = ("queued", "submitting", "generating", "collecting", "finishing", "completed")


def test_thirty_kills_lose_nothing_and_draw_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    ServerProcess(folder).stop()  # makes the key, so that every later start is alike
    hits: Counter[str] = Counter()
    cut_short: Counter[str] = Counter()  # how often the drawing of a clip was begun and ended by a death
    for point in [name for name, times in KILLS.items() for _ in range(times)]:
        victim = _die_at(folder, point)
        hits[_state(folder, victim)] += 1
        started, completed = _drawings(folder)
        cut_short |= Counter({video: times for video, times in started.items() if not completed[video]})
    survivor = ServerProcess(folder)
    videos = [_ended(survivor, video_id) for video_id in _accepted(folder)]
    for variant in ("video", "thumbnail", "spritesheet"):
        survivor.client().videos.download_content(videos[-1].id, variant=variant).read()  # type: ignore[arg-type]
    assert survivor.stop() == 0
    started, completed = _drawings(folder)
    with capsys.disabled():
        _print_table(hits, len(videos), started, completed, cut_short)
    assert sum(hits.values()) == sum(KILLS.values()) == 30
    assert all(hits[state] >= 3 for state in STATES), hits
    assert {video.id: video.status for video in videos} == {video.id: "completed" for video in videos}
    assert {video.id: completed[video.id] for video in videos} == {video.id: 1 for video in videos}
    for video in videos:
        assert started[video.id] <= cut_short[video.id] + 1, "begun again although nothing had ended it"


def test_a_death_before_the_commit_leaves_no_video(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ServerProcess(folder).stop()
    server = ServerProcess(folder, {"MUTOSCOPE_FAILPOINTS": "create.before_commit=kill:1"})
    with pytest.raises(openai.APIConnectionError):
        server.client().videos.create(prompt="A lake", size="64x64", seconds="1")  # type: ignore[arg-type]
    server.process.wait(10)
    again = ServerProcess(folder)
    assert again.client().videos.list().data == []
    assert again.stop() == 0


def _die_at(folder: Path, point: str) -> str:
    """Start, ask for one video more, die; the id of the video that was at that place.

    What earlier deaths left may reach the place before the new video does, even before it could be asked for.
    """
    drawing = point == WHILE_DRAWING
    server = ServerProcess(folder, {} if drawing else {"MUTOSCOPE_FAILPOINTS": f"{point}=kill:1"})
    size, seconds = ("320x180", "4") if drawing else ("64x64", "1")
    with contextlib.suppress(openai.APIConnectionError):
        server.client().videos.create(prompt="A lake at dawn", size=size, seconds=seconds)  # type: ignore[arg-type]
    if drawing:
        victim = _being_drawn(folder)
        server.kill()
        return victim
    server.process.wait(240)
    ServerProcess.alive.discard(server)
    name, victim = re.findall(r"^failpoint (\S+) (\S+)$", server.log.read_text(), re.MULTILINE)[-1]
    assert name == point
    return victim


def _ended(server: ServerProcess, video_id: str) -> openai.types.Video:
    client = server.client()
    deadline = time.monotonic() + 300
    while (video := client.videos.retrieve(video_id)).status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, f"{video_id} hangs: {video}"
        time.sleep(0.2)
    return video


def _being_drawn(folder: Path) -> str:
    """Wait until a clip is being drawn; its video."""
    begun_before = sum(_drawings(folder)[0].values())
    deadline = time.monotonic() + 240
    while sum((drawings := _drawings(folder))[0].values()) == begun_before or not drawings[0] - drawings[1]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    undrawn = [video for video in drawings[0] if not drawings[1][video]]
    return undrawn[-1]


def _ask(folder: Path, query: str, *values: str) -> list[tuple]:
    # Only ever asked of a database whose server is dead, or for one column: the reader disturbs nobody.
    connection = sqlite3.connect(f"file:{folder / 'mutoscope.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def _accepted(folder: Path) -> list[str]:
    return [row[0] for row in _ask(folder, "SELECT id FROM videos ORDER BY seq")]


def _state(folder: Path, video_id: str) -> str:
    return _ask(folder, "SELECT state FROM videos WHERE id = ?", video_id)[0][0]


def _drawings(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each video's drawing was begun, and how often it was brought to its end, by the render ledger."""
    path = folder / "renders" / "ledger.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    started = Counter(entry["video"] for entry in entries if entry["event"] == "started")
    return started, Counter(entry["video"] for entry in entries if entry["event"] == "completed")


def _print_table(
    hits: Counter[str], videos: int, started: Counter[str], completed: Counter[str], cut_short: Counter[str]
) -> None:
    print(f"\n{'state at death':<16}{'kills':>6}")
    for state in STATES:
        print(f"{state:<16}{hits[state]:>6}")
    print(
        f"{videos} videos accepted, {len(completed)} drawn; drawings begun {sum(started.values())}, "
        f"ended by a death {sum(cut_short.values())}, completed {sum(completed.values())}"
    )

"""Killed at every named place under paid load, frozen, cut at the byte, and told lies: nothing is lost or paid twice.

The long runs are `make chaos`, `make sweep` and `make bugs`; these are the same code, with fewer offsets and bugs.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mutoscope import failpoints
from mutoscope.database.address import address_of
from mutoscope.testing.bugs import BUGS, hunt
from mutoscope.testing.chaos import APIS, KILLS, WORKERS, Play, torment
from mutoscope.testing.checker import Report, check
from mutoscope.testing.frozen import freeze
from mutoscope.testing.ground import PostgresGround, SqliteGround, many
from mutoscope.testing.sweep import sweep
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.witnesses import Folder
from postgres_server import PostgresServer, need_postgres

pytestmark = [pytest.mark.timeout(900)]

# One for each way of looking: jobs counted, money compared, files counted; and one that several processes have.
SAMPLE = ("no-intent", "refund-on-unknown", "row-before-file", "adopted-is-not-sent")


@pytest.mark.parametrize("database", [SqliteGround.name, PostgresGround.name])
def test_killed_at_every_named_place(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> None:
    """What `make chaos` does by default."""
    if database == PostgresGround.name:
        need_postgres()
    ground = SqliteGround if database == SqliteGround.name else partial(PostgresGround, roles=many(WORKERS, APIS))
    run = torment(tmp_path, kills=KILLS // 2, seed=7, ground=ground)
    with capsys.disabled():
        print(f"\n{run.line()}")
    assert run.report.faults == []
    assert run.missed == []
    assert run.collapsed == []
    assert run.kills >= KILLS // 2 > len(failpoints.NAMES)
    assert run.pauses > 0
    assert run.report.videos >= 50
    assert run.report.completed >= 20
    # What the upstream refused, what it failed, and what nobody can know; nothing else failed.
    assert set(run.report.failures) <= {"upstream_rejected", "moderation_blocked", "submission_unknown"}


@pytest.mark.parametrize("mode", list(Mode))
def test_a_submission_cut_anywhere_is_paid_once(tmp_path: Path, mode: Mode) -> None:
    _assert_paid_once(tmp_path, mode)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_submission_cut_anywhere_is_paid_once_on_postgres(
    tmp_path: Path, mode: Mode, postgres: PostgresServer
) -> None:
    _assert_paid_once(tmp_path, mode, postgres.database())


def _assert_paid_once(folder: Path, mode: Mode, database: str = "") -> None:
    done = asyncio.run(sweep(folder, mode, every=16, database=database))
    assert done.wrong == []
    assert {cut.jobs for cut in done.cuts} == ({1} if mode is Mode.KEYS else {0, 1})


def test_frozen_before_the_first_byte_and_taken_over_meanwhile(tmp_path: Path) -> None:
    need_postgres()
    thaws, report = freeze(tmp_path, seconds=6, lease=3)
    assert report.faults == []
    assert {thaw.mode: (thaw.jobs, thaw.code, thaw.ended) for thaw in thaws} == {
        Mode.KEYS: (1, "completed", 75),
        Mode.LOOKUP: (1, "submission_unknown", 75),
        Mode.NEITHER: (1, "submission_unknown", 75),
    }


def test_there_are_twenty_bugs_and_two_controls() -> None:
    names = [bug.name for bug in BUGS]
    assert len(set(names)) == len(names)
    assert [bug.name for bug in BUGS if not bug.breaks] == ["none", "none-of-many"]
    assert len(names) - 2 >= 20


LAY_EACH = """
import os
from mutoscope.testing.bugs import BUGS
for bug in BUGS:
    child = os.fork()
    if child == 0:
        bug.lay()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, bug.name
"""


def test_every_bug_can_still_be_laid_over_the_server() -> None:
    """One whose place in the code is gone would be none."""
    subprocess.run([sys.executable, "-c", LAY_EACH], check=True, timeout=60)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_harness_sees_a_bug(tmp_path: Path, name: str) -> None:
    (bug,) = (bug for bug in BUGS if bug.name == name)
    if bug.roles:
        need_postgres()
    assert bug.breaks in hunt(bug, tmp_path)


@pytest.fixture(scope="module")
def quiet_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run without a death left."""
    folder = Path(tmp_path_factory.mktemp("quiet"))
    run = torment(folder, kills=0, seed=3, play=Play(points=(), videos=25))
    assert run.report.faults == []
    assert run.report.completed >= 5
    return folder


def _edit(path: Path, change: Callable[[list[dict]], list[dict]]) -> None:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in change(read_lines(path))))


def _run(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "data-0" / "mutoscope.db")
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


def _of(entries: list[dict], word: str) -> dict:
    return next(entry for entry in entries if word in (entry.get("what"), entry.get("event"), entry.get("status")))


def _accept_twice(folder: Path) -> None:
    _edit(folder / "upstream.jsonl", lambda entries: [*entries, {**_of(entries, "accepted"), "job": "job_2"}])


def _job_for_nobody(folder: Path) -> None:
    _edit(
        folder / "upstream.jsonl",
        lambda entries: [*entries, {**_of(entries, "accepted"), "client_id": "video_0", "job": "job_2"}],
    )


def _no_bills(folder: Path) -> None:
    _edit(folder / "upstream.jsonl", lambda entries: [entry for entry in entries if entry["event"] != "billed"])


def _other_clip(folder: Path) -> None:
    _edit(folder / "transcript.jsonl", lambda entries: [*entries, {**_of(entries, "downloaded"), "sha256": "0"}])


def _back_to_queued(folder: Path) -> None:
    _edit(
        folder / "transcript.jsonl",
        lambda entries: [*entries, {**_of(entries, "completed"), "status": "queued", "progress": 0}],
    )


def _forgotten(folder: Path) -> None:
    _edit(folder / "transcript.jsonl", lambda entries: [*entries, {**_of(entries, "created"), "video": "video_0"}])


def _untold(folder: Path) -> None:
    _edit(folder / "transcript.jsonl", lambda entries: [entry for entry in entries if entry != _of(entries, "created")])


def _unlisted(folder: Path) -> None:
    video = read_lines(folder / "transcript.jsonl")[0]["video"]
    _edit(folder / "transcript.jsonl", lambda entries: [*entries, {"what": "unlisted", "video": video}])


def _not_found_elsewhere(folder: Path) -> None:
    def say(entries: list[dict]) -> list[dict]:
        first = next(number for number, entry in enumerate(entries) if entry["what"] == "seen")
        gone = {"what": "gone", "video": entries[first]["video"]}
        return [*entries[:first], gone, *entries[first:]]

    _edit(folder / "transcript.jsonl", say)


def _shown_to_others(folder: Path) -> None:
    _edit(folder / "transcript.jsonl", lambda entries: [*entries, {**_of(entries, "foreign"), "status": 200}])


def _never_ended(folder: Path) -> None:
    _run(
        folder,
        "UPDATE videos SET state = 'generating' WHERE seq = (SELECT MIN(seq) FROM videos WHERE state = 'completed')",
    )


def _odd_code(folder: Path) -> None:
    _run(
        folder,
        "UPDATE videos SET error_code = 'oops' WHERE seq = (SELECT MIN(seq) FROM videos WHERE state = 'failed')",
    )


def _drifted(folder: Path) -> None:
    _run(folder, "UPDATE budgets SET amount = amount + 1 WHERE scope = 'server' AND length(period) = 7")


def _booked_never(folder: Path) -> None:
    _run(folder, "DELETE FROM ledger WHERE seq = (SELECT MIN(seq) FROM ledger WHERE kind = 'settled')")


def _file_gone(folder: Path) -> None:
    next((folder / "data-0" / "storage").rglob("*.mp4")).unlink()


def _file_torn(folder: Path) -> None:
    path = next((folder / "data-0" / "storage").rglob("*.mp4"))
    path.write_bytes(path.read_bytes()[:-1])


def _file_of_nobody(folder: Path) -> None:
    (folder / "data-0" / "storage" / "left-over").write_bytes(b"?")


def _never_heard(folder: Path) -> None:
    lines = (folder / "heard.jsonl").read_text().splitlines()
    one = json.loads(json.loads(lines[-1])["body"])["id"]
    (folder / "heard.jsonl").write_text("".join(f"{line}\n" for line in lines if one not in line))


def _heard_of_nothing(folder: Path) -> None:
    line = (folder / "heard.jsonl").read_text().splitlines()[-1]
    one = json.loads(json.loads(line)["body"])["id"]
    with (folder / "heard.jsonl").open("a") as book:
        book.write(line.replace(one, "evt_0") + "\n")


def _ended_twice(folder: Path) -> None:
    _run(
        folder,
        "INSERT INTO events (id, video_id, tenant, kind, state, at) "
        "SELECT id || '2', video_id, tenant, kind, state, 0 FROM events WHERE kind = 'derived' LIMIT 1",
    )


LIES = {
    _forgotten: "I1",
    _never_ended: "I1",
    _unlisted: "I1",
    _not_found_elsewhere: "I1",
    _accept_twice: "I2",
    _job_for_nobody: "I2",
    _untold: "I2",
    _back_to_queued: "I3",
    _other_clip: "I4",
    _file_torn: "I4",
    _no_bills: "I5",
    _drifted: "I5",
    _booked_never: "I5",
    _file_gone: "I7",
    _file_of_nobody: "I7",
    _never_heard: "I6",
    _heard_of_nothing: "I6",
    _ended_twice: "I6",
    _shown_to_others: "I8",
    _odd_code: "I9",
}


@pytest.mark.parametrize("lie", list(LIES), ids=lambda lie: lie.__name__.lstrip("_"))
def test_the_checker_hears_each_witness(tmp_path: Path, quiet_run: Path, lie: Callable[[Path], None]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(quiet_run, folder)
    lie(folder)
    assert LIES[lie] in {fault.invariant for fault in _check(folder).faults}


def _check(folder: Path) -> Report:
    data = folder / "data-0"
    database = address_of(data / "mutoscope.db")
    return check(
        folder / "transcript.jsonl",
        database,
        Folder(data / "storage"),
        folder / "upstream.jsonl",
        folder / "heard.jsonl",
    )

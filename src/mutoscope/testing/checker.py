"""The one checker: hears the clients, the database, the storage and the upstream's ledger, and compares what they say.

    I1  every video that was answered with 2xx can be read and listed at once, wherever it is asked for, and reached its
        end in time
    I2  at most one upstream job for a video, and none for a video that nobody was told of; one video for a key
    I3  an end is final, and status and progress never fall in any client's view
    I4  a completed video's bytes are stored and were served, exactly as its upstream made them
    I5  each row of the books once; settled is what the upstream billed, released is what it did not bill; no video
        whose outcome is known stays held, and what counts against the caps is what the books say
    I6  each end is told by one event, which reached its live endpoint at least once, always under one id and with one
        body; nothing was told that was not committed before
    I7  no row without its file; no file without its row, once deleted videos are purged
    I8  another tenant is answered 404
    I9  a failed video has a code of the published list

To be asked when the server has stopped in peace and deleted videos are purged. The count of faults by kind is what a
harness prints; the faults themselves say which video and why.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from mutoscope.database.ledger import scopes_of
from mutoscope.domain.errors import MutoscopeError
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Kind, Period, verdict
from mutoscope.testing.deliveries import deliveries_wrong
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.witnesses import Files, Rows, read_tables

_RANKS = {"queued": 0, "in_progress": 1, "completed": 2, "failed": 2}
FAULTS = ("lost", "double_submitted", "regressions", "orphan_files", "money_wrong", "undelivered")
_TABLES = ("videos", "assets", "ledger", "budgets", "events", "webhook_endpoints")
# As which of them a broken invariant is counted.
COUNTED_AS = {
    "I1": "lost",
    "I2": "double_submitted",
    "I3": "regressions",
    "I4": "lost",
    "I5": "money_wrong",
    "I6": "undelivered",
    "I7": "orphan_files",
    "I8": "lost",
    "I9": "lost",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken invariant. invariant: "I1" to "I9". what: the video or thing, and how it is wrong."""

    invariant: str
    what: str


@dataclass(slots=True)
class Report:
    """What the checker found. failures: how many videos failed with each code."""

    videos: int
    completed: int
    failures: Counter[str]
    faults: list[Fault] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of a harness's last line."""
        found = Counter(COUNTED_AS[fault.invariant] for fault in self.faults)
        return {
            "videos": self.videos,
            "completed": self.completed,
            "failed_unknown": self.failures["submission_unknown"],
            **{name: found[name] for name in FAULTS},
        }


def check(transcript: Path, database: str, files: Files, upstream_ledger: Path, heard: Path | None = None) -> Report:
    """Hear all witnesses. database: the address of one whose servers have stopped. heard: the book of the receiver that
    webhooks were sent to; None where there was none.
    """
    tables = read_tables(database, _TABLES)
    checker = _Checker(read_lines(transcript), tables, files, read_lines(upstream_ledger))
    report = checker.report()
    told = read_lines(heard) if heard is not None else []
    report.faults += [Fault("I6", what) for what in deliveries_wrong(tables, told)]
    return report


def strays(names: Iterable[str], assets: Rows) -> set[str]:
    """The files that no row of a clip names; an upload may have lost its row a moment ago."""
    return {name for name in set(names) - {asset["key"] for asset in assets} if "inputs" not in name.split("/")}


class _Checker:
    def __init__(
        self, told: list[dict[str, Any]], tables: dict[str, Rows], files: Files, upstream: list[dict[str, Any]]
    ) -> None:
        self._told = told
        self._stored = files
        self._videos = {row["id"]: row for row in sorted(tables["videos"], key=lambda row: row["seq"])}
        self._assets = tables["assets"]
        self._books = _by(sorted(tables["ledger"], key=lambda row: row["seq"]), "video_id")
        self._budgets = {(row["scope"], row["period"]): row["amount"] for row in tables["budgets"]}
        self._accepted = _by((entry for entry in upstream if entry["event"] == "accepted"), "client_id")
        self._billed = _by((entry for entry in upstream if entry["event"] == "billed"), "client_id")
        self._created = {entry["video"] for entry in told if entry["what"] == "created"}
        self._deleted = {entry["video"] for entry in told if entry["what"] == "deleting"}
        failed = Counter(row["error_code"] for row in self._videos.values() if row["state"] == State.FAILED)
        completed = sum(row["state"] == State.COMPLETED for row in self._videos.values())
        self._report = Report(len(self._created), completed, failed)

    def report(self) -> Report:
        self._ends()
        self._jobs()
        self._views()
        self._bytes()
        self._money()
        self._caps()
        self._files()
        self._tenants()
        self._codes()
        return self._report

    def _fault(self, invariant: str, what: str) -> None:
        self._report.faults.append(Fault(invariant, what))

    def _ends(self) -> None:
        last = {entry["video"]: entry for entry in self._told if entry["what"] in ("seen", "gone", "late")}
        for video_id in sorted(self._created):
            row = self._videos.get(video_id)
            if row is None:
                self._fault("I1", f"{video_id} was accepted and has no row")
            elif not State(row["state"]).is_final:
                self._fault("I1", f"{video_id} is still {row['state']}")
            elif video_id not in self._deleted and last.get(video_id, {}).get("what") != "seen":
                self._fault("I1", f"{video_id} was {last.get(video_id, {}).get('what', 'never seen')}")
        for entry in self._told:
            if entry["what"] == "unanswered":
                self._fault("I1", f"the request {entry['key']} was never answered")
            elif entry["what"] == "unlisted":
                self._fault("I1", f"{entry['video']} was not in the list")
            elif entry["what"] == "gone" and entry["video"] not in self._deleted:
                self._fault("I1", f"{entry['video']} was answered with 404")

    def _jobs(self) -> None:
        for video_id, jobs in self._accepted.items():
            if len(jobs) > 1:
                self._fault("I2", f"{video_id} has {len(jobs)} jobs: {', '.join(job['job'] for job in jobs)}")
            if video_id not in self._videos:
                self._fault("I2", f"{video_id} was never accepted and has a job")
        for video_id in sorted(self._videos.keys() - self._created):
            self._fault("I2", f"{video_id} exists, and no client was told of it")
        for key, answers in _by((entry for entry in self._told if entry["what"] == "created"), "key").items():
            if len(made := {entry["video"] for entry in answers}) > 1:
                self._fault("I2", f"the request {key} made {len(made)} videos")

    def _views(self) -> None:
        for video_id, seen in _by((entry for entry in self._told if entry["what"] == "seen"), "video").items():
            for before, after in pairwise(seen):
                ended = before["status"] in ("completed", "failed")
                fell = _RANKS[after["status"]] < _RANKS[before["status"]] or after["progress"] < before["progress"]
                if fell or (ended and after["status"] != before["status"]):
                    self._fault("I3", f"{video_id} went from {_view(before)} to {_view(after)}")

    def _bytes(self) -> None:
        clips = {asset["video_id"]: asset for asset in self._assets if asset["variant"] == "video"}
        served = _by((entry for entry in self._told if entry["what"] == "downloaded"), "video")
        for video_id, row in self._videos.items():
            if row["state"] != State.COMPLETED or row["purged_at"] is not None:
                continue
            made = {job["sha256"] for job in self._accepted.get(video_id, ())}
            clip = clips.get(video_id)
            if clip is None or clip["sha256"] not in made:
                self._fault("I4", f"{video_id} is completed without the clip that its upstream made")
            for download in served.get(video_id, ()):
                if download["sha256"] not in made:
                    self._fault("I4", f"{video_id} was served with other bytes: {download}")

    def _money(self) -> None:
        for video_id, row in self._videos.items():
            books = self._books.get(video_id, [])
            kinds = Counter(entry["kind"] for entry in books)
            concluded = [entry for entry in books if entry["kind"] != Kind.RESERVED]
            if kinds[Kind.RESERVED] != 1 or len(concluded) > 1:
                self._fault("I5", f"{video_id} has these rows in the books: {dict(kinds)}")
                continue
            bills = [entry["charged"] for entry in self._billed.get(video_id, ())]
            self._conclusion(video_id, row, concluded[0] if concluded else None, bills)

    def _conclusion(self, video_id: str, row: dict[str, Any], concluded: dict | None, bills: list[int]) -> None:
        if concluded is None:
            known = row["state"] == State.COMPLETED or (
                row["state"] == State.FAILED and verdict(State.FAILED, State.GENERATING, row["error_code"]) is not None
            )
            if known:
                self._fault("I5", f"{video_id} is {row['state']} ({row['error_code']}), and its money is still held")
        elif concluded["kind"] == Kind.SETTLED and bills != [concluded["amount"]]:
            self._fault("I5", f"{video_id} was settled with {concluded['amount']}, and the bills are {bills}")
        elif concluded["kind"] == Kind.RELEASED and bills:
            self._fault("I5", f"{video_id} was released, and the bills are {bills}")

    def _caps(self) -> None:
        counted: Counter[tuple[str, str]] = Counter()
        for books in self._books.values():
            amounts = {entry["kind"]: entry["amount"] for entry in books}
            amount = 0 if Kind.RELEASED in amounts else amounts.get(Kind.SETTLED, amounts.get(Kind.RESERVED, 0))
            first = books[0]
            for scope in scopes_of(first["tenant"], first["key_id"]):
                for period in Period:
                    counted[scope, period.of(first["day"])] += amount
        for name in counted.keys() | self._budgets.keys():
            if counted[name] != self._budgets.get(name, 0):
                self._fault("I5", f"{name} counts {self._budgets.get(name, 0)}, and the books say {counted[name]}")

    def _files(self) -> None:
        there = set(self._stored.names())
        for asset in self._assets:
            if asset["key"] not in there:
                self._fault("I7", f"{asset['key']} has a row and no file")
                continue
            content = self._stored.content(asset["key"])
            if hashlib.sha256(content).hexdigest() != asset["sha256"]:
                self._fault("I4", f"{asset['key']} is not what its row says")
            elif len(content) != asset["bytes"]:
                self._fault("I4", f"{asset['key']} has {len(content)} bytes, and its row says {asset['bytes']}")
        for name in strays(there, self._assets):
            self._fault("I7", f"{name} has no row")

    def _tenants(self) -> None:
        for entry in self._told:
            if entry["what"] == "foreign" and entry["status"] != 404:
                self._fault("I8", f"{entry['video']} answered another tenant with {entry['status']}")

    def _codes(self) -> None:
        listed = _codes_of(MutoscopeError)
        for code, count in self._report.failures.items():
            if code not in listed:
                self._fault("I9", f"{count} videos failed with the code {code!r}, which is not listed")


def _by(entries: Iterable[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        found[entry[name]].append(entry)
    return dict(found)


def _view(entry: dict[str, Any]) -> str:
    return f"{entry['status']} {entry['progress']}"


def _codes_of(kind: type[MutoscopeError]) -> set[str | None]:
    return {kind.code}.union(*(_codes_of(narrower) for narrower in kind.__subclasses__()))

"""`python -m mutoscope.testing.outages`: database, storage and upstream go away, alone and in pairs; a disk is full.

While a part is away the server must say so, in time and so that clients come again, and accept what it can; once the
part is back, everything accepted must come to its end by itself, and nothing may have been paid for twice. One JSON
object a case; the exit code is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutoscope.testing import clip
from mutoscope.testing.ends import watch_ends
from mutoscope.testing.gate import Flavour
from mutoscope.testing.load import Client
from mutoscope.testing.orders import at_random
from mutoscope.testing.probes import Answer, Errand, Probes
from mutoscope.testing.site import Part, Site
from mutoscope.testing.small_disk import SmallDisk, can_mount
from mutoscope.testing.transcript import Transcript, read_lines

SECONDS = 60.0
CLIENTS = 6
# An answer may take this long; an outage of its length must have been told within the time to notice it.
LONGEST_ANSWER = 15.0
NOTICE_SECONDS = 1.0
# Once the parts are back, everything must be well again within this.
RECOVERY_SECONDS = 60.0
# For how long it is asked on once it says that it is ready.
AFTERWARDS_SECONDS = 3.0
LOOK_SECONDS = 0.2
SUBMISSION_UNKNOWN = "submission_unknown"


@dataclass(frozen=True, slots=True)
class Case:
    """Which parts go away, and how."""

    parts: tuple[Part, ...]
    flavour: Flavour

    def __str__(self) -> str:
        return "disk full" if self.parts == (Part.DISK,) else f"{'+'.join(self.parts)} {self.flavour}"

    def denies(self, errand: Errand) -> bool:
        """Whether this cannot be done without what is away."""
        return not _NEEDS[errand].isdisjoint(self.parts)


_NEEDS: dict[Errand, frozenset[Part]] = {
    Errand.CREATE: frozenset({Part.DATABASE}),
    Errand.UPLOAD: frozenset({Part.DATABASE, Part.STORAGE, Part.DISK}),
    Errand.LIST: frozenset({Part.DATABASE}),
    Errand.DOWNLOAD: frozenset({Part.DATABASE, Part.STORAGE}),
    Errand.READY: frozenset({Part.DATABASE, Part.STORAGE, Part.DISK}),
    Errand.HEALTH: frozenset(),
}
# How /readyz calls what is away; an upstream is not among its parts.
_NAMES = {Part.DATABASE: "database", Part.STORAGE: "storage", Part.DISK: "storage"}
_BEHIND_GATES = (Part.DATABASE, Part.STORAGE, Part.UPSTREAM)

CASES = tuple(
    Case(parts, flavour)
    for parts in [*itertools.combinations(_BEHIND_GATES, 1), *itertools.combinations(_BEHIND_GATES, 2)]
    for flavour in Flavour
)
FULL_DISK = Case((Part.DISK,), Flavour.REFUSED)


@dataclass(slots=True)
class Result:
    """What one case came to. Times in seconds; None for what did not happen.

    told_after: from the cut to the first 503. ready_after, done_after: from the return to readiness, and to the end of
    the last video, new ones too; those whose submission is unknown end with their own deadline. wrong: what should not
    have been, in words.
    """

    case: Case
    seconds: float
    told_after: float | None = None
    ready_after: float | None = None
    done_after: float | None = None
    longest_answer: float = 0.0
    videos: int = 0
    accepted_meanwhile: int = 0
    failed_unknown: int = 0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        def rounded(seconds: float | None) -> float | None:
            return None if seconds is None else round(seconds, 1)

        return json.dumps(
            {
                "case": str(self.case),
                "seconds": self.seconds,
                "told_after": rounded(self.told_after),
                "ready_after": rounded(self.ready_after),
                "done_after": rounded(self.done_after),
                "longest_answer": rounded(self.longest_answer),
                "videos": self.videos,
                "accepted_meanwhile": self.accepted_meanwhile,
                "failed_unknown": self.failed_unknown,
                "wrong": len(self.wrong),
            }
        )


async def endure(site: Site | SmallDisk, case: Case, seconds: float) -> Result:
    """Shut the parts of a case for so many seconds, under load, and see what comes of it."""
    transcript_path = _transcript_of(site.folder, case)
    transcript = Transcript(transcript_path)
    result = Result(case, seconds)
    patience = seconds + 2 * RECOVERY_SECONDS
    enough, began = asyncio.Event(), time.time()
    clients = {seed: Client([site.url], site.api_key, transcript, str(seed), patience) for seed in _seeds(case)}
    working = [asyncio.create_task(client.work(at_random(seed), enough)) for seed, client in clients.items()]
    probes = Probes(site.url, site.api_key, await _completed(transcript_path), clip.draw(), transcript, str(case))
    probes.start()
    await asyncio.sleep(NOTICE_SECONDS)
    try:
        cut = time.monotonic()
        await site.shut(case.parts, case.flavour)
        await asyncio.sleep(seconds)
        healed, healed_at = time.monotonic(), time.time()
        await site.open(case.parts)
        result.ready_after = await _ready(probes, healed)
        await asyncio.sleep(AFTERWARDS_SECONDS)
        enough.set()
        await probes.stop()
        await watch_ends(site.url, site.api_key, transcript, began, patience)
        await asyncio.gather(*working)
        await next(iter(clients.values())).follow_all(sorted(_created(transcript_path)))
    finally:
        transcript.close()
    judge_answers(result, probes.answers, cut, healed)
    judge_videos(result, read_lines(transcript_path), read_lines(site.ledger), healed_at)
    return result


def _seeds(case: Case) -> range:
    """Of the clients: others for each case, or they would be answered with what an earlier case made."""
    first = zlib.crc32(str(case).encode()) * CLIENTS
    return range(first, first + CLIENTS)


async def _completed(transcript: Path) -> str:
    """A video that can be downloaded."""
    while True:
        for told in read_lines(transcript):
            if told["what"] == "downloaded" and told["status"] == 200:
                return told["video"]
        await asyncio.sleep(LOOK_SECONDS)


async def _ready(probes: Probes, healed: float) -> float | None:
    """Seconds from the return until the server says that it is ready; None when it does not."""
    while time.monotonic() < healed + RECOVERY_SECONDS:
        for answer in probes.answers:
            if answer.errand is Errand.READY and answer.began >= healed and answer.status == 200:
                return answer.ended - healed
        await asyncio.sleep(LOOK_SECONDS)
    return None


def _created(transcript: Path) -> set[str]:
    return {told["video"] for told in read_lines(transcript) if told["what"] == "created"}


def judge_answers(result: Result, answers: list[Answer], cut: float, healed: float) -> None:
    """Whether each was right at its time. cut, healed: by `time.monotonic`."""
    result.longest_answer = max(answer.seconds for answer in answers)
    refusals = [answer.ended for answer in answers if answer.status == 503 and answer.ended > cut]
    result.told_after = min(refusals) - cut if refusals else None
    during = [answer for answer in answers if answer.began > cut + NOTICE_SECONDS and answer.ended < healed]
    result.accepted_meanwhile = sum(answer.errand is Errand.CREATE and answer.status == 200 for answer in during)
    for answer in answers:
        if problem := _problem(answer):
            result.wrong.append(f"{answer.errand} {answer.began - cut:.1f} s after the cut: {problem}")
    for errand in Errand:
        asked = [answer for answer in during if answer.errand is errand]
        if not asked and result.seconds > 2 * LONGEST_ANSWER:
            result.wrong.append(f"{errand} was never answered during the outage")
        if asked and result.case.denies(errand) and all(answer.status == 200 for answer in asked):
            result.wrong.append(f"{errand} was never refused during the outage")
        for answer in asked:
            if problem := _wrong_meanwhile(result.case, answer):
                result.wrong.append(f"{errand} {answer.began - cut:.1f} s after the cut: {problem}")
    if result.ready_after is None:
        result.wrong.append("the server did not become ready again")
        return
    for answer in answers:
        if answer.began > healed + result.ready_after and answer.status != 200:
            late = answer.began - healed
            result.wrong.append(f"{answer.errand} {late:.1f} s after the return: {answer.status} {answer.detail}")


def _problem(answer: Answer) -> str | None:
    """What is wrong with an answer, whenever it came."""
    if answer.seconds > LONGEST_ANSWER:
        return f"it took {answer.seconds:.1f} s"
    if answer.status == 0 and answer.errand is not Errand.DOWNLOAD:  # a download may break in the middle
        return f"no answer: {answer.detail}"
    if answer.status >= 500 and not answer.may_retry:
        return f"{answer.status} {answer.detail} without Retry-After or x-should-retry"
    return None


def _wrong_meanwhile(case: Case, answer: Answer) -> str | None:
    """What is wrong with an answer during an outage that should have been noticed."""
    expected = 503 if case.denies(answer.errand) else 200
    if answer.status == 503 and answer.errand is Errand.CREATE and Part.DISK in case.parts:
        return None  # a row finds room where an earlier one lay in SQLite's log, or does not
    if answer.status == 200 and answer.errand is Errand.READY and Part.DISK in case.parts:
        return None  # work that is given up leaves room for a moment
    if answer.status != expected:
        return f"{answer.status} {answer.detail} instead of {expected}"
    named = {_NAMES[part] for part in case.parts if part in _NAMES}
    also = {"database"} if Part.DISK in case.parts else set[str]()  # it is on the same disk
    if answer.errand is Errand.READY and not named <= set(answer.parts) <= named | also:
        return f"readiness names {answer.parts}"
    return None


def judge_videos(result: Result, told: list[dict], ledger: list[dict], healed_at: float) -> None:
    """Whether every accepted video came to its end in time, and was paid for once. healed_at: in Unix seconds."""
    created = {entry["video"] for entry in told if entry["what"] == "created"}
    last = {entry["video"]: entry for entry in told if entry["what"] in ("seen", "gone", "late")}
    deleted = {entry["video"] for entry in told if entry["what"] == "deleting"}
    jobs = Counter(entry["client_id"] for entry in ledger if entry["event"] == "accepted")
    result.videos = len(created)
    result.done_after = max(_ends(told).values(), default=healed_at) - healed_at
    for video in sorted(created):
        end = last.get(video, {"what": "never seen"})
        result.failed_unknown += end.get("error") == SUBMISSION_UNKNOWN
        if end["what"] != "seen" and video not in deleted:
            result.wrong.append(f"{video} was lost: {end['what']}")
        if jobs[video] > 1:
            result.wrong.append(f"{video} was paid for {jobs[video]} times")
    for entry in told:
        if entry["what"] == "unanswered":
            result.wrong.append(f"the request {entry['key']} was never answered")
    if result.done_after > RECOVERY_SECONDS:
        result.wrong.append(f"it took {result.done_after:.0f} s until everything had come to its end")


def _ends(told: list[dict]) -> dict[str, float]:
    """When each video was first seen at its end; without those of which nobody can know what became."""
    ends: dict[str, float] = {}
    for entry in told:
        is_end = entry["what"] == "seen" and entry["status"] in ("completed", "failed")
        if is_end and entry["error"] != SUBMISSION_UNKNOWN:
            ends.setdefault(entry["video"], entry["at"])
    return ends


async def run(folder: Path, cases: Sequence[Case], seconds: float) -> list[Result]:
    """One case after another, on one server that must survive them all; each is printed as it ends."""
    site = Site(folder, unknown_deadline=seconds + RECOVERY_SECONDS / 3)
    results = []
    try:
        await site.start()
        for case in cases:
            results.append(await endure(site, case, seconds))
            report(results[-1])
    finally:
        code = await site.stop()
    if code != 0:
        results[-1].wrong.append(f"the server ended with {code}")
    return results


async def fill(folder: Path, seconds: float) -> Result:
    """The disk of a server on SQLite and a folder, full for so long; at the end the checker is asked."""
    disk = SmallDisk(folder)
    try:
        await disk.start()
        result = await endure(disk, FULL_DISK, seconds)
        code = await disk.stop()
        if code != 0:
            result.wrong.append(f"the server ended with {code}")
        faults = disk.report(_transcript_of(folder, FULL_DISK)).faults
        result.wrong += [f"{fault.invariant}: {fault.what}" for fault in faults]
    finally:
        disk.unmount()
    report(result)
    return result


def report(result: Result) -> None:
    """One line on standard output, what was wrong on standard error."""
    print(result.line(), flush=True)
    for wrong in result.wrong:
        print(f"  {wrong}", file=sys.stderr, flush=True)


def _transcript_of(folder: Path, case: Case) -> Path:
    return folder / f"{str(case).replace(' ', '-')}.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases and print; 0 when all is well."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.outages", description="Parts go away under load.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long each is away (default {SECONDS:g})")
    parser.add_argument("--only", default="", help="cases whose name contains this, such as 'database silent'")
    parser.add_argument("--folder", type=Path, help="keep everything there; by default a folder that is removed")
    chosen = parser.parse_args(arguments)
    cases = [case for case in CASES if chosen.only in str(case)]
    results = []
    with tempfile.TemporaryDirectory(prefix="mutoscope-outages-") as own:
        folder = chosen.folder or Path(own)
        if cases:
            results += asyncio.run(run(folder / "site", cases, chosen.seconds))
        if chosen.only in str(FULL_DISK):
            if can_mount():
                results.append(asyncio.run(fill(folder / "disk", chosen.seconds)))
            else:
                print(f"{FULL_DISK} is left out: the disk is a tmpfs, which only root may mount", file=sys.stderr)
    return 1 if any(result.wrong for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())

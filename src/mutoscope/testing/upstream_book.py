"""The jobs of the fake paid upstream, and its ledger: what it accepted and billed, on disk before it says so."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

PRICE_PER_SECOND = 100_000  # millionths of a dollar
DEARER = 2


class Mode(StrEnum):
    """What an account at the upstream offers to those who lost an answer."""

    KEYS = "keys"  # the same Idempotency-Key is answered with the same job
    LOOKUP = "lookup"  # jobs can be listed by the client's own id
    NEITHER = "neither"
    CALLBACK = "callback"  # it calls the URL that it was given with the job


# Those that a harness plays whose servers no upstream can reach.
UNCALLED = (Mode.KEYS, Mode.LOOKUP, Mode.NEITHER)


@dataclass(slots=True)
class Job:
    """One accepted job. state: running, completed, failed or cancelled. charged: millionths, once it is billed."""

    id: str
    client_id: str
    mode: Mode
    price: int
    fails: bool
    began: float
    seconds: float
    state: str = "running"
    charged: int | None = None

    @property
    def progress(self) -> int:
        if self.state != "running":
            return 100
        return min(99, round(100 * (time.monotonic() - self.began) / self.seconds))


class Book:
    """Every job by its id. ledger: the file to append to. clip: an MP4, of which each result is a variation."""

    def __init__(self, ledger: Path, clip: bytes) -> None:
        self._ledger = ledger.open("ab", buffering=0)
        self._clip = clip
        self._jobs: dict[str, Job] = {}
        self._by_key: dict[str, Job] = {}

    def accept(self, mode: Mode, key: str | None, asked: dict[str, Any], work_seconds: float) -> Job:
        """The job that this request makes, or has made before where the account honours keys."""
        if mode is Mode.KEYS and key is not None and key in self._by_key:
            return self._by_key[key]
        prompt, job_id = str(asked["prompt"]), f"job_{secrets.token_hex(8)}"
        price = PRICE_PER_SECOND * int(asked["seconds"]) * (DEARER if "!dearer" in prompt else 1)
        job = Job(job_id, asked["client_id"], mode, price, "!fails" in prompt, time.monotonic(), work_seconds)
        result = hashlib.sha256(self.clip_of(job)).hexdigest()
        self._write("accepted", job, key=key, price=price, sha256=result)
        self._jobs[job.id] = job
        if key is not None:
            self._by_key[key] = job
        return job

    def finish(self, job: Job) -> None:
        """The work is done: bill it, unless it failed or was cancelled."""
        if job.state != "running":
            return
        if not job.fails:
            self._write("billed", job, charged=job.price)
            job.charged = job.price
        job.state = "failed" if job.fails else "completed"

    def cancel(self, job: Job) -> None:
        """Stop a job that still runs; it is not billed."""
        if job.state == "running":
            self._write("cancelled", job)
            job.state = "cancelled"

    def job(self, mode: Mode, job_id: str) -> Job | None:
        job = self._jobs.get(job_id)
        return job if job is not None and job.mode is mode else None

    def of_client(self, mode: Mode, client_id: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.mode is mode and job.client_id == client_id]

    def clip_of(self, job: Job) -> bytes:
        """The clip with the job's id in a `free` box, which players skip: no two results are alike."""
        content = job.id.encode()
        return self._clip + (8 + len(content)).to_bytes(4, "big") + b"free" + content

    def _write(self, event: str, job: Job, **more: Any) -> None:
        entry = {"event": event, "job": job.id, "client_id": job.client_id, "mode": job.mode, "at": time.time(), **more}
        self._ledger.write(json.dumps(entry).encode() + b"\n")
        os.fsync(self._ledger.fileno())

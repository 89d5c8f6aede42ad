"""Many who listen to events: what each costs the server, and how far behind the rows they are.

Two processes: the server, and this one, which listens, and writes the events of so many videos a second into the
database, as another process would: the server is not told and has to look. All share one machine.

usage: python bench/listeners.py [--listeners 1000] [--videos 20] [--seconds 10] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from mutoscope.access.keys import create_key
from mutoscope.database.address import address_of
from mutoscope.database.connection import FILE_NAME, Transaction
from mutoscope.database.opening import open_database
from mutoscope.database.videos import add_event
from mutoscope.domain.events import CREATED
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.video import new_id

START_SECONDS = 60.0
TIMED = 20
ALLOWED_BYTES, ALLOWED_LAG = 100_000_000, 1.0
STORY = ((CREATED, State.QUEUED), (Happening.CLAIMED, State.SUBMITTING), (Happening.DERIVED, State.COMPLETED))


class Ear:
    """One who listens and counts; one of `TIMED` also notes when it heard what, which is more work."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.count = 0
        self.heard: dict[str, float] = {}

    async def listen(self, *, is_timed: bool) -> None:
        rest = b""
        while read := await self._reader.read(1 << 18):
            now, rest = time.time(), rest + read
            lines, _, rest = rest.rpartition(b"\n")
            self.count += lines.count(b"id: evt_")
            for found in re.finditer(rb"^id: (evt_\w+)", lines, re.MULTILINE) if is_timed else ():
                self.heard[found[1].decode()] = now


def start(folder: Path, database: str) -> tuple[subprocess.Popen[bytes], str, str]:
    announced = folder / "announced"
    options = ["--database", database] if database else []
    if database:
        subprocess.run([sys.executable, "-m", "mutoscope", "migrate", *options], check=True, capture_output=True)
    command = [sys.executable, "-m", "mutoscope", "serve", "--port", "0", "--data-dir", str(folder / "data"), *options]
    server = subprocess.Popen([*command, "--announce", str(announced)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + START_SECONDS
    while not announced.exists():
        assert server.poll() is None, "the server did not start"
        assert time.monotonic() < until, "the server did not start in time"
        time.sleep(0.05)
    said = json.loads(announced.read_text())
    return server, said["url"], said["api_key"]


def resident(pid: int) -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def worked(pid: int) -> float:
    """Seconds of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def connect(url: str, key: str) -> Ear:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    assert b" 200 " in await reader.readline()
    return Ear(reader, writer)


async def measure(options: argparse.Namespace, folder: Path) -> bool:
    server, url, key = start(folder, options.database)
    database = open_database(options.database or address_of(folder / "data" / FILE_NAME))
    try:
        key = key or (await create_key(database, time.time())).secret
        first = await connect(url, key)  # what the first one brings with it is no matter of the number
        before = resident(server.pid)
        ears = [first, *[await connect(url, key) for _ in range(options.listeners - 1)]]
        tasks = [asyncio.create_task(ear.listen(is_timed=not n % TIMED)) for n, ear in enumerate(ears)]
        await asyncio.sleep(1)
        memory = resident(server.pid) - before
        written: dict[str, float] = {}

        def write(tx: Transaction) -> None:
            video_id = new_id("video")
            for kind, state in STORY:
                add_event(tx, video_id, "default", kind, state, time.time())

        began, work = time.monotonic(), worked(server.pid)
        while (passed := time.monotonic() - began) < options.seconds:
            await database.write(write)
            await asyncio.sleep(max(0.0, (len(written) + 1) / options.videos - passed))
            written[str(len(written))] = passed
        await asyncio.sleep(2)
        at = {row["id"]: row["at"] for row in await database.all("events_after", seq=0, limit=1_000_000)}
        lags = sorted(heard - at[event_id] for ear in ears for event_id, heard in ear.heard.items() if event_id in at)
        full = resident(server.pid) - before
        for task in tasks:
            task.cancel()
        count = sum(ear.count for ear in ears)
        print(f"{options.listeners} listeners: {memory / 1e6:.1f} MB, {full / 1e6:.1f} MB after {len(at)} events each")
        each = (worked(server.pid) - work) / max(1, count) * 1e6
        print(f"{count} of {len(at) * len(ears)} heard, {each:.0f} µs of work each; seconds behind the row:")
        print(f"  median {statistics.median(lags):.3f}  p99 {lags[int(len(lags) * 0.99)]:.3f}  most {lags[-1]:.3f}")
        return count == len(at) * len(ears) and full <= ALLOWED_BYTES and lags[-1] <= ALLOWED_LAG
    finally:
        await database.leave_loop()
        database.close()
        server.terminate()
        server.wait()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(options, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Many videos that run at an upstream: how soon all are asked about after a start, how late an end is seen, the cost.

Three processes: the fake paid upstream with so many jobs, the server over rows that an earlier one left, and this one,
which ends jobs one by one and looks when their rows say so. All share one machine: read the ratios.

usage: python bench/running_videos.py [--videos 500 5000] [--intervals 2 10] [--ends 200] [--seconds 20]
       intervals: seconds between two questions about a video, for each number of videos
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mutoscope.app import Mutoscope
from mutoscope.database.address import address_of
from mutoscope.database.connection import FILE_NAME
from mutoscope.database.opening import open_database
from mutoscope.domain.errors import UpstreamTaskLost
from mutoscope.logs import configure
from mutoscope.settings import Settings
from mutoscope.testing.runner import run
from mutoscope.testing.upstream import Upstream
from mutoscope.testing.upstream_book import Book, Mode
from mutoscope.testing.upstream_crowd import PatientProvider, gather

HOST = "127.0.0.1"
START_SECONDS = 60.0
LOOK_SECONDS = 0.05
ALLOWED_START, ALLOWED_LAG, ALLOWED_BYTES = 10.0, 1.5, 2_000


class Told(Upstream):
    """The fake upstream, whose jobs end when they are told to, and which knows when each was asked about."""

    def __init__(self, book: Book) -> None:
        super().__init__(book, 1e6)
        self._asked: dict[str, list[float]] = {}

    def application(self) -> Any:
        application = self.asgi()
        application.router.routes[:0] = [
            Route("/asked", self.asked, methods=["GET"]),
            Route("/end/{id}", self.end, methods=["POST"]),
        ]
        return application

    async def show(self, request: Request) -> Response:
        self._asked.setdefault(request.path_params["id"], []).append(time.time())
        return await super().show(request)

    async def asked(self, _request: Request) -> Response:
        return JSONResponse(self._asked)

    async def end(self, request: Request) -> Response:
        job = self._book.job(Mode.KEYS, request.path_params["id"])
        assert job is not None
        self._book.finish(job)
        return JSONResponse({"at": time.time()})


class Endless(PatientProvider):
    """Has no file to fetch: a video ends with its upstream's end, and no clip is decoded beside what is measured."""

    async def fetch(self, asset: Any) -> Any:
        raise UpstreamTaskLost
        yield b""


def serve_upstream(folder: Path) -> None:
    book = Book(folder / "ledger.jsonl", b"")
    with socket.create_server((HOST, 0), backlog=512) as listener:
        announce(folder / "upstream.json", {"url": f"http://{HOST}:{listener.getsockname()[1]}"})
        config = uvicorn.Config(Told(book).application(), log_level="critical", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


def serve_videos(folder: Path, interval: float) -> None:
    configure("error")
    url = json.loads((folder / "upstream.json").read_text())["url"]
    settings = Settings(data_dir=folder / "data", default_model="paid-keys", queue_limit=0, min_free_bytes=0)
    server = Mutoscope(settings, [lambda _on_change: Endless(url, interval)])
    with socket.create_server((HOST, 0)) as listener:
        try:
            ready = folder / "ready.json"
            run(server, server.asgi(lambda: announce(ready, {"at": time.time()})), listener)
        finally:
            server.close()


def announce(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content))
    partial.rename(path)


def begin(role: str, folder: Path, *options: object) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """One of the other processes, and what it announced."""
    announced = folder / ("upstream.json" if role == "upstream" else "ready.json")
    process = subprocess.Popen([sys.executable, __file__, "--role", role, "--folder", folder, *map(str, options)])
    deadline = time.monotonic() + START_SECONDS
    while not announced.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SystemExit(f"{role} did not start")
        time.sleep(0.01)
    return process, json.loads(announced.read_text())


async def measure(folder: Path, videos: int, interval: float, ends: int, seconds: float) -> dict[str, Any]:
    upstream, told = begin("upstream", folder)
    try:
        crowd = PatientProvider(told["url"], interval)
        database = open_database(address_of(folder / "data" / FILE_NAME))
        await gather(database, crowd, videos)
        await crowd.aclose()
        database.close()
        server, ready = begin("server", folder, "--interval", interval)
        try:
            async with aiohttp.ClientSession(told["url"]) as session:
                return await watch(folder, session, server.pid, ready["at"], videos, interval, ends, seconds)
        finally:
            server.terminate()
            server.wait(30)
    finally:
        upstream.terminate()
        upstream.wait(30)


async def watch(
    folder: Path,
    session: aiohttp.ClientSession,
    pid: int,
    ready: float,
    videos: int,
    interval: float,
    ends: int,
    seconds: float,
) -> dict[str, Any]:
    await asyncio.sleep(ALLOWED_START + interval)
    first = sorted(min(times) - ready for times in (await asked(session)).values())
    used, since = cpu(pid), time.monotonic()
    lags = await end_some(folder, session, ends, seconds)
    used = (cpu(pid) - used) / (time.monotonic() - since)
    times = await asked(session)
    gaps = sorted(b - a for each in times.values() for a, b in pairwise(each))
    accepted = Counter(json.loads(line)["event"] for line in (folder / "ledger.jsonl").read_text().splitlines())
    return {
        "videos": videos,
        "interval": interval,
        "asked_after_start": len(first),
        "all_asked_within": round(first[-1], 2),
        "most_asked_in_100_ms": max(Counter(int(each * 10) for each in first).values()),
        "submitted_again": accepted["accepted"] - videos,
        "lag_p50": round(statistics.median(lags), 2),
        "lag_p99": round(lags[int(len(lags) * 0.99)], 2),
        "lag_p99_of_interval": round(lags[int(len(lags) * 0.99)] / interval, 2),
        "gap_p50_of_interval": round(statistics.median(gaps) / interval, 2),
        "server_cpu": round(used, 2),
        "rss": resident(pid),
    }


async def asked(session: aiohttp.ClientSession) -> dict[str, list[float]]:
    async with session.get("/asked") as answer:
        return await answer.json()


async def end_some(folder: Path, session: aiohttp.ClientSession, ends: int, seconds: float) -> list[float]:
    """The lags of so many ends, spread over some seconds, in rising order: upper bounds, by how often is looked."""
    database = open_database(address_of(folder / "data" / FILE_NAME))
    with database.engine.connect() as connection:
        query = "SELECT upstream_id FROM videos WHERE state = 'generating' ORDER BY id LIMIT ?"
        chosen = [row[0] for row in connection.exec_driver_sql(query, (ends,))]
        connection.rollback()
        ended: dict[str, float] = {}
        seen: dict[str, float] = {}

        async def end_all() -> None:
            for upstream_id in chosen:
                async with session.post(f"/end/{upstream_id}") as answer:
                    ended[upstream_id] = (await answer.json())["at"]
                await asyncio.sleep(seconds / ends)

        ending = asyncio.create_task(end_all())
        while len(seen) < ends:
            gone = connection.exec_driver_sql("SELECT upstream_id FROM videos WHERE state <> 'generating'").fetchall()
            connection.rollback()
            for (upstream_id,) in gone:
                seen.setdefault(upstream_id, time.time())
            await asyncio.sleep(LOOK_SECONDS)
        await ending
    database.close()
    return sorted(seen[each] - ended[each] for each in chosen)


def resident(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(one: dict[str, Any]) -> None:
    print(
        f"{one['videos']} videos, a question every {one['interval']:g} s each: "
        f"{one['asked_after_start']} asked within {one['all_asked_within']} s "
        f"({one['all_asked_within'] / ALLOWED_START:.0%} of {ALLOWED_START:g} s), "
        f"{one['submitted_again']} submitted again; "
        f"lag p99 {one['lag_p99_of_interval']} of the interval (allowed {ALLOWED_LAG}); "
        f"server {one['server_cpu']:.0%} of a core, {one['rss'] / 1e6:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, nargs="+", default=[500, 5_000])
    parser.add_argument("--intervals", type=float, nargs="+", default=[2.0, 10.0])
    parser.add_argument("--ends", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--role", choices=["upstream", "server"], help="one of the other processes")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--interval", type=float)
    chosen = parser.parse_args()
    if chosen.role == "upstream":
        return serve_upstream(chosen.folder)
    if chosen.role == "server":
        return serve_videos(chosen.folder, chosen.interval)
    found = []
    for videos, interval in zip(chosen.videos, chosen.intervals, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            found.append(asyncio.run(measure(Path(folder), videos, interval, chosen.ends, chosen.seconds)))
        tell(found[-1])
    result: dict[str, Any] = {"runs": found}
    if len(found) > 1:
        few, many = found[0], found[-1]
        each = (many["rss"] - few["rss"]) / (many["videos"] - few["videos"])
        result["bytes_per_running_video"] = round(each)
        print(f"each running video more: {each:.0f} bytes ({each / ALLOWED_BYTES:.0%} of {ALLOWED_BYTES})")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

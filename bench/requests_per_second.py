"""Requests per second on a database of 100,000 videos: create, remix, get, list; against /healthz on the same server.

The upstream is scripted and never finishes, so that nothing but the requests is measured. One client process, one
server process, the same machine: read the ratios, not the absolute figures.

usage: python bench/requests_per_second.py [--videos 100000] [--seconds 5] [--connections 16]
       [--database postgresql://…]: an empty database, after `mutoscope migrate`; without it SQLite
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from mutoscope.access.keys import create_key
from mutoscope.app import database_url, open_database
from mutoscope.database.videos import encode
from mutoscope.domain.video import new_id
from mutoscope.settings import Settings

SERVER = """
import asyncio, socket, sys, uvicorn
from pathlib import Path
from mutoscope.app import Mutoscope
from mutoscope.dialect.protocol import Protocol
from mutoscope.providers.protocol import Running
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider

folder, port, database = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
provider = ScriptedProvider(polls=[Running(10.0, 60.0)])
settings = Settings(data_dir=folder, database=database, default_model="scripted-1", queue_limit=0)
server = Mutoscope(settings, [lambda _: provider])
uvicorn.run(server.asgi(), port=port, http=Protocol, log_level="error", access_log=False)
"""
REQUEST = encode({"prompt": "A lake", "size": "64x64", "seconds": 1, "seed": None, "options": {}, "reference": None})


def fill(url: str, videos: int) -> tuple[str, list[str]]:
    """Write `videos` completed rows; an API key and some of the ids."""
    database = open_database(url)
    key = asyncio.run(create_key(database, time.time()))
    ids = [new_id("video") for _ in range(videos)]
    rows = [{"id": each, "request": REQUEST, "at": float(number)} for number, each in enumerate(ids)]
    with database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO videos (id, tenant, state, progress, request, model, provider, root_id, created_at, "
                "state_since, completed_at) VALUES (:id, 'default', 'completed', 100, :request, 'scripted-1', "
                "'scripted', :id, :at, :at, :at)"
            ),
            rows,
        )
        connection.exec_driver_sql("ANALYZE")  # what PostgreSQL does by itself, some minutes after so many new rows
    database.close()
    return key.secret, ids[:: max(1, videos // 1000)]


async def measure(session: aiohttp.ClientSession, name: str, request, seconds: float, connections: int) -> dict:
    latencies: list[float] = []
    until = time.perf_counter() + seconds

    async def hammer(number: int) -> None:
        count = number
        while time.perf_counter() < until:
            begun = time.perf_counter()
            async with request(session, count) as answer:
                await answer.read()
                assert answer.status == 200, (name, answer.status, await answer.text())
            latencies.append(time.perf_counter() - begun)
            count += connections

    begun = time.perf_counter()
    await asyncio.gather(*(hammer(number) for number in range(connections)))
    spent = time.perf_counter() - begun
    latencies.sort()
    return {
        "name": name,
        "per_second": len(latencies) / spent,
        "p50": statistics.median(latencies) * 1000,
        "p99": latencies[int(len(latencies) * 0.99)] * 1000,
    }


async def run(url: str, key: str, ids: list[str], arguments: argparse.Namespace, pid: int) -> None:
    requests = {
        "healthz": lambda session, _count: session.get(f"{url}/healthz"),
        "get": lambda session, count: session.get(f"{url}/v1/videos/{ids[count % len(ids)]}"),
        "list": lambda session, count: session.get(f"{url}/v1/videos?limit=20&after={ids[count % len(ids)]}"),
        "create": lambda session, _count: session.post(f"{url}/v1/videos", json={"prompt": "A lake at dawn"}),
        "remix": lambda session, count: session.post(
            f"{url}/v1/videos/{ids[count % len(ids)]}/remix", json={"prompt": "at night"}
        ),
    }
    connector = aiohttp.TCPConnector(limit=arguments.connections)
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {key}"}) as session:
        print(f"{'':<10}{'requests/s':>12}{'of healthz':>12}{'p50 ms':>10}{'p99 ms':>10}{'server MB':>12}")
        bare = 0.0
        for name, request in requests.items():
            found = await measure(session, name, request, arguments.seconds, arguments.connections)
            bare = bare or found["per_second"]
            print(
                f"{name:<10}{found['per_second']:>12.0f}{found['per_second'] / bare:>12.2f}{found['p50']:>10.1f}"
                f"{found['p99']:>10.1f}{memory(pid):>12.0f}"
            )


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--port", type=int, default=18_650)
    parser.add_argument("--database", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = database_url(Settings(data_dir=Path(folder), database=arguments.database))
        key, ids = fill(url, arguments.videos)
        server = subprocess.Popen([sys.executable, "-c", SERVER, folder, str(arguments.port), arguments.database])
        url = f"http://127.0.0.1:{arguments.port}"
        try:
            asyncio.run(wait_for(url))
            asyncio.run(run(url, key, ids, arguments, server.pid))
        finally:
            server.terminate()
            server.wait(60)


async def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            try:
                async with session.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
    raise TimeoutError("the server did not become ready")


if __name__ == "__main__":
    main()

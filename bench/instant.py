"""How soon flipbook-instant has a video ready, and what an idle server costs.

A real server; each job is timed from its POST to the answer that says `completed`, one job after another, and then all
three variants are downloaded. Idle means that nobody asks anything.

usage: python bench/instant.py [--jobs 20] [--size 1280x720] [--seconds 8] [--idle 20]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

MODEL = "flipbook-instant"
LOOK_SECONDS = 0.02
VARIANTS = ("video", "thumbnail", "spritesheet")


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, httpx.Client]]:
    """(process id, client) of a server on its own data folder."""
    announcement = folder / "announced.json"
    command = [sys.executable, "-m", "mutoscope", "serve", "--port", "0", "--data-dir", str(folder / "data")]
    process = subprocess.Popen([*command, "--announce", str(announcement)], stdout=subprocess.DEVNULL)
    try:
        while not announcement.exists():
            assert process.poll() is None, "the server did not start"
            time.sleep(0.05)
        said = json.loads(announcement.read_text())
        headers = {"Authorization": f"Bearer {said['api_key']}"}
        with httpx.Client(base_url=said["url"] + "/v1", headers=headers, timeout=60) as client:
            yield process.pid, client
    finally:
        process.terminate()
        process.wait()


def job(client: httpx.Client, number: int, size: str, seconds: int) -> float:
    """Seconds from the POST to `completed`."""
    body = {"model": MODEL, "prompt": f"Take {number}: a misty lake", "size": size, "seconds": str(seconds)}
    begun = time.perf_counter()
    video = client.post("/videos", json=body).raise_for_status().json()
    while video["status"] != "completed":
        assert video["status"] != "failed", video
        time.sleep(LOOK_SECONDS)
        video = client.get(f"/videos/{video['id']}").raise_for_status().json()
    took = time.perf_counter() - begun
    for variant in VARIANTS:
        client.get(f"/videos/{video['id']}/content", params={"variant": variant}).raise_for_status()
    return took


def processor_seconds(process_id: int) -> float:
    """What a process has used, without its children."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(process_id: int, seconds: float) -> float:
    """Per cent of one core."""
    before = processor_seconds(process_id)
    time.sleep(seconds)
    return 100 * (processor_seconds(process_id) - before) / seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--idle", type=float, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (process_id, client):
        first, *rest = [job(client, number, arguments.size, arguments.seconds) for number in range(arguments.jobs + 1)]
        print(f"{MODEL}, {arguments.seconds} s at {arguments.size}, POST to completed, {len(rest)} in a row:")
        print(f"  first {first:.2f} s, then median {statistics.median(rest):.2f} s, max {max(rest):.2f} s")
        time.sleep(2)
        print(f"  idle server: {idle(process_id, arguments.idle):.1f} % of one core")


if __name__ == "__main__":
    main()

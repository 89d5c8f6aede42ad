"""A real S3 endpoint on this machine: moto in a process of its own, and endpoints that only refuse."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

SECRET = "a-secret-that-nobody-may-read"


class Moto:
    """`moto_server` on a free loopback port; it forgets everything when it stops."""

    def __init__(self, log: Path) -> None:
        self.url = f"http://127.0.0.1:{_free_port()}"
        # Not in our own environment: its pins contradict ours.
        environment = {**os.environ, "PYTHONPATH": str(Path(sys.prefix) / "moto")}
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", self.url.split(":")[2]]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        self._wait_until_ready(log)

    def new_bucket(self) -> Bucket:
        bucket = Bucket(self.url, f"bucket-{secrets.token_hex(8)}")
        _ask(f"{self.url}/{bucket.name}", "PUT")
        return bucket

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self._process.terminate()
        self._process.wait(10)

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                _ask(self.url)
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text()[-2000:]
                    raise RuntimeError(f"moto did not start (is it installed? see the Makefile):\n{said}") from None
                time.sleep(0.05)


class Bucket:
    """One bucket of its own, seen without the library that the product uses."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.address = f"s3://{name}/some/prefix"

    @property
    def environment(self) -> dict[str, str]:
        return credentials(self.url)

    def names(self) -> list[str]:
        listed = _ask(f"{self.url}/{self.name}?list-type=2")
        return re.findall(r"<Key>some/prefix/(.*?)</Key>", listed)

    def unfinished(self) -> int:
        return _ask(f"{self.url}/{self.name}?uploads").count("<UploadId>")


def credentials(url: str) -> dict[str, str]:
    """What an operator puts into the environment for an endpoint at `url`."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
    }


@asynccontextmanager
async def endpoint(answer: Callable[[str], tuple[str, str]]) -> AsyncIterator[tuple[str, list[str]]]:
    """An HTTP server that answers as told: its address, and the request lines that it has got, in lower case.

    answer: from a request line to status line and body.
    """
    asked: list[str] = []
    visits = _Visits()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.note(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            asked.append(head.splitlines()[0])
            if length := re.search(r"content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            status, body = answer(asked[-1])
            more = f'connection: close\r\netag: "x"\r\ncontent-length: {len(body)}'
            writer.write(f"HTTP/1.1 {status}\r\n{more}\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        await visits.end()


class Gate:
    """A door before an endpoint: while it is shut, nobody gets in, and who was inside is thrown out."""

    def __init__(self, target: str) -> None:
        self._target = int(target.rpartition(":")[2])
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._server: asyncio.Server | None = None
        self._visits = _Visits()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._let_in, "127.0.0.1", self._port)

    async def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._visits.end()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits.note(writer)
        beyond_reader, beyond = await asyncio.open_connection("127.0.0.1", self._target)
        self._visits.note(beyond)
        await asyncio.gather(_pour(reader, beyond), _pour(beyond_reader, writer))


class _Visits:
    """The open connections of a server, and the tasks that serve them."""

    def __init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, writer: asyncio.StreamWriter) -> None:
        """The running task serves this connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._writers.discard(writer))

    async def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def closed_endpoint() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{_free_port()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _ask(url: str, method: str = "GET") -> str:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
        return answer.read().decode()

"""A server on PostgreSQL and a bucket, with a paid upstream: all three behind gates that can be shut."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from mutoscope.testing.bucket import Moto, credentials
from mutoscope.testing.gate import Flavour, Gate
from mutoscope.testing.postgres import PostgresServer
from mutoscope.testing.processes import Child


class Part(StrEnum):
    """What the server needs and may have to do without for a while."""

    DATABASE = "database"
    STORAGE = "storage"
    UPSTREAM = "upstream"
    DISK = "disk"  # not behind a gate: `small_disk` has one


class Site:
    """Everything runs from `start` to `stop`. folder: for logs and ledgers.

    unknown_deadline: seconds for which the server looks for a submission whose answer was lost.
    """

    def __init__(self, folder: Path, unknown_deadline: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ledger = folder / "upstream.jsonl"
        self._deadline = unknown_deadline
        self._gates: dict[Part, Gate] = {}

    async def start(self) -> None:
        self._postgres = await asyncio.to_thread(PostgresServer)
        self._moto = await asyncio.to_thread(Moto, self.folder / "moto.log")
        upstream_told = self.folder / "upstream.json"
        self._upstream = Child("upstream", upstream_told, self.folder / "upstream.log", "--ledger", self.ledger)
        told = await asyncio.to_thread(self._upstream.ready)
        assert told is not None, "the upstream died at its start"
        ports = {
            Part.DATABASE: self._postgres.port,
            Part.STORAGE: urlsplit(self._moto.url).port,
            Part.UPSTREAM: urlsplit(told["url"]).port,
        }
        for part, port in ports.items():
            assert port is not None
            self._gates[part] = Gate(port)
            await self._gates[part].start()
        await self._start_server()

    async def shut(self, parts: Iterable[Part], how: Flavour) -> None:
        for part in parts:
            await self._gates[part].shut(how)

    async def open(self, parts: Iterable[Part]) -> None:
        for part in parts:
            await self._gates[part].open()

    async def stop(self) -> int:
        """Stop the server in peace, then everything else; the server's exit code."""
        code = await asyncio.to_thread(self._server.stop)
        for gate in self._gates.values():
            await gate.stop()
        await asyncio.to_thread(self._upstream.stop)
        await asyncio.to_thread(self._moto.stop)
        await asyncio.to_thread(self._postgres.close)
        return code

    async def _start_server(self) -> None:
        database = await asyncio.to_thread(self._postgres.database)
        bucket = await asyncio.to_thread(self._moto.new_bucket)
        self._server = Child(
            "paid_server",
            self.folder / "server.json",
            self.folder / "server.log",
            *("--upstream", self._gates[Part.UPSTREAM].url, "--data-dir", self.folder / "data"),
            *("--database", database.replace(f":{self._postgres.port}/", f":{self._gates[Part.DATABASE].port}/")),
            *("--storage", bucket.address, "--deadline", self._deadline),
            environment=credentials(self._gates[Part.STORAGE].url),
        )
        told = await asyncio.to_thread(self._server.ready)
        assert told is not None, self._server.log.read_text()[-4000:]
        self.url, self.api_key = told["url"], told["api_key"]

"""`python -m mutoscope.testing.receiver`: whoever webhooks are sent to, with a book of all that came.

How it answers stands in the path: `/ok`, `/500`, `/410`, `/slow` (not within a minute), `/flaky` (every third message
is refused at first), `/lossy` (every third is taken at first, and the answer is not sent).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

HOST = "127.0.0.1"
SLOW_SECONDS = 60.0
ONE_IN = 3


class Receiver:
    """ledger: a file of JSON lines, one for each attempt; None for memory alone. more: headers of every answer."""

    def __init__(self, ledger: Path | None = None, more: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger.open("a", encoding="utf-8", buffering=1) if ledger is not None else None
        self.more = dict(more or {})
        self.heard: list[dict[str, Any]] = []
        self._messages: set[tuple[str, str]] = set()

    def at(self, path: str) -> list[dict[str, Any]]:
        """The attempts that came to this path."""
        return [each for each in self.heard if each["path"] == path]

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[str]:
        """Its address, while the block runs."""
        application = web.Application()
        application.router.add_post("/{tail:.*}", self._hear)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port)
            await site.start()
            yield f"http://{HOST}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        mishap = self._is_due(request.path, request.headers.get("webhook-id", ""))
        status = self._status(request.path, mishap)
        entry = {
            "at": time.time(),
            "path": request.path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": body.decode(),
            "status": status,
        }
        self.heard.append(entry)
        if self._ledger is not None:
            self._ledger.write(json.dumps(entry) + "\n")
        if request.path == "/slow":
            await asyncio.sleep(SLOW_SECONDS)
        if request.path == "/lossy" and mishap and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status, headers=self.more)

    def _is_due(self, path: str, message: str) -> bool:
        """Whether a mishap is due: at every third message, the first time that it comes."""
        is_new = (path, message) not in self._messages
        self._messages.add((path, message))
        return is_new and len(self._messages) % ONE_IN == 0

    def _status(self, path: str, mishap: bool) -> int:
        if path == "/flaky":
            return 503 if mishap else 204
        name = path.strip("/")
        return int(name) if name.isdigit() else 200


async def _serve(chosen: argparse.Namespace) -> None:
    async with Receiver(chosen.ledger).listening(chosen.port) as url:
        partial = chosen.announce.with_name(chosen.announce.name + ".partial")
        partial.write_text(json.dumps({"url": url}))
        partial.rename(chosen.announce)
        await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Listen on loopback until a signal ends it."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.receiver", description="Whom webhooks are sent to.")
    parser.add_argument("--announce", type=Path, required=True, help="write {url} as JSON there once ready")
    parser.add_argument("--ledger", type=Path, required=True, help="file of JSON lines, one for each attempt")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asyncio.run(_serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()

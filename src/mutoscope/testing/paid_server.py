"""`python -m mutoscope.testing.paid_server`: the real server over the fake paid upstream, to be killed at will."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from mutoscope.access.keys import create_key, has_keys
from mutoscope.app import Mutoscope, ProviderMaker
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.logs import configure
from mutoscope.settings import Settings
from mutoscope.testing import bugs
from mutoscope.testing.ground import Role
from mutoscope.testing.runner import run
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider

HOST = "127.0.0.1"
# How many videos each account may have in hand at once.
IN_HAND = 8
OTHER_TENANT = "other"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM. Ends with 75 while the database is away, or when others took over."""
    chosen = _parser().parse_args(arguments)
    bugs.apply(os.environ.get(bugs.VARIABLE, ""))
    configure("warning")
    try:
        has_started = _serve(chosen)
    except DatabaseUnavailable:
        has_started = False
    if not has_started:
        sys.exit(os.EX_TEMPFAIL)


def _serve(chosen: argparse.Namespace) -> bool:
    settings = Settings(
        data_dir=chosen.data_dir,
        public_url=chosen.public_url,
        database=chosen.database,
        storage=chosen.storage,
        lease_seconds=chosen.lease,
        default_model=f"paid-{Mode.KEYS}",
        budget_per_day=1e6,
        flipbook_slots=IN_HAND,
        queue_limit=0,
        min_free_bytes=0,
        secret_key=os.environ.get("MUTOSCOPE_SECRET_KEY", ""),
        webhook_hosts=os.environ.get("MUTOSCOPE_WEBHOOK_HOSTS", ""),
    )
    with socket.create_server((HOST, chosen.port), backlog=256) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        server = Mutoscope(
            settings,
            [_maker(chosen.upstream, mode, chosen.deadline) for mode in Mode],
            on_lost=partial(_die, chosen.gasp),
            role=chosen.role,
        )
        try:
            keys = asyncio.run(first_keys(server))
            return run(server, server.asgi(announcer(chosen.announce, {"url": url, **keys})), listener)
        finally:
            server.close()


def _die(gasp: float) -> None:
    """As `mutoscope serve` does when others have taken over; so many seconds later than that."""
    time.sleep(gasp)
    os._exit(os.EX_TEMPFAIL)


def _maker(upstream: str, mode: Mode, deadline: float) -> ProviderMaker:
    return lambda _on_change: UpstreamProvider(upstream, mode, deadline)


async def first_keys(server: Mutoscope) -> dict[str, str]:
    """The keys of two tenants at the first start; nothing later."""
    try:
        if await has_keys(server.database):
            return {}
        now = server.clock.now()
        first = await create_key(server.database, now)
        other = await create_key(server.database, now, tenant=OTHER_TENANT)
        return {"api_key": first.secret, "other_key": other.secret}
    finally:
        await server.database.leave_loop()


def announcer(path: Path, content: dict[str, str]) -> Callable[[], None]:
    """Writes the content as JSON to a file, which is there whole or not at all."""

    def announce() -> None:
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(content))
        partial.rename(path)

    return announce


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mutoscope.testing.paid_server", description="A server to be killed.")
    parser.add_argument("--upstream", required=True, help="where the fake upstream is")
    parser.add_argument("--role", type=Role, choices=list(Role), default=Role.SERVER, help="by default server")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the database and the videos")
    parser.add_argument("--database", default="", help="the setting; by default a file in the data folder")
    parser.add_argument("--storage", default="", help="the setting; by default a folder in the data folder")
    parser.add_argument("--announce", type=Path, required=True, help="write {url, api_key} as JSON there once ready")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--public-url", default="", help="the setting; by default nothing")
    parser.add_argument("--lease", type=float, default=Settings().lease_seconds, help="seconds until others take over")
    parser.add_argument("--gasp", type=float, default=0.0, help="seconds it goes on after it has lost its lease")
    parser.add_argument("--deadline", type=float, default=2.0, help="seconds to look for a lost answer")
    return parser


if __name__ == "__main__":
    main()

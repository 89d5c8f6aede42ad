"""`python -m mutoscope.testing.adapter_server`: the real server over a real adapter, to be killed at will."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mutoscope.app import Mutoscope
from mutoscope.logs import configure
from mutoscope.providers.protocol import Job, Provider, Submitted
from mutoscope.settings import Settings
from mutoscope.testing import bugs
from mutoscope.testing.paid_server import announcer, first_keys
from mutoscope.testing.runner import run
from mutoscope.testing.upstreams.roster import BY_NAME, Pair

HOST = "127.0.0.1"
# Between questions: how long an adapter would wait is no matter here.
POLL_SECONDS = 0.1


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM."""
    chosen = _parser().parse_args(arguments)
    bugs.apply(os.environ.get(bugs.VARIABLE, ""))
    configure("warning")
    pair = BY_NAME[chosen.adapter]
    options: dict[str, Any] = dict(each.split("=", 1) for each in chosen.option)
    settings = Settings(
        data_dir=chosen.data_dir,
        default_model=pair.creates,
        budget_per_day=1e6,
        min_free_bytes=0,
        unknown_deadline=chosen.deadline,
    )
    with socket.create_server((HOST, 0), backlog=256) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        server = Mutoscope(settings, [lambda _on_change: asked_soon(_provider(pair, chosen.upstream, options))])
        try:
            keys = asyncio.run(first_keys(server))
            application = server.asgi(announcer(chosen.announce, {"url": url, **keys}))
            has_started = run(server, application, listener)
        finally:
            server.close()
    sys.exit(0 if has_started else 1)


def asked_soon(provider: Any) -> Provider:
    """The adapter, whose jobs are asked about at once after they were accepted or found."""
    submit, find = provider.submit, getattr(provider, "find", None)

    async def submit_soon(job: Job) -> Submitted:
        return replace(await submit(job), poll_after=POLL_SECONDS)

    async def find_soon(job: Job, since: float) -> Submitted | None:
        assert find is not None
        found = await find(job, since)
        return found and replace(found, poll_after=POLL_SECONDS)

    provider.submit, provider.find = submit_soon, find_soon
    return provider


def _provider(pair: Pair, url: str, options: dict[str, Any]) -> Provider:
    known = pair.make_fake()  # for its secret alone: the one that is asked is elsewhere
    known.url = url
    return pair.adapter.make(pair.account(known, **options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mutoscope.testing.adapter_server", description="A server to be killed.")
    parser.add_argument("--adapter", choices=sorted(BY_NAME), required=True)
    parser.add_argument("--upstream", required=True, help="where its fake is")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=TEXT", help="of the adapter's own")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the database and the videos")
    parser.add_argument("--announce", type=Path, required=True, help="write {url, api_key} as JSON there once ready")
    parser.add_argument("--deadline", type=float, default=1.0, help="seconds to look for a lost answer")
    return parser


if __name__ == "__main__":
    main()

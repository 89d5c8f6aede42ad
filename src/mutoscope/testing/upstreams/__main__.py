"""`python -m mutoscope.testing.upstreams NAME`: one fake in a process of its own, which outlives those that ask it."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mutoscope.testing.upstreams.roster import BY_NAME


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM."""
    chosen = _parser().parse_args(arguments)
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # for the fake's thread too: only this one waits for them
    given = dict(map(_argument, chosen.argument))
    fake = BY_NAME[chosen.name].make_fake(ledger=chosen.ledger, **given)
    with fake.serving(chosen.port) as url:
        if chosen.announce is not None:
            partial = chosen.announce.with_name(chosen.announce.name + ".partial")
            partial.write_text(json.dumps({"url": url}))
            partial.rename(chosen.announce)
        signal.sigwait(signals)


def _argument(text: str) -> tuple[str, Any]:
    """A name and the value behind it, which is JSON or else a text."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mutoscope.testing.upstreams", description="The fake of an upstream.")
    parser.add_argument("name", choices=sorted(BY_NAME), help="of the adapter that it is for")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="JSON lines, one for every accepted job, on disk before the answer")
    parser.add_argument("--announce", type=Path, help="write {url} as JSON to this file once ready")
    parser.add_argument(
        "--argument",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the fake's own, such as polls_queued=0",
    )
    return parser


if __name__ == "__main__":
    main()

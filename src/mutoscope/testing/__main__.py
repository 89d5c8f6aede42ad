"""`python -m mutoscope.testing`: a Videos API to run a test suite against. See docs/reference/testing.md."""

from __future__ import annotations

import argparse
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mutoscope.testing.fixtures import KEY

# Where the official clients' own test suites look for a server.
PORT = 4010
HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM; one line on standard output says when it is ready."""
    chosen = _parser().parse_args(arguments)
    from mutoscope.testing.server import serve

    with socket.create_server((HOST, chosen.port)) as listener, tempfile.TemporaryDirectory(prefix="mutoscope-") as own:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        folder = chosen.data_dir or Path(own)
        serve(
            listener, folder, chosen.key, lambda: print(f"Ready: {url}/v1 with the API key {chosen.key!r}", flush=True)
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mutoscope.testing", description="A Videos API for test suites.")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes a free one (default {PORT})")
    parser.add_argument("--data-dir", type=Path, help="keep everything there; by default a folder that is removed")
    parser.add_argument("--key", default=KEY, help=f"the API key that is accepted (default {KEY!r})")
    return parser


if __name__ == "__main__":
    main()

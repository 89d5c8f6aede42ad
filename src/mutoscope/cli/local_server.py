"""A server for a while: started as a child with an empty data folder, stopped whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from mutoscope.cli.outcome import CliError, ExitCode

START_TIMEOUT = 90.0
STOP_TIMEOUT = 30.0
_LOG_LINES = 25


class LocalServer(NamedTuple):
    """How to reach it; `url` has no path."""

    url: str
    api_key: str


@contextlib.contextmanager
def running_server() -> Iterator[LocalServer]:
    """A ready server on a free loopback port. If it or the block fails, the end of its log is part of the error."""
    with tempfile.TemporaryDirectory(prefix="mutoscope-", ignore_cleanup_errors=True) as name, _terminable():
        folder = Path(name)
        child = _start(folder)
        try:
            yield _ready(child, folder / "announce.json")
        except KeyboardInterrupt:
            raise CliError("Interrupted; the server was stopped.", ExitCode.INTERRUPTED) from None
        except CliError as error:
            error.hint = _tail(folder / "server.log")
            raise
        except Exception as error:
            if (refused := _refusal(error)) is not None:
                raise refused from None
            raise CliError(f"{type(error).__name__}: {error}", hint=_tail(folder / "server.log")) from error
        finally:
            _stop(child)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    # The user's own settings are for the user's own server.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MUTOSCOPE_")}
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own words only
            _command(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the child in our own time
        )


def _command(folder: Path) -> list[str]:
    places = ["--data-dir", str(folder / "data"), "--announce", str(folder / "announce.json")]
    return [sys.executable, "-m", "mutoscope", "serve", "--port", "0", *places]


def _ready(child: subprocess.Popen[bytes], announcement: Path) -> LocalServer:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        told = _read(announcement)
        if told:
            return LocalServer(str(told["url"]).removesuffix("/v1").rstrip("/"), str(told["api_key"]))
        if child.poll() is not None:
            raise CliError(f"The server ended with code {child.returncode} before it was ready.")
        time.sleep(0.02)
    raise CliError(f"The server was not ready within {START_TIMEOUT:.0f} s.")


def _read(announcement: Path) -> dict[str, Any] | None:
    """The announcement, or None while it is absent or half written."""
    try:
        return json.loads(announcement.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ask, wait, and insist after 30 s or a second Ctrl-C."""
    child.terminate()
    try:
        child.wait(STOP_TIMEOUT)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as an exception does, so that the child is stopped then too."""
    wanted = [signal.SIGTERM, signal.SIGHUP]
    former = {number: signal.signal(number, _leave) for number in wanted}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _refusal(error: Exception) -> CliError | None:
    """The server's own words on a request that it refused (4xx); its log would add nothing to them."""
    status = getattr(error, "status_code", None)
    body = getattr(error, "body", None)
    if not isinstance(status, int) or not 400 <= status < 500 or not isinstance(body, dict):
        return None
    return CliError(str(body.get("message", error)), facts={"field": body.get("param"), "code": body.get("code")})


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return "\n".join(["the server's last words:", *lines]) if lines else "the server said nothing"

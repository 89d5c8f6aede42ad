"""Runs one job on foreign bytes in a short-lived child process that can take nothing down with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from mutoscope import metrics
from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable

# Everything else of the environment stays here: a decoder that was taken over finds no secret.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")
_ANSWER_MAX_BYTES = 64 * 1024
# What its crashes are counted under.
CHILD = "media"


def scrubbed_environment(**additions: str) -> dict[str, str]:
    """The few variables that a child needs to start, and `additions`."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | additions


async def run_child(
    task: Mapping[str, Any],
    payload: bytes = b"",
    seconds: float = 30.0,
    child: asyncio.subprocess.Process | None = None,
) -> dict[str, Any]:
    """Hand `task` (JSON) and `payload` to `mutoscope.media.child` and return its answer.

    seconds: of wall-clock time until it is killed. child: one that waits for a task, instead of a new one.
    MediaUnreadable when the child says so, crashes, runs over a limit or talks nonsense; StorageUnavailable when it
    could not be started or could not write its files.
    """
    child = child or await _start_or_refuse()
    telling = asyncio.create_task(_tell(child, task, payload))
    try:
        async with asyncio.timeout(seconds):
            answer = await _hear(child)
            code = await child.wait()
    except TimeoutError:
        metrics.child_crashed(CHILD)
        raise MediaUnreadable("Reading the file took too long and was stopped.") from None
    finally:
        await end_child(child)
        await asyncio.wait([telling])
    return _understood(answer, code)


async def start_child(*options: str) -> asyncio.subprocess.Process:
    """A child that waits for its task. OSError when it cannot be started. With the option "warm", imports done."""
    command = (sys.executable, "-P", "-m", "mutoscope.media.child", str(os.getpid()), *options)
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=nothing, env=scrubbed_environment(), start_new_session=True
    )


async def end_child(child: asyncio.subprocess.Process) -> None:
    """Kill the child if it lives, and give back its pipes."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
    assert child.stdout is not None
    # A pipe closes only when it is empty, and a dead child adds nothing to it.
    while await child.stdout.read(_ANSWER_MAX_BYTES):
        pass
    await child.wait()


async def _start_or_refuse() -> asyncio.subprocess.Process:
    try:
        return await start_child()
    except OSError as error:
        raise StorageUnavailable(f"The media process could not be started: {error.strerror}.") from error


async def _tell(child: asyncio.subprocess.Process, task: Mapping[str, Any], payload: bytes) -> None:
    assert child.stdin is not None
    # A child that died early is judged by its exit, not by our broken pipe (which uvloop calls a RuntimeError).
    with contextlib.suppress(ConnectionError, RuntimeError):
        child.stdin.write(json.dumps(task).encode() + b"\n" + payload)
        await child.stdin.drain()
        child.stdin.close()


async def _hear(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None
    try:
        await child.stdout.readexactly(_ANSWER_MAX_BYTES)
    except asyncio.IncompleteReadError as end:
        return end.partial
    metrics.child_crashed(CHILD)
    raise MediaUnreadable("Reading the file went wrong: the media process talked nonsense.")


def _understood(answer: bytes, code: int) -> dict[str, Any]:
    try:
        said = json.loads(answer) if code == 0 else {}
    except ValueError:
        said = {}
    match said:
        case {"result": dict(result)}:
            return result
        case {"unreadable": str(reason)}:
            raise MediaUnreadable(reason)
        case {"storage": str(reason)}:
            raise StorageUnavailable(reason)
    metrics.child_crashed(CHILD)
    raise MediaUnreadable("Reading the file crashed the media process or went over its limits.")

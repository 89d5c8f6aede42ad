"""What a child process does to itself before it touches foreign bytes or long work. Linux where it can, POSIX else."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

# linux/prctl.h and linux/sched.h
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use before the system stops it.

    memory_bytes: of `memory_kind`, either address space ("AS") or writable private memory ("DATA").
    cpu_seconds: processor time of all its threads. files: open at once. file_bytes: length of any file it writes.
    None leaves the system's own limit.
    """

    memory_bytes: int | None = None
    memory_kind: str = "AS"
    cpu_seconds: int | None = None
    files: int | None = None
    file_bytes: int | None = None


def confine(limits: Limits) -> None:
    """Set the limits for this process, without a core file, and take its way to new privileges."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS if limits.memory_kind == "AS" else resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    _limit(resource.RLIMIT_NOFILE, limits.files)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    # A machine short of memory shall take a child before the server.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def leave_network() -> None:
    """Move into an empty network namespace where the system allows it.

    Root keeps its user namespace: in a new one it would lose the right to other users' files, the clip among them.
    """
    if sys.platform == "linux":
        kind = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
        ctypes.CDLL(None).unshare(kind)


def die_with(parent: int) -> None:
    """End this process when the process `parent`, which started it, is gone. Call it last: it undoes no limit."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not is_child_of(parent):
        os._exit(1)


def is_child_of(parent: int) -> bool:
    """Whether the process that started this one still lives."""
    return os.getppid() == parent


def take_standard_output() -> int:
    """A descriptor for our own words; whatever a library prints goes to standard error from now on."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def _limit(kind: int, value: int | None) -> None:
    if value is None:
        return
    hard = resource.getrlimit(kind)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (wanted, wanted))


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)

"""Runs a compiled kernel over bands of rows or columns on several cores.

The kernels release the interpreter's lock, so plain threads are enough. Numba's own parallel loops compile
several times slower, and its default threading layer forbids two clips in one process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

# How a kernel is compiled that allocates no array: without Numba's counting of references, whose atomic
# operations cost more than the work on a pixel and make threads wait for each other.
LEAN: dict[str, Any] = {"cache": True, "fastmath": True, "nogil": True, "_nrt": False}
_MOST_THREADS = 4
# More bands than threads, so that a thread with an easy band helps with the next.
_BANDS_EACH = 2


def in_bands(count: int, kernel: Callable[..., None], *arguments: Any) -> None:
    """Call `kernel(first, last, *arguments)` for bands that cover 0 to `count`; returns when all are done.

    The bands must not touch each other's output. What a kernel raises is raised here.
    """
    threads = _threads()
    pieces = min(count, threads * _BANDS_EACH)
    if threads == 1 or pieces < 2:
        kernel(0, count, *arguments)
        return
    edges = [count * i // pieces for i in range(pieces + 1)]
    waiting = [_pool().submit(kernel, first, last, *arguments) for first, last in pairwise(edges)]
    for band in waiting:
        band.result()


@cache
def _threads() -> int:
    return min(_MOST_THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="flipbook")

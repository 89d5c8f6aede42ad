"""A bell ends a wait at once, and is no stop."""

import threading
import time

from mutoscope.engine.lane import Bell


def test_a_ring_ends_the_wait_and_is_no_stop() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.ring).start()
    begun = time.monotonic()
    assert bell.wait(timeout=20) is False
    assert time.monotonic() - begun < 10
    assert not bell.is_set()


def test_a_ring_before_the_wait_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    begun = time.monotonic()
    assert bell.wait(timeout=20) is False
    assert time.monotonic() - begun < 10
    begun = time.monotonic()
    assert bell.wait(timeout=0.1) is False
    assert time.monotonic() - begun >= 0.1


def test_a_stop_ends_every_wait() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.set).start()
    begun = time.monotonic()
    assert bell.wait(timeout=20) is True
    assert bell.wait(timeout=20) is True
    assert time.monotonic() - begun < 10
    assert bell.is_set()

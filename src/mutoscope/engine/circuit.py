"""Whether an upstream may be asked now: after failures in a row nobody asks for a while, then one does, for all.

A `Circuit` is pure: it is told the time, and reads no clock. What the upstream says about *itself* counts, never what
it says about one video. What a submission hears about the account (a bad key, no credit) stops submissions only: the
videos that run are paid for, and are asked about as before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import structlog

from mutoscope.domain.errors import (
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamQuotaExhausted,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.engine.retry import backoff

log = structlog.get_logger(__name__)

FAILURES_ALLOWED = 5
LONGEST_PAUSE = 60.0
# For what mends itself: its end should be noticed soon.
LONGEST_FAULT_PAUSE = 20.0

_OF_THE_UPSTREAM = (UpstreamUnavailable, UpstreamTimeout)
_OF_THE_ACCOUNT = (UpstreamKeyInvalid, UpstreamQuotaExhausted)


class Circuit:
    """Closed, open, or open with a probe on its way. Times are Unix seconds.

    reason: the error that keeps it open; None while it is closed. open_since: when it opened.
    """

    def __init__(self) -> None:
        self.reason: UpstreamError | None = None
        self.open_since = 0.0
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._is_probing = False

    def lets_pass(self, now: float) -> bool:
        # No pause is longer than the longest: one that seems so is of a clock that was set back.
        return self.reason is None or not 0 < self._until - now <= LONGEST_PAUSE

    def pass_through(self, now: float) -> None:
        """Somebody asks. While it is open that is the probe: nobody follows until it is back or a minute is over."""
        if self.reason is not None:
            self._until = now + LONGEST_PAUSE
            self._is_probing = True

    def succeed(self) -> bool:
        """The upstream answered. Whether that has just closed it."""
        was_open = self.reason is not None
        self.reason, self._failures, self._openings, self._is_probing = None, 0, 0, False
        return was_open

    def fail(self, error: UpstreamError, now: float, chance: float, *, at_once: bool = False) -> bool:
        """The upstream failed. Whether that has just opened it.

        at_once: the first failure opens it, for the longest pause: only a human can mend it. chance: 0 to 1.
        """
        self._failures += 1
        was_open = self.reason is not None
        if was_open and not self._is_probing:
            return False  # asked before it opened
        if not (was_open or at_once or self._failures >= FAILURES_ALLOWED):
            return False
        self._openings += 1
        pause = LONGEST_PAUSE if at_once else backoff(self._openings, longest=LONGEST_FAULT_PAUSE, chance=chance)
        self.reason, self._until, self._is_probing = error, now + pause, False
        if not was_open:
            self.open_since = now
        return not was_open


class Circuits:
    """The circuits of all upstreams by a key: a provider's name, or one with a credential's behind a slash."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._upstreams: dict[str, Circuit] = defaultdict(Circuit)
        self._accounts: dict[str, Circuit] = defaultdict(Circuit)

    def may_ask(self, key: str, now: float) -> bool:
        """Whether a question may be asked now. True is also the leave to do so: of an open circuit one has it."""
        return _pass_through(now, self._upstreams[key])

    def may_submit(self, key: str, now: float) -> bool:
        """The same for a submission."""
        return _pass_through(now, self._upstreams[key], self._accounts[key])

    def why_not_submit(self, key: str) -> tuple[UpstreamError | None, float]:
        """The error that keeps submissions waiting and since when; None when nothing does."""
        for circuit in (self._accounts[key], self._upstreams[key]):
            if circuit.reason is not None:
                return circuit.reason, circuit.open_since
        return None, 0.0

    def parts_of(self, key: str) -> list[tuple[str, bool]]:
        """ "upstream" and "account", and whether each is open: nobody asks, or nobody submits."""
        parts = (("upstream", self._upstreams), ("account", self._accounts))
        return [(part, key in circuits and circuits[key].reason is not None) for part, circuits in parts]

    def heard(self, key: str, error: UpstreamError | None, now: float, *, submitting: bool = False) -> None:
        """What came of a question or, `submitting`, of a submission; None for an answer that is no error."""
        if isinstance(error, _OF_THE_ACCOUNT):
            circuit = (self._accounts if submitting else self._upstreams)[key]
            if circuit.fail(error, now, self._chance(), at_once=True):
                self._alarm(key, error)
            if submitting:
                self._answered(key, self._upstreams)
        elif isinstance(error, _OF_THE_UPSTREAM):
            if self._upstreams[key].fail(error, now, self._chance()):
                self._alarm(key, error)
        else:
            self._answered(key, self._upstreams)
            if submitting:
                self._answered(key, self._accounts)

    def _answered(self, key: str, circuits: dict[str, Circuit]) -> None:
        if circuits[key].succeed():
            log.error("an upstream is asked again", alarm="circuit", upstream=key)

    def _alarm(self, key: str, error: UpstreamError) -> None:
        log.error("an upstream is left alone", alarm="circuit", upstream=key, code=error.code, reason=error.message)


def _pass_through(now: float, *circuits: Circuit) -> bool:
    if not all(circuit.lets_pass(now) for circuit in circuits):
        return False
    for circuit in circuits:
        circuit.pass_through(now)
    return True

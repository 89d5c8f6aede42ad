"""The alarm for what an upstream says and its documentation does not name."""

from __future__ import annotations

import structlog

from mutoscope.domain.errors import UpstreamProtocolError

log = structlog.get_logger(__name__)

# So many are remembered of each upstream; one that says something new each time rings now and then.
WORDS_KEPT = 50


class UnknownWords:
    """Each is an alarm once, not once for each poll that hears it."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def heard(self, provider: str, error: UpstreamProtocolError) -> None:
        known = self._known.setdefault(provider, set())
        if error.message in known:
            return
        if len(known) >= WORDS_KEPT:
            known.clear()
        known.add(error.message)
        log.error("an upstream said an unknown word", alarm="unknown_word", upstream=provider, reason=error.message)

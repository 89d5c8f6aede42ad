"""How long a caller is willing to wait for an answer: `Prefer: wait=N` (RFC 7240) and `?wait=N`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from mutoscope.domain.errors import InvalidRequest

LONGEST = 60.0

_PREFERENCE = re.compile(r"""(?:^|[,;])\s*wait\s*=\s*"?\s*([0-9]{1,9})\s*"?\s*(?=$|[,;])""", re.IGNORECASE)


def preferred(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Prefer: wait=N` header, at most 60; None without one. What cannot be read is no preference."""
    match = _PREFERENCE.search(headers.get("prefer", "")[:256])
    return min(LONGEST, float(match[1])) if match else None


def asked(query: Mapping[str, str]) -> float | None:
    """Seconds of a `?wait=N` query, cut to 60; None without one. InvalidRequest when it is no such number."""
    text = query.get("wait")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise InvalidRequest(f"Invalid value: '{text[:64]}'. Expected seconds from 0 to {LONGEST:g}.", param="wait")
    return min(LONGEST, seconds)

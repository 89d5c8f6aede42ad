"""The test cases that the test double plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mutoscope.domain.errors import MutoscopeError

CASES: Mapping[str, Any] = {}


def refusal(name: str) -> MutoscopeError | None:
    return None

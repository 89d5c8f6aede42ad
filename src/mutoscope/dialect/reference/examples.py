"""What a running server was asked and has answered, as `make examples` records it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By the operation's id: `request`, `answer`, `plan` and `not_ready`, each where there is one."""
    return json.loads(resources.files(__package__ or "").joinpath("examples.json").read_text(encoding="utf-8"))

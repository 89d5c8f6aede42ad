"""The forms of fal's answers, and what can be read of a request before its model is known."""

from __future__ import annotations

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Problem = list[dict[str, Any]]  # what is wrong with a request, each with its place, its message and its type


def at(name: str, message: str, kind: str, where: str = "body") -> Problem:
    return [{"loc": [where, name] if name else [where], "msg": message, "type": kind}]


def told(status: int, message: str, kind: str) -> Response:
    return JSONResponse({"detail": message, "error_type": kind}, status, {"x-fal-error-type": kind})


def listed(status: int, problem: Problem) -> Response:
    return JSONResponse({"detail": problem}, status, {"x-fal-error-type": problem[0]["type"]})


def wrong_headers(request: Request) -> Problem:
    """What is wrong with the headers that speak to the queue."""
    priority, timeout, lifecycle = "x-fal-queue-priority", "x-fal-request-timeout", "x-fal-object-lifecycle-preference"
    if request.headers.get(priority, "normal") not in ("normal", "low"):
        return at(priority, "Input should be 'normal' or 'low'", "literal_error", "header")
    try:
        if float(request.headers.get(timeout, "2")) <= 1:
            return at(timeout, "Input should be greater than 1", "greater_than", "header")
    except ValueError:
        return at(timeout, "Input should be a valid number", "float_parsing", "header")
    try:
        json.loads(request.headers.get(lifecycle, "{}"))
    except ValueError:
        return at(lifecycle, "Input should be valid JSON", "json_invalid", "header")
    return []


def moment(later: float = 0.0) -> str:
    """Now, or some seconds later, as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + later)) + "+00:00"

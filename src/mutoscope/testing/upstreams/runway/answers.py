"""The forms of Runway's answers."""

from __future__ import annotations

import time

from starlette.responses import JSONResponse, Response


def refused(message: str, status: int = 400) -> Response:
    return JSONResponse({"error": message}, status)


def refused_in_detail(message: str, docs: str) -> Response:
    """With what may stand beside the message."""
    issues = [{"message": message, "path": message.split(":", maxsplit=1)[:1]}]
    return JSONResponse({"error": "Validation of body failed", "issues": issues, "docUrl": docs}, 400)


def moment(at: float) -> str:
    """As ISO 8601 in UTC, to the millisecond."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"

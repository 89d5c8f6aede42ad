"""Cookies of the page: for no script, for no other site, and for this port alone."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request

_PORT = re.compile(r":([0-9]{1,5})$")


def cookie_name(name: str, request: Request) -> str:
    """With the port that the browser asked: a host's ports share their cookies, and each may have a server."""
    port = _PORT.search(request.headers.get("host", ""))
    return f"{name}_{port[1]}" if port else name


def attributes(request: Request) -> dict[str, Any]:
    return {"path": "/", "httponly": True, "samesite": "strict", "secure": request.url.scheme == "https"}

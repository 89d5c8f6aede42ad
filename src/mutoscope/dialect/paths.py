"""The request's path, made safe to match: an escaped slash stays inside its segment."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.types import Scope

_ESCAPED_SLASH = "%2F"


def literal_path(scope: Scope) -> str:
    """The path with every segment decoded on its own.

    Servers decode the whole path at once, after which `a%2Fcontent` looks like two segments and an id could
    choose the route. Control characters become U+FFFD, which is in no route and in no id.
    """
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        segments = raw.decode("latin-1").split("/")
        path = "/".join(unquote(segment).replace("/", _ESCAPED_SLASH) for segment in segments)
    if path.isprintable():
        return path
    return "".join(c if c.isprintable() or not c.isascii() else "\ufffd" for c in path)


def unescaped(segment: str) -> str:
    """A segment with its slashes back, for names that may hold them."""
    return segment.replace(_ESCAPED_SLASH, "/")

"""What a route is called in metrics and traces: its template, whatever prefix and id the caller wrote."""

from __future__ import annotations

import re
from functools import cache

from starlette.types import Scope

UNMATCHED = "unmatched"

# The same handlers answer under each of these: see `routes.PREFIXES`.
_PREFIX = re.compile(r"^(/v1/openai|/openai/v1|/openai|/v1)(?=/)")
_OF_THE_API = ("/videos", "/models", "/usage", "/events", "/webhook")
_CONVERTOR = re.compile(r":[a-z]+}")


def template_of(scope: Scope) -> str:
    """Of a request that was routed, such as /v1/videos/{video_id}/content; "unmatched" for any other path."""
    path = getattr(scope.get("route"), "path", None)
    return UNMATCHED if path is None else _short(path)


@cache
def _short(path: str) -> str:
    bare = _CONVERTOR.sub("}", _PREFIX.sub("", path))
    return f"/v1{bare}" if bare.startswith(_OF_THE_API) else bare

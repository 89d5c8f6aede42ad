"""What the server tells of itself, and of its files."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mutoscope.testing.upstreams.comfyui.machine import Machine
from mutoscope.testing.upstreams.comfyui.nodes import Node

Plain = Callable[[Request], Awaitable[Response]]
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class About:
    """The routes that concern no job."""

    def __init__(
        self, machine: Machine, nodes: Mapping[str, Node], models: Mapping[str, tuple[str, ...]], largest: int
    ) -> None:
        self._machine, self._nodes, self._known, self._largest = machine, nodes, models, largest

    def routes(self) -> list[tuple[str, Plain, str]]:
        """Path, handler and method of each."""
        return [
            ("/prompt", self._count, "GET"),
            ("/free", self._free, "POST"),
            ("/object_info", self._object_info, "GET"),
            ("/object_info/{class_type}", self._object_info, "GET"),
            ("/system_stats", self._system_stats, "GET"),
            ("/features", self._features, "GET"),
            ("/models", self._models, "GET"),
            ("/models/{folder}", self._models, "GET"),
        ]

    async def _count(self, _: Request) -> Response:
        return JSONResponse(self._machine.status["status"])

    async def _free(self, request: Request) -> Response:
        if (await json_of(request) or {}).get("free_memory"):
            self._machine.forget_cache()
        return Response()

    async def _object_info(self, request: Request) -> Response:
        wanted = request.path_params.get("class_type")
        chosen = {name: node for name, node in self._nodes.items() if wanted in (None, name)}
        return JSONResponse({name: node.told(name, self._known) for name, node in chosen.items()})

    async def _system_stats(self, _: Request) -> Response:
        memory = {"vram_total": 25_757_220_864, "vram_free": 24_000_000_000}
        device = {"name": "cuda:0 NVIDIA", "type": "cuda", "index": 0, **memory}
        system = {"os": "posix", "comfyui_version": "0.38.1", "python_version": "3.13.0", "argv": ["main.py"]}
        return JSONResponse({"system": system, "devices": [device]})

    async def _features(self, _: Request) -> Response:
        return JSONResponse({"supports_preview_metadata": True, "max_upload_size": self._largest})

    async def _models(self, request: Request) -> Response:
        folder = request.path_params.get("folder")
        if folder is None:
            return JSONResponse(list(self._known))
        return JSONResponse(list(self._known[folder])) if folder in self._known else Response(status_code=404)


async def nothing(_: Request) -> Response:
    return PlainTextResponse("404: Not Found", 404)


async def json_of(request: Request) -> Any:
    """The body as JSON; None when it is none."""
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def static(content: bytes, name: str, wanted: str | None) -> Response:
    """A file, or the one range of it that was asked for."""
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'filename="{name}"'}
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    match = _RANGE.fullmatch(wanted or "")
    if match is None or not any(match.groups()):
        return Response(content, 200, headers, kind)
    first, last = match.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start > end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, headers, kind)

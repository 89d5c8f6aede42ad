"""Style, scripts and icons: files of the package, under an address that changes with any of them."""

from __future__ import annotations

import hashlib
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PATH = "/page/static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


class Statics:
    """All of them in memory. One hash is their folder's name, so that scripts know each other by plain names."""

    def __init__(self) -> None:
        folder = resources.files("mutoscope.gallery").joinpath("static")
        self._files = {
            file.name: file.read_bytes()
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
            if "." + file.name.rpartition(".")[2] in TYPES
        }
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file. KeyError for one that is not there."""
        self._files[name]
        return f"{PATH}/{self.version}/{name}"

    async def answer(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        if request.path_params["version"] != self.version or name not in self._files:
            raise HTTPException(404)
        kind = TYPES["." + name.rpartition(".")[2]]
        return Response(self._files[name], media_type=kind, headers={"cache-control": FOR_EVER})

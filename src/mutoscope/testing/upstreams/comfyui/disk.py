"""The server's folders `input`, `output` and `temp`, kept in memory."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import av

FOLDERS = ("input", "output", "temp")
_ANNOTATED = re.compile(r"(.+) \[(input|output|temp)\]")


class Disk:
    """Files by folder, subfolder and name. They survive restarts, and no route deletes them."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str, str], bytes] = {}

    def read(self, annotated: str) -> bytes | None:
        """The file of a name such as "a.mp4" (an input) or "video/a.mp4 [output]"; None when there is none."""
        match = _ANNOTATED.fullmatch(annotated)
        path, folder = (match[1], match[2]) if match else (annotated, "input")
        subfolder, _, name = path.rpartition("/")
        return self.files.get((folder, subfolder, name))

    def add(self, folder: str, subfolder: str, name: str, content: bytes, *, overwrite: bool) -> str:
        """Keep an upload; the name that it has now, another one when there was such a file."""
        stem, dot, suffix = name.rpartition(".")
        stem, end = (stem, dot + suffix) if dot else (name, "")
        number = 0
        while not overwrite and (folder, subfolder, name) in self.files:
            number += 1
            name = f"{stem} ({number}){end}"
        self.files[folder, subfolder, name] = content
        return name

    def save(self, prefix: str, suffix: str, content: bytes, folder: str = "output") -> dict[str, str]:
        """Keep a result under the next number of its prefix; how the server tells where it is."""
        subfolder, _, stem = prefix.rpartition("/")
        taken = [name for kind, under, name in self.files if (kind, under) == (folder, subfolder)]
        number = 1 + sum(name.startswith(f"{stem}_") for name in taken)
        name = f"{stem}_{number:05}_{suffix}"
        self.files[folder, subfolder, name] = content
        return {"filename": name, "subfolder": subfolder, "type": folder}


def is_safe(part: str) -> bool:
    """Whether a name or subfolder stays inside its folder."""
    return not part.startswith("/") and ".." not in part


def packed(clip: bytes, suffix: str, graph: dict[str, Any] | None) -> bytes:
    """The clip as the save nodes write it: in its container, with the whole graph as metadata unless None.

    suffix: ".mp4" or ".mkv", with the pictures as they are, or ".webm", encoded anew as VP9.
    """
    target = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if suffix == ".mp4" else {}
    kind = {".mp4": "mp4", ".mkv": "matroska", ".webm": "webm"}[suffix]
    with av.open(io.BytesIO(clip), "r") as source, av.open(target, "w", format=kind, options=options) as out:
        if graph is not None:
            out.metadata["prompt"] = json.dumps(graph)
        stream = source.streams.video[0]
        if suffix == ".webm":
            made = out.add_stream("libvpx-vp9", rate=24, options={"deadline": "realtime", "cpu-used": "8"})
            made.width, made.height, made.pix_fmt = stream.width, stream.height, "yuv420p"
            for frame in source.decode(stream):
                out.mux(made.encode(frame))
            out.mux(made.encode(None))
        else:
            copy = out.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    out.mux(packet)
    return target.getvalue()

"""One run of a graph: what it makes, where its files go, and how the server tells it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from av.error import FFmpegError
from PIL import Image

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.comfyui.disk import Disk, packed
from mutoscope.testing.upstreams.comfyui.events import Message, now
from mutoscope.testing.upstreams.comfyui.graphs import Graph, first, needed, prompt_of
from mutoscope.testing.upstreams.fake import FakeJob, SourceUnusable
from mutoscope.testing.upstreams.sources import sound_in

PENDING, RUNNING, COMPLETED, FAILED = "pending", "in_progress", "completed", "failed"
# Of a graph that names neither a size nor a source.
_SIZE, _SECONDS = Size(64, 64), 1.0


@dataclass(slots=True)
class Run:
    """A queued graph and what became of it.

    outputs: the output nodes that are run. script, told: the events of the run, and how many were sent. messages: those
    events that the history keeps. results: what the output nodes made.
    """

    job: FakeJob
    number: float
    graph: Graph
    outputs: list[str]
    extra: dict[str, Any]
    status: str = PENDING
    created: int = field(default_factory=now)
    started: int | None = None
    ended: int | None = None
    script: list[Message] = field(default_factory=list)
    told: int = 0
    messages: list[list[Any]] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    @property
    def entry(self) -> list[Any]:
        """As `/queue` and the history list it."""
        return [self.number, self.job.id, self.graph, self.extra, self.outputs]

    @property
    def history(self) -> dict[str, Any]:
        word = "success" if self.status == COMPLETED else "error"
        status = {"status_str": word, "completed": self.status == COMPLETED, "messages": self.messages}
        return {"prompt": self.entry, "outputs": self.results, "status": status}

    def told_as_job(self, cancelled: str, *, whole: bool) -> dict[str, Any]:
        """As the routes under `/api/jobs` tell it. cancelled: the word for what was interrupted."""
        files = [file for node in self.results.values() for files in node.values() for file in files]
        files = [file for file in files if isinstance(file, dict)]
        answer = {
            "id": self.job.id,
            "status": cancelled if self.job.cancelled else self.status,
            "priority": self.number,
            "create_time": self.created,
            "execution_start_time": self.started,
            "execution_end_time": self.ended,
            "execution_error": self.error,
            "outputs_count": len(files),
            "preview_output": files[0] if files else None,
        }
        return answer | ({"outputs": self.results, "execution_status": self.history["status"]} if whole else {})


def describe(prompt_id: str, body: Mapping[str, Any], graph: Graph, outputs: list[str], disk: Disk) -> FakeJob:
    """The job of a valid graph. What its source lacks is in `more["broken"]`: the run fails for it."""
    names = list(dict.fromkeys(name for output in outputs for name in needed(graph, output)))
    clips = _loaded(graph, names, "LoadVideo", "file", disk)
    pictures = _loaded(graph, names, "LoadImage", "image", disk)
    sounds = _loaded(graph, names, "LoadAudio", "audio", disk)
    kind = "edit" if clips else "create"
    if pictures and not clips:
        guides = {link[0] for name in names if isinstance(link := _input(graph, name, "reference_image"), list)}
        kind = "reference" if guides & set(pictures) else "frame"
    size, seconds, broken, heard = _SIZE, _SECONDS, None, list[float]()
    source = next(iter((clips or pictures).values()), None)
    try:
        if clips and source is not None:
            size, seconds = film.measures(source)
        elif source is not None:
            size = Size(*Image.open(io.BytesIO(source)).size)
        heard = [sound_in(sound) for sound in sounds.values()]
    except (FFmpegError, OSError, ValueError, IndexError, SourceUnusable) as error:
        broken = f"Invalid data found when processing input: {error}"
    size, seconds = _shape(graph, names, size, seconds)
    model = first(graph, names, "unet_name") or first(graph, names, "ckpt_name") or ""
    job = FakeJob(prompt_id, kind, str(model), prompt_of(graph, names), body, size, seconds)
    if source is not None and broken is None:
        badge = film.badge_of(source)
        job.badge = film.badge_for(source) if badge is None else badge
    job.more |= {"broken": broken, "sounds": heard}
    return job


def _input(graph: Graph, name: str, key: str) -> Any:
    return graph[name].get("inputs", {}).get(key)


def _loaded(graph: Graph, names: list[str], class_type: str, key: str, disk: Disk) -> dict[str, bytes]:
    """The files that nodes of a class load, by node."""
    loaders = [name for name in names if graph[name]["class_type"] == class_type]
    return {name: disk.read(_input(graph, name, key)) or b"" for name in loaders}


def _shape(graph: Graph, names: list[str], size: Size, seconds: float) -> tuple[Size, float]:
    """What the graph asks for, or else what its source has."""
    width, height, length = (first(graph, names, key) for key in ("width", "height", "length"))
    if width is not None and height is not None:
        size = Size(int(width), int(height))
    fps = first(graph, names, "fps") or first(graph, names, "frame_rate") or film.FPS
    if length is not None:
        seconds = int(length) / float(fps)
    elif slices := [name for name in names if graph[name]["class_type"] == "Video Slice"]:
        seconds = min(seconds, float(_input(graph, slices[0], "duration")) or seconds)
    return Size(max(32, size.width // 2 * 2), max(32, size.height // 2 * 2)), seconds


def save(run: Run, clip: bytes, disk: Disk, *, metadata: bool) -> dict[str, Any]:
    """Write the files of all output nodes; what the history tells of them."""
    results: dict[str, Any] = {}
    for name in run.outputs:
        inputs, prefix = run.graph[name].get("inputs", {}), str(_input(run.graph, name, "filename_prefix"))
        graph = run.graph if metadata else None
        match run.graph[name]["class_type"]:
            case "SaveVideo":
                suffix = "." + str(inputs["format"]).replace("auto", "mp4")
                results[name] = _told_as_images(disk.save(prefix, suffix, packed(clip, suffix, graph)))
            case "SaveWEBM":
                results[name] = _told_as_images(disk.save(prefix, ".webm", packed(clip, ".webm", graph)))
            case "VHS_VideoCombine":
                folder = "output" if inputs["save_output"] else "temp"
                file = disk.save(prefix, ".mp4", packed(clip, ".mp4", graph), folder)
                more = {"format": inputs["format"], "frame_rate": inputs["frame_rate"]}
                path = "/".join(part for part in ("/comfyui", folder, file["subfolder"], file["filename"]) if part)
                results[name] = {"gifs": [{**file, **more, "fullpath": path}]}
            case _:
                picture = film.picture(run.job.badge, run.job.size)
                results[name] = {"images": [disk.save("ComfyUI_temp", ".png", picture, "temp")]}
    return results


def _told_as_images(file: dict[str, str]) -> dict[str, Any]:
    return {"images": [file], "animated": [True]}

"""What a run tells on the WebSocket, event by event."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.comfyui.graphs import Graph, needed

Message = dict[str, Any] | bytes
PREVIEW, TEXT, PREVIEW_WITH_METADATA = 1, 3, 4
_PNG = 2


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": data}


def script(graph: Graph, outputs: list[str], prompt_id: str, cached: bool) -> list[Message]:
    """What is told from the start of a run up to its last node, which is to be told as executed then.

    A graph with two samplers counts from 0 to its end twice.
    """
    names = list(dict.fromkeys(name for output in outputs for name in needed(graph, output)))
    told: list[Message] = [
        event("execution_start", prompt_id=prompt_id, timestamp=now()),
        event("execution_cached", nodes=names if cached else [], prompt_id=prompt_id, timestamp=now()),
    ]
    finished: dict[str, int] = {}
    for name in [] if cached else names:
        told.append(event("executing", node=name, display_node=name, prompt_id=prompt_id))
        steps = _steps(graph[name])
        for step in range(1, steps + 1):
            told += _step(name, step, steps, prompt_id, finished)
        finished[name] = max(1, steps)
    return told


def _steps(node: dict[str, Any]) -> int:
    inputs = node.get("inputs", {})
    if not str(node["class_type"]).startswith("KSampler"):
        return 0
    steps = int(inputs.get("steps", 0))
    return max(0, min(steps, int(inputs.get("end_at_step", steps))) - int(inputs.get("start_at_step", 0)))


def _step(name: str, step: int, steps: int, prompt_id: str, finished: dict[str, int]) -> Iterator[Message]:
    def state(node: str, word: str, value: int, most: int) -> dict[str, Any]:
        return {"node_id": node, "prompt_id": prompt_id, "state": word, "value": value, "max": most}

    nodes = {one: state(one, "finished", most, most) for one, most in finished.items()}
    yield event("progress", value=step, max=steps, node=name, prompt_id=prompt_id)
    yield event("progress_state", prompt_id=prompt_id, nodes={**nodes, name: state(name, "running", step, steps)})
    if step == 1:
        picture = film.picture(0, Size(32, 32))
        metadata = json.dumps({"node_id": name, "prompt_id": prompt_id, "image_type": "image/png"}).encode()
        yield struct.pack(">II", PREVIEW, _PNG) + picture
        yield struct.pack(">II", PREVIEW_WITH_METADATA, len(metadata)) + metadata + picture
        yield struct.pack(">II", TEXT, len(name)) + name.encode() + b"sampling"

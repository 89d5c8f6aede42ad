"""What ComfyUI says: of its queue, of a job's history, and why a graph was refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import urlencode

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at, body_of, text_at
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset

Shown = Callable[[str], str]

# Under this key of a job's `extra_data` stands what is needed of it later; the history tells it again.
OURS = "mutoscope"

# The words of a finished job's `status_str`.
STATUSES: Mapping[str, Literal["done", "failed"]] = {"success": "done", "error": "failed"}

_CLIPS = frozenset({".mp4", ".webm", ".mkv", ".mov"})
_OUT_OF_MEMORY = ("OutOfMemoryError", "OOM")


def place_in_queue(told: Any, prompt_id: str) -> Literal["running", "pending"] | None:
    """Where a job stands in the answer of `/queue`; None for nowhere. UpstreamProtocolError if it is no such answer."""
    running, pending = at(told, "queue_running"), at(told, "queue_pending")
    if not isinstance(running, list) or not isinstance(pending, list):
        raise UpstreamProtocolError("The upstream's answer has no queue.")
    if any(at(entry, 1) == prompt_id for entry in running):
        return "running"
    return "pending" if any(at(entry, 1) == prompt_id for entry in pending) else None


def poll_of(entry: Any, prompt_id: str, shown: Shown) -> Poll:
    """What the history says of a finished job.

    UpstreamProtocolError for a word that is not documented, FinishedWithoutAsset for a success that made no file.
    """
    word = text_at(entry, "status", "status_str")
    match STATUSES.get(word):
        case "done":
            return _done(entry, prompt_id)
        case "failed":
            return Refused(_failure(entry, shown))
    raise UpstreamProtocolError(f"The upstream says the status '{shown(word)}', which is not documented.")


def refusal_of(reply: Reply, said: str, source_nodes: frozenset[str]) -> UpstreamError | None:
    """The error that a refused graph is. source_nodes: those that read what was uploaded for the job."""
    if reply.status != 400:
        return None
    faulty = at(body_of(reply), "node_errors")
    if isinstance(faulty, dict) and faulty and set(faulty) <= source_nodes:
        return SourceRefused(f"The workflow does not take this picture, clip or sound: {said}")
    return UpstreamRejected(f"The upstream refused the workflow: {said}")


def sentence_of(told: Any) -> str | None:
    """What is wrong with a graph, and at which node first."""
    error = at(told, "error")
    lines = [error] if isinstance(error, str) else [at(error, "message"), at(error, "details")]
    nodes = at(told, "node_errors")
    for node, found in nodes.items() if isinstance(nodes, dict) else ():
        first = at(found, "errors", 0)
        lines += [f"node {node} ({at(found, 'class_type')}):", at(first, "message"), at(first, "details")]
        break
    return " ".join(line for line in lines if isinstance(line, str) and line) or None


def _done(entry: Any, prompt_id: str) -> Done:
    ours = at(entry, "prompt", 3, OURS)
    files = list(_files(at(entry, "outputs"), str(at(ours, "output") or "")))
    if not files:
        raise FinishedWithoutAsset("The workflow ended without a video file; perhaps all of it came from the cache.")
    found = min(files, key=lambda file: at(file, "type") != "output")
    named = {name: at(found, name) or "" for name in ("filename", "subfolder", "type")}
    seed = at(ours, "seed")
    facts = {"id": prompt_id, **({"seed": seed} if isinstance(seed, int) else {})}
    return Done((RemoteAsset(Variant.VIDEO, f"/view?{urlencode(named)}"),), facts)


def _files(outputs: Any, preferred: str) -> Iterator[Any]:
    """Every video file among the outputs, those of the preferred node first. Node packs name the lists differently."""
    nodes = outputs if isinstance(outputs, dict) else {}
    for node in sorted(nodes, key=lambda node: node != preferred):
        for files in nodes[node].values() if isinstance(nodes[node], dict) else ():
            for file in files if isinstance(files, list) else ():
                name = at(file, "filename")
                if isinstance(name, str) and PurePosixPath(name).suffix.lower() in _CLIPS:
                    yield file


def _failure(entry: Any, shown: Shown) -> UpstreamError:
    events = {at(message, 0): at(message, 1) for message in at(entry, "status", "messages") or ()}
    if "execution_interrupted" in events:
        return UpstreamRejected("The job was cancelled at the upstream.")
    error = events.get("execution_error")
    kind = str(at(error, "exception_type") or "")
    if kind.endswith(_OUT_OF_MEMORY):
        return UpstreamUnavailable("The upstream ran out of GPU memory.")
    # Never the traceback: it tells of the operator's machine.
    where, why = at(error, "node_type") or "a node", at(error, "exception_message") or "it does not say why"
    return UpstreamRejected(f"The workflow failed in {shown(str(where))}: {shown(str(why))}")

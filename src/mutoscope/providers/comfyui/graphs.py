"""From a job and a workflow to the graph that is sent. Pure."""

from __future__ import annotations

import copy
import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation
from mutoscope.providers.comfyui.templates import FILES, GUIDES, Graph, Template, Use
from mutoscope.providers.protocol import Given, Job

# What a graph may leave alone where the workflow has no input for it: the model's declared limits speak for it.
_OPTIONAL = frozenset({"fps", "frames", "height", "seconds", "width"})
# What the nodes that save files have; theirs is the one input that changes no picture.
PREFIX = "filename_prefix"
_NAMESPACE = uuid.UUID("5c1a9f0e-6a54-4c0e-9a3d-6d75746f7363")


def prompt_id_of(job: Job) -> str:
    """The id of an attempt at the upstream: the same after every restart, so that it can be looked up."""
    return str(uuid.uuid5(_NAMESPACE, job.key))


def seed_of(job: Job) -> int:
    """The seed asked for; else one of the attempt's own, 0 to 2^32 - 1."""
    if job.request.seed is not None:
        return job.request.seed
    return int.from_bytes(hashlib.sha256(job.key.encode()).digest()[:4])


def use_of(job: Job) -> Use:
    """Which workflow a job takes."""
    if job.request.operation is Operation.EXTENSION:
        return Use.EXTEND
    if job.strategy == Strategy.EDIT:
        return Use.EDIT
    if job.strategy == Strategy.REFERENCE:
        return Use.REFERENCE
    if job.last_frame is not None:
        return Use.FRAMES
    if job.reference is not None:
        return Use.IMAGE
    return Use.GUIDED if job.guides else Use.CREATE


def template_for(job: Job, templates: Mapping[Use, Template]) -> Template:
    use = use_of(job)
    if use not in templates:
        raise UpstreamRejected(f"Model '{job.model.name}' has no workflow for '{use}'.")
    return templates[use]


def by_slot(guides: Iterable[Given]) -> dict[str, Given]:
    """Which input each reference goes to. UpstreamRejected where there are more of a kind than inputs can be named."""
    free = {kind: list(slots) for kind, slots in GUIDES.items()}
    placed: dict[str, Given] = {}
    for guide in guides:
        kind = guide.media_type.partition("/")[0]
        if not free.get(kind):
            most = ", ".join(f"{len(slots)} of the kind '{kind}'" for kind, slots in GUIDES.items())
            raise UpstreamRejected(f"A workflow takes in 'input_references' up to {most}, no more.")
        placed[free[kind].pop(0)] = guide
    return placed


def check_files(job: Job, template: Template, slots: Collection[str]) -> None:
    """Refuse files that the workflow has no input for, and the lack of those that it needs. slots: of the job's files.

    UpstreamRejected: nothing was sent.
    """
    if beyond := [slot for slot in slots if slot not in template.places]:
        raise UpstreamRejected(f"The workflow for '{use_of(job)}' has no input for '{beyond[0]}'.")
    if missing := [slot for slot in FILES if slot in template.places and slot not in slots]:
        # Else it would be made from the example that the operator's file names.
        raise UpstreamRejected(f"The workflow for '{use_of(job)}' needs '{missing[0]}'.")


def graph_for(job: Job, template: Template, uploaded: Mapping[str, str]) -> Graph:
    """The workflow, filled. uploaded: by slot the name of each file that was uploaded for the job."""
    graph = copy.deepcopy(template.graph)
    for name, value in {**_values(job, template), **uploaded}.items():
        if name not in template.places and name not in _OPTIONAL:
            raise UpstreamRejected(f"The workflow has no input for '{name}'.")
        _set(graph, template.places.get(name, ()), value)
    for name, value in (job.request.options.get("provider_options") or {}).items():
        if name not in template.option_places:
            raise UpstreamRejected(f"'provider_options' may set {_spelt(template.option_places)}; got '{name}'.")
        if not isinstance(value, str | int | float):
            raise UpstreamRejected(f"'provider_options.{name}' must be a text, a number, or true or false.")
        _set(graph, template.option_places[name], value)
    _name_files(graph, prompt_id_of(job))
    return graph


def _name_files(graph: Graph, prompt_id: str) -> None:
    """Give the files of this attempt a name of their own: else what has the words and the seed of an earlier one would
    be answered from the cache, without a file."""
    for node in graph.values():
        prefix = node.get("inputs", {}).get(PREFIX)
        if isinstance(prefix, str):
            node["inputs"][PREFIX] = f"{prefix}-{prompt_id[:8]}"


def _values(job: Job, template: Template) -> dict[str, Any]:
    request = job.request
    seconds = request.added_seconds if request.operation is Operation.EXTENSION else request.seconds
    values: dict[str, Any] = {
        "prompt": job.prompt,
        "seed": seed_of(job),
        "width": request.size.width,
        "height": request.size.height,
        "seconds": seconds,
        "frames": template.frames(seconds),
        "fps": template.fps,
    }
    wishes = {name: request.options.get(name) for name in ("negative_prompt", "generate_audio")}
    return values | {name: value for name, value in wishes.items() if value is not None}


def _set(graph: Graph, places: tuple[tuple[str, str], ...], value: Any) -> None:
    for node, name in places:
        graph[node]["inputs"][name] = value


def _spelt(names: Mapping[str, Any]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)) or "nothing here"

"""An operator's workflows: graphs in API format, and which of their inputs a job fills."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import ConfigurationError

Graph = dict[str, Any]


class Use(StrEnum):
    """What a workflow is for. The words name the tables in a model's wiring; `create` is the wiring itself."""

    CREATE = "create"
    IMAGE = "image"  # a create with a first frame
    FRAMES = "frames"  # a create with a first and a last frame
    GUIDED = "guided"  # a create with pictures, clips or sounds that guide it
    EDIT = "edit"
    REFERENCE = "reference"
    EXTEND = "extend"


# What guides, by the kind of its media type, each in the order of the request.
GUIDES: Mapping[str, tuple[str, ...]] = {
    "image": ("guide", "guide_2", "guide_3", "guide_4"),
    "video": ("guide_clip", "guide_clip_2", "guide_clip_3"),
    "audio": ("guide_sound", "guide_sound_2", "guide_sound_3"),
}
# Those that are told the name of an uploaded file.
FILES = ("image", "last_frame", "video", *(slot for slots in GUIDES.values() for slot in slots))
# What can be told to a workflow. Lengths are told as `seconds` or as `frames`, whichever it has.
SLOTS = frozenset(
    {
        "fps",
        "frames",
        "generate_audio",
        "height",
        "negative_prompt",
        "prompt",
        "seconds",
        "seed",
        "width",
        *FILES,
    }
)
# A graph with the seed of one before is answered from the cache, without a file.
_ALWAYS = ("prompt", "seed")

# What a capability needs: the workflow for it, and the input that takes it. None stands for every workflow there is.
_NEEDS: Mapping[Capability, tuple[Use | None, str]] = {
    Capability.IMAGE_REFERENCE: (Use.IMAGE, "image"),
    Capability.LAST_FRAME: (Use.FRAMES, "last_frame"),
    Capability.EDIT: (Use.EDIT, "video"),
    Capability.CLIP_REFERENCE: (Use.REFERENCE, "video"),
    Capability.EXTEND: (Use.EXTEND, "video"),
    Capability.NEGATIVE_PROMPT: (None, "negative_prompt"),
    Capability.AUDIO: (None, "generate_audio"),
    Capability.SEED: (None, "seed"),
}
# Those for which any workflow will do that has an input for one of these kinds.
_GUIDED: Mapping[Capability, tuple[str, ...]] = {
    Capability.REFERENCES: tuple(GUIDES),
    Capability.SOUND_REFERENCES: ("audio",),
}
_FREE = frozenset({Capability.CANCEL, Capability.OPTIONS})


class Wiring(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One workflow as the operator names it.

    workflow: the file. inputs: for each slot a place such as "6.inputs.text", or several. options: the same for names
    that callers may set by `provider_options`. output: the node whose file is the result, "" for whichever has one.
    fps, frames_step, frames_offset: a length in frames is the nearest of `offset + step * k`.
    """

    workflow: str
    inputs: dict[str, str | list[str]]
    options: dict[str, str | list[str]] = {}
    output: str = ""
    fps: float = 16.0
    frames_step: int = 4
    frames_offset: int = 1


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow that has been read. places, option_places: by slot or option, nodes and the names of their inputs."""

    graph: Graph
    places: Mapping[str, tuple[tuple[str, str], ...]]
    option_places: Mapping[str, tuple[tuple[str, str], ...]]
    output: str
    fps: float
    frames_step: int
    frames_offset: int

    def frames(self, seconds: float) -> int:
        """The number of frames nearest to a length that the model makes."""
        steps = round((seconds * self.fps - self.frames_offset) / self.frames_step)
        return self.frames_offset + self.frames_step * max(steps, 0 if self.frames_offset > 0 else 1)


def templates_of(model: ModelSpec) -> dict[Use, Template]:
    """The workflows of a model, read from their files. ConfigurationError names the model, the place and the fault."""
    made = {}
    for use, wiring in _wirings(model):
        where = f"Model '{model.name}', workflow for '{use}'"
        made[use] = _read(wiring, where)
    _check(model, made)
    return made


def _wirings(model: ModelSpec) -> Iterator[tuple[Use, Wiring]]:
    given = dict(model.wiring)
    tables = {use: given.pop(use) for use in Use if use is not Use.CREATE and use in given}
    if "workflow" in given:
        tables = {Use.CREATE: given, **tables}
    if not tables:
        raise ConfigurationError(f"Model '{model.name}' names no workflow; expected 'workflow' in its wiring.")
    for use, table in tables.items():
        try:
            yield use, msgspec.convert(table, Wiring)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"Model '{model.name}', wiring for '{use}': {error}.") from None


def _read(wiring: Wiring, where: str) -> Template:
    if unknown := sorted(set(wiring.inputs) - SLOTS):
        raise ConfigurationError(f"{where}: '{unknown[0]}' is no input. Allowed are: {', '.join(sorted(SLOTS))}.")
    for name in _ALWAYS:
        if name not in wiring.inputs:
            raise ConfigurationError(f"{where}: 'inputs' must say where '{name}' goes.")
    if wiring.fps <= 0 or wiring.frames_step < 1 or wiring.frames_offset < 0:
        raise ConfigurationError(f"{where}: 'fps' and 'frames_step' must be positive, 'frames_offset' not negative.")
    graph = _graph(wiring.workflow, where)
    if wiring.output and wiring.output not in graph:
        raise ConfigurationError(f"{where}: '{wiring.output}', the output, is no node of {wiring.workflow}.")
    return Template(
        graph,
        {name: _places(told, graph, where) for name, told in wiring.inputs.items()},
        {name: _places(told, graph, where) for name, told in wiring.options.items()},
        wiring.output,
        wiring.fps,
        wiring.frames_step,
        wiring.frames_offset,
    )


def _graph(name: str, where: str) -> Graph:
    try:
        graph = json.loads(Path(name).expanduser().read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{where}: {name} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise ConfigurationError(f"{where}: {name} is no JSON.") from None
    nodes = graph.values() if isinstance(graph, dict) else ()
    if not nodes or not all(isinstance(node, dict) and isinstance(node.get("inputs"), dict) for node in nodes):
        raise ConfigurationError(f"{where}: {name} is no workflow in API format; use 'Export (API)' in ComfyUI.")
    return graph


def _places(told: str | list[str], graph: Graph, where: str) -> tuple[tuple[str, str], ...]:
    return tuple(_place(one, graph, where) for one in ([told] if isinstance(told, str) else told))


def _place(told: str, graph: Graph, where: str) -> tuple[str, str]:
    node, _, name = told.partition(".inputs.")
    if node not in graph or name not in graph[node]["inputs"]:
        raise ConfigurationError(f"{where}: there is no '{told}'; expected NODE.inputs.NAME, as in the workflow.")
    return node, name


def _check(model: ModelSpec, templates: Mapping[Use, Template]) -> None:
    """Whether every capability that the model declares has its workflow, with the input that it takes."""
    for capability in sorted(model.capabilities - _FREE):
        if capability in _GUIDED:
            _check_guides(model, templates, capability)
            continue
        if capability not in _NEEDS:
            allowed = ", ".join(sorted({*_NEEDS, *_FREE, *_GUIDED}))
            raise ConfigurationError(
                f"Model '{model.name}': a workflow cannot have '{capability}'. Allowed are: {allowed}."
            )
        use, slot = _NEEDS[capability]
        for needed in [use] if use else templates:
            if needed not in templates or slot not in templates[needed].places:
                raise ConfigurationError(
                    f"Model '{model.name}' declares '{capability}', but has no workflow for '{needed}' whose inputs "
                    f"name '{slot}'."
                )


def _check_guides(model: ModelSpec, templates: Mapping[Use, Template], capability: Capability) -> None:
    """What guides may go with a create, an edit or whatever has an input for it."""
    slots = [GUIDES[kind][0] for kind in _GUIDED[capability]]
    if not any(slot in template.places for template in templates.values() for slot in slots):
        raise ConfigurationError(
            f"Model '{model.name}' declares '{capability}', but has no workflow whose inputs name "
            f"{' or '.join(repr(slot) for slot in slots)}."
        )

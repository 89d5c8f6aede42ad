"""Graphs in API format: validated node by node, with the server's own words, and read for what they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mutoscope.testing.upstreams.comfyui.nodes import Input, Node

Graph = dict[str, Any]


class BadPrompt(Exception):
    """A graph that is not queued at all; `body` is the answer's, its status is 400."""

    def __init__(
        self, kind: str, message: str, details: str = "", node_errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        error = {"type": kind, "message": message, "details": details, "extra_info": {}}
        self.body = {"error": error, "node_errors": node_errors or {}}


@dataclass(frozen=True, slots=True)
class Rules:
    """What graphs are validated against. exists: whether there is a file of this (annotated) name."""

    nodes: Mapping[str, Node]
    models: Mapping[str, tuple[str, ...]]
    exists: Callable[[str], bool]


def validate(graph: Any, rules: Rules, targets: list[str] | None) -> tuple[list[str], dict[str, Any]]:
    """The output nodes that will be run, and the errors of those that will not. Raises BadPrompt when none will.

    targets: the output nodes that are wanted; None is all of them.
    """
    if not isinstance(graph, dict):
        raise BadPrompt("invalid_prompt", "Cannot execute because the prompt is not a graph.")
    wanted = []
    for name, node in graph.items():
        if not isinstance(node, dict) or "class_type" not in node:
            message = "Cannot execute because a node is missing the class_type property."
            raise BadPrompt("invalid_prompt", message, f"Node ID '#{name}'")
        if node["class_type"] not in rules.nodes:
            message = f"Cannot execute because node {node['class_type']} does not exist."
            raise BadPrompt("invalid_prompt", message, f"Node ID '#{name}'")
        if rules.nodes[node["class_type"]].saves and (targets is None or name in targets):
            wanted.append(name)
    if not wanted:
        raise BadPrompt("prompt_no_outputs", "Prompt has no outputs")
    return _outputs(graph, rules, wanted)


def _outputs(graph: Graph, rules: Rules, wanted: list[str]) -> tuple[list[str], dict[str, Any]]:
    good, told = [], {}
    for output in wanted:
        found = {name: errors for name in needed(graph, output) if (errors := _errors(graph, name, rules))}
        for name, errors in found.items():
            class_type = graph[name]["class_type"]
            entry = told.setdefault(name, {"errors": errors, "dependent_outputs": [], "class_type": class_type})
            entry["dependent_outputs"].append(output)
        if not found:
            good.append(output)
    if not good:
        details = "\n".join(f"* {one['class_type']} {name}" for name, one in told.items())
        raise BadPrompt("prompt_outputs_failed_validation", "Prompt outputs failed validation", details, told)
    return good, told


def needed(graph: Graph, output: str) -> list[str]:
    """The nodes that an output depends on, each after those that it needs itself; unknown ones are left out."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in graph:
            return
        seen.add(name)
        for link in links_of(graph[name]):
            visit(link)
        order.append(name)

    visit(output)
    return order


def links_of(node: Mapping[str, Any]) -> Iterator[str]:
    inputs = node.get("inputs", {})
    return (value[0] for value in inputs.values() if isinstance(value, list) and value and isinstance(value[0], str))


def _errors(graph: Graph, name: str, rules: Rules) -> list[dict[str, Any]]:
    node, inputs = rules.nodes[graph[name]["class_type"]], graph[name].get("inputs", {})
    errors = []
    for key, wanted in {**node.required, **node.optional}.items():
        if key in inputs:
            found = _fault(graph, inputs[key], key, wanted, rules)
            errors += [] if found is None else [_error(*found, key)]
        elif key in node.required:
            errors.append(_error("required_input_missing", "Required input is missing", key, key))
    return errors


def _error(kind: str, message: str, details: str, key: str) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": {"input_name": key}}


_Fault = tuple[str, str, str]  # type, message, details


def _fault(graph: Graph, value: Any, key: str, wanted: Input, rules: Rules) -> _Fault | None:
    if isinstance(value, list):
        return _link_fault(graph, value, key, wanted, rules)
    if wanted.type in ("INT", "FLOAT"):
        return _number_fault(value, key, wanted)
    if wanted.type == "COMBO":
        return _choice_fault(value, key, wanted, rules)
    if wanted.type in ("STRING", "BOOLEAN"):
        return None
    message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    return "bad_linked_input", message, f"{key}, received a value"


def _choice_fault(value: Any, key: str, wanted: Input, rules: Rules) -> _Fault | None:
    if wanted.file:
        known = isinstance(value, str) and rules.exists(value)
        message = "Custom validation failed for node"
        return None if known else ("custom_validation_failed", message, f"{key} - Invalid file: {value}")
    choices = wanted.choices or rules.models.get(wanted.folder, ())
    if value not in choices:
        return "value_not_in_list", "Value not in list", f"{key}: '{value}' not in {list(choices)}"
    return None


def _link_fault(graph: Graph, value: list[Any], key: str, wanted: Input, rules: Rules) -> _Fault | None:
    if len(value) != 2 or not isinstance(value[0], str) or not isinstance(value[1], int):
        message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        return "bad_linked_input", message, f"{key}, received {value}"
    outputs = rules.nodes[graph[value[0]]["class_type"]].outputs if value[0] in graph else ()
    if not 0 <= value[1] < len(outputs):
        return "exception_during_validation", "Exception when validating node", f"{key}: no output {value}"
    if outputs[value[1]] != wanted.type:
        details = f"{key}, received_type({outputs[value[1]]}) mismatch input_type({wanted.type})"
        return "return_type_mismatch", "Return type mismatch between linked nodes", details
    return None


def _number_fault(value: Any, key: str, wanted: Input) -> _Fault | None:
    try:
        number = int(value) if wanted.type == "INT" else float(value)
    except (TypeError, ValueError):
        message = f"Failed to convert an input value to a {wanted.type} value"
        return "invalid_input_type", message, f"{key}, {value}"
    if wanted.low is not None and number < wanted.low:
        return "value_smaller_than_min", f"Value {number} smaller than min of {wanted.low}", key
    if wanted.high is not None and number > wanted.high:
        return "value_bigger_than_max", f"Value {number} bigger than max of {wanted.high}", key
    return None


def first(graph: Graph, names: list[str], key: str) -> Any:
    """The first value of this name, not a link, among the inputs of these nodes; None when there is none."""
    values = (graph[name].get("inputs", {}).get(key) for name in names)
    return next((value for value in values if value is not None and not isinstance(value, list)), None)


def prompt_of(graph: Graph, names: list[str]) -> str:
    """The text of the positive condition."""
    for name in reversed(names):
        link = graph[name].get("inputs", {}).get("positive")
        if isinstance(link, list):
            texts = [node for node in needed(graph, link[0]) if graph[node]["class_type"] == "CLIPTextEncode"]
            positive = [node for node in texts if node in _positives(graph, link[0])] or texts
            return str(first(graph, positive, "text") or "")
    return str(first(graph, names, "text") or "")


def _positives(graph: Graph, name: str) -> set[str]:
    """The node, and those that it takes its own positive condition from."""
    found = {name}
    while isinstance(link := graph[name].get("inputs", {}).get("positive"), list) and link[0] not in found:
        name = link[0]
        found.add(name)
    return found

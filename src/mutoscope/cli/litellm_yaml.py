"""A YAML file of somebody else's: plain values alone, with the line on which each model stands.

No tag makes an object here, and aliases cannot blow up: what they stand for is counted before anything is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mutoscope.cli.outcome import misused

MOST_BYTES = 1 << 20
MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What the file says. lines: of the entries of the list under `model_list`, from 1."""

    data: dict[str, Any]
    lines: list[int]


def read(path: Path) -> YamlFile:
    """The file. CliError, with the line, when it is none that can be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise misused(f"The file {path} cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise misused(f"The file {path} is longer than {MOST_BYTES} bytes.")
    try:
        return _parsed(str(path), content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}" if mark is not None else ""
        raise misused(f"{path}{where}: this is no plain YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise misused(f"{path}: this is no YAML: {str(error).splitlines()[0]}.") from None
    except (RecursionError, UnicodeDecodeError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise misused(f"{path}: this is no plain YAML: {reason}.") from None


def _parsed(name: str, content: bytes) -> YamlFile:
    loader = yaml.SafeLoader(content)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            line = root.start_mark.line + 1 if root is not None else 1
            raise misused(f"{name}:{line}: a LiteLLM configuration is a mapping with 'model_list'.")
        _count(name, root, {})
        lines = _lines(root)
        return YamlFile(loader.construct_document(root), lines)
    finally:
        loader.dispose()


def _count(name: str, node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for, aliases followed; CliError when there are too many, or it holds itself."""
    if id(node) in known:
        if not known[id(node)]:
            raise misused(f"{name}:{node.start_mark.line + 1}: this value holds itself.")
        return known[id(node)]
    known[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        inner = [each for pair in node.value for each in pair]
    else:
        inner = node.value if isinstance(node, yaml.SequenceNode) else []
    count = 1 + sum(_count(name, each, known) for each in inner)
    if count > MOST_VALUES:
        raise misused(f"{name}:{node.start_mark.line + 1}: with its aliases this is more than {MOST_VALUES} values.")
    known[id(node)] = count
    return count


def _lines(root: yaml.MappingNode) -> list[int]:
    for key, value in root.value:
        if key.value == "model_list" and isinstance(value, yaml.SequenceNode):
            return [entry.start_mark.line + 1 for entry in value.value]
    return []

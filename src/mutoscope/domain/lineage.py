"""The tree of a video: what it was made from, and all that was made from the same root."""

from __future__ import annotations

from dataclasses import dataclass

from mutoscope.domain.lifecycle import State


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One video of a tree. prompt: None where it was deleted, which keeps its place.

    created_at: Unix seconds. expires_at: the same, until when its files are kept; None for ever.
    """

    id: str
    source_id: str | None
    prompt: str | None
    state: State
    strategy: str | None
    created_at: float
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A whole tree, in order of creation, so that each video stands behind its source."""

    root_id: str
    nodes: tuple[LineageNode, ...]

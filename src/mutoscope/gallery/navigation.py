"""The pages that the header leads to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the header. icon: its name in `static/sprite.svg`."""

    path: str
    name: str
    icon: str


NAVIGATION = (
    Entry("/", "Gallery", "gallery"),
    Entry("/playground", "Playground", "playground"),
    Entry("/settings", "Settings", "settings"),
)

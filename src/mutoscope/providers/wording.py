"""The words for an upstream that changes a clip by instruction."""

from __future__ import annotations

KEEP_THE_REST = "Keep everything else the same."


def keeping_the_rest(change: str) -> str:
    """The change, and that nothing else is to change."""
    change = change.strip()
    end = "" if change.endswith((".", "!", "?", "。")) else "."
    return f"{change}{end} {KEEP_THE_REST}"

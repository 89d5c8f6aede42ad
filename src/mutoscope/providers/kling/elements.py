"""Kling's elements: people and things that a caller has saved in the account there, known by the ids that Kling gave.

No other upstream has them, so a request names them in `provider_options`, in the form of the API that its model is
asked by: `contents` with entries of the type "element", or `element_list` at the older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mutoscope.domain.errors import UpstreamRejected
from mutoscope.providers.protocol import Job

CONTENTS, LIST = "contents", "element_list"
_KEYS = frozenset({"type", "element_id", "id"})


def elements_of(job: Job) -> list[dict[str, Any]]:
    """As API 2.0 takes them, each with the id by which the prompt names it: the caller's, or "element_1" and so on.

    UpstreamRejected for anything else in `contents`, whose other entries the request has fields for.
    """
    return [
        {"type": "element", "element_id": _id_in(each, CONTENTS), "id": each.get("id", f"element_{number}")}
        for number, each in enumerate(_entries(job, CONTENTS), 1)
        if _is_element(each)
    ]


def listed_of(job: Job) -> list[dict[str, Any]]:
    """As the older API takes them; the prompt names them by their places."""
    return [{"element_id": _id_in(each, LIST)} for each in _entries(job, LIST)]


def _entries(job: Job, field: str) -> list[Mapping[str, Any]]:
    given = job.request.options.get("provider_options", {}).get(field, [])
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise UpstreamRejected(f"'provider_options.{field}' is no list of objects.")
    return given


def _is_element(entry: Mapping[str, Any]) -> bool:
    if entry.get("type") != "element" or not entry.keys() <= _KEYS or not isinstance(entry.get("id", ""), str):
        raise UpstreamRejected(
            f"'provider_options.{CONTENTS}' takes elements only: {{'type': 'element', 'element_id': …, 'id': …}}; the "
            "request has fields for the rest."
        )
    return True


def _id_in(entry: Mapping[str, Any], field: str) -> str | int:
    found = entry.get("element_id")
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise UpstreamRejected(f"An element of 'provider_options.{field}' has no 'element_id'.")
    return found

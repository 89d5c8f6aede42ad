"""What only this upstream takes, and no field of a request is for: pictures registered as its assets, and drafts.

A caller names them in `provider_options`, as entries of the upstream's own `content`:

    {"type": "image_url", "image_url": {"url": "asset://ID"}, "role": "reference_image"}, or another role of a picture
    {"type": "draft_task", "draft_task": {"id": "cgt-ID"}}, whose full video is to be made
    {"type": "draft_task"}, in a remix of a draft: that one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.providers.protocol import Job

CONTENT = "content"
ROLES = ("first_frame", "last_frame", "reference_image")
# Facts of a draft, by which its full video is asked for.
DRAFT, DRAFT_SECONDS = "ark_draft", "ark_draft_seconds"

_ASSET = "asset://"


@dataclass(frozen=True, slots=True)
class Own:
    """assets: the entries of registered pictures. draft: the upstream's id of the draft, "" for the source; None for
    none."""

    assets: tuple[Mapping[str, Any], ...] = ()
    draft: str | None = None

    def has(self, role: str) -> bool:
        return any(asset["role"] == role for asset in self.assets)

    @property
    def references(self) -> int:
        """How many of the pictures guide."""
        return sum(asset["role"] == "reference_image" for asset in self.assets)


def own_of(job: Job) -> Own:
    """UpstreamRejected for entries that the request has fields for, and for what cannot be read."""
    entries = job.request.options.get("provider_options", {}).get(CONTENT, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise UpstreamRejected(f"'provider_options.{CONTENT}' is no list of objects.")
    assets = tuple(each for each in entries if _is_asset(each))
    drafts = [_draft_in(each) for each in entries if each.get("type") == "draft_task"]
    if len(assets) + len(drafts) < len(entries) or len(drafts) > 1:
        raise UpstreamRejected(
            f"'provider_options.{CONTENT}' takes pictures at '{_ASSET}…' with one of the roles {', '.join(ROLES)}, and "
            "one 'draft_task'; the request has fields for the rest."
        )
    return Own(assets, drafts[0] if drafts else None)


def draft_of(job: Job, own: Own, account: str) -> str:
    """The upstream's id of the draft. account: the engine's name of ours, whose videos alone are known there.

    SourceRefused for a source that is no draft of this account, UpstreamRejected for what cannot go along with one.
    """
    is_remix = job.source is not None
    given = (job.reference, job.last_frame, job.clip)
    if own.assets or job.guides or (not is_remix and any(each is not None for each in given)):
        raise UpstreamRejected("A draft has its words and pictures already; none can be given for its full video.")
    if own.draft:
        return own.draft
    source = job.source
    if source is None or source.provider != account or not source.upstream_id or not source.facts.get(DRAFT):
        raise SourceRefused("The source is no draft that this account made; name the upstream's id of one.")
    seconds = source.facts.get(DRAFT_SECONDS)
    if isinstance(seconds, int | float) and round(seconds) != round(job.request.seconds):
        raise UpstreamRejected(f"The full video is as long as its draft: ask for {seconds:g} seconds.")
    return source.upstream_id


def _is_asset(entry: Mapping[str, Any]) -> bool:
    held = entry.get("image_url")
    if entry.get("type") != "image_url" or not isinstance(held, dict) or set(entry) != {"type", "image_url", "role"}:
        return False
    url = held.get("url")
    return set(held) == {"url"} and isinstance(url, str) and url.startswith(_ASSET) and entry["role"] in ROLES


def _draft_in(entry: Mapping[str, Any]) -> str:
    if set(entry) == {"type"}:
        return ""
    held = entry.get("draft_task")
    draft = held.get("id") if isinstance(held, dict) else None
    if not isinstance(draft, str) or not draft:
        raise UpstreamRejected("A 'draft_task' of 'provider_options.content' has no id.")
    return draft

"""The last rung of the ladder: an upstream tells its id of a job to a URL that only this one submission was given.

Who knows the token in it was asked by us. A callback is believed in nothing but that id: what became of the job, the
upstream is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import structlog

from mutoscope.database.connection import Row, Transaction
from mutoscope.domain.errors import UpstreamError
from mutoscope.engine.desk import Desk
from mutoscope.providers.protocol import CallsBack, Provider

log = structlog.get_logger(__name__)

PATH = "/v1/callbacks/"


def calls_back(desk: Desk, provider: Provider) -> bool:
    """Whether this provider's upstream is given URLs to call: it uses them, and can reach us."""
    return bool(desk.public_url) and provider.recovery.calls_back


def callback_url(desk: Desk, provider: Provider, nonce: str) -> str | None:
    """Where the upstream of the attempt with this nonce may call; None for one that does not."""
    return f"{desk.public_url.rstrip('/')}{PATH}{nonce}" if calls_back(desk, provider) else None


async def hear(desk: Desk, token: str, headers: Mapping[str, str], body: bytes) -> None:
    """Note which job a callback names. Of a token that nobody was given, or a body that names none, nothing comes."""
    intent = await desk.database.one("intent_by_nonce", nonce=token)
    provider = desk.providers.get(intent["provider"]) if intent is not None else None
    if intent is None or provider is None or not provider.recovery.calls_back:
        return
    try:
        upstream_id = await cast(CallsBack, provider).called_back(headers, body)
    except UpstreamError as error:
        log.warning("a callback cannot be read", video_id=intent["video_id"], code=error.code, reason=error.message)
        return
    noted = await desk.database.write(lambda tx: _note(tx, intent, upstream_id, desk.clock.now()))
    if noted != upstream_id:
        log.error(
            "callbacks of one submission name two jobs",
            alarm="callback",
            video_id=intent["video_id"],
            first=noted,
            then=upstream_id,
        )


def _note(tx: Transaction, intent: Row, upstream_id: str, now: float) -> str:
    """The id that stands for this attempt from now on: the first that was told."""
    video_id, attempt = intent["video_id"], intent["attempt"]
    if tx.run("note_callback", video_id=video_id, attempt=attempt, upstream_id=upstream_id):
        noted = upstream_id
    else:
        current = tx.one("intent_of", video_id=video_id, attempt=attempt)
        assert current is not None, "an intent is never removed"
        noted = current["called_back"]
    if noted == upstream_id:
        tx.run("poll_at_once", id=video_id, upstream_id=upstream_id, now=now)
        tx.announce(video_id)
    return noted

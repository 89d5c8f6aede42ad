"""The words of an attempt, settled once before it is made: an attempt has one idempotency key, and so one text.

What a composer answers is on disk before anybody is asked for a video. Whatever goes wrong with it, the words that the
rule has made are there already.
"""

from __future__ import annotations

from typing import Any, Protocol

import structlog

from mutoscope.database.connection import Row
from mutoscope.database.videos import decode, encode, told
from mutoscope.domain.composition import SHOWN_CHARACTERS, is_open
from mutoscope.domain.errors import UpstreamError
from mutoscope.domain.wishes import Adjustment

log = structlog.get_logger(__name__)


class Composer(Protocol):
    """Somebody who writes the words for a new generation."""

    async def compose(self, material: str, limit: int) -> str:
        """The prompt, of at most `limit` characters, fit to be sent. UpstreamError when there is none."""
        ...

    async def aclose(self) -> None: ...


class _Desk(Protocol):
    """What is needed of the desk, which itself holds a composer."""

    @property
    def database(self) -> Any: ...

    @property
    def composer(self) -> Composer | None: ...

    async def insist_on_row(self, video_id: str) -> Row: ...


async def settle(desk: _Desk, row: Row) -> Row:
    """The row with the words that its attempt is made with, now and ever.

    row: of an attempt that has certainly not been made. The composer may be asked again after a crash, as long as
    nobody was told what it said.
    """
    plan = decode(row["plan"])
    composition = plan.get("composition")
    if not is_open(composition):
        return row
    text, fault = await _ask(desk.composer, row, composition)
    rule = row["upstream_prompt"]
    settled: dict[str, Any] = {"by": "rule"}
    if fault is not None:
        reason = f"The composer could not be used, so the words were put together by rule. {fault}"
        plan["adjustments"].append(told(Adjustment("upstream_prompt", None, rule[:SHOWN_CHARACTERS], reason)))
    elif text is not None:
        settled = {"by": "chat"} if text == rule else {"by": "chat", "rule_prompt": rule}
    await desk.database.write(
        lambda tx: tx.run(
            "settle_words",
            id=row["id"],
            state=row["state"],
            attempt=row["attempt"],
            before=row["plan"],
            plan=encode({**plan, "composition": settled}),
            upstream_prompt=rule if text is None else text,
        )
    )
    # Whoever came first: what is in the row counts, and not what was heard here.
    return await desk.insist_on_row(row["id"])


async def _ask(composer: Composer | None, row: Row, composition: dict[str, Any]) -> tuple[str | None, str | None]:
    """The composer's text, or why there is none; neither where there is no composer any more."""
    if composer is None:
        return None, None
    try:
        return await composer.compose(composition["material"], composition["limit"]), None
    except UpstreamError as error:
        log.warning("the composer could not be used", video_id=row["id"], reason=error.message)
        return None, error.message
    except Exception:
        log.exception("the composer stumbled", video_id=row["id"])
        return None, "It stumbled."

"""Going on after a refusal: to another account, a lower rung or another model, as the plan of the video foresees.

A video goes on only while it is certain that none of its attempts started anything. The next attempt begins with an
intent that says so too: a process that dies in between asks, it does not wonder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from mutoscope import metrics
from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import add_event, decode, encode, keep_replies, told
from mutoscope.domain.errors import UpstreamError
from mutoscope.domain.fallback import After, next_of
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.wishes import Adjustment
from mutoscope.engine.desk import Desk
from mutoscope.engine.intents import add_intent, new_nonce
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers import hearing

log = structlog.get_logger(__name__)

NOT_ASKED_YET = "Not asked yet."
MODEL = "model"


class FurtherPlans:
    """What a video's plan holds for the case of a refusal."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, row: Row, error: UpstreamError) -> bool:
        """Make the next plan that may follow this error the video's own. Whether there was one, and this was the time.

        row: of a video whose last attempt has certainly started nothing. One whose earlier attempt may have started
        something stays where it is.
        """
        plan = decode(row["plan"]) or {}
        further = [leg for leg in plan.get("further", ()) if self._is_offered(leg)]
        place = next_of([After(leg["after"]) for leg in further], error)
        if place is None:
            return False
        changed = _changed(row, plan, further[place], _rest(further, place), error)
        is_new, now = row["state"] == State.QUEUED, self._desk.clock.now()
        attempt = row["attempt"] if is_new else row["attempt"] + 1
        outcome = Outcome.REJECTED if outcome_of(error) is Outcome.UNKNOWN else outcome_of(error)
        replies = hearing.told()

        def write(tx: Transaction) -> bool:
            if not tx.run(
                "take_further",
                id=row["id"],
                state=row["state"],
                attempt=row["attempt"],
                next_attempt=attempt,
                **changed,
            ):
                return False
            happening = Happening.NOT_SENT if outcome is Outcome.NOT_SENT else Happening.REJECTED
            detail = {"model": changed["model"], "provider": changed["provider"], "reason": error.message}
            add_event(tx, row["id"], row["tenant"], happening, State(row["state"]), now, detail)
            keep_replies(tx, row, replies, now)
            if not is_new:
                _close(tx, row["id"], row["attempt"], outcome, error.message)
                add_intent(tx, row, attempt, now, new_nonce(), provider=changed["provider"])
                _close(tx, row["id"], attempt, Outcome.NOT_SENT, NOT_ASKED_YET)
            tx.announce(row["id"])
            return True

        went_on = await self._desk.insist(write)
        if went_on:
            if not is_new:
                metrics.submission_ended(row["provider"], outcome)
            log.info(
                "a refused video goes on", video_id=row["id"], refused_by=row["provider"], asks=changed["provider"]
            )
        return went_on

    def _is_offered(self, leg: Mapping[str, Any]) -> bool:
        """Whether this server still has what the plan names: a video may be older than the configuration."""
        if "provider" not in leg:
            return True
        provider = self._desk.providers.get(leg["provider"])
        return provider is not None and ("model" not in leg or any(leg["model"] == m.name for m in provider.models))


def _rest(further: Sequence[Mapping[str, Any]], place: int) -> list[Mapping[str, Any]]:
    """What may follow once the plan at this place is taken; on a lower rung, the model's accounts are still there."""
    passed = further[:place] if further[place]["after"] == After.SOURCE else []
    return [*(leg for leg in passed if leg["after"] == After.ACCOUNT), *further[place + 1 :]]


def _changed(
    row: Row, plan: Mapping[str, Any], leg: Mapping[str, Any], rest: Sequence[Any], error: UpstreamError
) -> dict[str, Any]:
    """The columns of the row under the next plan."""
    return {
        "model": leg.get("model", row["model"]),
        "provider": leg.get("provider", row["provider"]),
        "request": encode(leg["request"]) if "request" in leg else row["request"],
        "strategy": leg.get("strategy", row["strategy"]),
        "upstream_prompt": leg.get("upstream_prompt", row["upstream_prompt"]),
        "plan": encode(_told(row, plan, leg, error) | {"further": rest}),
        "charged": _charged(row, leg),
    }


def _told(row: Row, plan: Mapping[str, Any], leg: Mapping[str, Any], error: UpstreamError) -> dict[str, Any]:
    """What the video says about its plan: never is it silent about what was refused."""
    skipped, adjustments = list(plan.get("skipped", ())), list(plan.get("adjustments", ()))
    if leg["after"] == After.ACCOUNT:
        return {"adjustments": adjustments, "skipped": skipped} | _kept(plan)
    # The others are of the plan that was refused; which models were asked for is true of each.
    adjustments = [*leg["adjustments"], *(one for one in adjustments if one["field"] == MODEL)]
    if leg["after"] == After.SOURCE:
        skipped.append({"strategy": row["strategy"], "reason": error.message})
    else:
        skipped = leg.get("skipped", [])
        adjustments.append(told(Adjustment(MODEL, row["model"], leg["model"], error.message)))
    return {"adjustments": adjustments, "skipped": skipped} | _kept(leg)


def _kept(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What each plan has of its own: what is done to the clip before it is sent, the words, and the last picture."""
    return {name: plan[name] for name in ("fit", "composition", "ends_as_source") if plan.get(name)}


def _charged(row: Row, leg: Mapping[str, Any]) -> int | None:
    """The price of the plan, where it is less than what was reserved for the dearest of them."""
    if row["price"] is None or "price" not in leg:
        return row["charged"]
    return None if leg["price"] == row["price"] else leg["price"]


def _close(tx: Transaction, video_id: str, attempt: int, outcome: Outcome, evidence: str) -> None:
    tx.run(
        "close_intent",
        video_id=video_id,
        attempt=attempt,
        outcome=outcome,
        evidence=encode({"message": evidence}),
    )

"""From a real proposal to its rehearsal: the same plan and price, made by nobody but this server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mutoscope.domain.rehearsal import MARK, Rehearsal
from mutoscope.domain.remix import RemixPlan
from mutoscope.domain.video import Operation, Video

if TYPE_CHECKING:
    from mutoscope.service.proposals import Proposal


def rehearsed(proposal: Proposal, speed: float) -> Proposal:
    """The rehearsal of what is proposed. speed: how many times faster than the model.

    Nothing follows a refusal, because nobody is asked who could refuse.
    """
    model, request = proposal.model, proposal.request
    account = proposal.account or next(iter(model.accounts), model.provider)
    seconds = model.seconds_per_second * (request.added_seconds or request.seconds) / speed
    rehearsal = Rehearsal(account, proposal.price, proposal.currency, seconds)
    told = (
        f"A rehearsal of '{model.name}', drawn by this server's own flipbook engine: nothing was sent to "
        f"'{rehearsal.provider}', and nothing is charged."
    )
    return replace(proposal, rehearsal=rehearsal, further=(), notice=joined(proposal.notice, told))


def as_if_real(source: Video) -> Video:
    """The video that a rehearsed source stands for, so that a chain of rehearsals has the plans of a real one."""
    if source.rehearsal is None:
        return source
    return replace(source, provider=source.rehearsal.account, facts={}, rehearsal=None)


def told_of_source(source: Video | None, plan: RemixPlan, operation: Operation) -> str | None:
    """What is told of a real video that is made from a rehearsal's pictures."""
    is_seen = plan.strategy.sends_source or operation is Operation.EXTENSION
    if source is None or source.rehearsal is None or not is_seen:
        return None
    return f"Its source '{source.id}' is a rehearsal, so the mark {MARK} may be seen in it."


def joined(*notices: str | None) -> str | None:
    """Several notices as one; None where there are none."""
    return " ".join(notice for notice in notices if notice) or None

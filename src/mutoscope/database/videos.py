"""Videos as rows: reading one back, moving it between states, and what must be written together with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from mutoscope.database.connection import Row, Transaction
from mutoscope.database.ledger import conclude
from mutoscope.domain.assets import Asset, Variant
from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.events import public_type
from mutoscope.domain.ladder import Skipped
from mutoscope.domain.lifecycle import Happened, Happening, State, progress_after, transition
from mutoscope.domain.lineage import LineageNode
from mutoscope.domain.money import Kind, Standing, Usage, standing, verdict
from mutoscope.domain.rehearsal import Rehearsal
from mutoscope.domain.video import (
    Character,
    Clip,
    Failure,
    Operation,
    Reference,
    Size,
    Video,
    VideoRequest,
    new_id,
)
from mutoscope.domain.wishes import Adjustment

DELIVERIES = "deliveries"
"""Announced, in the place of a video, when there is something to deliver."""


def encode(value: Any) -> str:
    """A value as the JSON text of a column."""
    return msgspec.json.encode(value).decode()


def decode(text: str | None) -> Any:
    return msgspec.json.decode(text) if text else None


def request_to_json(request: VideoRequest) -> str:
    reference = request.reference
    return encode(
        {
            "prompt": request.prompt,
            "size": str(request.size),
            "seconds": request.seconds,
            "seed": request.seed,
            "options": dict(request.options),
            "hops": request.hops,
            "operation": request.operation,
            "added_seconds": request.added_seconds,
            "characters": [asdict(character) for character in request.characters],
            "reference": reference
            and {"sha256": reference.sha256, "media_type": reference.media_type, "size": str(reference.size)},
            "clip": request.clip and {**asdict(request.clip), "size": str(request.clip.size)},
        }
    )


def plan_to_json(
    adjustments: Iterable[Adjustment],
    skipped: Iterable[Skipped],
    further: Iterable[Mapping[str, Any]] = (),
    fit: Fit | None = None,
    rehearsal: Rehearsal | None = None,
    composition: Mapping[str, Any] | None = None,
    *,
    ends_as_source: bool = False,
) -> str:
    """What the plan of a video changed and passed over, in the words of the wire.

    further: the plans that may follow a refusal, each with `after` and the columns that it replaces. fit: what is done
    to the source's clip before it is sent. rehearsal: what is rehearsed, where nobody is asked. composition: see
    `domain/composition.py`. ends_as_source: see `RemixPlan`.
    """
    plan: dict[str, Any] = {
        "adjustments": [told(one) for one in adjustments],
        "skipped": [asdict(one) for one in skipped],
    }
    if fit is not None:
        plan["fit"] = fit_to_json(fit)
    if further:
        plan["further"] = list(further)
    if rehearsal is not None:
        plan["rehearsal"] = asdict(rehearsal)
    if composition is not None:
        plan["composition"] = composition
    if ends_as_source:
        plan["ends_as_source"] = True
    return encode(plan)


def rehearsal_from(row: Row) -> Rehearsal | None:
    """What a row rehearses; None for a real video."""
    stored = decode(row["plan"]).get("rehearsal")
    return None if stored is None else Rehearsal(**stored)


def fit_to_json(fit: Fit) -> dict[str, Any]:
    """What a fit does, without what is told of it."""
    return {
        "size": str(fit.size),
        "seconds": fit.seconds,
        "picture": fit.picture and str(fit.picture),
        "fps": fit.fps,
        "most_bytes": fit.most_bytes,
    }


def fit_from_row(row: Row) -> Fit | None:
    """What the video's plan does to its source's clip before that is sent."""
    stored = (decode(row["plan"]) or {}).get("fit")
    if stored is None:
        return None
    picture = stored["picture"] and _size(stored["picture"])
    return Fit(_size(stored["size"]), stored["seconds"], picture, stored["fps"], stored["most_bytes"])


def told(adjustment: Adjustment) -> dict[str, Any]:
    """An adjustment in the words of the wire."""
    return {"field": adjustment.field, "from": adjustment.given, "to": adjustment.to, "reason": adjustment.reason}


def request_from_row(row: Row) -> VideoRequest:
    stored = decode(row["request"])
    reference, clip = stored["reference"], stored.get("clip")
    return VideoRequest(
        prompt=stored["prompt"],
        model=row["model"],
        size=_size(stored["size"]),
        seconds=stored["seconds"],
        seed=stored["seed"],
        options=stored["options"],
        hops=stored.get("hops", 0),
        reference=reference and Reference(reference["sha256"], reference["media_type"], _size(reference["size"])),
        operation=Operation(stored.get("operation", Operation.CREATE)),
        added_seconds=stored.get("added_seconds", 0),
        characters=tuple(Character(**character) for character in stored.get("characters", ())),
        clip=clip and Clip(**{**clip, "size": _size(clip["size"])}),
    )


def video_from_row(row: Row) -> Video:
    """The public view of a row."""
    plan = decode(row["plan"])
    composition = plan.get("composition") or {}
    failure = row["error_code"] and Failure(row["error_code"], row["error_message"])
    return Video(
        id=row["id"],
        tenant=row["tenant"],
        state=State(row["state"]),
        progress=row["progress"],
        request=request_from_row(row),
        provider=row["provider"],
        created_at=row["created_at"],
        completed_at=row["completed_at"],
        expires_at=row["expires_at"],
        source_id=row["source_id"],
        root_id=row["root_id"],
        depth=row["depth"],
        strategy=row["strategy"],
        upstream_prompt=row["upstream_prompt"],
        facts=decode(row["facts"]),
        notice=row["notice"],
        ignored=tuple(decode(row["ignored"])),
        failure=failure or None,
        was_accepted=row["upstream_id"] is not None,
        usage=_usage(row),
        adjustments=tuple(plan.get("adjustments", ())),
        skipped=tuple(plan.get("skipped", ())),
        credential=row["credential"],
        rehearsal=rehearsal_from(row),
        composed_by=composition.get("by"),
        rule_prompt=composition.get("rule_prompt"),
    )


def node_from_row(row: Row) -> LineageNode:
    """A video's place in its tree; of a deleted one nothing but that."""
    prompt = None if row["deleted_at"] is not None else decode(row["request"])["prompt"]
    state = State(row["state"])
    return LineageNode(
        row["id"], row["source_id"], prompt, state, row["strategy"], row["created_at"], row["expires_at"]
    )


def happened_from_row(row: Row) -> Happened:
    return Happened(row["kind"], State(row["state"]), row["at"])


def asset_from_row(row: Row) -> Asset:
    return Asset(Variant(row["variant"]), row["key"], row["media_type"], row["bytes"], row["sha256"])


def move(
    tx: Transaction,
    row: Row,
    happening: Happening,
    now: float,
    *,
    failure: Failure | None = None,
    detail: Mapping[str, Any] | None = None,
    **columns: Any,
) -> State | None:
    """Move a video by `happening` and write its event. The state it is in now, or None if it had moved already.

    row: the video as the caller last saw it; the move counts only if its state is still the same.
    columns: attempt, upstream_id, remote, facts, next_poll_at, expires_at, charged, owner, where the move brings them.
    What the end of a paid video says about its money is written with it.
    """
    before = State(row["state"])
    after = transition(before, happening)
    values: dict[str, Any] = {
        "attempt": None,
        "upstream_id": None,
        "owner": None,
        "remote": None,
        "facts": None,
        "next_poll_at": None,
        "expires_at": None,
        "charged": None,
        **columns,
    }
    moved = tx.run(
        "move_video",
        id=row["id"],
        from_state=before,
        to_state=after,
        progress=progress_after(after, row["progress"]),
        completed_at=now if after is State.COMPLETED else None,
        error_code=failure and failure.code,
        error_message=failure and failure.message,
        now=now,
        **values,
    )
    if not moved:
        return None
    add_event(tx, row["id"], row["tenant"], happening, after, now, detail)
    if after.is_final and row["price"] is not None:
        _conclude(tx, row, before, after, failure, now)
    tx.announce(row["id"])
    if after.is_final and row["source_id"] is not None:
        tx.run("unpin_source", id=row["source_id"])
    return after


def keep_replies(tx: Transaction, row: Row, replies: Sequence[Mapping[str, Any]], now: float) -> None:
    """Keep what the upstream answered, under the step that the video was in; nothing where it said nothing."""
    if replies:
        step, attempt = row["state"], row["attempt"]
        tx.run("keep_replies", video_id=row["id"], attempt=attempt, step=step, replies=encode(replies), now=now)


def _usage(row: Row) -> Usage | None:
    if row["price"] is None:
        return None
    kinds = frozenset({Kind.RESERVED, row["concluded"]} - {None})
    how = standing(kinds, State(row["state"]).is_final)
    assert how is not None, "a priced video reserved its price"
    settled = how is Standing.SETTLED and row["charged"] is not None
    return Usage(row["charged"] if settled else row["price"], row["currency"], how)


def _conclude(tx: Transaction, row: Row, before: State, after: State, failure: Failure | None, now: float) -> None:
    kind = verdict(after, before, failure and failure.code)
    if kind is not None:
        conclude(tx, row, kind, now, row["charged"])


def add_event(
    tx: Transaction,
    video_id: str,
    tenant: str,
    kind: str,
    state: State,
    now: float,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write what happened, and with it what is to be sent of it to whoever wants to hear."""
    event_id = new_id("evt")
    tx.run(
        "add_event",
        id=event_id,
        video_id=video_id,
        tenant=tenant,
        kind=kind,
        state=state,
        detail=encode(detail or {}),
        now=now,
    )
    if (event_type := public_type(kind)) is not None and tx.run(
        "add_deliveries",
        delivery=new_id("wh"),
        event_id=event_id,
        event_type=event_type,
        wanted=f'%"{event_type}"%',
        video_id=video_id,
        tenant=tenant,
        now=now,
    ):
        tx.announce(DELIVERIES)


def _size(text: str) -> Size:
    size = Size.parse(text)
    assert size is not None, f"a stored size is malformed: {text!r}"
    return size

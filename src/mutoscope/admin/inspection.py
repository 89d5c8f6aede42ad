"""One video whole, as its operator sees it: all that was written of it, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mutoscope.admin.outlook import outlook
from mutoscope.correlation import origin_of, words_of
from mutoscope.database.connection import Database, Row
from mutoscope.database.videos import decode, encode
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import as_text
from mutoscope.logs import sha256_of
from mutoscope.redaction import Redaction, origins_alone, without_words

# Of what is told, nothing but a caller's words is longer.
LONGEST_TEXT = 4_000
PROMPTS = frozenset({"prompt", "upstream_prompt", "rule_prompt", "negative_prompt", "material", "provider_options"})

_TIMES = ("created_at", "state_since", "completed_at", "expires_at", "deleted_at", "purged_at")


async def inspect(
    database: Database,
    video_id: str,
    now: float,
    with_prompt: bool = False,
    circuits: Sequence[tuple[str, str, bool]] = (),
) -> dict[str, Any] | None:
    """Everything about a video, deleted ones too; None where there never was one. DatabaseUnavailable.

    with_prompt: callers' words as they are; else their length and the start of a hash, and nothing that repeats them.
    circuits: as `Production.circuits`, where it is asked in the server.
    """
    row = await database.one("video_at_work", id=video_id)
    if row is None:
        return None
    about = {"video_id": video_id}
    events = await database.all("events_of", **about)
    told = {
        "id": row["id"],
        "state": row["state"],
        "status": State(row["state"]).status,
        "progress": row["progress"],
        "tenant": row["tenant"],
        "model": row["model"],
        "provider": row["provider"],
        "strategy": row["strategy"],
        "source": row["source_id"],
        "upstream_id": row["upstream_id"],
        **origin_of(row),
        "next": outlook(row, now, await _last_intent(database, row), circuits),
        "error": row["error_code"] and {"code": row["error_code"], "message": row["error_message"]},
        "times": {name: row[name] for name in _TIMES if row[name] is not None},
        "request": decode(row["request"]),
        "upstream_prompt": row["upstream_prompt"],
        "plan": decode(row["plan"]),
        "facts": decode(row["facts"]),
        "notice": row["notice"],
        "ignored": decode(row["ignored"]),
        "events": _events(events),
        "attempts": await _attempts(database, video_id),
        "ledger": [_entry(entry) for entry in await database.all("ledger_of", **about)],
        "assets": [
            {**_record(asset), "probe": decode(asset["probe"])} for asset in await _all(database, "assets_of", row)
        ],
        "deliveries": [_delivery(each) for each in await _all(database, "deliveries_of_video", row)],
        "process": {"owner": row["owner"], "deaths": row["deaths"], "polls_failed": row["polls_failed"]},
    }
    shown = Redaction((), LONGEST_TEXT).value(told)
    return told_with_prompt(shown, told) if with_prompt else without_prompts(shown, words_of(row))


def without_prompts(value: Any, words: tuple[str, ...]) -> Any:
    """The same with every prompt as its length and hash, and nothing left that repeats one of `words`."""
    match value:
        case Mapping():
            return {name: _hashed(name, item, words) for name, item in value.items()}
        case list() | tuple():
            return [without_prompts(item, words) for item in value]
        case str():
            for each in words:
                value = without_words(value, each)
    return value


def told_with_prompt(shown: Any, told: Any) -> Any:
    """What is shown, with the prompts as they are: a long one is not cut."""
    if isinstance(shown, dict) and isinstance(told, Mapping):
        return {
            name: told[name] if name in PROMPTS else told_with_prompt(item, told[name]) for name, item in shown.items()
        }
    if isinstance(shown, list) and isinstance(told, list | tuple):
        return [told_with_prompt(*pair) for pair in zip(shown, told, strict=True)]
    return shown


def _hashed(name: str, value: Any, words: tuple[str, ...]) -> Any:
    if name in PROMPTS and value:
        text = value if isinstance(value, str) else encode(value)
        return {"sha256": sha256_of(text), "characters": len(text)}
    return without_prompts(value, words)


async def _all(database: Database, query: str, row: Row) -> list[Row]:
    return await database.all(query, video_id=row["id"])


async def _last_intent(database: Database, row: Row) -> Row | None:
    return await database.one("intent_of", video_id=row["id"], attempt=row["attempt"])


def _events(events: Sequence[Row]) -> list[dict[str, Any]]:
    """Each with the seconds since the one before it."""
    told, before = [], None
    for event in events:
        after = 0.0 if before is None else event["at"] - before
        before = event["at"]
        told.append(
            {
                "at": event["at"],
                "after_seconds": round(after, 3),
                "kind": event["kind"],
                "state": event["state"],
                "detail": decode(event["detail"]),
            }
        )
    return told


async def _attempts(database: Database, video_id: str) -> list[dict[str, Any]]:
    """Each intent with its evidence, and what the upstream said last in each step."""
    replies = await database.all("replies_of", video_id=video_id)
    return [
        {
            **_record(intent),
            "evidence": decode(intent["evidence"]),
            "replies": [
                {"step": each["step"], "at": each["at"], **reply}
                for each in replies
                if each["attempt"] == intent["attempt"]
                for reply in decode(each["replies"])
            ],
        }
        for intent in await database.all("intents_of", video_id=video_id)
    ]


def _entry(row: Row) -> dict[str, Any]:
    return {"at": row["at"], "kind": row["kind"], "amount": as_text(row["amount"]), "currency": row["currency"]}


def _delivery(row: Row) -> dict[str, Any]:
    """Of a receiver's address only whose it is, also for those who may see the caller's words."""
    return {**_record(row), **{name: row[name] and origins_alone(row[name]) for name in ("url", "note")}}


def _record(row: Row) -> dict[str, Any]:
    return dict(row)  # type: ignore[call-overload]

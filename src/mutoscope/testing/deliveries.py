"""Invariant I6: what the events of the database say against what the receiver of webhooks has heard."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from mutoscope.domain.events import EventType, public_type
from mutoscope.domain.lifecycle import State
from mutoscope.testing.witnesses import Rows, read_tables
from mutoscope.webhooks.endpoints import types_from_json

_ENDS = {State.COMPLETED: EventType.COMPLETED, State.FAILED: EventType.FAILED}


# A receiver that refuses at first is asked again after some seconds.
PATIENCE_SECONDS, LOOK_SECONDS = 90.0, 0.2


def await_deliveries(database: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Until nothing waits to be sent, or patience ends; the checker says what was not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(row["state"] == "pending" for row in read_tables(database, ["deliveries"])["deliveries"]):
            return
        time.sleep(LOOK_SECONDS)


def deliveries_wrong(tables: dict[str, Rows], heard: list[dict[str, Any]]) -> Iterator[str]:
    """What is wrong, a sentence each. tables: videos, events and webhook_endpoints. heard: the receiver's book."""
    public = {event["id"]: event for event in tables["events"] if public_type(event["kind"]) is not None}
    yield from _told_twice(tables["videos"], public.values())
    yield from _invented(public, heard)
    yield from _unequal(heard)
    yield from _unheard(tables["webhook_endpoints"], public.values(), heard)


def _told_twice(videos: Rows, events: Iterable[dict[str, Any]]) -> Iterator[str]:
    told: dict[str, Counter[EventType | None]] = defaultdict(Counter)
    for event in events:
        told[event["video_id"]][public_type(event["kind"])] += 1
    for video in videos:
        counts = told[video["id"]]
        ends = {kind: counts[kind] for kind in _ENDS.values() if counts[kind]}
        expected = {_ENDS[State(video["state"])]: 1} if video["state"] in _ENDS else {}
        if ends != expected:
            yield f"{video['id']} is {video['state']}, and the events of its end are {ends}"
        if doubled := [kind for kind, count in counts.items() if count > 1]:
            yield f"{video['id']} has several events {doubled}"


def _invented(public: dict[str, dict[str, Any]], heard: list[dict[str, Any]]) -> Iterator[str]:
    for entry in heard:
        told = json.loads(entry["body"])
        event = public.get(told["id"])
        if event is None or (told["data"]["id"], told["type"]) != (event["video_id"], public_type(event["kind"])):
            yield f"{told} was told, and is no event"
        elif entry["at"] < event["at"]:
            yield f"{told} was told before it happened"


def _unequal(heard: list[dict[str, Any]]) -> Iterator[str]:
    bodies: dict[str, set[str]] = defaultdict(set)
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in heard:
        message = entry["headers"]["webhook-id"]
        bodies[message].add(entry["body"])
        ids[entry["path"], json.loads(entry["body"])["id"]].add(message)
    yield from (f"{message} was sent with {len(found)} bodies" for message, found in bodies.items() if len(found) > 1)
    yield from (f"{event} went out as {found}" for (_, event), found in ids.items() if len(found) > 1)


def _unheard(endpoints: Rows, events: Iterable[dict[str, Any]], heard: list[dict[str, Any]]) -> Iterator[str]:
    taken = {(e["path"], json.loads(e["body"])["id"]) for e in heard if 200 <= e["status"] < 300}
    live = [each for each in endpoints if each["url"] and each["disabled_at"] is None]
    for event in events:
        for each in live:
            wants = public_type(event["kind"]) in types_from_json(each["event_types"])
            is_meant = wants and event["tenant"] == each["tenant"] and event["at"] > each["created_at"]
            if is_meant and (urlsplit(each["url"]).path, event["id"]) not in taken:
                yield f"{event['id']} ({event['kind']} of {event['video_id']}) never reached {each['url']}"

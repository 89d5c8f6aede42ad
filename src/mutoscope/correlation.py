"""What joins the lines and spans of a request with those of the work it caused, in whatever process, however late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import msgspec
from structlog.contextvars import bound_contextvars, get_contextvars

from mutoscope import tracing

# The names under which every line tells what it is about.
JOINING = ("request_id", "video_id", "upstream_id")


class Row(Protocol):
    """Of a video."""

    def __getitem__(self, column: str, /) -> Any: ...


def _nothing() -> tuple[str, ...]:
    return ()


# The words that a caller sent, of whatever is worked on: asked for only when a line is about to be written.
_words: ContextVar[Callable[[], tuple[str, ...]]] = ContextVar("words", default=_nothing)


def origin() -> str | None:
    """What is stored with a video of the request that asked for it: its id and its trace. None outside of requests."""
    told = {"request_id": get_contextvars().get("request_id"), "traceparent": tracing.traceparent()}
    told = {name: value for name, value in told.items() if value}
    return msgspec.json.encode(told).decode() if told else None


def origin_of(row: Row) -> dict[str, str]:
    """The same, read from a video's row."""
    return msgspec.json.decode(row["origin"]) if row["origin"] else {}


def asks_for(words: str) -> None:
    """From here on, this request is about these words."""
    _words.set(lambda: (words,))


def words() -> tuple[str, ...]:
    """The callers' words that what happens now is about: prompts, which logs do not repeat."""
    return _words.get()()


def words_of(row: Row) -> tuple[str, ...]:
    """What a caller wrote of a video, and what its upstream is told instead; of a remix also its source's words."""
    request, plan = msgspec.json.decode(row["request"]), msgspec.json.decode(row["plan"])
    material = (plan.get("composition") or {}).get("material")
    not_wanted = (request.get("options") or {}).get("negative_prompt")
    told = (request.get("prompt"), not_wanted, row["upstream_prompt"], material)
    return tuple(word for word in told if isinstance(word, str) and word)


@contextmanager
def about(row: Row, step: str) -> Iterator[None]:
    """A block that works on a video: its lines bear its ids, and its span is of the trace of its request."""
    came_of = origin_of(row)
    _words.set(lambda: words_of(row))  # and not taken back: what is said of a failure afterwards may repeat them too
    names = {"video_id": row["id"], "upstream_id": row["upstream_id"], "request_id": came_of.get("request_id")}
    parent = came_of.get("traceparent", tracing.NEW_TRACE)
    attributes = {"mutoscope.video_id": row["id"], "mutoscope.provider": row["provider"]} if tracing.is_on() else None
    with bound_contextvars(**names), tracing.span(step, parent, attributes=attributes):
        yield

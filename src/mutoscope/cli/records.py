"""What the server said, read tolerantly: any server of this dialect may be at the other end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNFINISHED = ("queued", "in_progress")
DEFAULT_POLL_SECONDS = 1.0
_POLL_BOUNDS = (0.1, 30.0)


@dataclass(frozen=True, slots=True)
class RemoteVideo:
    """A video as some server told it. `raw` is its very object; missing fields are empty here.

    progress: 0 to 100. created_at, completed_at: Unix seconds. poll_seconds: when the server wants to be asked again.
    replayed: an earlier request with the same idempotency key made it.
    """

    raw: Mapping[str, Any]
    id: str
    status: str
    progress: int
    model: str
    seconds: str
    size: str
    prompt: str
    created_at: float | None
    completed_at: float | None
    source: str | None
    failure_code: str | None
    failure: str | None
    notice: str | None
    poll_seconds: float = DEFAULT_POLL_SECONDS
    replayed: bool = False

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @classmethod
    def read(cls, raw: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> RemoteVideo:
        error = raw.get("error")
        error = error if isinstance(error, Mapping) else {"message": error} if error else {}
        return cls(
            raw=raw,
            id=_text(raw.get("id")) or "",
            status=_text(raw.get("status")) or "unknown",
            progress=int(_number(raw.get("progress")) or 0),
            model=_text(raw.get("model")) or "",
            seconds=_text(raw.get("seconds")) or "",
            size=_text(raw.get("size")) or "",
            prompt=_text(raw.get("prompt")) or "",
            created_at=_number(raw.get("created_at")),
            completed_at=_number(raw.get("completed_at")),
            source=_text(raw.get("remixed_from_video_id")),
            failure_code=_text(error.get("code")),
            failure=_text(error.get("message")),
            notice=_text(raw.get("notice")),
            poll_seconds=_poll_seconds(headers or {}),
            replayed=(headers or {}).get("idempotent-replayed") == "true",
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list; `last_id` is the cursor of the next one."""

    raw: Mapping[str, Any]
    videos: tuple[RemoteVideo, ...]
    has_more: bool
    last_id: str | None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Page:
        videos = tuple(RemoteVideo.read(item) for item in _objects(raw.get("data")))
        last = _text(raw.get("last_id")) or (videos[-1].id if videos else None)
        return cls(raw, videos, bool(raw.get("has_more")), last)


@dataclass(frozen=True, slots=True)
class RemoteCharacter:
    """A character as some server told it. created_at: Unix seconds."""

    raw: Mapping[str, Any]
    id: str
    name: str
    created_at: float | None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> RemoteCharacter:
        return cls(raw, _text(raw.get("id")) or "", _text(raw.get("name")) or "", _number(raw.get("created_at")))


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One video of a tree as some server told it. prompt: None where it was deleted."""

    id: str
    source: str | None
    prompt: str | None
    status: str
    strategy: str | None


def read_lineage(raw: Mapping[str, Any]) -> tuple[LineageNode, ...]:
    """The videos of a tree, in the server's order."""
    return tuple(
        LineageNode(
            id=_text(node.get("id")) or "",
            source=_text(node.get("remixed_from_video_id")),
            prompt=_text(node.get("prompt")),
            status=_text(node.get("status")) or "unknown",
            strategy=_text(node.get("strategy")),
        )
        for node in _objects(raw.get("nodes"))
    )


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model as some server told it; a server that lists only ids leaves the rest empty.

    sizes: each "WIDTHxHEIGHT" in pixels. sides: instead of a list, the shortest and the longest side in pixels.
    seconds: each length as it is sent. price: such as "0.10 USD a second", or "free".
    """

    id: str
    sizes: tuple[str, ...]
    sides: tuple[str, str] | None
    seconds: tuple[str, ...]
    default_size: str
    default_seconds: str
    capabilities: tuple[str, ...]
    strategies: tuple[str, ...] = ()
    price: str = ""
    verified: str = ""
    ends: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> RemoteModel:
        return cls(
            id=_text(raw.get("id")) or "",
            sizes=_texts(raw.get("sizes")),
            sides=_sides(raw.get("size_range")),
            seconds=_texts(raw.get("seconds")),
            default_size=_text(raw.get("default_size")) or "",
            default_seconds=_text(raw.get("default_seconds")) or "",
            capabilities=_texts(raw.get("capabilities")),
            strategies=_texts(raw.get("strategies")),
            price=price_text(raw["price"]) if "price" in raw else "",
            verified=_text(raw.get("verified")) or "",
            ends=_text(raw.get("ends")) or "",
        )


def price_text(price: Any) -> str:
    """A price as `/v1/models` has it, in words. None is free."""
    if price is None:
        return "free"
    if not isinstance(price, Mapping):
        return ""
    currency, sides = _text(price.get("currency")) or "", price.get("by_side")
    parts = [f"{price[name]} {currency} a {what}" for name, what in _METERS if name in price]
    if isinstance(sides, Mapping):
        parts.append(f"{', '.join(f'{side}p {rate}' for side, rate in sides.items())} {currency} a second")
    return " and ".join(parts)


def short_price(price: Any) -> str:
    """The same in a few characters, such as "0.08–0.42 USD/s"."""
    if not isinstance(price, Mapping):
        return price_text(price)
    sides = price.get("by_side")
    if not isinstance(sides, Mapping) or not sides:
        return price_text(price).replace(" a second", "/s").replace(" a video", "/video")
    rates = list(sides.values())
    span = f"{rates[0]}–{rates[-1]}" if rates[0] != rates[-1] else str(rates[0])
    return f"{span} {_text(price.get('currency')) or ''}/s"


_METERS = (("per_second", "second"), ("per_video", "video"))


def read_models(raw: Mapping[str, Any]) -> tuple[RemoteModel, ...]:
    """The models of a list, in the server's order."""
    return tuple(RemoteModel.read(item) for item in _objects(raw.get("data")))


def _sides(value: Any) -> tuple[str, str] | None:
    return (str(value.get("minimum")), str(value.get("maximum"))) if isinstance(value, Mapping) else None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _poll_seconds(headers: Mapping[str, str]) -> float:
    """The header `openai-poll-after-ms`, a whole number of milliseconds, kept within 0.1 to 30 s."""
    text = headers.get("openai-poll-after-ms", "")
    if not (text.isascii() and text.isdigit()):
        return DEFAULT_POLL_SECONDS
    shortest, longest = _POLL_BOUNDS
    return max(shortest, min(longest, int(text) / 1000))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None

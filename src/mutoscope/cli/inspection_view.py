"""How an inspected video looks on a terminal: facts first, then what happened, in the order in which it did."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mutoscope.cli.show import clean, out, shorten, status_text

_LONGEST = 200
_FACTS = ("tenant", "model", "provider", "strategy", "source", "upstream_id", "request_id", "traceparent", "notice")


def print_inspection(told: Mapping[str, Any]) -> None:
    """The same order on a terminal and in a pipe."""
    console = out()
    if not console.is_terminal:
        console.width = 160
    console.print(_facts(told))
    for title, table in _sections(told):
        if table is not None:
            console.print(Group(Text(f"\n{title}", style="bold"), Padding(table, (0, 0, 0, 2))))


def _sections(told: Mapping[str, Any]) -> Iterable[tuple[str, Table | None]]:
    yield "Request", _pairs(told["request"])
    yield "Plan", _pairs(told["plan"])
    yield "Events", _rows(("when", "after", "what", "state", "detail"), map(_event, told["events"]))
    attempts = told["attempts"]
    yield "Attempts", _rows(("number", "provider", "begun", "outcome", "evidence"), map(_attempt, attempts))
    replies = [reply for attempt in attempts for reply in attempt["replies"]]
    yield "What the upstream said last", _rows(("when", "step", "asked", "status", "reply"), map(_reply, replies))
    yield "Money", _rows(("when", "what", "amount", ""), map(_entry, told["ledger"]))
    yield "Files", _rows(("variant", "type", "bytes", "SHA-256", "key"), map(_asset, told["assets"]))
    yield "Deliveries", _rows(("what",), ((_short(each),) for each in told["deliveries"]))


def _facts(told: Mapping[str, Any]) -> Table:
    table = _grid()
    table.add_row(_label("video"), Text(clean(told["id"]), style="bold"))
    state = "" if told["state"] == told["status"] else f"  ({told['state']}, {told['progress']} %)"
    table.add_row(_label("status"), Text.assemble(status_text(told["status"]), state))
    if told["error"]:
        table.add_row(
            _label("error"), Text(f"{told['error']['code']}: {shorten(told['error']['message'], 500)}", "red")
        )
    table.add_row(_label("next"), Text(_next(told["next"])))
    for name in _FACTS:
        if told.get(name):
            table.add_row(_label(name.replace("_", " ")), Text(shorten(str(told[name]), _LONGEST)))
    for name, moment in told["times"].items():
        table.add_row(_label(name.removesuffix("_at").replace("_", " ")), Text(_clock(moment)))
    return table


def _next(told: Mapping[str, Any]) -> str:
    parts = [told["what"]]
    if "at" in told:
        parts.append(f"At {_clock(told['at'])}.")
    if "late_seconds" in told:
        parts.append(f"That is {told['late_seconds']} s late.")
    if "fails_at" in told:
        parts.append(f"It fails at {_clock(told['fails_at'])}, if it does not get further.")
    if "left_alone" in told:
        parts.append(f"Its upstream is left alone now ({', '.join(told['left_alone'])}).")
    return clean(" ".join(parts))


def _event(told: Mapping[str, Any]) -> Sequence[str]:
    detail = _short(told["detail"]) if told["detail"] else ""
    return _clock(told["at"]), f"{told['after_seconds']:.2f} s", told["kind"], told["state"], detail


def _attempt(told: Mapping[str, Any]) -> Sequence[str]:
    outcome = told["outcome"] or "open"
    evidence = _short(told["evidence"]) if told["evidence"] else ""
    return str(told["attempt"]), told["provider"], _clock(told["started_at"]), outcome, evidence


def _reply(told: Mapping[str, Any]) -> Sequence[str]:
    status = "-" if told["status"] is None else str(told["status"])
    return _clock(told["at"]), told["step"], told["asked"], status, shorten(told["reply"], 4 * _LONGEST)


def _entry(told: Mapping[str, Any]) -> Sequence[str]:
    return _clock(told["at"]), told["kind"], told["amount"], told["currency"]


def _asset(told: Mapping[str, Any]) -> Sequence[str]:
    return told["variant"], told["media_type"], f"{told['bytes']:,}", told["sha256"][:16], told["key"]


def _pairs(told: Mapping[str, Any]) -> Table | None:
    """What is there, a line each; nothing empty."""
    pairs = [(name, value) for name, value in told.items() if value not in (None, [], {}, 0, "")]
    if not pairs:
        return None
    table = _grid()
    for name, value in pairs:
        table.add_row(_label(clean(name)), Text(_short(value) if not isinstance(value, str) else clean(value)))
    return table


def _rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Table | None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    return table if table.row_count else None


def _grid() -> Table:
    return Table.grid(padding=(0, 2))


def _label(text: str) -> Text:
    return Text(text, style="dim")


def _short(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False), _LONGEST)


def _clock(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) + f".{int(moment % 1 * 1000):03d}"

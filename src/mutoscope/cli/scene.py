"""`mutoscope scene`: how flipbook understands a prompt, and a change to it, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer


def scene(
    prompt: Annotated[str | None, typer.Argument(help="The prompt to read.")] = None,
    remix: Annotated[str | None, typer.Option(help="A change to that prompt's scene.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read lines {"prompt": ..., "remix": ...} from standard input.')
    ] = False,
) -> None:
    """Show the scene that flipbook reads from a prompt.

    Prints its fields as JSON, and with --remix what the change does to them too.
    """
    if jsonl == (prompt is not None):
        raise typer.BadParameter("give either a prompt or --jsonl")
    if jsonl:
        raise typer.Exit(_answer_lines(sys.stdin.buffer))
    try:
        answer = _answer({"prompt": prompt, "remix": remix})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    print(json.dumps(answer if remix is not None else answer["scene"], indent=2))


def _answer_lines(lines: Iterable[bytes]) -> int:
    """Answer every line on one line; 1 if any was bad, else 0."""
    failed = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = _answer(json.loads(line))
        except (ValueError, RecursionError) as error:
            answer, failed = {"error": str(error)}, 1
        print(json.dumps(answer), flush=True)
    return failed


def _answer(asked: Any) -> dict[str, Any]:
    """The flat scene of a source prompt and the delta of its remix. Raises ValueError for a malformed question."""
    from mutoscope.flipbook.delta import read_change
    from mutoscope.flipbook.reading import read

    if not isinstance(asked, dict):
        raise ValueError("a line must be a JSON object")
    prompt, change = asked.get("prompt"), asked.get("remix")
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError("prompt must be a string that is not empty")
    if change is not None and (not isinstance(change, str) or not change.strip()):
        raise ValueError("remix must be a string that is not empty")
    source = read(prompt)
    delta = read_change(source, change).to_json() if change is not None else None
    return {"scene": source.to_json(), "delta": delta}

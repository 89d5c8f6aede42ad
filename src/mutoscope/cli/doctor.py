"""The doctor: every part that a server needs, each with a verdict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.outcome import ExitCode, misused
from mutoscope.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.text import Text

    from mutoscope.cli.checks import Finding

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✕", "red")}


def doctor(
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Folder of the server's data.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port that the server is to use.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine, part by part.

    Looks at what `mutoscope serve` would use, with the same settings. Verdicts are ok, warn and fail; the exit code
    is 1 if anything fails.
    """
    from mutoscope.cli.checks import Verdict, findings
    from mutoscope.cli.show import print_json
    from mutoscope.settings import load

    try:
        settings = load({"data_dir": data_dir, "port": port}, os.environ)
    except ConfigurationError as error:
        raise misused(error.message) from None
    found = findings(settings)
    failed = any(finding.verdict is Verdict.FAIL for finding in found)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(finding) for finding in found]})
    else:
        _print(found)
    if failed:
        raise typer.Exit(ExitCode.REFUSED)


def _print(found: Sequence[Finding]) -> None:
    from mutoscope.cli.show import print_rows

    print_rows([_row(finding) for finding in found])


def _row(finding: Finding) -> tuple[Text, ...]:
    from rich.text import Text

    from mutoscope.cli.show import clean

    mark, colour = _MARKS[finding.verdict]
    verdict = Text(f"{mark} {finding.verdict}", style=colour)
    return verdict, Text(finding.name), Text(clean(finding.detail), style="dim")

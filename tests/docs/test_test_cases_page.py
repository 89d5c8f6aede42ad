"""The page on test cases says what the table says, row by row."""

import re
from pathlib import Path

import pytest

from mutoscope.dialect.errors import render
from mutoscope.domain.test_cases import CASES, Case, Ending, Stage, refusal

PAGE = (Path(__file__).parents[2] / "docs/reference/test-cases.md").read_text()


def row(case: Case) -> str:
    cells = refused(case) if case.stage is Stage.ACCEPTANCE else accepted(case)
    return f"| `{case.name}` | {case.sentence} | {' | '.join(cells)} |"


def refused(case: Case) -> list[str]:
    error = refusal(case.name)
    assert error is not None
    headers = render(error).headers
    named = [f"`{name}: {headers[name]}`" for name in ("retry-after", "x-should-retry") if name in headers]
    return [str(case.status), f"`{case.code}`", ", ".join(named)]


def accepted(case: Case) -> list[str]:
    at_work = f"`in_progress` at {case.progress} %" if case.progress else "`in_progress`"
    match case.ending:
        case Ending.FAILED:
            return [f"`queued`, {at_work}, `failed`", f"`{case.code}`", "`video.failed`"]
        case Ending.COMPLETED:
            return [f"`queued`, {at_work}, `completed`", "", "`video.completed`"]
        case _:
            return [f"`queued`, {at_work}, until it is deleted", "", "none"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_case_has_its_row(case: Case) -> None:
    assert row(case) in PAGE.splitlines(), row(case)


def test_no_row_is_about_anything_else() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(CASES)

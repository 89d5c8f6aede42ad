"""Every clip remixed by every model: what is planned and what is made are what the upstreams' documentation allows."""

from __future__ import annotations

import re

import pytest
from remix_matrix import SCENE, STRATEGIES, TABLE, Cell, Made, Outcome, Table, make_all

from mutoscope.testing.upstreams import film

TABLE_READ = Table(TABLE.read_text("utf-8"))
CELLS = list(TABLE_READ.cells)

# What the message of a refusal says, by the table's word for it.
REASONS = {
    "too-short": r"edit: The clip is [\d.]+ s long; at least [\d.]+ s are taken",
    "too-long": r"edit: The clip is [\d.]+ s long; at most [\d.]+ s are taken",
    "other-length": r"The source is [\d.]+ s long and model '.+' makes no such clip",
    "no-clip": r"edit: Model '.+' edits no clips\..+reference: Model '.+' takes no clip as a reference",
    "no-link": r"edit: .+ by a public address only",
    "foreign": r"edit: '.+' would receive a video made by '.+'; this server does not allow that",
    "beyond": r"[Mm]ake it night.+(can do|can be done)",
    "by-words": r"edit: '.+' would receive .+ prompt: Model '.+' makes no clip of words alone",
}
# It shows what was asked for, whatever it is given.
SHOWS_CARDS = "flipbook-instant"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_all(TABLE_READ, tmp_path_factory.mktemp("matrix"))


def cells(*answers: str) -> list[object]:
    return [pytest.param(cell, id="-".join(cell)) for cell, told in TABLE_READ.cells.items() if told in answers]


def outcome_of(made: Made, cell: Cell) -> Outcome:
    assert cell.target in made.models, "a column of the table has no model any more"
    return made.outcomes[cell]


def test_every_answer_of_the_table_says_where_it_stands() -> None:
    assert {TABLE_READ.cells[cell] for cell in CELLS} <= {*STRATEGIES, *REASONS}
    assert all(TABLE_READ.reason(cell) for cell in CELLS)
    assert {source for _, source, _ in CELLS} == set(TABLE_READ.sources)


@pytest.mark.parametrize("cell", cells(*STRATEGIES))
def test_a_remix_that_can_be_made(made: Made, cell: Cell) -> None:
    expected, outcome = TABLE_READ.cells[cell], outcome_of(made, cell)
    why = f"{TABLE_READ.reason(cell)}: {outcome.plan}"
    assert outcome.plan.get("strategy") == expected, why
    if cell in TABLE_READ.only_planned:
        return
    assert outcome.is_made, outcome.video
    remix = outcome.video["remix"]
    told = [remix["strategy"], remix["provider"], remix["upstream_prompt"], remix["skipped"]]
    assert told == [outcome.plan[name] for name in ("strategy", "provider", "upstream_prompt", "skipped")]
    assert told[2] == words_of(cell, expected)
    check_upstream(cell, outcome)
    check_frames(made, cell, outcome)


def words_of(cell: Cell, strategy: str) -> str:
    """What the upstream is told."""
    if strategy in ("native", "edit", "local"):
        return cell.change
    return (
        f"The scene as it was: {SCENE}\nNow change it: {cell.change}\n"
        "Where these disagree, the later one wins; everything else stays as it was."
    )


def check_upstream(cell: Cell, outcome: Outcome) -> None:
    """One job for one video, told what the video says that it was told."""
    if outcome.video["remix"]["provider"] in ("flipbook-instant", "local"):
        assert outcome.jobs == []
        return
    (job,) = outcome.jobs
    assert outcome.video["remix"]["upstream_prompt"].rstrip(".") in job.prompt


def check_frames(made: Made, cell: Cell, outcome: Outcome) -> None:
    if cell.target == SHOWS_CARDS:
        return
    assert outcome.clip is not None
    strategy = TABLE_READ.cells[cell]
    shown = [film.badge_of(outcome.clip, last=last) for last in (False, True)]
    if strategy == "local":
        assert shown[0] == film.badge_of(made.clips[cell.source])
    elif strategy == "prompt":
        assert made.badge(cell.source, strategy) not in shown
    else:
        is_ended = strategy == "frame" and cell.target in made.ending
        assert shown == [made.badge(cell.source, strategy), made.badge(cell.source, strategy, last=is_ended)]
        for job in outcome.jobs:
            assert (job.ending is not None) == is_ended, "the last picture"


@pytest.mark.parametrize("cell", cells(*REASONS))
def test_a_remix_that_is_refused_before_anything_is_sent(made: Made, cell: Cell) -> None:
    expected, outcome = TABLE_READ.cells[cell], outcome_of(made, cell)
    assert outcome.jobs == [], "an upstream was asked"
    assert "error" in outcome.plan, f"{TABLE_READ.reason(cell)}: {outcome.plan}"
    if expected != "other-length":
        assert outcome.plan["error"]["code"] == "unsupported_operation"
    assert re.search(REASONS[expected], outcome.plan["error"]["message"]), outcome.plan["error"]["message"]
    assert outcome.video == outcome.plan, "it was planned, and refused all the same"


def test_no_credential_went_where_the_clips_are(made: Made) -> None:
    assert made.leaks == []

"""What the harness of outages calls wrong: one thing at a time is spoilt, and it must be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mutoscope.testing.gate import Flavour
from mutoscope.testing.outages import Case, Result, judge_answers, judge_videos
from mutoscope.testing.probes import Answer, Errand
from mutoscope.testing.site import Part

CUT, HEALED = 100.0, 160.0
CASE = Case((Part.DATABASE,), Flavour.SILENT)


def answered(errand: Errand, began: float, status: int = 200, **facts: object) -> Answer:
    return Answer(errand, began, began + 1, status, **facts)  # type: ignore[arg-type]


def good() -> list[Answer]:
    """Before, during and after an outage of the database."""
    during = [
        answered(errand, 120.0, 200 if errand is Errand.HEALTH else 503, parts=("database",)) for errand in Errand
    ]
    return [
        *[answered(errand, 90.0) for errand in Errand],
        *during,
        *[answered(errand, 170.0) for errand in Errand],
    ]


def wrong(answers: list[Answer], case: Case = CASE) -> list[str]:
    result = Result(case, HEALED - CUT, ready_after=2.0)
    judge_answers(result, answers, CUT, HEALED)
    return result.wrong


def test_a_server_that_behaves_is_not_accused() -> None:
    assert wrong(good()) == []


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (answered(Errand.LIST, 110.0, 503, may_retry=False), "without Retry-After"),
        (answered(Errand.LIST, 110.0, 500), "500"),
        (answered(Errand.LIST, 110.0), "instead of 503"),
        (answered(Errand.HEALTH, 110.0, 503), "instead of 200"),
        (answered(Errand.CREATE, 99.0, 0, detail="reset"), "no answer: reset"),
        (answered(Errand.READY, 110.0, 503, parts=("storage",)), "readiness names"),
        (answered(Errand.READY, 110.0, 503, parts=()), "readiness names"),
        (answered(Errand.READY, 110.0, 200), "instead of 503"),
        (answered(Errand.CREATE, 165.0, 503), "after the return"),
        (replace(answered(Errand.LIST, 99.5, 503), ended=130.0), "it took 30.5 s"),
    ],
)
def test_each_misbehaviour_is_seen(spoilt: Answer, said: str) -> None:
    (found,) = wrong([*good(), spoilt])
    assert said in found


def test_an_upstream_that_is_away_denies_nothing() -> None:
    case = Case((Part.UPSTREAM,), Flavour.REFUSED)
    (found,) = wrong([*[answered(each, 120.0) for each in Errand], answered(Errand.CREATE, 121.0, 503)], case)
    assert "instead of 200" in found


def test_who_is_not_asked_is_no_witness() -> None:
    (found,) = wrong([answer for answer in good() if answer.errand is not Errand.READY or answer.began != 120.0])
    assert found == "ready was never answered during the outage"


def test_videos_that_are_lost_or_paid_for_twice_are_seen() -> None:
    told = [{"what": "created", "video": name} for name in ("ended", "lost", "twice", "removed")]
    seen = {"what": "seen", "status": "completed", "error": None}
    told += [{**seen, "video": "ended", "at": 1_000.0}, {**seen, "video": "twice", "at": 1_061.0}]
    told += [{**seen, "video": "unknown", "status": "failed", "error": "submission_unknown", "at": 1_090.0}]
    told += [{"what": "late", "video": "lost"}, {"what": "deleting", "video": "removed"}]
    told += [{"what": "unanswered", "key": "key-1"}]
    ledger = [{"event": "accepted", "client_id": name} for name in ("ended", "twice", "twice")]
    result = Result(CASE, 60.0)
    judge_videos(result, told, ledger, healed_at=1_000.0)
    assert len(result.wrong) == 4
    for found, said in zip(result.wrong, ("lost", "2 times", "key-1", "61 s"), strict=True):
        assert said in found

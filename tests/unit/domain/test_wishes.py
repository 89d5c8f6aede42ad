"""Known fields that a model cannot honour: refused where money is spent, left out and told where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import InvalidRequest, UnsupportedByModel
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.domain.wishes import NEEDS, OnUnsupported, Wishes, honoured, leave_out, seed_for

GIVEN: dict[str, Any] = {
    "first_frame": bytes,
    "negative_prompt": "people",
    "generate_audio": True,
    "last_frame": bytes,
    "input_references": tuple,
    "provider_options": {"a": 1},
}


def model(*capabilities: Capability, price: Price | None = None) -> ModelSpec:
    rest = {"sizes": SizeRule(), "seconds": (4,), "default_size": Size(64, 64), "default_seconds": 4}
    return ModelSpec("m", "p", "m", **rest, capabilities=frozenset(capabilities), price=price)  # type: ignore[arg-type]


FREE = model()
PAID = model(price=Price(per_second=1, as_of="2026-11-25"))


def test_every_field_is_tried() -> None:
    assert {*GIVEN, "test_case"} == set(NEEDS)


@pytest.mark.parametrize("name", GIVEN)
def test_a_field_is_kept_where_the_model_takes_it(name: str) -> None:
    wishes = Wishes(options={name: GIVEN[name]})
    for price in (None, PAID.price):
        assert honoured(wishes, model(NEEDS[name], price=price)) == ({name: GIVEN[name]}, ())


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("asked", [None, *OnUnsupported])
def test_else_it_is_told_or_refused(name: str, asked: OnUnsupported | None) -> None:
    wishes = Wishes(options={name: GIVEN[name]}, on_unsupported=asked)
    for spec in (FREE, PAID):
        if (asked or (OnUnsupported.REFUSE if spec is PAID else OnUnsupported.ADJUST)) is OnUnsupported.ADJUST:
            kept, (told,) = honoured(wishes, spec)
            shown = GIVEN[name] if isinstance(GIVEN[name], str | bool) else None
            assert (kept, told.field, told.given, told.to) == ({}, name, shown, None)
        else:
            with pytest.raises(UnsupportedByModel) as refusal:
                honoured(wishes, spec)
            assert (refusal.value.param, refusal.value.error_code) == (name, "unsupported_parameter")


def test_a_seed_is_a_field_like_the_others() -> None:
    assert seed_for(Wishes(), PAID) == (None, ())
    assert seed_for(Wishes(seed=7), model(Capability.SEED)) == (7, ())
    seed, (told,) = seed_for(Wishes(seed=7), FREE)
    assert (seed, told.field, told.given) == (None, "seed", 7)
    with pytest.raises(UnsupportedByModel, match="'seed'"):
        seed_for(Wishes(seed=7), PAID)


def test_silence_is_what_a_model_without_sound_makes_anyway() -> None:
    assert honoured(Wishes(options={"generate_audio": False}), PAID) == ({}, ())


def test_a_test_case_is_never_left_out() -> None:
    with pytest.raises(UnsupportedByModel):
        honoured(Wishes(options={"test_case": "stalls"}), FREE)
    with pytest.raises(InvalidRequest, match="Supported values"):
        honoured(Wishes(options={"test_case": "parties"}), model(Capability.TEST_CASES))


def test_a_reason_of_its_own_is_told() -> None:
    assert leave_out("size", "x" * 200, Wishes(), FREE, "Because.").reason == "Because."
    assert len(leave_out("size", "x" * 200, Wishes(), FREE).given) == 101
    with pytest.raises(UnsupportedByModel, match="Because"):
        leave_out("size", 1, Wishes(), PAID, "Because.")

"""The planner as a table: which rung for which source, model and rules; and what a refusal names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mutoscope.domain.catalog import Capability as C
from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.clip_limits import ClipLimits
from mutoscope.domain.errors import UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.local_edits import Extent
from mutoscope.domain.money import Price
from mutoscope.domain.remix import Rules, Start, plan_change, plan_extension, strategies_of
from mutoscope.domain.video import Size, Video, VideoRequest
from mutoscope.domain.wishes import OnUnsupported

NOW = 1_800_000_000.0
HD = Size(1280, 720)
PRICE = Price(per_second=100_000, as_of="2026-11-25")


def model(name: str, *capabilities: C, **more: Any) -> ModelSpec:
    base: dict[str, Any] = {
        "name": name,
        "provider": f"{name} inc",
        "upstream_model": name,
        "sizes": SizeRule(),
        "seconds": (4, 8, 12),
        "default_size": HD,
        "default_seconds": 4,
        "capabilities": frozenset(capabilities),
    }
    return ModelSpec(**{**base, **more})


def source(provider: str = "maker", **changes: Any) -> Start:
    request = VideoRequest("A lake at dawn", "made", HD, 8)
    video = Video("video_1", "t", State.COMPLETED, 100, request, provider, NOW - 60, completed_at=NOW - 50)
    return Start(8, HD, 5 << 20, replace(video, **changes), ("A lake at dawn",))


UPLOAD = Start(8, HD, 5 << 20)
RULES = Rules(NOW)
KEEPER = {"remembers": frozenset({"maker"})}
SHORT = ClipLimits(longest=5)
SMALL = ClipLimits(longest_side=640)
FLAT = ClipLimits(smallest_side=700, longest_side=1000)
LIGHT = ClipLimits(most_bytes=1 << 10)
REFUSING = replace(RULES, on_unsupported=OnUnsupported.REFUSE)

ALL = (C.NATIVE_REMIX, C.EDIT, C.CLIP_REFERENCE, C.IMAGE_REFERENCE)

# target, start, rules -> the rung, and the beginning of why each one above it was not taken
TABLE = {
    "remembered": (model("m", *ALL, **KEEPER), source(), RULES, "native", {}),
    "made elsewhere": (model("m", *ALL), source(), RULES, "edit", {"native": "The source was made by 'maker'."}),
    "uploaded": (model("m", *ALL, **KEEPER), UPLOAD, RULES, "edit", {"native": "The clip was uploaded."}),
    "no native remix": (
        model("m", C.EDIT, **KEEPER),
        source(),
        RULES,
        "edit",
        {"native": "Model 'm' has no remix of its own."},
    ),
    "made from a clip": (
        model("m", *ALL, **KEEPER),
        source(facts={"remembered": False}),
        RULES,
        "edit",
        {"native": "The source was itself made from a clip."},
    ),
    "forgotten by now": (
        model("m", *ALL, **KEEPER, remembers_seconds=50.0),
        source(),
        RULES,
        "edit",
        {"native": "'maker' remembers a video"},
    ),
    "not forgotten yet": (model("m", *ALL, **KEEPER, remembers_seconds=51.0), source(), RULES, "native", {}),
    "too long to edit": (
        model("m", *ALL, edit_limits=SHORT),
        source(),
        REFUSING,
        "reference",
        {"native": "The source", "edit": "The clip is 8 s long; at most 5 s are taken."},
    ),
    "too short to edit": (
        model("m", *ALL, edit_limits=ClipLimits(shortest=9)),
        source(),
        REFUSING,
        "reference",
        {"native": "The source", "edit": "The clip is 8 s long; at least 9 s are taken."},
    ),
    "too wide to edit": (
        model("m", *ALL, edit_limits=FLAT),
        source(),
        REFUSING,
        "reference",
        {"native": "The source", "edit": "The clip is 1280x720; sides of at most 1000 pixels"},
    ),
    "too heavy to edit": (
        model("m", *ALL, edit_limits=LIGHT),
        source(),
        RULES,
        "reference",
        {"native": "The source", "edit": "The clip has 5.0 MiB; at most 0.0 are taken."},
    ),
    "no editor": (
        model("m", C.CLIP_REFERENCE, price=PRICE),
        source(),
        RULES,
        "reference",
        {"native": "The source", "edit": "Model 'm' edits no clips."},
    ),
    "a frame on a free model": (
        model("m", C.IMAGE_REFERENCE),
        source(),
        RULES,
        "frame",
        {"native": "The source", "edit": "Model", "reference": "Model 'm' takes no clip as a reference."},
    ),
    "too long for a reference": (
        model("m", C.CLIP_REFERENCE, C.IMAGE_REFERENCE, reference_limits=SHORT),
        source(),
        REFUSING,
        "frame",
        {"native": "The source", "edit": "Model", "reference": "The clip is 8 s long"},
    ),
    "words alone on a free model": (
        model("m"),
        source(),
        RULES,
        "prompt",
        {"native": "The source", "edit": "Model", "reference": "Model", "frame": "Model 'm' takes no first frame."},
    ),
    "words alone on a paid model, as asked": (
        model("m", price=PRICE),
        source(),
        replace(RULES, floor=Strategy.PROMPT),
        "prompt",
        {"native": "The source", "edit": "Model", "reference": "Model", "frame": "Model"},
    ),
    "a frame of an upload, as asked": (
        model("m", C.IMAGE_REFERENCE, price=PRICE),
        UPLOAD,
        replace(RULES, floor=Strategy.FRAME),
        "frame",
        {"native": "The clip", "edit": "Model", "reference": "Model"},
    ),
    "nobody else may see it": (
        model("m", *ALL),
        source(),
        replace(RULES, allow_cross_provider=False),
        "prompt",
        dict.fromkeys(("native",), "The source")
        | dict.fromkeys(("edit", "reference", "frame"), "'m inc' would receive a video made by 'maker'"),
    ),
    "its own provider may see it": (
        model("m", C.EDIT, provider="maker"),
        source(),
        replace(RULES, allow_cross_provider=False),
        "edit",
        {"native": "The source"},
    ),
    "an engine of this machine shows it to nobody": (
        model("m", C.EDIT, is_drawn=True),
        source(),
        replace(RULES, allow_cross_provider=False),
        "edit",
        {"native": "The source"},
    ),
    "what the caller uploads is the caller's to show": (
        model("m", C.EDIT),
        UPLOAD,
        replace(RULES, allow_cross_provider=False),
        "edit",
        {"native": "The clip was uploaded."},
    ),
}


@pytest.mark.parametrize(("target", "start", "rules", "rung", "reasons"), TABLE.values(), ids=TABLE)
def test_the_rung_and_why_no_higher_one(
    target: ModelSpec, start: Start, rules: Rules, rung: str, reasons: dict[str, str]
) -> None:
    plan = plan_change("at night", start, target, rules)
    assert plan.strategy == rung
    assert [one.strategy for one in plan.skipped] == list(reasons)
    for one in plan.skipped:
        assert one.reason.startswith(reasons[one.strategy]), one
    sends = rung in ("edit", "reference", "frame")
    assert plan.recipients == ((target.provider,) if sends else ())


def test_a_clip_that_can_be_made_to_fit_is_taken_on_its_rung() -> None:
    """Where nothing is lost always, else where the caller, or a free model, allows it; and with the rungs below."""
    paid = model("m", *ALL, edit_limits=SHORT, reference_limits=SMALL, price=PRICE)
    refused = plan_change("x", source(), paid, RULES)
    assert (refused.strategy, refused.fit and refused.fit.size) == ("reference", Size(640, 360))
    assert "'on_unsupported': 'adjust' allows to cut off its end" in refused.skipped[1].reason
    bent = plan_change("x", source(), paid, replace(RULES, on_unsupported=OnUnsupported.ADJUST))
    assert (bent.strategy, bent.fit and bent.fit.seconds) == ("edit", 5)
    assert [(one.strategy, one.fit and str(one.fit.size)) for one in bent.lower] == [("reference", "640x360")]
    assert plan_change("x", source(), replace(paid, price=None), RULES).strategy == "edit"


def test_a_clip_that_is_continued_keeps_its_length() -> None:
    bent = replace(RULES, on_unsupported=OnUnsupported.ADJUST)
    plan = plan_extension("on", source(), model("m", C.EXTEND, extend_limits=SMALL), bent)
    assert (plan.fit and str(plan.fit.size), plan.fit and plan.fit.seconds) == ("640x360", None)
    for limits in (SHORT, ClipLimits(shortest=9)):
        with pytest.raises(UnsupportedByModel, match="It goes on from its end"):
            plan_extension("on", source(), model("m", C.EXTEND, extend_limits=limits), bent)


def test_what_the_provider_is_told() -> None:
    change = "make it night"
    for capability in (C.NATIVE_REMIX, C.EDIT):
        plan = plan_change(change, source(), model("m", capability, **KEEPER), RULES)
        assert plan.upstream_prompt == change
    for capability in (C.CLIP_REFERENCE, C.IMAGE_REFERENCE, C.SEED):
        plan = plan_change(change, source(), model("m", capability), RULES)
        assert "A lake at dawn" in plan.upstream_prompt
        assert change in plan.upstream_prompt


def test_a_native_remix_goes_to_the_account_that_made_the_source() -> None:
    target = model("m", *ALL, **KEEPER)
    assert plan_change("x", source(credential="second"), target, RULES).credential == "second"
    assert plan_change("x", source("other", credential="second"), target, RULES).credential is None
    assert plan_change("x", UPLOAD, target, RULES).credential is None


REFUSED = {
    "a frame for money": (model("m", C.IMAGE_REFERENCE, price=PRICE), source(), RULES, "model", "'frame' at best"),
    "words for money": (model("m", price=PRICE), source(), RULES, "model", "'prompt' at best"),
    "the caller's floor": (
        model("m", C.EDIT),
        source(),
        replace(RULES, floor=Strategy.NATIVE),
        "min_strategy",
        "'edit' at best, which is below 'min_strategy' 'native'",
    ),
    "a floor beside the ladder": (
        model("m", C.CLIP_REFERENCE),
        source(),
        replace(RULES, floor=Strategy.LOCAL),
        "min_strategy",
        "'reference' at best",
    ),
    "an upload that nobody put in words": (model("m"), UPLOAD, RULES, "model", "cannot change an uploaded clip"),
    "a clip that may not go there": (
        model("m", C.EDIT, price=PRICE),
        source(),
        replace(RULES, allow_cross_provider=False),
        "model",
        "edit: 'm inc' would receive a video made by 'maker'",
    ),
}


@pytest.mark.parametrize(("target", "start", "rules", "param", "words"), REFUSED.values(), ids=REFUSED)
def test_below_the_floor_is_refused(target: ModelSpec, start: Start, rules: Rules, param: str, words: str) -> None:
    with pytest.raises(UnsupportedByModel) as refusal:
        plan_change("at night", start, target, rules)
    assert (refusal.value.error_code, refusal.value.param) == ("unsupported_operation", param)
    assert words in refusal.value.message
    assert refusal.value.message.endswith("No model here can.")


def test_a_refusal_names_the_models_that_could() -> None:
    target = model("words", price=PRICE)
    models = [target, model("editor", C.EDIT), model("framer", C.IMAGE_REFERENCE, price=PRICE), model("free")]
    with pytest.raises(UnsupportedByModel) as refusal:
        plan_change("at night", source(), target, RULES, models)
    assert refusal.value.message.endswith("Models here that can: editor, free.")


def test_a_refusal_names_local_where_it_could_do_the_change() -> None:
    target, local = model("words", price=PRICE), model("local", C.LOCAL_EDIT)
    for change, rules, others in (
        ("black and white", RULES, "Models here that can: local."),
        ("at night", RULES, "No model here can."),
        ("first 9 seconds", RULES, "No model here can."),
        ("black and white", replace(RULES, floor=Strategy.LOCAL), "Models here that can: local."),
        ("black and white", replace(RULES, floor=Strategy.EDIT), "No model here can."),
    ):
        with pytest.raises(UnsupportedByModel) as refusal:
            plan_change(change, source(), target, rules, [target, local])
        assert refusal.value.message.endswith(others), change


def test_an_exact_change_is_a_rung_of_its_own() -> None:
    plan = plan_change("Twice as fast, square!", source(), model("local", C.LOCAL_EDIT), RULES)
    assert (plan.strategy, plan.upstream_prompt) == ("local", "at 2x speed, crop to 1:1")
    assert (plan.becomes, plan.recipients, plan.skipped, plan.lower) == (Extent(Size(720, 720), 4), (), (), ())
    with pytest.raises(UnsupportedByModel, match="at most 5 s are taken"):
        plan_change("square", source(), model("local", C.LOCAL_EDIT, edit_limits=SHORT), RULES)
    with pytest.raises(UnsupportedByModel, match="'local' at best, which is below 'min_strategy' 'native'"):
        plan_change("square", source(), model("local", C.LOCAL_EDIT), replace(RULES, floor=Strategy.NATIVE))


def test_an_extension_goes_on_from_what_is_remembered_or_from_the_last_frame() -> None:
    target = model("m", C.EXTEND, C.NATIVE_REMIX, **KEEPER)
    kept = plan_extension("on", source(credential="second"), target, RULES)
    assert (kept.strategy, kept.skipped, kept.recipients, kept.credential) == ("native", (), (), "second")
    other = plan_extension("on", source("other"), target, RULES)
    assert (other.strategy, other.recipients) == ("frame", ("m inc",))
    assert [one.strategy for one in other.skipped] == ["native"]
    for start, chosen, rules in (
        (source(), model("m"), RULES),
        (source("other"), target, replace(RULES, allow_cross_provider=False)),
    ):
        with pytest.raises(UnsupportedByModel, match="cannot continue") as refusal:
            plan_extension("on", start, chosen, rules)
        assert refusal.value.error_code == "unsupported_operation"


def test_what_left_no_id_is_not_remembered() -> None:
    target = model("m", C.EXTEND_OWN, **KEEPER, remembered_by="clip_id")
    assert plan_extension("on", source(facts={"clip_id": "1"}), target, RULES).strategy == "native"
    for start in (source(), source(facts={"clip_id": ""})):
        with pytest.raises(UnsupportedByModel, match="'maker' left no id of the source"):
            plan_extension("on", start, target, RULES)


def test_a_length_that_a_model_makes() -> None:
    fitting = {1: 4, 4: 4, 6: 8, 6.5: 8, 10: 12, 90: 12}
    assert {given: model("m").fit_seconds(given) for given in fitting} == fitting


@pytest.mark.parametrize(
    ("target", "rungs"),
    [
        (model("m", *ALL, **KEEPER), "native edit reference frame prompt"),
        (model("m", *ALL), "edit reference frame prompt"),
        (model("m"), "prompt"),
        (model("m", C.EDIT, from_words=False), "edit"),
        (model("m", C.EXTEND, from_words=False), ""),
        (model("m", C.LOCAL_EDIT), "local"),
    ],
)
def test_the_rungs_at_best(target: ModelSpec, rungs: str) -> None:
    assert list(strategies_of(target)) == rungs.split()

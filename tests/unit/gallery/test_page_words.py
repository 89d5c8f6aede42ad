"""How things are said on the page, and the lines that repeat a video."""

from __future__ import annotations

import ast
import json
import shlex
from dataclasses import replace

import pytest

from mutoscope.domain import errors
from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.money import Price, Standing, Usage
from mutoscope.domain.video import Operation, Size, Video, VideoRequest
from mutoscope.gallery import advice, wording
from mutoscope.gallery.repeating import repeating

REQUEST = VideoRequest('it\'s "so" $HOME `x` \\ ü\nnew line', "flipbook", Size(1280, 720), 8, seed=7)
VIDEO = Video("video_1", "default", State.COMPLETED, 100, REQUEST, "flipbook", 0.0)
SITE = "http://127.0.0.1:8650"


def test_every_word_of_the_domain_has_one_here() -> None:
    assert set(wording.STATES) == set(State)
    assert set(wording.STRATEGIES) == set(Strategy)
    assert set(wording.HAPPENINGS) == {"created", *Happening}
    assert set(wording.STANDINGS) == set(Standing)


def test_every_failure_that_an_upstream_causes_has_its_advice() -> None:
    codes = {cls.code for cls in errors.UpstreamError.__subclasses__() if cls is not errors.NotStarted}
    assert codes - {"upstream_error"} <= set(advice.ADVICE)
    assert advice.advice("internal_error") == advice.OTHERWISE


def test_a_failure_that_was_asked_for_needs_no_help() -> None:
    assert advice.advice("upstream_protocol_error", "garbled") == advice.PLAYED
    assert "report it" in advice.advice("upstream_protocol_error", "slow")
    assert "report it" in advice.advice("upstream_protocol_error", "no such case")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (86_400 * 800, "2 years ago"),
    ],
)
def test_ages(seconds: float, said: str) -> None:
    assert wording.age(1_000_000_000 - seconds, 1_000_000_000) == said


def test_moments_and_lengths() -> None:
    assert wording.when(0) == "1 Jan 1970, 00:00 UTC"
    assert (wording.length(8.0), wording.length(2.5)) == ("8 s", "2.5 s")
    assert (wording.took(3.44), wording.took(125)) == ("3.4 s", "2 min 5 s")
    assert wording.pixels(Size(1280, 720)) == "1280 × 720"


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (None, "free"),
        (Price(per_second=100_000), "0.10 USD a second"),
        (Price(per_video=500_000, per_second=1_000), "0.001 USD a second and 0.50 USD a video"),
        (Price(by_side=((480, 50_000), (720, 100_000))), "from 0.05 USD a second"),
    ],
)
def test_what_a_model_costs(price: Price | None, said: str) -> None:
    model = ModelSpec("m", "p", "m", SizeRule(), (4,), Size(64, 64), 4, price=price)
    assert wording.rate(model) == said


def test_how_money_stands() -> None:
    assert wording.spent(None) == "Free"
    assert wording.spent(Usage(400_000, "USD", Standing.SETTLED)) == "0.40 USD spent"
    assert "not known" in wording.spent(Usage(400_000, "USD", Standing.HELD))


@pytest.mark.parametrize(
    ("operation", "path", "fields"),
    [
        (Operation.CREATE, "/v1/videos", {"size": "1280x720", "seconds": "8"}),
        (Operation.REMIX, "/v1/videos/video_0/remix", {}),
        (Operation.EDIT, "/v1/videos/edits", {"video": {"id": "video_0"}}),
        (Operation.EXTENSION, "/v1/videos/extensions", {"video": {"id": "video_0"}, "seconds": "4"}),
    ],
)
def test_the_line_for_a_shell_asks_for_the_same(operation: Operation, path: str, fields: dict) -> None:
    request = replace(REQUEST, operation=operation, added_seconds=4)
    source = None if operation is Operation.CREATE else "video_0"
    curl, python = repeating(replace(VIDEO, request=request, source_id=source), SITE, takes_seed=True)
    words = shlex.split(curl.text.replace("\\\n", ""))
    assert words[1] == SITE + path
    assert json.loads(words[-1]) == {"prompt": REQUEST.prompt, "model": "flipbook", "seed": 7, **fields}
    call = ast.parse(python.text).body[-1].value  # type: ignore[attr-defined]
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert given["prompt"] == REQUEST.prompt
    assert given["extra_body"]["seed"] == 7
    assert [ast.literal_eval(argument) for argument in call.args] == (["video_0"] if operation == "remix" else [])


def test_what_only_some_models_take_is_asked_for_again() -> None:
    options = {"negative_prompt": '"rain"', "generate_audio": True, "provider_options": {"steps": [None, 1.5]}}
    request = replace(REQUEST, options={**options, "last_frame": object()})
    curl, python = repeating(replace(VIDEO, request=request), SITE, takes_seed=True)
    asked = json.loads(shlex.split(curl.text.replace("\\\n", ""))[-1])
    assert {name: asked.get(name) for name in options} == options
    assert "last_frame" not in asked
    call = ast.parse(python.text).body[-1].value  # type: ignore[attr-defined]
    extra = next(ast.literal_eval(each.value) for each in call.keywords if each.arg == "extra_body")
    assert extra == {"seed": 7, **options}


@pytest.mark.parametrize("operation", list(Operation))
def test_the_line_for_the_sdk_is_a_method_it_has(operation: Operation) -> None:
    import inspect

    from openai.resources.videos import Videos

    request = replace(REQUEST, operation=operation, added_seconds=4)
    python = repeating(replace(VIDEO, request=request, source_id="video_0"), SITE, takes_seed=True)[1]
    call = ast.parse(python.text).body[-1].value  # type: ignore[attr-defined]
    method = getattr(Videos, call.func.attr)
    inspect.signature(method).bind(None, *call.args, **{each.arg: None for each in call.keywords})

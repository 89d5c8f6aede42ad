"""Servers that speak the OpenAI Videos API: what each dialect is sent, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from provider_bench import CLIP, PNG, SECRET, account_at, clip, given, job, model, picture, plain, serving, unpack

from mutoscope.dialect.forms import nest
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part as FormPart
from mutoscope.dialect.references import read_guides_later
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import (
    ConfigurationError,
    ContentRefused,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.money import Price
from mutoscope.domain.video import Operation
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Form
from mutoscope.egress.door import Door
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.openai_compatible import ADAPTER
from mutoscope.providers.openai_compatible.answers import STATUSES, Reader, failure_of, refusal_of, sentence_of
from mutoscope.providers.openai_compatible.bodies import request_for
from mutoscope.providers.openai_compatible.dialects import DIALECTS
from mutoscope.providers.openai_compatible.provider import OpenAICompatible
from mutoscope.providers.protocol import Done, Job, Refused, Running, Source, Waiting

pytestmark = pytest.mark.anyio

CREATE = {"model": "up-1", "prompt": "a lake", "size": "1280x720", "seconds": "8"}
NATIVE = {"strategy": "native", "source": Source("video_1", "gpu", "v/1", {}, "key")}


async def asked(dialect: str, made: Job, route: str = "remix") -> tuple[str, dict[str, Any], bool]:
    """Path, fields and files, and whether a form was sent."""
    request = await request_for(made, DIALECTS[dialect], route)
    return request.path, await unpack(request.body), isinstance(request.body, Form)


@pytest.mark.parametrize(
    ("dialect", "fields", "is_form"),
    [
        ("openai", CREATE, False),
        ("azure", CREATE, False),
        ("litellm", CREATE, False),
        ("new_api", CREATE, False),
        ("vllm_omni", CREATE, True),
        ("sglang", {**CREATE, "seconds": 8}, False),
        ("mutoscope", {**CREATE, "on_unsupported": "refuse"}, False),
    ],
)
async def test_a_create(dialect: str, fields: dict, is_form: bool) -> None:
    assert await asked(dialect, job()) == ("/videos", fields, is_form)


@pytest.mark.parametrize("dialect", list(DIALECTS))
async def test_a_first_frame_is_a_file(dialect: str) -> None:
    path, fields, is_form = await asked(dialect, job(reference=PNG))
    assert (path, is_form) == ("/videos", True)
    assert fields["input_reference"] == ("input_reference.png", "image/png", PNG)
    assert fields["seconds"] == "8"


@pytest.mark.parametrize(
    ("dialect", "field", "nested"),
    [("vllm_omni", "generate_sound", False), ("mutoscope", "generate_audio", True), ("sglang", None, False)],
)
async def test_wishes_have_the_dialects_own_names(dialect: str, field: str | None, nested: bool) -> None:
    options = {"negative_prompt": "rain", "generate_audio": False, "provider_options": {"fps": 24}}
    _, fields, _ = await asked(dialect, job(seed=7, options=options))
    assert (plain(fields["seed"]), fields["negative_prompt"]) == (7, "rain")
    assert plain((fields["provider_options"] if nested else fields)["fps"]) == 24
    assert {name: plain(value) for name, value in fields.items() if name.startswith("generate_")} == (
        {field: False} if field else {}
    )


@pytest.mark.parametrize("name", ["model", "size", "seconds", "n", "seed"])
async def test_options_cannot_change_what_is_paid_for(name: str) -> None:
    with pytest.raises(UpstreamRejected, match=name):
        await asked("vllm_omni", job(seed=7, options={"provider_options": {name: "x"}}))


@pytest.mark.parametrize(
    ("dialect", "route", "path", "fields"),
    [
        ("openai", "remix", "/videos/v%2F1/remix", {"prompt": "a lake"}),
        ("openai", "edits", "/videos/edits", {"prompt": "a lake", "video": {"id": "v/1"}}),
        (
            "mutoscope",
            "remix",
            "/videos/v%2F1/remix",
            {"prompt": "a lake", "model": "up-1", "min_strategy": "edit", "on_unsupported": "refuse"},
        ),
    ],
)
async def test_a_native_remix_names_the_source(dialect: str, route: str, path: str, fields: dict) -> None:
    assert await asked(dialect, job(operation=Operation.REMIX, **NATIVE), route) == (path, fields, False)


async def test_a_native_extension_says_how_much_is_added() -> None:
    path, fields, _ = await asked("openai", job(operation=Operation.EXTENSION, added_seconds=12, seconds=20, **NATIVE))
    assert (path, fields) == ("/videos/extensions", {"prompt": "a lake", "video": {"id": "v/1"}, "seconds": "12"})


async def test_a_source_without_its_id_is_a_reason_to_step_down() -> None:
    forgotten = {**NATIVE, "source": replace(NATIVE["source"], upstream_id=None)}
    with pytest.raises(SourceRefused):
        await asked("openai", job(operation=Operation.REMIX, **forgotten))


@pytest.mark.parametrize(
    ("dialect", "operation", "strategy", "path", "more"),
    [
        ("openai", Operation.EDIT, "edit", "/videos/edits", {}),
        ("mutoscope", Operation.REMIX, "edit", "/videos/edits", {"min_strategy": "edit"}),
        ("mutoscope", Operation.REMIX, "reference", "/videos/edits", {"min_strategy": "reference"}),
        ("openai", Operation.EXTENSION, "frame", "/videos/extensions", {"seconds": "4"}),
    ],
)
async def test_a_clip_is_handed_over_with_the_models_name(
    dialect: str, operation: Operation, strategy: str, path: str, more: dict
) -> None:
    made = job(operation=operation, strategy=strategy, clip=clip(), added_seconds=4)
    found, fields, is_form = await asked(dialect, made)
    assert (found, is_form) == (path, True)
    assert fields.pop("video") == ("clip.mp4", "video/mp4", CLIP)
    always = {"on_unsupported": "refuse"} if dialect == "mutoscope" else {}
    assert fields == {"model": "up-1", "prompt": "a lake", **more, **always}


async def test_a_clip_that_guides_goes_as_each_engine_takes_it() -> None:
    made = job(operation=Operation.REMIX, strategy="reference", clip=clip())
    path, fields, _ = await asked("sglang", made)
    assert (path, fields["video_reference"]) == ("/videos", ("clip.mp4", "video/mp4", CLIP))
    _, fields, _ = await asked("vllm_omni", made)
    assert json.loads(fields["video_reference"])["video_url"].startswith("data:video/mp4;base64,")
    _, fields, _ = await asked("vllm_omni", replace(made, clip=clip(link="https://us.example/c.mp4")))
    assert json.loads(fields["video_reference"]) == {"video_url": "https://us.example/c.mp4"}
    wired = replace(made, spec=model(wiring={"clip_field": "source_video"}))
    _, fields, _ = await asked("vllm_omni", wired)
    assert fields["source_video"] == ("clip.mp4", "video/mp4", CLIP)


async def test_guides_for_vllm_omni_are_files_and_one_clip() -> None:
    _, fields, _ = await asked("vllm_omni", job(guides=(picture(), clip())))
    assert fields["input_references"] == ("input_references.png", "image/png", PNG)
    assert "video_url" in json.loads(fields["video_reference"])
    with pytest.raises(UpstreamRejected, match="one clip"):
        await asked("vllm_omni", job(guides=(clip(), clip())))


async def test_one_sound_for_vllm_omni_is_an_address() -> None:
    sound = given(b"hum", "audio/mpeg", seconds=2.0)
    _, fields, is_form = await asked("vllm_omni", job(guides=(picture(), sound)))
    assert is_form
    assert json.loads(fields["audio_reference"]) == {"audio_url": "data:audio/mpeg;base64,aHVt"}
    _, fields, _ = await asked("vllm_omni", job(guides=(replace(sound, link="https://us.example/s.mp3"),)))
    assert json.loads(fields["audio_reference"]) == {"audio_url": "https://us.example/s.mp3"}
    with pytest.raises(UpstreamRejected, match="one sound"):
        await asked("vllm_omni", job(guides=(sound, sound)))


async def test_another_mutoscope_reads_guides_with_their_roles() -> None:
    made = job(guides=(picture(role="style"), clip(), given(b"hum", "audio/flac")), last_frame=PNG)
    _, fields, is_form = await asked("mutoscope", made)
    assert is_form
    assert fields["last_frame"] == ("last_frame.png", "image/png", PNG)
    part = FormPart("input_references", fields["input_references"].encode())
    guides = read_guides_later(nest([("input_references", part)], Limits()), "input_references", Limits())
    assert guides is not None
    assert [(guide.upload.data, guide.role) for guide in guides()] == [(PNG, "style"), (CLIP, None), (b"hum", None)]
    assert [next(iter(entry)) for entry in json.loads(fields["input_references"])] == [
        "image_url",
        "video_url",
        "audio_url",
    ]


# What a Video object says


def read(told: Any, dialect: str = "openai", currency: str | None = None):
    return Reader(DIALECTS[dialect], lambda text: text, "gpu:8000", currency).poll({"id": "v/1", **told}, 3.0)


@pytest.mark.parametrize("word", list(STATUSES))
def test_every_word_has_a_meaning(word: str) -> None:
    meanings = {"waiting": Waiting, "running": Running, "done": Done, "failed": Refused, "stopped": Refused}
    assert isinstance(read({"status": word}), meanings[STATUSES[word]])


@pytest.mark.parametrize("told", [{"status": "polishing"}, {}, {"status": 3}])
def test_other_words_are_not_guessed_at(told: dict) -> None:
    with pytest.raises(UpstreamProtocolError, match=r"polishing|status"):
        read(told)


@pytest.mark.parametrize(
    ("dialect", "progress", "expected"),
    [
        ("openai", 40, 40.0),
        ("new_api", 12.5, 12.5),
        ("litellm", None, None),
        ("vllm_omni", 0, None),
        ("azure", 140, 100),
    ],
)
def test_progress(dialect: str, progress: Any, expected: float | None) -> None:
    assert read({"status": "in_progress", "progress": progress}, dialect) == Running(expected, 3.0)


@pytest.mark.parametrize(
    ("dialect", "told", "location"),
    [
        ("openai", {}, "/videos/v%2F1/content"),
        ("new_api", {"metadata": {"url": "https://cdn.example/a.mp4"}}, "/videos/v%2F1/content"),
        ("sglang", {"url": "https://bucket.example/a.mp4?s=1"}, "https://bucket.example/a.mp4?s=1"),
        ("sglang", {"url": "http://gpu:8000/files/a.mp4"}, "/videos/v%2F1/content"),
        ("sglang", {"url": None}, "/videos/v%2F1/content"),
        ("openai", {"url": "https://bucket.example/a.mp4"}, "/videos/v%2F1/content"),
    ],
)
def test_where_the_clip_is(dialect: str, told: dict, location: str) -> None:
    done = read({"status": "completed", **told}, dialect)
    assert isinstance(done, Done)
    assert done.assets[0].location == location


@pytest.mark.parametrize(
    ("usage", "charged"),
    [
        ({"amount": "0.40", "currency": "USD", "state": "settled"}, 400_000),
        ({"amount": "0.40", "currency": "EUR", "state": "settled"}, None),
        ({"amount": "0.40", "currency": "USD", "state": "reserved"}, None),
        ({"duration_seconds": 8}, None),
        ({"amount": "much", "currency": "USD", "state": "settled"}, None),
    ],
)
def test_only_a_settled_charge_is_believed(usage: dict, charged: int | None) -> None:
    done = read({"status": "completed", "usage": usage, "remix": {"strategy": "edit"}}, "mutoscope", "USD")
    assert isinstance(done, Done)
    assert (done.charged, done.facts) == (charged, {"id": "v/1", "strategy": "edit"})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "moderation_blocked", "message": "no"}, ContentRefused),
        ({"code": 400, "message": "bad size"}, UpstreamRejected),
        ({"code": 500, "message": "CUDA"}, UpstreamUnavailable),
        ({"message": "CUDA"}, UpstreamUnavailable),
        ("CUDA", UpstreamUnavailable),
        (None, UpstreamUnavailable),
        ({"code": "upstream_rejected", "message": "no"}, UpstreamRejected),
        ({"code": "insufficient_quota", "message": "no"}, UpstreamQuotaExhausted),
    ],
)
def test_why_a_job_failed(error: Any, kind: type[UpstreamError]) -> None:
    failure = failure_of({"id": "v", "status": "failed", "error": error}, lambda text: text)
    assert type(failure) is kind


# What an answer to a start proves


def reply(status: int, told: Any) -> Reply:
    return Reply(status, {}, json.dumps(told).encode())


def error(code: str | None, message: str = "because") -> dict:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


@pytest.mark.parametrize(
    ("dialect", "uses_source", "status", "told", "kind"),
    [
        ("openai", False, 200, {"id": "v", "status": "queued", "error": None}, None),
        ("openai", False, 200, error("moderation_blocked"), ContentRefused),
        ("openai", True, 400, error("sentinel_block"), ContentRefused),
        ("openai", False, 429, error("insufficient_quota"), UpstreamQuotaExhausted),
        ("openai", False, 429, error("rate_limit_exceeded"), None),
        ("openai", True, 404, {"detail": "Not Found"}, SourceRefused),
        ("openai", True, 405, {"detail": "Method Not Allowed"}, SourceRefused),
        ("openai", True, 413, error("file_too_large"), SourceRefused),
        ("openai", True, 403, error(None), SourceRefused),
        ("openai", True, 403, error("invalid_api_key"), None),
        ("openai", False, 403, error(None), None),
        ("openai", True, 400, error("invalid_value"), None),
        ("mutoscope", True, 400, error("unsupported_operation"), SourceRefused),
        ("mutoscope", True, 404, error("video_not_found", "Video with id 'x' not found."), SourceRefused),
        ("mutoscope", True, 404, error("video_not_found", "deleted since."), UpstreamProtocolError),
        ("mutoscope", False, 404, error("video_not_found"), UpstreamProtocolError),
        ("mutoscope", False, 400, error("idempotency_key_reused"), UpstreamProtocolError),
        ("mutoscope", False, 503, error("storage_full"), UpstreamUnavailable),
        ("vllm_omni", False, 503, {"detail": "not initialised"}, UpstreamUnavailable),
        ("vllm_omni", False, 503, {}, None),
        ("openai", False, 503, {"detail": "busy"}, None),
    ],
)  # fmt: skip
def test_refusals(dialect: str, uses_source: bool, status: int, told: Any, kind: type | None) -> None:
    said = sentence_of(told) or ""
    found = refusal_of(reply(status, told), DIALECTS[dialect], said, uses_source=uses_source)
    assert (found if found is None else type(found)) is kind
    if found is not None and kind is UpstreamUnavailable:
        assert outcome_of(found) is Outcome.REJECTED
    if found is not None and kind is UpstreamProtocolError:
        assert outcome_of(found) is Outcome.UNKNOWN


# The class, against a server


class Server:
    """Answers what it is told to, and remembers what it was asked."""

    url: str
    door: Door

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any, Mapping[str, str]]] = []
        self.heard: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        await request.read()
        self.heard.append(request)
        status, told, headers = self.answers.pop(0)
        if isinstance(told, bytes):
            return web.Response(body=told, status=status, headers=headers)
        return web.json_response(told, status=status, headers=headers)

    def say(self, status: int, told: Any, **headers: str) -> None:
        self.answers.append((status, told, {name.replace("_", "-"): value for name, value in headers.items()}))

    def provider(self, dialect: str = "openai", **options: Any) -> OpenAICompatible:
        account = account_at(f"{self.url}/v1", ADAPTER, model(), door=self.door, dialect=dialect, **options)
        return OpenAICompatible(account)


@pytest.fixture
async def upstream() -> AsyncIterator[Server]:
    made = Server()
    async with serving(made.handle) as (made.url, made.door):
        yield made


async def test_a_whole_life(upstream: Server) -> None:
    made = upstream.provider()
    upstream.say(200, {"id": "v/1", "status": "queued"})
    upstream.say(200, {"id": "v/1", "status": "in_progress", "progress": 30}, openai_poll_after_ms="2500")
    upstream.say(200, {"id": "v/1", "status": "completed", "progress": 100})
    upstream.say(200, CLIP)
    assert (await made.submit(job())).upstream_id == "v/1"
    assert await made.poll("v/1") == Running(30.0, 2.5)
    done = await made.poll("v/1")
    assert isinstance(done, Done)
    assert b"".join([chunk async for chunk in made.fetch(done.assets[0])]) == CLIP
    assert [(heard.method, heard.raw_path) for heard in upstream.heard] == [
        ("POST", "/v1/videos"),
        ("GET", "/v1/videos/v%2F1"),
        ("GET", "/v1/videos/v%2F1"),
        ("GET", "/v1/videos/v%2F1/content"),
    ]
    assert all(heard.headers["Authorization"] == f"Bearer {SECRET}" for heard in upstream.heard)
    assert upstream.heard[0].headers["Idempotency-Key"] == "video_1-1"
    assert upstream.heard[0].headers["X-Gateway-Hops"] == "1"


async def test_azure_has_its_own_header_and_version(upstream: Server) -> None:
    upstream.say(200, {"id": "v1", "status": "queued"})
    upstream.say(200, CLIP)
    made = upstream.provider("azure", api_version="preview")
    await made.submit(job())
    assert [chunk async for chunk in made.fetch(read_done("azure").assets[0])]
    assert [heard.raw_path for heard in upstream.heard] == [
        "/v1/videos?api-version=preview",
        "/v1/videos/v%2F1/content?api-version=preview",
    ]
    assert all(heard.headers["api-key"] == SECRET for heard in upstream.heard)
    assert all("Authorization" not in heard.headers for heard in upstream.heard)


def read_done(dialect: str) -> Done:
    done = read({"status": "completed"}, dialect)
    assert isinstance(done, Done)
    return done


async def test_a_failed_job_may_come_as_an_error(upstream: Server) -> None:
    made = upstream.provider("vllm_omni")
    upstream.say(400, {"id": "v1", "status": "failed", "error": {"code": 400, "message": f"bad {SECRET}"}})
    told = await made.poll("v1")
    assert isinstance(told, Refused)
    assert isinstance(told.error, UpstreamRejected)
    assert SECRET not in told.error.message
    upstream.say(404, {"detail": "no such video"})
    with pytest.raises(UpstreamTaskLost):
        await made.poll("v1")
    upstream.say(500, {"detail": "oops"})
    with pytest.raises(UpstreamUnavailable):
        await made.poll("v1")


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (401, error("invalid_api_key", f"bad key {SECRET}"), UpstreamKeyInvalid),
        (402, error(None), UpstreamQuotaExhausted),
        (409, {"detail": "one API worker only"}, UpstreamRejected),
        (422, {"detail": [{"msg": "seconds: too long"}]}, UpstreamRejected),
        (429, error(None), UpstreamRateLimited),
        (500, error(None), UpstreamUnavailable),
        (200, {"error": "odd"}, UpstreamProtocolError),
        (200, b"<html>", UpstreamProtocolError),
    ],
)
async def test_what_a_start_may_be_told(upstream: Server, status: int, told: Any, kind: type) -> None:
    upstream.say(status, told, Retry_After="7")
    with pytest.raises(kind) as failed:
        await upstream.provider().submit(job())
    assert type(failed.value) is kind or kind is UpstreamProtocolError
    assert SECRET not in str(failed.value)
    if isinstance(failed.value, UpstreamRateLimited):
        assert failed.value.retry_after == 7.0
    assert len(upstream.heard) == 1


@pytest.mark.parametrize(
    ("dialect", "cancels", "forgets"),
    [
        ("openai", True, False),
        ("azure", True, False),
        ("vllm_omni", True, True),
        ("sglang", False, True),
        ("litellm", False, False),
        ("new_api", False, False),
        ("mutoscope", True, False),
    ],
)
async def test_deletions(upstream: Server, dialect: str, cancels: bool, forgets: bool) -> None:
    made = upstream.provider(dialect)
    for status in (200, 404, 409):
        upstream.answers.clear()
        upstream.say(status, {"id": "v1", "status": "deleted"})
        upstream.say(status, {"id": "v1", "status": "deleted"})
        await made.cancel("v1")
        await made.forget("v1")
    assert [heard.method for heard in upstream.heard] == ["DELETE"] * 3 * (cancels + forgets)


def test_keys_count_only_at_another_mutoscope() -> None:
    accounts = {name: account_at("http://gpu:8000/v1", ADAPTER, dialect=name) for name in DIALECTS}
    seconds = {name: OpenAICompatible(account).recovery.key_seconds for name, account in accounts.items()}
    assert seconds.pop("mutoscope") == 29 * 24 * 3600
    assert set(seconds.values()) == {0.0}


def test_a_model_cannot_declare_what_its_dialect_cannot_carry() -> None:
    spec = model(capabilities=frozenset({Capability.NATIVE_REMIX}), price=Price(1, as_of="2026-11-22"))
    with pytest.raises(ConfigurationError, match=r"'native_remix'.*'sglang'"):
        ADAPTER.make(account_at("http://gpu:8000/v1", ADAPTER, spec, dialect="sglang"))

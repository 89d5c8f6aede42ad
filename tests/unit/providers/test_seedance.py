"""Seedance: what is asked for, what answers mean, and the calls against a small server of the sheet's shapes."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import mutoscope.providers.models
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import (
    ConfigurationError,
    ContentRefused,
    FinishedWithoutAsset,
    ResultGone,
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
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.model_file import read_models
from mutoscope.providers.protocol import Done, Given, Job, Refused, RemoteAsset, Running, Source, Waiting
from mutoscope.providers.seedance import ADAPTER
from mutoscope.providers.seedance.provider import Seedance
from mutoscope.providers.seedance.wiring import wiring_of
from mutoscope.testing import ManualClock
from mutoscope.testing.upstreams.door import door_to

pytestmark = pytest.mark.anyio

SECRET = "ark-key-canary"
NOW = 1_790_000_000.0
PNG = b"\x89PNG\r\n\x1a\n"
PNG_URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
LINK = "https://mutoscope.example/v1/source/token"
OWN = "https://ark-content.example/a.mp4?sign=1"
TASKS = "/contents/generations/tasks"
FILE = read_models((Path(mutoscope.providers.models.__path__[0]) / "seedance.toml").read_text(), "seedance.toml")
MODELS = {entry.name: entry.spec("seedance", FILE.as_of) for entry in FILE.model}


def given(media_type: str, data: bytes = b"clip", **more: Any) -> Given:
    async def read() -> AsyncIterator[bytes]:
        yield data

    return Given(media_type, len(data), read, **more)


CLIP = given("video/mp4", size=Size(1280, 720), seconds=6.0, link=LINK)
PICTURE = given("image/png", PNG)
SOUND = given("audio/mpeg", link=LINK)
SIZE = Size(1280, 720)


def job(model: str, **more: Any) -> Job:
    spec = MODELS[model]
    names = ("operation", "seed", "seconds", "options", "added_seconds", "size")
    asked = {"seconds": 5, "size": SIZE, **{name: more.pop(name) for name in names if name in more}}
    return replace(Job("video_1", 1, "k", VideoRequest("a lake", spec.name, **asked), "a lake", spec=spec), **more)


def source(**facts: Any) -> Source:
    return Source("video_0", "seedance", "cgt-0", facts, "key")


EDIT = {"operation": Operation.EDIT, "strategy": "edit", "clip": CLIP, "seconds": 6.0}
GUIDED = {"operation": Operation.REMIX, "strategy": "reference", "clip": CLIP}
EXTEND = {"operation": Operation.EXTENSION, "strategy": "frame", "clip": CLIP, "seconds": 11.0, "added_seconds": 5}
MODEL_25, MODEL_20 = "dreamina-seedance-2-5-260628", "dreamina-seedance-2-0-260128"
SHAPE = {"resolution": "720p", "ratio": "16:9", "duration": 5, "generate_audio": False, "watermark": False}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def video(url: str = LINK) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": url}, "role": "reference_video"}


def picture(role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": PNG_URI}, "role": role}


def asset(role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": "asset://asset-20260101-abc"}, "role": role}


DRAFT_TASK = {"type": "draft_task", "draft_task": {"id": "cgt-7"}}


def theirs(*content: Any, model: str = "seedance-1.5-pro", **more: Any) -> Job:
    return job(model, options={"provider_options": {"content": list(content)}}, **more)


REQUESTS = {
    "create": (
        job("seedance-2.0"),
        {"model": MODEL_20, "content": [words("a lake")], **SHAPE},
    ),
    "everything that words can ask for": (
        job(
            "seedance-2.0",
            size=Size(2160, 3840),
            seed=7,
            options={"generate_audio": True, "provider_options": {"priority": 1, "model": "dearer"}},
            callback_url="https://mutoscope.example/v1/callbacks/t",
        ),
        {
            "model": MODEL_20,
            "content": [words("a lake")],
            **SHAPE,
            "resolution": "4k",
            "ratio": "9:16",
            "seed": 7,
            "generate_audio": True,
            "priority": 1,
            "callback_url": "https://mutoscope.example/v1/callbacks/t",
        },
    ),
    "frames": (
        job("seedance-2.0", reference=PNG, last_frame=PNG),
        {"model": MODEL_20, "content": [words("a lake"), picture("first_frame"), picture("last_frame")], **SHAPE},
    ),
    "a first frame sets the ratio": (
        job("seedance-2.5", reference=PNG),
        {
            "model": MODEL_25,
            "content": [words("a lake"), picture("first_frame")],
            "resolution": "720p",
            "duration": 5,
            "generate_audio": False,
            "watermark": False,
        },
    ),
    "references": (
        job("seedance-2.5", guides=(PICTURE, CLIP, SOUND)),
        {
            "model": MODEL_25,
            "content": [
                words("a lake"),
                picture("reference_image"),
                video(),
                {"type": "audio_url", "audio_url": {"url": LINK}, "role": "reference_audio"},
            ],
            **SHAPE,
            "omni_reference_task_type": "reference",
        },
    ),
    "edit": (
        job("seedance-2.5", **EDIT, source=source(generate_audio=True)),
        {
            "model": MODEL_25,
            "content": [words("Editing task: in @Video1, a lake. Keep everything else unchanged."), video()],
            **SHAPE,
            "ratio": "adaptive",
            "duration": -1,
            "omni_reference_task_type": "edit",
            "generate_audio": True,
        },
    ),
    "edit of what the upstream still has": (
        job(
            "seedance-2.5",
            **{**EDIT, "clip": replace(CLIP, link=None)},
            source=source(ark_url=OWN, ark_url_until=NOW + 60, generate_audio=True),
            options={"generate_audio": False},
        ),
        {
            "model": MODEL_25,
            "content": [words("Editing task: in @Video1, a lake. Keep everything else unchanged."), video(OWN)],
            **SHAPE,
            "ratio": "adaptive",
            "duration": -1,
            "omni_reference_task_type": "edit",
        },
    ),
    "edit of what it had": (
        job("seedance-2.5", **EDIT, source=source(ark_url=OWN, ark_url_until=NOW - 1)),
        {
            "model": MODEL_25,
            "content": [words("Editing task: in @Video1, a lake. Keep everything else unchanged."), video()],
            **SHAPE,
            "ratio": "adaptive",
            "duration": -1,
            "omni_reference_task_type": "edit",
        },
    ),
    "reference": (
        job("seedance-2.0", **GUIDED),
        {"model": MODEL_20, "content": [words("Edit Video 1: a lake"), video()], **SHAPE},
    ),
    "reference by 2.5": (
        job("seedance-2.5", **GUIDED),
        {
            "model": MODEL_25,
            "content": [words("Go by @Video1. a lake"), video()],
            **SHAPE,
            "omni_reference_task_type": "reference",
        },
    ),
    "frame": (
        job("seedance-2.0", operation=Operation.REMIX, strategy="frame", reference=PNG),
        {"model": MODEL_20, "content": [words("a lake"), picture("first_frame")], **SHAPE},
    ),
    "extension": (
        job("seedance-2.5", **EXTEND),
        {
            "model": MODEL_25,
            "content": [words("Extending task: continue @Video1. a lake"), video()],
            **SHAPE,
            "omni_reference_task_type": "extend",
        },
    ),
    "assets of the account": (
        job("seedance-2.5", guides=(PICTURE,), options={"provider_options": {"content": [asset("reference_image")]}}),
        {
            "model": MODEL_25,
            "content": [words("a lake"), asset("reference_image"), picture("reference_image")],
            **SHAPE,
            "omni_reference_task_type": "reference",
        },
    ),
    "an asset to begin with sets the ratio": (
        job("seedance-2.5", options={"provider_options": {"content": [asset("first_frame"), asset("last_frame")]}}),
        {
            "model": MODEL_25,
            "content": [words("a lake"), asset("first_frame"), asset("last_frame")],
            "resolution": "720p",
            "duration": 5,
            "generate_audio": False,
            "watermark": False,
        },
    ),
    "the full video of a draft": (
        job(
            "seedance-1.5-pro",
            seed=3,
            options={"provider_options": {"content": [DRAFT_TASK], "duration": 12, "frames": 288}},
            callback_url="https://mutoscope.example/v1/callbacks/t",
        ),
        {
            "model": "seedance-1-5-pro-251215",
            "content": [DRAFT_TASK],
            "resolution": "720p",
            "watermark": False,
            "callback_url": "https://mutoscope.example/v1/callbacks/t",
        },
    ),
    "the full video of the draft that is remixed": (
        job(
            "seedance-1.5-pro",
            **{"operation": Operation.REMIX, "strategy": "frame", "reference": PNG},
            source=source(ark_draft=True, ark_draft_seconds=5),
            options={"provider_options": {"content": [{"type": "draft_task"}]}},
        ),
        {
            "model": "seedance-1-5-pro-251215",
            "content": [{"type": "draft_task", "draft_task": {"id": "cgt-0"}}],
            "resolution": "720p",
            "watermark": False,
        },
    ),
    "flags": (
        job("seedance-1.5-pro", seed=3, options={"provider_options": {"duration": 12, "frames": 288}}),
        {
            "model": "seedance-1-5-pro-251215",
            "content": [words("a lake --resolution 720p --duration 5 --ratio 16:9")],
            "seed": 3,
            "generate_audio": False,
            "watermark": False,
        },
    ),
}


@pytest.mark.parametrize(("asked", "expected"), REQUESTS.values(), ids=REQUESTS)
async def test_a_job_is_one_request(asked: Job, expected: dict[str, Any]) -> None:
    async with upstream() as (server, provider):
        server.answer(f"POST {TASKS}", {"id": "cgt-1"})
        submitted = await provider.submit(asked)
        assert submitted.upstream_id == "cgt-1"
        assert server.requests == [("POST", TASKS)]
        assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"
        assert server.bodies == [expected]


async def test_the_operator_may_want_sound_the_cheap_tier_and_the_whole_length() -> None:
    async with upstream(audio=True, service_tier="flex", extension_duration="whole") as (server, provider):
        server.answer(f"POST {TASKS}", {"id": "cgt-1"})
        await provider.submit(job("seedance-2.5", **EXTEND))
        [body] = server.bodies
        assert (body["generate_audio"], body["service_tier"], body["duration"]) == (True, "flex", 11)


SMALL, LARGE = replace(CLIP, size=Size(640, 360)), replace(CLIP, size=Size(1920, 1080))
REFUSED = {
    "a clip without a public address": (
        job("seedance-2.5", **{**EDIT, "clip": replace(CLIP, link=None)}),
        SourceRefused,
    ),
    "a reference without a public address": (
        job("seedance-2.5", guides=(replace(CLIP, link=None),)),
        SourceRefused,
    ),
    "a sound without a public address": (job("seedance-2.0", guides=(replace(SOUND, link=None),)), SourceRefused),
    "too many sounds": (job("seedance-2.0", guides=(SOUND,) * 4), UpstreamRejected),
    "a sound for a model that takes none": (job("seedance-1.5-pro", guides=(SOUND,)), UpstreamRejected),
    "too few pixels": (job("seedance-2.5", **{**EDIT, "clip": SMALL}), SourceRefused),
    "too many pixels": (job("seedance-2.0", **{**GUIDED, "clip": LARGE}), SourceRefused),
    "too much in all": (
        job("seedance-2.0", **GUIDED, guides=(replace(CLIP, seconds=9.5),)),
        SourceRefused,
    ),
    "too many": (job("seedance-2.0", guides=(PICTURE,) * 10), UpstreamRejected),
    "an edit by 2.0": (job("seedance-2.0", **EDIT), UpstreamRejected),
    "an extension by 2.0": (job("seedance-2.0", **EXTEND), UpstreamRejected),
    "a last frame alone": (job("seedance-2.0", last_frame=PNG), UpstreamRejected),
    "references to 1.5": (job("seedance-1.5-pro", guides=(PICTURE,)), UpstreamRejected),
    "content that is no list": (job("seedance-2.5", options={"provider_options": {"content": {}}}), UpstreamRejected),
    "words of their own": (theirs(words("another lake"), model="seedance-2.5"), UpstreamRejected),
    "a clip of their own": (theirs(video(), model="seedance-2.5"), UpstreamRejected),
    "a picture that is no asset": (theirs(picture("reference_image"), model="seedance-2.5"), UpstreamRejected),
    "an asset of another role": (theirs(asset("reference_video"), model="seedance-2.5"), UpstreamRejected),
    "too many with the assets": (
        theirs(asset("reference_image"), model="seedance-2.0", guides=(PICTURE,) * 9),
        UpstreamRejected,
    ),
    "two first frames": (theirs(asset("first_frame"), model="seedance-2.0", reference=PNG), UpstreamRejected),
    "a last asset alone": (theirs(asset("last_frame"), model="seedance-2.0"), UpstreamRejected),
    "a draft by 2.5": (theirs(DRAFT_TASK, model="seedance-2.5"), UpstreamRejected),
    "two drafts": (theirs(DRAFT_TASK, DRAFT_TASK), UpstreamRejected),
    "a draft without an id": (theirs({"type": "draft_task", "draft_task": {}}), UpstreamRejected),
    "a draft and a picture": (theirs(DRAFT_TASK, reference=PNG), UpstreamRejected),
    "a draft and an asset": (theirs(DRAFT_TASK, asset("first_frame")), UpstreamRejected),
    "the draft of no source": (theirs({"type": "draft_task"}), SourceRefused),
    "a source that is no draft": (theirs({"type": "draft_task"}, source=source()), SourceRefused),
    "another account's draft": (
        theirs({"type": "draft_task"}, source=replace(source(ark_draft=True), provider="seedance@second")),
        SourceRefused,
    ),
    "a draft of another length": (
        theirs({"type": "draft_task"}, source=source(ark_draft=True, ark_draft_seconds=8)),
        UpstreamRejected,
    ),
}


@pytest.mark.parametrize(("asked", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_given_is_refused_before_anything_is_sent(asked: Job, error: type[UpstreamError]) -> None:
    async with upstream() as (server, provider):
        with pytest.raises(error) as caught:
            await provider.submit(asked)
        assert type(caught.value) is error
        assert server.requests == []
        if "address" in str(caught.value):
            assert "public_url" in caught.value.message


def refusal(code: str, message: str = f"no, {SECRET}", param: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "param": param, "type": "BadRequest"}}


FAULTS = {
    "refused": (400, refusal("InvalidParameter"), UpstreamRejected, Outcome.REJECTED),
    "the clip": (400, refusal("InvalidParameter", param="content.video_url"), SourceRefused, Outcome.REJECTED),
    "this use of it": (400, refusal("InvalidParameter.TaskTypeConstraint"), SourceRefused, Outcome.REJECTED),
    "words": (400, refusal("InputTextSensitiveContentDetected"), ContentRefused, Outcome.REJECTED),
    "a face": (400, refusal("InputVideoSensitiveContentDetected.PrivacyInformation"), ContentRefused, Outcome.REJECTED),
    "key": (401, refusal("AuthenticationError"), UpstreamKeyInvalid, Outcome.REJECTED),
    "not allowed": (403, refusal("AccessDenied"), UpstreamKeyInvalid, Outcome.REJECTED),
    "overdue": (403, refusal("AccountOverdueError"), UpstreamQuotaExhausted, Outcome.REJECTED),
    "not switched on": (404, refusal("ModelNotOpen"), UpstreamRejected, Outcome.REJECTED),
    "no such model": (404, refusal("InvalidEndpointOrModel.NotFound"), UpstreamRejected, Outcome.REJECTED),
    "slow down": (429, refusal("ModelAccountRpmRateLimitExceeded"), UpstreamRateLimited, Outcome.REJECTED),
    "overloaded": (429, refusal("ServerOverloaded"), UpstreamRateLimited, Outcome.REJECTED),
    "quota": (429, refusal("QuotaExceeded"), UpstreamQuotaExhausted, Outcome.REJECTED),
    "broken": (500, refusal("InternalServiceError"), UpstreamUnavailable, Outcome.UNKNOWN),
    "a page": (200, "<html>", UpstreamProtocolError, Outcome.UNKNOWN),
    "no id": (200, refusal("Odd"), UpstreamProtocolError, Outcome.UNKNOWN),
}


@pytest.mark.parametrize(("status", "body", "error", "outcome"), FAULTS.values(), ids=FAULTS)
async def test_what_a_refused_start_proves(
    status: int, body: Any, error: type[UpstreamError], outcome: Outcome
) -> None:
    async with upstream() as (server, provider):
        server.answer(f"POST {TASKS}", body, status, {"Retry-After": "7"})
        with pytest.raises(error) as caught:
            await provider.submit(job("seedance-2.5", **EDIT))
        assert isinstance(caught.value, SourceRefused) == (error is SourceRefused)
        assert outcome_of(caught.value) is outcome
        assert SECRET not in caught.value.message
        if isinstance(caught.value, UpstreamRateLimited):
            assert caught.value.retry_after == 7.0


async def test_without_a_clip_nothing_is_the_clips_fault() -> None:
    async with upstream() as (server, provider):
        server.answer(f"POST {TASKS}", refusal("InvalidParameter.TaskTypeConstraint"), 400)
        with pytest.raises(UpstreamRejected) as caught:
            await provider.submit(job("seedance-2.5"))
        assert not isinstance(caught.value, SourceRefused)


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "cgt-1", "model": MODEL_25, "status": status, "created_at": 1, **more}


SUCCEEDED = task(
    "succeeded",
    content={"video_url": OWN},
    seed=42,
    generate_audio=False,
    usage={"completion_tokens": 9, "total_tokens": 9},
    updated_at=int(NOW) - 100,
)
FACTS = {
    "ark_url": OWN,
    "ark_url_until": NOW - 100 + 23 * 3600,
    "seed": 42,
    "generate_audio": False,
    "usage": {"completion_tokens": 9, "total_tokens": 9},
}
POLLS = {
    "queued": (200, task("queued"), Waiting(12.0)),
    "running": (200, task("running"), Running(None, 12.0)),
    "succeeded": (200, SUCCEEDED, Done((RemoteAsset(Variant.VIDEO, OWN),), FACTS)),
    "without a file": (200, task("succeeded", content={}), FinishedWithoutAsset),
    "failed": (200, task("failed", **refusal("InternalServiceError")), Refused(UpstreamUnavailable())),
    "failed for a parameter": (200, task("failed", **refusal("InvalidParameter")), Refused(UpstreamRejected())),
    "failed for its content": (
        200,
        task("failed", **refusal("OutputVideoSensitiveContentDetected.PolicyViolation")),
        Refused(ContentRefused()),
    ),
    "failed without a word": (200, task("failed"), Refused(UpstreamUnavailable())),
    "cancelled": (200, task("cancelled"), Refused(UpstreamRejected())),
    "expired": (200, task("expired"), Refused(UpstreamUnavailable())),
    "an unknown word": (200, task("dreaming"), UpstreamProtocolError),
    "no word": (200, {}, UpstreamProtocolError),
    "unknown": (404, refusal("NotFound"), UpstreamTaskLost),
    "broken": (500, refusal("InternalServiceError"), UpstreamUnavailable),
    "slow down": (429, refusal("RateLimitExceeded.Rpm"), UpstreamRateLimited),
}


@pytest.mark.parametrize(("status", "body", "expected"), POLLS.values(), ids=POLLS)
async def test_what_a_poll_says(status: int, body: Any, expected: Any) -> None:
    async with upstream() as (server, provider):
        server.answer(f"GET {TASKS}/cgt-1", body, status)
        if isinstance(expected, type):
            with pytest.raises(expected):
                await provider.poll("cgt-1")
            return
        poll = await provider.poll("cgt-1")
        if isinstance(expected, Refused):
            assert isinstance(poll, Refused)
            assert type(poll.error) is type(expected.error)
            assert SECRET not in poll.error.message
        else:
            assert poll == expected


async def test_cancelling_what_runs_or_is_unknown_is_no_error() -> None:
    async with upstream() as (server, provider):
        for status, body in (
            (200, {}),
            (404, refusal("NotFound")),
            (400, refusal("InvalidAction.RunningTaskDeletion")),
        ):
            server.answer(f"DELETE {TASKS}/cgt-1", body, status)
            await provider.cancel("cgt-1")
        assert server.requests == [("DELETE", f"{TASKS}/cgt-1")] * 3
        await provider.forget("cgt-1")
        assert len(server.requests) == 3


async def test_the_bytes_are_fetched_without_the_credential() -> None:
    async with upstream() as (server, provider):
        server.answer("GET /files/a.mp4", "the clip")
        asset = RemoteAsset(Variant.VIDEO, f"{server.url}/files/a.mp4?sign=1")
        assert b"".join([chunk async for chunk in provider.fetch(asset)]) == b"the clip"
        assert "Authorization" not in server.headers[-1]
        server.answer("GET /files/a.mp4", "gone", 403)
        with pytest.raises(ResultGone):
            _ = [chunk async for chunk in provider.fetch(asset)]


async def test_a_callback_is_believed_in_its_id_alone() -> None:
    async with upstream() as (_, provider):
        assert await provider.called_back({}, json.dumps(task("running")).encode()) == "cgt-1"
        for body in (b"", b"[]", b'{"id": 1}', b"{}"):
            with pytest.raises(UpstreamProtocolError):
                await provider.called_back({}, body)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_can_do_what_it_says(spec: ModelSpec) -> None:
    wiring = wiring_of(spec)
    assert (Capability.EDIT in spec.capabilities) == wiring.has_tasks == (Capability.EXTEND in spec.capabilities)
    assert (Capability.CLIP_REFERENCE in spec.capabilities) == (wiring.most.video > 0)
    assert (Capability.REFERENCES in spec.capabilities) == (wiring.most.image > 0)
    assert (Capability.SOUND_REFERENCES in spec.capabilities) == spec.sound_limits.by_link
    assert (Capability.AUDIO in spec.capabilities) == wiring.has_audio
    assert spec.price is not None
    assert spec.price.of(5, 720) > spec.price.of(5, 496)
    assert spec.default_size == SIZE
    # No size costs less than its resolution does.
    order = ["480p", "720p", "1080p", "4k"]
    least = {wiring.shapes[str(size)][0]: size for size in spec.sizes.sizes if wiring.shapes[str(size)][1] == "16:9"}
    for size in spec.sizes.sizes:
        resolution = wiring.shapes[str(size)][0]
        assert spec.price.of(1, min(size.width, size.height)) >= spec.price.of(1, least[resolution].height)
        assert resolution in order


def test_a_wrong_table_is_told() -> None:
    spec = MODELS["seedance-2.0"]
    for wiring in ({}, {"shapes": {"1280x720": ["720p", "16:9"]}}, {**spec.wiring, "tasks": True}):
        with pytest.raises(ConfigurationError, match=r"seedance-2\.0"):
            wiring_of(replace(spec, wiring=wiring))


@dataclass
class Server:
    """Answers what it is told to, and notes what came."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)

    def answer(self, request: str, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """request: method and path. body: JSON, or text that is sent as it is."""
        self.answers[request] = (status, body, headers or {})

    async def handle(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.requests.append((request.method, request.path))
        self.headers.append(request.headers)
        self.bodies.append(json.loads(data) if data else None)
        status, body, headers = self.answers.get(f"{request.method} {request.path}", (500, {}, {}))
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)


@contextlib.asynccontextmanager
async def upstream(**options: Any) -> AsyncIterator[tuple[Server, Seedance]]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    door = door_to(server.url)
    defaults = {option.name: option.default for option in ADAPTER.options}
    account = Account(
        name="seedance",
        base_url=server.url,
        secret=SECRET,
        models=tuple(MODELS.values()),
        options={**defaults, **options},
        door=door,
        clock=ManualClock(NOW),
    )
    try:
        yield server, Seedance(account)
    finally:
        await door.aclose()
        await runner.cleanup()

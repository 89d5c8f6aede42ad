"""fal: what is asked for, what answers mean, and the calls against a small server of the sheet's shapes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from multidict import CIMultiDict
from starlette.applications import Starlette

import mutoscope.providers.models
from mutoscope.dialect.callbacks import callbacks
from mutoscope.dialect.limits import Limits
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
from mutoscope.domain.video import Operation, VideoRequest
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.fal import ADAPTER, bodies, jobs
from mutoscope.providers.fal.provider import INLINE_BYTES, Fal
from mutoscope.providers.fal.wiring import app_of, route_of, wiring_of
from mutoscope.providers.model_file import read_models
from mutoscope.providers.protocol import Done, Given, Job, Refused, RemoteAsset, Running, Waiting
from mutoscope.testing import ManualClock
from mutoscope.testing.upstreams.door import door_to

pytestmark = pytest.mark.anyio

SECRET = "fal-key-canary"
NOW = 1_790_000_000.0
PNG = b"\x89PNG\r\n\x1a\n"
CALLBACK = "https://mutoscope.example/v1/callbacks/" + "a" * 32
FILE = read_models((Path(mutoscope.providers.models.__path__[0]) / "fal.toml").read_text(), "fal.toml")
MODELS = {entry.name: entry.spec("fal", FILE.as_of) for entry in FILE.model}


def given(media_type: str, data: bytes) -> Given:
    async def read() -> AsyncIterator[bytes]:
        yield data[: len(data) // 2]
        yield data[len(data) // 2 :]

    return Given(media_type, len(data), read)


CLIP = given("video/mp4", b"a clip of the caller's" * 100)
PICTURE = given("image/png", PNG)
SOUND = given("audio/mpeg", b"ID3")


def job(model: str, **more: Any) -> Job:
    spec = MODELS[model]
    asked = {
        name: more.pop(name) for name in ("operation", "seed", "seconds", "options", "added_seconds") if name in more
    }
    request = VideoRequest("a lake", spec.name, spec.default_size, **{"seconds": spec.default_seconds, **asked})
    return replace(Job("video_1", 1, "video_1-1", request, "a lake", spec=spec), **more)


EDIT = {"operation": Operation.EDIT, "strategy": "edit", "clip": CLIP, "seconds": 6.0}
GUIDED = {"operation": Operation.REMIX, "strategy": "reference", "clip": CLIP}

# Job, endpoint, input.
REQUESTS = {
    "create": (
        job("fal-kling-o3-pro"),
        "fal-ai/kling-video/o3/pro/text-to-video",
        {"prompt": "a lake", "duration": "5", "aspect_ratio": "16:9", "generate_audio": False},
    ),
    "with sound and a seed": (
        job("fal-seedance-2.0", seed=7, options={"generate_audio": True}),
        "bytedance/seedance-2.0/text-to-video",
        {
            "prompt": "a lake",
            "duration": "5",
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "seed": 7,
            "generate_audio": True,
        },
    ),
    "frames": (
        job("fal-kling-o3-pro", reference=PNG, last_frame=PNG),
        "fal-ai/kling-video/o3/pro/image-to-video",
        {"prompt": "a lake", "duration": "5", "image_url": "first", "end_image_url": "last", "generate_audio": False},
    ),
    "references": (
        job("fal-minimax-h3", guides=(PICTURE, CLIP, SOUND)),
        "minimax/h3/reference-to-video",
        {
            "prompt": "a lake",
            "duration": 5,
            "aspect_ratio": "16:9",
            "resolution": "2K",
            "image_urls": ["guide 0"],
            "video_urls": ["guide 1"],
            "audio_urls": ["guide 2"],
        },
    ),
    "edit": (
        job("fal-kling-o3-pro", **EDIT, guides=(PICTURE,)),
        "fal-ai/kling-video/o3/pro/video-to-video/edit",
        {
            "prompt": "a lake. Keep everything else the same.",
            "video_url": "source",
            "image_urls": ["guide 0"],
            "keep_audio": True,
        },
    ),
    "edit by a retake": (
        job("fal-ltx-2-retake", **EDIT),
        "fal-ai/ltx-2/retake-video",
        {
            "prompt": "a lake. Keep everything else the same.",
            "video_url": "source",
            "start_time": 0,
            "duration": 6,
            "retake_mode": "replace_video",
        },
    ),
    "options of the caller's": (
        job("fal-gemini-omni-flash", **EDIT, options={"provider_options": {"x": 1, "video_url": "theirs"}}),
        "google/gemini-omni-flash/edit",
        {"prompt": "a lake. Keep everything else the same.", "video_url": "source", "x": 1},
    ),
    "reference": (
        job("fal-seedance-2.5", **GUIDED, guides=(CLIP,)),
        "bytedance/seedance-2.5/reference-to-video",
        {
            "prompt": "@Video1 is the clip to go by: keep its motion, framing and look. a lake",
            "duration": "5",
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "video_urls": ["source", "guide 0"],
            "generate_audio": False,
        },
    ),
    "frames counted": (
        job("fal-wan-vace-14b", **GUIDED, seed=3),
        "fal-ai/wan-vace-14b",
        {
            "prompt": "a lake",
            "video_url": "source",
            "num_frames": 81,
            "seed": 3,
            "resolution": "720p",
            "aspect_ratio": "16:9",
        },
    ),
    "frame": (
        job("fal-seedance-2.0", operation=Operation.REMIX, strategy="frame", reference=PNG),
        "bytedance/seedance-2.0/image-to-video",
        {
            "prompt": "a lake",
            "image_url": "first",
            "duration": "5",
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "generate_audio": False,
        },
    ),
}


@pytest.mark.parametrize(("asked", "endpoint", "expected"), REQUESTS.values(), ids=REQUESTS)
async def test_a_job_becomes_an_input(asked: Job, endpoint: str, expected: dict[str, Any]) -> None:
    wiring = wiring_of(asked.model)
    route = route_of(wiring, asked)
    bodies.check(route, asked)
    files = bodies.Files(
        source="source" if asked.clip else "",
        first_frame="first" if asked.reference else "",
        last_frame="last" if asked.last_frame else "",
        guides=tuple(f"guide {place}" for place, _ in enumerate(asked.guides)),
    )
    assert route.endpoint == endpoint
    assert bodies.body_of(wiring, route, asked, files) == expected


EXTENDING = {
    "extend": {"endpoint": "maker/model/extend", "source": "video_url", "duration": "duration", "written": "suffixed"}
}


async def test_an_extension_asks_for_what_is_added() -> None:
    spec = replace(MODELS["fal-seedance-2.0"], wiring=EXTENDING)
    asked = job(
        "fal-seedance-2.0",
        operation=Operation.EXTENSION,
        strategy="frame",
        clip=CLIP,
        seconds=11.0,
        added_seconds=6,
        spec=spec,
    )
    wiring = wiring_of(spec)
    body = bodies.body_of(wiring, route_of(wiring, asked), asked, bodies.Files(source="source"))
    assert body == {"prompt": "a lake", "video_url": "source", "duration": "6s"}


@pytest.mark.parametrize(
    "asked",
    [
        job("fal-gemini-omni-flash"),
        job("fal-kling-o3-pro", last_frame=PNG),
        job("fal-kling-o3-pro", guides=(SOUND,)),
        job("fal-kling-o3-pro", guides=(PICTURE,) * 5),
        job("fal-kling-o3-pro", **GUIDED),
        job("fal-seedance-2.0", operation=Operation.EXTENSION, strategy="frame", clip=CLIP),
    ],
    ids=["create", "last frame alone", "sound", "too many", "clip as a reference", "extension"],
)
async def test_what_a_model_cannot_take_is_refused_before_anything_is_sent(asked: Job) -> None:
    async with upstream() as (server, provider):
        with pytest.raises(UpstreamRejected):
            await provider.submit(asked)
        assert server.requests == []


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_can_do_what_it_says(spec: ModelSpec) -> None:
    wiring = wiring_of(spec)
    needs = {
        Capability.EDIT: wiring.edit,
        Capability.CLIP_REFERENCE: wiring.reference,
        Capability.IMAGE_REFERENCE: wiring.image,
        Capability.EXTEND: wiring.extend,
    }
    assert {need for need, route in needs.items() if route is not None} >= spec.capabilities & set(needs)
    assert (Capability.AUDIO in spec.capabilities) == any(route.audio for route in wiring.routes)
    assert (Capability.SEED in spec.capabilities) == any(route.seed for route in wiring.routes)
    assert spec.price is not None
    assert spec.sizes.allows(spec.default_size)
    assert spec.default_seconds in spec.seconds
    assert Capability.NATIVE_REMIX not in spec.capabilities


def test_a_wrong_table_is_told() -> None:
    spec = MODELS["fal-seedance-2.0"]
    for wiring in (
        {},
        {"create": {"endpoint": "a/b", "sedd": "seed"}},
        {"create": {"endpoint": "a/b", "is_sized": True}},
    ):
        with pytest.raises(ConfigurationError, match=r"fal-seedance-2\.0"):
            wiring_of(replace(spec, wiring=wiring))


BASE = "https://queue.fal.run"
SHARED = "/fal-ai/kling-video/requests/r1"


@pytest.mark.parametrize(
    ("told", "upstream_id", "status"),
    [
        (
            {
                "status_url": f"{BASE}{SHARED}/status",
                "response_url": BASE + SHARED,
                "cancel_url": f"{BASE}{SHARED}/cancel",
            },
            "fal-ai/kling-video/requests/r1",
            f"{SHARED}/status",
        ),
        (
            {"status_url": f"{BASE}/s/r1", "response_url": f"{BASE}/r/r1", "cancel_url": f"{BASE}/c/r1"},
            "/s/r1 /r/r1 /c/r1",
            "/s/r1",
        ),
        ({}, "fal-ai/kling-video/requests/r1", f"{SHARED}/status"),
        (
            {
                "status_url": "https://evil.example/s",
                "response_url": BASE + SHARED,
                "cancel_url": f"{BASE}{SHARED}/cancel",
            },
            "fal-ai/kling-video/requests/r1",
            f"{SHARED}/status",
        ),
    ],
    ids=["as documented", "other addresses", "none", "a stranger's"],
)
def test_the_id_of_a_job_leads_back_to_it(told: dict[str, str], upstream_id: str, status: str) -> None:
    assert jobs.id_of({"request_id": "r1", **told}, BASE, "fal-ai/kling-video") == upstream_id
    assert jobs.addresses_of(upstream_id).status == status


def test_the_application_is_the_beginning_of_an_endpoint() -> None:
    assert app_of("fal-ai/kling-video/o3/pro/video-to-video/edit") == "fal-ai/kling-video"
    assert app_of("workflows/somebody/something/more") == "workflows/somebody/something"


@dataclass
class Server:
    """Answers what it is told to, and notes what came."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)

    def answer(self, request: str, body: Any, status: int = 200, **headers: str) -> None:
        """request: method and path. body: JSON, or text that is sent as it is."""
        self.answers[request] = (status, body, headers)

    async def handle(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.requests.append((request.method, str(request.rel_url)))
        self.headers.append(request.headers)
        self.bodies.append(json.loads(data) if request.content_type == "application/json" and data else data)
        status, body, headers = self.answers.get(
            f"{request.method} {request.path}", (500, {"detail": "unexpected"}, {})
        )
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


@contextlib.asynccontextmanager
async def upstream(clock: ManualClock | None = None, **options: Any) -> AsyncIterator[tuple[Server, Fal]]:
    server = Server()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    door = door_to(server.url)
    defaults = {option.name: option.default for option in ADAPTER.options}
    urls = {"upload_url": server.url, "jwks_url": f"{server.url}/jwks"}
    account = Account(
        name="fal",
        base_url=server.url,
        secret=SECRET,
        models=tuple(MODELS.values()),
        options={**defaults, **urls, **options},
        door=door,
        clock=clock or ManualClock(NOW),
    )
    try:
        yield server, Fal(account)
    finally:
        await door.aclose()
        await runner.cleanup()


KLING = "fal-ai/kling-video/o3/pro"
ID = "fal-ai/kling-video/requests/r1"


def accepted(server: Server) -> dict[str, Any]:
    urls = {name: f"{server.url}/{ID}{end}" for name, end in _ENDS.items()}
    return {"request_id": "r1", "gateway_request_id": "g1", "status": "IN_QUEUE", "queue_position": 3, **urls}


_ENDS = {"status_url": "/status", "response_url": "", "cancel_url": "/cancel"}


async def test_a_create_is_one_request() -> None:
    async with upstream(priority="low") as (server, provider):
        server.answer(f"POST /{KLING}/image-to-video", accepted(server))
        submitted = await provider.submit(job("fal-kling-o3-pro", reference=PNG, callback_url=CALLBACK))
        assert submitted.upstream_id == ID
        [(method, path)] = server.requests
        assert method == "POST"
        assert path.endswith("/image-to-video?fal_webhook=" + _quoted(f"{CALLBACK}?app=fal-ai%2Fkling-video"))
        assert server.bodies[0]["image_url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
        assert server.headers[0]["Authorization"] == f"Key {SECRET}"
        assert server.headers[0]["X-Fal-Queue-Priority"] == "low"


async def test_a_clip_and_a_large_picture_are_uploaded_first() -> None:
    async with upstream() as (server, provider):
        server.answer(
            "POST /storage/upload/initiate",
            {"upload_url": f"{server.url}/bucket", "file_url": "https://fal.media/a.mp4"},
        )
        server.answer("PUT /bucket", "")
        server.answer(f"POST /{KLING}/video-to-video/edit", accepted(server))
        large = given("image/png", PNG + bytes(INLINE_BYTES))
        await provider.submit(job("fal-kling-o3-pro", **EDIT, guides=(large,)))
        assert [method for method, _ in server.requests] == ["POST", "PUT", "POST", "PUT", "POST"]
        assert server.requests[0][1] == "/storage/upload/initiate?storage_type=gcs"
        assert server.bodies[0] == {"file_name": "video_1.mp4", "content_type": "video/mp4"}
        assert len(server.bodies[1]) == CLIP.bytes
        assert server.headers[1]["Content-Length"] == str(CLIP.bytes)
        assert "Transfer-Encoding" not in server.headers[1]
        assert server.bodies[4]["video_url"] == "https://fal.media/a.mp4"


UPLOAD_FAULTS = {
    "refused": (422, {"detail": "no such type"}, SourceRefused),
    "broken": (500, {"detail": "oh"}, UpstreamUnavailable),
    "late": (408, {"detail": "oh"}, UpstreamUnavailable),
    "a page": (200, "<html>", UpstreamUnavailable),
    "no address": (200, {}, UpstreamUnavailable),
    "an inner address": (200, {"upload_url": "https://10.1.2.3/x", "file_url": "x"}, UpstreamUnavailable),
    "key": (401, {"detail": "no"}, UpstreamKeyInvalid),
    "slow down": (429, {"detail": "no"}, UpstreamRateLimited),
}


@pytest.mark.parametrize(("status", "body", "error"), UPLOAD_FAULTS.values(), ids=UPLOAD_FAULTS)
async def test_a_failed_upload_starts_nothing(status: int, body: Any, error: type[UpstreamError]) -> None:
    async with upstream() as (server, provider):
        server.answer("POST /storage/upload/initiate", body, status)
        with pytest.raises(error) as caught:
            await provider.submit(job("fal-kling-o3-pro", **EDIT))
        assert outcome_of(caught.value) in (Outcome.REJECTED, Outcome.NOT_SENT)
        assert len(server.requests) == 1


def violation(*place: str, kind: str = "value_error") -> dict[str, Any]:
    return {"detail": [{"loc": ["body", *place], "msg": f"wrong {SECRET}", "type": kind}]}


SUBMIT_FAULTS = {
    "refused": (422, violation("prompt"), {}, UpstreamRejected, Outcome.REJECTED),
    "the clip": (422, violation("video_url"), {}, SourceRefused, Outcome.REJECTED),
    "no such endpoint": (404, {"detail": "Application not found"}, {}, SourceRefused, Outcome.REJECTED),
    "moderated": (422, violation("prompt", kind="content_policy_violation"), {}, ContentRefused, Outcome.REJECTED),
    "moderated by header": (
        400,
        {"detail": "no"},
        {"x-fal-error-type": "content_policy_violation"},
        ContentRefused,
        Outcome.REJECTED,
    ),
    "key": (401, {"detail": f"no {SECRET}"}, {}, UpstreamKeyInvalid, Outcome.REJECTED),
    "no credit": (402, {"detail": "no"}, {}, UpstreamQuotaExhausted, Outcome.REJECTED),
    "locked": (
        403,
        {"detail": "User is locked. Reason: Exhausted balance."},
        {},
        UpstreamQuotaExhausted,
        Outcome.REJECTED,
    ),
    "slow down": (429, {"detail": "no"}, {"Retry-After": "7"}, UpstreamRateLimited, Outcome.REJECTED),
    "conflict": (409, {"detail": "no"}, {}, UpstreamUnavailable, Outcome.UNKNOWN),
    "broken": (500, {"detail": "no"}, {}, UpstreamUnavailable, Outcome.UNKNOWN),
    "a page": (200, "<html>", {}, UpstreamProtocolError, Outcome.UNKNOWN),
    "no id": (200, {"detail": "no"}, {}, UpstreamProtocolError, Outcome.UNKNOWN),
}


@pytest.mark.parametrize(("status", "body", "headers", "error", "outcome"), SUBMIT_FAULTS.values(), ids=SUBMIT_FAULTS)
async def test_what_a_refused_start_proves(
    status: int, body: Any, headers: dict[str, str], error: type[UpstreamError], outcome: Outcome
) -> None:
    async with upstream() as (server, provider):
        server.answer(
            "POST /storage/upload/initiate",
            {"upload_url": f"{server.url}/bucket", "file_url": "https://fal.media/a.mp4"},
        )
        server.answer("PUT /bucket", "")
        server.answer(f"POST /{KLING}/video-to-video/edit", body, status, **headers)
        with pytest.raises(error) as caught:
            await provider.submit(job("fal-kling-o3-pro", **EDIT))
        assert isinstance(caught.value, error)
        assert isinstance(caught.value, SourceRefused) == (error is SourceRefused)
        assert outcome_of(caught.value) is outcome
        assert SECRET not in caught.value.message
        if isinstance(caught.value, UpstreamRateLimited):
            assert caught.value.retry_after == 7.0


async def test_an_endpoint_that_is_missing_for_words_is_a_plain_refusal() -> None:
    async with upstream() as (server, provider):
        server.answer(f"POST /{KLING}/text-to-video", {"detail": "Application not found"}, 404)
        with pytest.raises(UpstreamRejected) as caught:
            await provider.submit(job("fal-kling-o3-pro"))
        assert not isinstance(caught.value, SourceRefused)


VIDEO = {"video": {"url": "https://v3.fal.media/files/a.mp4", "content_type": "video/mp4"}, "seed": 42}
COMPLETED = {"status": "COMPLETED", "metrics": {"inference_time": 3.0}}
FAILED = {**COMPLETED, "error": "Runner broke", "error_type": "runner_server_error"}

# The status, the result and its status; what the poll says, or raises.
POLLS = {
    "queued": ({"status": "IN_QUEUE", "queue_position": 2}, None, 0, Waiting(3.0)),
    "running": ({"status": "IN_PROGRESS", "logs": None}, None, 0, Running(None, 3.0)),
    "done": (
        COMPLETED,
        VIDEO,
        200,
        Done((RemoteAsset(Variant.VIDEO, VIDEO["video"]["url"]),), {"request": ID, "seed": 42}),
    ),
    "without a file": (COMPLETED, {"images": []}, 200, FinishedWithoutAsset),
    "an unknown word": ({"status": "SLEEPING"}, None, 0, UpstreamProtocolError),
    "no word": ({}, None, 0, UpstreamProtocolError),
    "failed": (FAILED, {"detail": "oh"}, 500, Refused(UpstreamUnavailable())),
    "failed with a result": ({**COMPLETED, "error": "no"}, VIDEO, 200, Refused(UpstreamRejected())),
    "failed for its content": (
        {**COMPLETED, "error": "no", "error_type": "content_policy_violation"},
        {},
        500,
        Refused(ContentRefused()),
    ),
    "failed, and its result says why": (
        {**COMPLETED, "error": "Validation error"},
        violation("prompt", kind="content_policy_violation"),
        422,
        Refused(ContentRefused()),
    ),
    "its result is an error": (COMPLETED, violation("prompt"), 422, Refused(UpstreamRejected())),
    "the clip": (COMPLETED, violation("video_url", kind="file_download_error"), 422, Refused(SourceRefused())),
    "a result that is late": (COMPLETED, {"detail": "oh"}, 503, UpstreamUnavailable),
    "a result that is dear": (COMPLETED, {"detail": "oh"}, 429, UpstreamRateLimited),
    "a result that is gone": (COMPLETED, {"detail": "oh"}, 404, UpstreamTaskLost),
    "a result that is a page": (COMPLETED, "<html>", 200, UpstreamProtocolError),
}


@pytest.mark.parametrize(("status", "result", "code", "expected"), POLLS.values(), ids=POLLS)
async def test_what_a_poll_says(status: Any, result: Any, code: int, expected: Any) -> None:
    async with upstream() as (server, provider):
        server.answer(f"GET /{ID}/status", status)
        if code:
            server.answer(f"GET /{ID}", result, code)
        if isinstance(expected, type):
            with pytest.raises(expected):
                await provider.poll(ID)
            return
        poll = await provider.poll(ID)
        if isinstance(expected, Refused):
            assert isinstance(poll, Refused)
            assert type(poll.error) is type(expected.error)
            assert SECRET not in poll.error.message
        else:
            assert poll == expected


async def test_a_job_that_is_not_known_is_lost_and_cannot_be_cancelled() -> None:
    async with upstream() as (server, provider):
        server.answer(f"GET /{ID}/status", {"detail": "Request not found"}, 404)
        with pytest.raises(UpstreamTaskLost):
            await provider.poll(ID)
        for status in (404, 400):
            server.answer(f"PUT /{ID}/cancel", {"status": "ALREADY_COMPLETED"}, status)
            await provider.cancel(ID)
        server.answer(f"PUT /{ID}/cancel", {"status": "CANCELLATION_REQUESTED"}, 202)
        await provider.cancel(ID)
        assert server.requests[-1] == ("PUT", f"/{ID}/cancel")


async def test_the_bytes_are_fetched_without_the_credential() -> None:
    async with upstream() as (server, provider):
        server.answer("GET /files/a.mp4", "the clip")
        asset = RemoteAsset(Variant.VIDEO, f"{server.url}/files/a.mp4")
        assert b"".join([chunk async for chunk in provider.fetch(asset)]) == b"the clip"
        assert "Authorization" not in server.headers[-1]
        server.answer("GET /files/a.mp4", "gone", 403)
        with pytest.raises(ResultGone):
            _ = [chunk async for chunk in provider.fetch(asset)]


KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
WEBHOOK = json.dumps({"request_id": "r1", "gateway_request_id": "g1", "status": "OK", "payload": VIDEO}).encode()


def key_set(*keys: Ed25519PrivateKey) -> dict[str, Any]:
    raw = [key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for key in keys]
    encoded = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in raw]
    return {"keys": [{"kty": "RSA"}, *({"kty": "OKP", "crv": "Ed25519", "x": one} for one in encoded)]}


def signed(
    key: Ed25519PrivateKey = KEY, body: bytes = WEBHOOK, at: float = NOW, app: str = "fal-ai%2Fkling-video"
) -> Any:
    message = f"w1\nu1\n{int(at)}\n{hashlib.sha256(body).hexdigest()}".encode()
    named = {"Request-Id": "w1", "User-Id": "u1", "Timestamp": str(int(at)), "Signature": key.sign(message).hex()}
    path = {":path": f"/v1/callbacks/{'a' * 32}?app={app}"}
    return CIMultiDict({**path, **{f"x-fal-webhook-{name}": value for name, value in named.items()}})


async def test_a_signed_webhook_names_the_job_as_the_submission_did() -> None:
    async with upstream() as (server, provider):
        server.answer("GET /jwks", key_set(OTHER_KEY, KEY))
        assert await provider.called_back(signed(), WEBHOOK) == ID
        assert await provider.called_back(signed(at=NOW - 299), WEBHOOK) == ID
        assert len(server.requests) == 1
        assert "Authorization" not in server.headers[0]


REFUSED_WEBHOOKS = {
    "another key": (signed(OTHER_KEY), WEBHOOK),
    "another body": (signed(), WEBHOOK + b" "),
    "too old": (signed(at=NOW - 301), WEBHOOK),
    "from the future": (signed(at=NOW + 301), WEBHOOK),
    "no signature": (CIMultiDict({":path": "/v1/callbacks/a?app=fal-ai%2Fkling-video"}), WEBHOOK),
    "no hex": (CIMultiDict({**{k.lower(): v for k, v in signed().items()}, "x-fal-webhook-signature": "zz"}), WEBHOOK),
    "another application": (signed(app="maker%2Fother"), WEBHOOK),
    "no job": (signed(body=b"{}"), b"{}"),
    "no JSON": (signed(body=b"["), b"["),
}


@pytest.mark.parametrize(("headers", "body"), REFUSED_WEBHOOKS.values(), ids=REFUSED_WEBHOOKS)
async def test_any_other_webhook_is_refused(headers: Any, body: bytes) -> None:
    async with upstream() as (server, provider):
        server.answer("GET /jwks", key_set(KEY))
        with pytest.raises(UpstreamProtocolError):
            await provider.called_back(headers, body)


async def test_an_unknown_key_is_looked_for_once_a_minute_and_keys_live_for_a_day() -> None:
    clock = ManualClock(NOW)
    async with upstream(clock) as (server, provider):
        server.answer("GET /jwks", key_set(KEY))
        await provider.called_back(signed(), WEBHOOK)
        server.answer("GET /jwks", key_set(OTHER_KEY))
        with pytest.raises(UpstreamProtocolError):
            await provider.called_back(signed(OTHER_KEY), WEBHOOK)
        assert len(server.requests) == 1
        await clock.advance(61)
        assert await provider.called_back(signed(OTHER_KEY), WEBHOOK) == ID
        assert len(server.requests) == 2
        await clock.advance(24 * 3600 + 1)
        await provider.called_back(signed(OTHER_KEY, at=clock.now()), WEBHOOK)
        assert len(server.requests) == 3


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace("?", "%3F").replace("=", "%3D")


async def test_the_application_comes_back_with_the_path_that_is_called() -> None:
    heard: list[Mapping[str, str]] = []

    class Service:
        async def called_back(self, _token: str, headers: Mapping[str, str], _body: bytes) -> None:
            heard.append(headers)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": WEBHOOK, "more_body": False}

    async def send(_message: Any) -> None:
        pass

    path, query = CALLBACK.removeprefix("https://mutoscope.example"), b"app=fal-ai%2Fkling-video"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": query}
    headers = [(b"host", b"mutoscope.example"), (b"content-type", b"application/json"), (b"x-one", b"1")]
    app = Starlette(routes=callbacks(Service(), Limits()))  # type: ignore[arg-type]
    await app({**scope, "headers": headers, "root_path": "", "scheme": "https"}, receive, send)  # type: ignore[arg-type]
    [told] = heard
    assert told["X-One"] == "1"
    assert jobs.app_called(told[":path"], frozenset({"fal-ai/kling-video"})) == "fal-ai/kling-video"

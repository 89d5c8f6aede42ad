"""Gemini Omni: requests to bodies, answers to polls and errors, uploads, and signed callbacks."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from provider_bench import SECRET, Answer, Scripted, account_at

import mutoscope.providers
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    ResultGone,
    SourceRefused,
    StorageUnavailable,
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
from mutoscope.egress.door import Door
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.gemini_omni import ADAPTER, bodies, replies
from mutoscope.providers.gemini_omni.files import name_for
from mutoscope.providers.model_file import read_models
from mutoscope.providers.protocol import Done, Given, Job, Refused, RemoteAsset, Running, Source, Waiting
from mutoscope.testing import ManualClock

pytestmark = pytest.mark.anyio

NOW = 1_795_000_000.0

MODELS = (Path(mutoscope.providers.__file__).parent / "models" / "gemini_omni.toml").read_text()
OMNI = read_models(MODELS, "gemini_omni").model[0].spec("gemini_omni", "2026-11-22")
PNG = b"\x89PNG picture"
JPEG = b"\xff\xd8\xff picture"


def account(url: str, door: Door, **options: Any) -> Account:
    return account_at(url, ADAPTER, door=door, clock=ManualClock(NOW), **options)


def given(data: bytes, media_type: str, **more: Any) -> Given:
    async def opened() -> AsyncIterator[bytes]:
        yield data[:4]
        yield data[4:]

    return Given(media_type, len(data), opened, **more)


CLIP = given(b"the clip", "video/mp4", size=Size(1280, 720), seconds=8.0)
SOURCE = Source("video_0", "gemini_omni", "int-0", {"interaction_id": "int-0"}, "key")


def job(operation: Operation = Operation.CREATE, strategy: str | None = None, **more: Any) -> Job:
    asked = {name: more.pop(name) for name in ("size", "seconds", "added_seconds", "options") if name in more}
    fields: dict[str, Any] = {"size": Size(1280, 720), "seconds": 8} | asked
    request = VideoRequest("a lake", OMNI.name, operation=operation, **fields)
    return Job("video_1", 1, "video_1-1", request, "at night", strategy, spec=OMNI, **more)


def built(one: Job, clip: Any = None) -> dict[str, Any]:
    bodies.check(one)
    return bodies.body(one, [PNG] * len(one.guides), clip, "uri")


def picture(data: bytes, media_type: str) -> dict[str, str]:
    return {"type": "image", "data": base64.b64encode(data).decode(), "mime_type": media_type}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


KEEP = text("at night. Keep everything else the same.")
BLOCK = {"type": "video", "mime_type": "video/mp4", "uri": "https://files/1"}


@pytest.mark.parametrize(
    ("one", "clip", "task", "blocks", "duration", "more"),
    [
        (job(), None, "text_to_video", [text("at night")], "8s", {}),
        (
            job(options={"negative_prompt": "rain", "provider_options": {"labels": {"a": "b"}, "model": "other"}}),
            None,
            "text_to_video",
            [text("at night\n\nAvoid: rain")],
            "8s",
            None,
        ),
        (job(reference=JPEG), None, "image_to_video", [picture(JPEG, "image/jpeg"), text("at night")], "8s", {}),
        (
            job(guides=(given(PNG, "image/png"),)),
            None,
            "reference_to_video",
            [picture(PNG, "image/png"), text("at night")],
            "8s",
            {},
        ),
        (
            job(Operation.REMIX, "native", source=SOURCE, reference=PNG),
            None,
            "edit",
            [KEEP],
            None,
            {"previous_interaction_id": "int-0"},
        ),
        (
            job(Operation.REMIX, "native", source=SOURCE, guides=(given(PNG, "image/png"),)),
            None,
            "edit",
            [picture(PNG, "image/png"), KEEP],
            None,
            {"previous_interaction_id": "int-0"},
        ),
        (job(Operation.EDIT, "edit", clip=CLIP, seconds=7.4), BLOCK, "edit", [BLOCK, KEEP], None, {}),
        (
            job(Operation.REMIX, "frame", reference=JPEG),
            None,
            "image_to_video",
            [picture(JPEG, "image/jpeg"), text("at night")],
            "8s",
            {},
        ),
        (job(Operation.REMIX, "prompt"), None, "text_to_video", [text("at night")], "8s", {}),
        (
            job(Operation.EXTENSION, "native", source=SOURCE, seconds=12, added_seconds=4),
            None,
            "extend",
            [text("at night")],
            "4s",
            {"previous_interaction_id": "int-0"},
        ),
        (
            job(Operation.EXTENSION, "frame", clip=CLIP, seconds=12, added_seconds=4),
            BLOCK,
            "extend",
            [BLOCK, text("at night")],
            "4s",
            {},
        ),
        (
            job(callback_url="https://here/v1/callbacks/n"),
            None,
            "text_to_video",
            [text("at night")],
            "8s",
            {"webhook_config": {"uris": ["https://here/v1/callbacks/n"]}},
        ),
    ],
)
def test_each_kind_of_job_has_its_body(
    one: Job, clip: Any, task: str, blocks: list[Any], duration: str | None, more: dict[str, Any] | None
) -> None:
    if more is None:  # a field of the adapter's own is nobody else's
        with pytest.raises(UpstreamRejected, match="model"):
            bodies.check(one)
        one.request.options["provider_options"].pop("model")
        more = {"labels": {"a": "b"}}
    wanted = {"type": "video", "aspect_ratio": "16:9", "resolution": "720p", "delivery": "uri"}
    assert built(one, clip) == {
        "model": "gemini-omni-1.2-flash",
        "input": [{"type": "user_input", "content": blocks}],
        "background": True,
        "store": True,
        "response_format": wanted if duration is None else {**wanted, "duration": duration},
        "generation_config": {"video_config": {"task": task}},
        **more,
    }


@pytest.mark.parametrize("spec", read_models(MODELS, "").model, ids=lambda entry: entry.name)
def test_every_declared_size_and_length_has_words(spec: Any) -> None:
    made = spec.spec("gemini_omni", "2026-11-22")
    for size in made.sizes.sizes:
        for seconds in made.seconds:
            asked = built(replace(job(size=size, seconds=seconds), spec=made))["response_format"]
            assert asked["duration"] == f"{seconds}s"
            assert asked["aspect_ratio"] == ("16:9" if size.width > size.height else "9:16")
            assert asked["resolution"] == {360: "360p", 720: "720p", 1080: "1080p", 2160: "4k"}[min(*_sides(size))]


def _sides(size: Size) -> tuple[int, int]:
    return size.width, size.height


@pytest.mark.parametrize(
    "one",
    [
        job(options={"generate_audio": False}),
        job(guides=(CLIP,)),
        job(guides=(given(PNG, "image/png"),) * 7),
        job(guides=(given(PNG, "image/png"),), reference=PNG),
        job(Operation.EXTENSION, "native", source=SOURCE, seconds=20, added_seconds=12),
        job(Operation.EXTENSION, "native", source=replace(SOURCE, upstream_id=None, facts={}), added_seconds=4),
        job(reference=b"GIF89a"),
    ],
)
def test_what_it_does_not_take_is_refused_before_anything_is_sent(one: Job) -> None:
    with pytest.raises(UpstreamRejected):
        built(one)


def interaction(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "int-1", "status": status, "created": "2026-11-18T09:06:36Z", **more}


def made(*content: Any, **more: Any) -> dict[str, Any]:
    given_back = {"type": "user_input", "content": [{"type": "video", "uri": "https://the/source"}]}
    return interaction("completed", steps=[given_back, {"type": "model_output", "content": list(content)}], **more)


def at(age: float) -> float:
    from datetime import datetime

    return datetime.fromisoformat("2026-11-18T09:06:36+00:00").timestamp() + age


@pytest.mark.parametrize(
    ("told", "poll"),
    [
        (interaction("queued"), Waiting(4.0)),
        (interaction("in_progress"), Running(None, 4.0)),
        (interaction("in_progress", created="yesterday"), Running(None, 10.0)),
        (interaction("requires_continuation"), Running(None, 4.0)),
        (
            made({"type": "video", "uri": "https://files/2", "mime_type": "video/mp4"}),
            Done((RemoteAsset("video", "int-1"),), {"interaction_id": "int-1"}),  # pyright: ignore[reportArgumentType]
        ),
        (
            made({"type": "video", "uri": "https://files/2"}) | {"status": "idle"},
            Done((RemoteAsset("video", "int-1"),), {"interaction_id": "int-1"}),  # pyright: ignore[reportArgumentType]
        ),
        (
            made({"type": "text", "text": "Here it is."}, {"type": "video", "data": "AAAA"}),
            Done((RemoteAsset("video", "int-1"),), {"interaction_id": "int-1"}),  # pyright: ignore[reportArgumentType]
        ),
    ],
)
def test_polls(told: Any, poll: Any) -> None:
    assert replies.read(told, at(4)) == poll


def test_pauses_double_from_one_second_to_ten() -> None:
    assert [replies.pause_after(interaction("queued"), at(age)) for age in (0, 1, 3, 7, 15, 900)] == [
        1,
        1,
        3,
        7,
        10,
        10,
    ]


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        (made({"type": "text", "text": "I cannot make that."}), ContentRefused, "I cannot make that."),
        (
            interaction("failed", errors=[{"code": "INVALID", "message": "Blocked for safety reasons."}]),
            ContentRefused,
            "safety",
        ),
        (
            interaction("failed", steps=[{"type": "model_output", "error": {"code": 3, "message": "Bad ratio."}}]),
            UpstreamRejected,
            "Bad ratio.",
        ),
        (interaction("failed", errors=[{"code": 13, "message": "Try later."}]), UpstreamUnavailable, "Try later."),
        (interaction("failed"), UpstreamRejected, "failed"),
        (interaction("cancelled"), UpstreamRejected, "cancelled"),
        (interaction("incomplete"), UpstreamRejected, "incomplete"),
        (interaction("budget_exceeded"), UpstreamRejected, "budget_exceeded"),
        (interaction("requires_action"), UpstreamRejected, "requires_action"),
    ],
)
def test_ends_without_a_video(told: Any, error: type[UpstreamError], words: str) -> None:
    poll = replies.read(told, NOW)
    assert isinstance(poll, Refused)
    assert type(poll.error) is error
    assert words in poll.error.message


def test_nothing_is_guessed() -> None:
    with pytest.raises(UpstreamProtocolError, match="dreaming"):
        replies.read(interaction("dreaming"), NOW)
    with pytest.raises(UpstreamProtocolError, match="status"):
        replies.read({}, NOW)
    with pytest.raises(FinishedWithoutAsset):
        replies.read(made(), NOW)


def error(status: int, message: str, word: str = "INVALID_ARGUMENT") -> Answer:
    return Answer({"error": {"code": status, "message": message, "status": word}}, status)


NATIVE = job(Operation.REMIX, "native", source=SOURCE)


@pytest.mark.parametrize(
    ("one", "answer", "kind", "outcome"),
    [
        (job(), error(400, f"Bad value, {SECRET}"), UpstreamRejected, Outcome.REJECTED),
        (job(), error(400, "The prompt violates the policy on harmful content"), ContentRefused, Outcome.REJECTED),
        (job(), error(400, "API key not valid."), UpstreamKeyInvalid, Outcome.REJECTED),
        (job(), error(401, "Who?"), UpstreamKeyInvalid, Outcome.REJECTED),
        (job(), error(403, "No."), UpstreamKeyInvalid, Outcome.REJECTED),
        (job(), error(404, "Model is no longer available"), UpstreamRejected, Outcome.REJECTED),
        (job(), error(429, "Slow down", "RESOURCE_EXHAUSTED"), UpstreamRateLimited, Outcome.REJECTED),
        (job(), error(429, "Your prepayment credits are depleted"), UpstreamQuotaExhausted, Outcome.REJECTED),
        (job(), error(500, "Oops", "INTERNAL"), UpstreamUnavailable, Outcome.UNKNOWN),
        (job(), error(503, "Overloaded", "UNAVAILABLE"), UpstreamUnavailable, Outcome.REJECTED),
        (job(), Answer(b"<html>", 503), UpstreamUnavailable, Outcome.UNKNOWN),
        (job(), Answer(b"<html>"), UpstreamProtocolError, Outcome.UNKNOWN),
        (job(), Answer({}), UpstreamProtocolError, Outcome.UNKNOWN),
        (job(), Answer(error(400, "Bad").body), UpstreamRejected, Outcome.REJECTED),
        (NATIVE, error(404, "Interaction not found", "NOT_FOUND"), SourceRefused, Outcome.REJECTED),
        (NATIVE, error(400, "previous_interaction_id is unknown"), SourceRefused, Outcome.REJECTED),
        (NATIVE, error(403, "API key not valid"), UpstreamKeyInvalid, Outcome.REJECTED),
    ],
)
async def test_what_an_answer_to_a_submission_proves(
    one: Job, answer: Answer, kind: type[UpstreamError], outcome: Outcome
) -> None:
    api = Scripted(answer)
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door))
        with pytest.raises(kind) as caught:
            await provider.submit(one)
    assert type(caught.value) is kind or kind is UpstreamProtocolError
    assert outcome_of(caught.value) is outcome
    assert SECRET not in caught.value.message
    assert len(api.asked) == 1


async def test_an_operator_may_doubt_a_503() -> None:
    api = Scripted(error(503, "Overloaded", "UNAVAILABLE"))
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door, unavailable_starts_nothing=False))
        with pytest.raises(UpstreamUnavailable) as caught:
            await provider.submit(job())
    assert outcome_of(caught.value) is Outcome.UNKNOWN


async def test_submit_poll_fetch_and_cancel() -> None:
    finished = made({"type": "video", "uri": "{here}/v1beta/files/abc"})
    api = Scripted(
        Answer(interaction("queued")),
        Answer(finished),
        Answer(finished),
        Answer(b"bytes of the clip"),
        error(404, "Gone", "NOT_FOUND"),
    )
    async with api.serving() as door:
        provider = ADAPTER.make(account(f"{api.url}/v1beta", door))
        assert (await provider.submit(job())).upstream_id == "int-1"
        poll = await provider.poll("int-1")
        assert isinstance(poll, Done)
        assert b"".join([chunk async for chunk in provider.fetch(poll.assets[0])]) == b"bytes of the clip"
        await provider.cancel("../files")
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("POST", "/v1beta/interactions"),
        ("GET", "/v1beta/interactions/int-1"),
        ("GET", "/v1beta/interactions/int-1"),
        ("GET", "/v1beta/files/abc:download?alt=media"),
        ("POST", "/v1beta/interactions/..%2Ffiles/cancel"),
    ]
    assert all(asked.headers["x-goog-api-key"] == SECRET for asked in api.asked)


async def test_a_stranger_never_sees_the_key() -> None:
    api, stranger = Scripted(Answer(made({"type": "video", "uri": "{cdn}"}))), Scripted(Answer(b"clip"))
    async with stranger.serving(), api.serving() as door:
        api.answers = [Answer(made({"type": "video", "uri": f"{stranger.url}/x.mp4"}))]
        provider = ADAPTER.make(account(api.url, door))
        with pytest.raises(UpstreamUnavailable):  # by the door, as private
            _ = [chunk async for chunk in provider.fetch(RemoteAsset("video", "int-1"))]  # pyright: ignore[reportArgumentType]
    assert stranger.asked == []


async def test_a_clip_within_the_answer() -> None:
    inline = made({"type": "video", "data": base64.b64encode(b"clip").decode()})
    api = Scripted(Answer(inline), Answer(made({"type": "video", "data": "!"})), Answer(made()))
    clip = RemoteAsset("video", "int-1")  # pyright: ignore[reportArgumentType]
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door))
        assert [chunk async for chunk in provider.fetch(clip)] == [b"clip"]
        for kind in (UpstreamProtocolError, ResultGone):
            with pytest.raises(kind):
                _ = [chunk async for chunk in provider.fetch(clip)]


async def test_a_continuation_token_goes_back() -> None:
    api = Scripted(Answer(interaction("requires_continuation", continuation_token="a/b")), Answer(made()))
    async with api.serving() as door:
        with pytest.raises(FinishedWithoutAsset):
            await ADAPTER.make(account(api.url, door)).poll("int-1")
    assert api.asked[1].path == "/interactions/int-1?continuation_token=a%2Fb"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(404, "Gone", "NOT_FOUND"), UpstreamTaskLost),
        (error(429, "Slow down", "RESOURCE_EXHAUSTED"), UpstreamRateLimited),
        (error(401, "Who?", "UNAUTHENTICATED"), UpstreamKeyInvalid),
        (Answer(status=502), UpstreamUnavailable),
        (Answer(), UpstreamProtocolError),
    ],
)
async def test_polls_that_are_answered_by_an_error(answer: Answer, kind: type[UpstreamError]) -> None:
    api = Scripted(answer)
    async with api.serving() as door:
        with pytest.raises(kind):
            await ADAPTER.make(account(api.url, door)).poll("int-1")


EDIT = job(Operation.EDIT, "edit", clip=CLIP)
FILE = {"name": name_for(EDIT.key), "uri": "{here}/v1beta/files/x", "state": "PROCESSING"}
BEGUN = Answer(headers={"X-Goog-Upload-URL": "{here}/upload/v1beta/files?upload_id=7"})


async def test_a_clip_is_uploaded_once_and_used_when_it_is_active() -> None:
    api = Scripted(
        error(403, "You do not have permission to access the File, or it may not exist.", "PERMISSION_DENIED"),
        BEGUN,
        Answer({"file": FILE}),
        Answer(FILE),
        Answer({**FILE, "state": "ACTIVE"}),
        Answer(interaction("queued")),
    )
    async with api.serving() as door:
        provider = ADAPTER.make(account(f"{api.url}/v1beta", door))
        for _ in range(2):
            with pytest.raises(UpstreamUnavailable) as caught:
                await provider.submit(EDIT)
            assert outcome_of(caught.value) is Outcome.REJECTED
        assert (await provider.submit(EDIT)).upstream_id == "int-1"
    name = name_for(EDIT.key)
    assert len(name.removeprefix("files/")) <= 40
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("GET", f"/v1beta/{name}"),
        ("POST", "/upload/v1beta/files"),
        ("POST", "/upload/v1beta/files?upload_id=7"),
        ("GET", f"/v1beta/{name}"),
        ("GET", f"/v1beta/{name}"),
        ("POST", "/v1beta/interactions"),
    ]
    assert api.asked[1].json["file"]["name"] == name
    assert api.asked[2].body == b"the clip"
    assert api.asked[2].headers["Content-Length"] == "8"
    assert api.asked[5].json["input"][0]["content"][0]["uri"] == f"{api.url}/v1beta/files/x"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([Answer({**FILE, "state": "FAILED"})], SourceRefused),
        ([Answer({**FILE, "state": "DREAMING"})], UpstreamUnavailable),
        ([Answer(status=404), error(400, "Unsupported media")], SourceRefused),
        ([Answer(status=404), error(403, "Uploads of video are blocked in your region")], SourceRefused),
        ([Answer(status=404), error(401, "Who?")], UpstreamKeyInvalid),
        ([Answer(status=404), Answer(status=500)], UpstreamUnavailable),
        ([Answer(status=404), Answer()], UpstreamUnavailable),
        ([Answer(status=404), BEGUN, Answer(b"<html>")], UpstreamUnavailable),
        ([Answer(status=404), BEGUN, Answer(status=429)], UpstreamRateLimited),
        ([Answer({**FILE, "state": "ACTIVE"}), error(400, "Editing uploaded video is off in the EEA")], SourceRefused),
    ],
)
async def test_an_upload_that_fails_has_started_nothing(answers: list[Answer], kind: type[UpstreamError]) -> None:
    api = Scripted(*answers)
    async with api.serving() as door:
        with pytest.raises(kind) as caught:
            await ADAPTER.make(account(f"{api.url}/v1beta", door)).submit(EDIT)
    assert outcome_of(caught.value) is Outcome.REJECTED
    assert api.answers == []


async def test_a_clip_within_the_request() -> None:
    api = Scripted(Answer(interaction("queued")))
    async with api.serving() as door:
        await ADAPTER.make(account(api.url, door, clips_by="inline")).submit(EDIT)
    assert api.asked[0].json["input"][0]["content"][0] == {
        "type": "video",
        "mime_type": "video/mp4",
        "data": base64.b64encode(b"the clip").decode(),
    }


TOLD = json.dumps({"type": "interaction.completed", "data": {"id": "int-1"}}).encode()


def b64(data: bytes | int) -> str:
    data = data.to_bytes((data.bit_length() + 7) // 8, "big") if isinstance(data, int) else data
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def ed25519_pair() -> tuple[dict[str, str], Any]:
    key = ed25519.Ed25519PrivateKey.generate()
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw())}, key.sign


def rsa_pair() -> tuple[dict[str, str], Any]:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": b64(numbers.n), "e": b64(numbers.e)}, lambda data: key.sign(
        data, padding.PKCS1v15(), SHA256()
    )


def ec_pair() -> tuple[dict[str, str], Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()

    def sign(data: bytes) -> bytes:
        first, second = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
        return first.to_bytes(32, "big") + second.to_bytes(32, "big")

    sides = {"x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
    return {"kty": "EC", "crv": "P-256", **sides}, sign


@pytest.mark.parametrize("pair", [ed25519_pair, rsa_pair, ec_pair])
async def test_only_a_signed_callback_of_now_names_an_interaction(pair: Any) -> None:
    key, sign = pair()
    other, _ = ed25519_pair()

    def headers(stamp: float = NOW, body: bytes = TOLD) -> dict[str, str]:
        signature = base64.b64encode(sign(f"msg-1.{stamp:.0f}.".encode() + body)).decode()
        return {
            "Webhook-Id": "msg-1",
            "Webhook-Timestamp": f"{stamp:.0f}",
            "Webhook-Signature": f"v1a,AAAA v1a,{signature}",
        }

    unnamed = json.dumps({"type": "batch.completed", "data": {"id": "batch-1"}}).encode()
    wrong = [
        (headers(), TOLD + b" "),
        (headers(NOW - 301), TOLD),
        (headers(NOW + 301), TOLD),
        (headers() | {"Webhook-Signature": ""}, TOLD),
        (headers() | {"Webhook-Timestamp": "now"}, TOLD),
        ({}, TOLD),
        (headers(body=unnamed), unnamed),
    ]
    keys = {"keys": [{"kty": "RSA", "n": "!"}, {}, other, key]}
    api = Scripted(*[Answer(keys)] * (len(wrong) + 1), Answer({"keys": [other]}))
    async with api.serving() as door:
        provider: Any = ADAPTER.make(account(f"{api.url}/v1beta", door))
        assert await provider.called_back(headers(), TOLD) == "int-1"
        for told, body in wrong:
            with pytest.raises(UpstreamProtocolError):
                await provider.called_back(told, body)
        with pytest.raises(UpstreamProtocolError):
            await provider.called_back(headers(), TOLD)
    assert {asked.path for asked in api.asked} == {"/.well-known/jwks.json"}
    assert all("x-goog-api-key" not in asked.headers for asked in api.asked)


async def test_a_storage_that_cannot_be_read_has_started_nothing() -> None:
    async def opened() -> AsyncIterator[bytes]:
        yield b"the "
        raise StorageUnavailable

    lost = Given("image/png", 8, opened)
    torn = Given("video/mp4", 8, opened, size=Size(1280, 720), seconds=8.0)
    api = Scripted(Answer(status=404), BEGUN, *[Answer(interaction("queued"))] * 2)
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door))
        for one in (job(guides=(lost,)), job(Operation.EDIT, "edit", clip=torn)):
            with pytest.raises(UpstreamUnavailable) as caught:
                await provider.submit(one)
            assert outcome_of(caught.value) is Outcome.REJECTED
    assert not any("/interactions" in asked.path or "/videos" in asked.path for asked in api.asked)


async def test_what_is_remembered_is_not_sent_again() -> None:
    api = Scripted(Answer(interaction("queued")))
    one = job(Operation.EXTENSION, "native", source=SOURCE, clip=CLIP, seconds=12, added_seconds=4)
    async with api.serving() as door:
        await ADAPTER.make(account(api.url, door)).submit(one)
    assert [asked.path for asked in api.asked] == ["/interactions"]
    assert api.asked[0].json["input"] == [{"type": "user_input", "content": [text("at night")]}]

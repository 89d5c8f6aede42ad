"""xAI: requests to routes and bodies, answers to polls and errors, and where the source of an edit comes from."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from provider_bench import SECRET, Answer, Scripted, account_at, models_of

from mutoscope.domain.assets import Variant
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
from mutoscope.egress.answers import Reply
from mutoscope.egress.door import Door
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.protocol import Done, Given, Job, Refused, RemoteAsset, Running, Source, Waiting
from mutoscope.providers.xai import ADAPTER, bodies, replies
from mutoscope.testing import ManualClock

pytestmark = pytest.mark.anyio

NOW = 1_795_000_000.0

SPECS = list(models_of("xai").values())
V1, NEWER, LITE = SPECS
PNG, JPEG = b"\x89PNG picture", b"\xff\xd8\xff picture"
TICKS = 10_000_000_000


def account(url: str, door: Door, **options: Any) -> Account:
    return account_at(url, ADAPTER, door=door, clock=ManualClock(NOW), **options)


def given(data: bytes, media_type: str, **more: Any) -> Given:
    async def opened() -> AsyncIterator[bytes]:
        yield data[:4]
        yield data[4:]

    return Given(media_type, len(data), opened, **more)


CLIP = given(b"the clip", "video/mp4", size=Size(1280, 720), seconds=8.0)
LINKED = replace(CLIP, link="https://here/v1/source/token")
PICTURE = given(PNG, "image/png")
SOUND = given(b"ID3 sound", "audio/mpeg", link="https://here/v1/source/sound")
STORED = Source("video_0", "xai", "r-0", {"account": "xai", "file_id": "file-0", "file_until": NOW + 86_400}, "key")


def job(operation: Operation = Operation.CREATE, strategy: str | None = None, **more: Any) -> Job:
    asked = {name: more.pop(name) for name in ("size", "seconds", "added_seconds", "options") if name in more}
    fields: dict[str, Any] = {"size": Size(1280, 720), "seconds": 8} | asked
    request = VideoRequest("a lake", "grok", operation=operation, **fields)
    spec = more.pop("spec", NEWER)
    return Job("video_1", 1, "video_1-1", request, "at night", strategy, spec=spec, **more)


def url(data: bytes, media_type: str) -> dict[str, str]:
    return {"url": f"data:{media_type};base64,{base64.b64encode(data).decode()}"}


CREATED = {
    "model": "grok-imagine-video-1.5",
    "prompt": "at night",
    "duration": 8,
    "aspect_ratio": "16:9",
    "resolution": "720p",
    "storage_options": {"filename": "video_1-1.mp4", "expires_after": 2_592_000},
}
MODEL = {"model": "grok-imagine-video-1.5"}


@pytest.mark.parametrize(
    ("one", "source", "path", "body"),
    [
        (job(), None, "generations", CREATED),
        (
            job(options={"generate_audio": False, "provider_options": {"user": "u1", "keyframes": []}}),
            None,
            "generations",
            CREATED | {"generate_audio": False, "user": "u1", "keyframes": []},
        ),
        (
            job(reference=PNG, last_frame=JPEG),
            None,
            "generations",
            CREATED | {"image": url(PNG, "image/png"), "last_frame": url(JPEG, "image/jpeg")},
        ),
        (
            job(guides=(PICTURE, SOUND)),
            None,
            "generations",
            CREATED | {"reference_images": [url(PNG, "image/png")], "reference_audios": [{"url": SOUND.link}]},
        ),
        (
            job(guides=(PICTURE,), reference=PNG, last_frame=JPEG),
            None,
            "generations",
            CREATED
            | {"image": url(PNG, "image/png"), "last_frame": url(JPEG, "image/jpeg")}
            | {"reference_images": [url(PNG, "image/png")]},
        ),
        (
            job(Operation.REMIX, "frame", reference=JPEG),
            None,
            "generations",
            CREATED | {"image": url(JPEG, "image/jpeg")},
        ),
        (job(Operation.REMIX, "prompt"), None, "generations", CREATED),
        (
            job(Operation.REMIX, "edit", clip=CLIP, seconds=7.4),
            {"file_id": "file-1"},
            "edits",
            MODEL | {"prompt": "at night. Keep everything else the same.", "video": {"file_id": "file-1"}},
        ),
        (
            job(Operation.EXTENSION, "frame", clip=CLIP, seconds=12, added_seconds=4),
            {"url": "https://here/x"},
            "extensions",
            MODEL | {"prompt": "at night", "video": {"url": "https://here/x"}, "duration": 4},
        ),
    ],
)
def test_each_kind_of_job_has_its_route_and_body(one: Job, source: Any, path: str, body: dict[str, Any]) -> None:
    bodies.check(one)
    pictures = [PNG for guide in one.guides if bodies.is_picture(guide)]
    assert bodies.path_of(one) == f"/videos/{path}"
    assert bodies.body(one, pictures, source, 30) == body


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_declared_size_and_length_has_words(spec: Any) -> None:
    told = set()
    for seconds in spec.seconds:
        assert bodies.body(job(seconds=seconds, spec=spec), [], None, 30)["duration"] == seconds
    for size in spec.sizes.sizes:
        asked = bodies.body(job(size=size, spec=spec), [], None, 0)
        assert "storage_options" not in asked
        width, height = map(int, asked["aspect_ratio"].split(":"))
        assert abs(size.width / size.height - width / height) < 0.01
        told.add((asked["aspect_ratio"], asked["resolution"]))
    assert {resolution for _, resolution in told} <= {"480p", "720p", "1080p"}
    assert len(told) == len(spec.sizes.sizes)


@pytest.mark.parametrize(
    "one",
    [
        job(guides=(CLIP,)),
        job(guides=(PICTURE,) * 8),
        job(guides=(SOUND,) * 4),
        job(guides=(replace(SOUND, link=None),)),
        job(guides=(PICTURE,), reference=PNG, spec=V1),
        job(guides=(PICTURE,), size=Size(1920, 1080)),
        job(options={"provider_options": {"model": "other"}}),
        job(options={"provider_options": {"keyframes": []}}, spec=V1),
        job(options={"provider_options": {"keyframes": []}}, spec=LITE),
        job(options={"provider_options": {"keyframes": [{}] * 5}}),
        job(Operation.EDIT, "edit", clip=CLIP, options={"generate_audio": True}),
        job(Operation.EDIT, "edit", clip=CLIP, guides=(PICTURE,)),
        job(Operation.EDIT, "edit", clip=replace(CLIP, media_type="video/webm")),
        job(Operation.EXTENSION, "frame", clip=CLIP, seconds=20, added_seconds=12),
        job(Operation.EXTENSION, "frame", clip=CLIP, seconds=9, added_seconds=1),
    ],
)
def test_what_it_does_not_take_is_refused_before_anything_is_sent(one: Job) -> None:
    with pytest.raises(UpstreamRejected):
        bodies.check(one)


def reply(told: Any, status: int = 200) -> Reply:
    return Reply(status, {}, told if isinstance(told, bytes) else json.dumps(told).encode())


def done(**video: Any) -> dict[str, Any]:
    return {"status": "done", "progress": 100, "video": {"url": "https://cdn/1.mp4", "duration": 8} | video}


CDN = (RemoteAsset(Variant.VIDEO, "https://cdn/1.mp4"),)


@pytest.mark.parametrize(
    ("told", "poll"),
    [
        (reply(b"", 202), Waiting(5.0)),
        (reply(b" \n", 202), Waiting(5.0)),
        (reply({}, 202), Waiting(5.0)),
        (reply({"status": "pending", "progress": 0}, 202), Waiting(5.0)),
        (reply({"status": "pending", "progress": 37}, 202), Running(37, 5.0)),
        (reply({"status": "pending", "progress": 37}), Running(37, 5.0)),
        (reply(done()), Done(CDN)),
        (reply(done(respect_moderation=True)), Done(CDN)),
        (reply(done() | {"usage": {"cost_in_usd_ticks": 5_600_000_000}}), Done(CDN, charged=560_000)),
        (
            reply(done(file_output={"file_id": "file-1", "expires_at": "2027-01-01T00:00:00Z"})),
            Done(CDN, {"account": "xai", "file_id": "file-1", "file_until": 1_798_761_600.0}),
        ),
        (
            reply(done(file_output={"file_id": "file-1", "expires_at": 1_798_761_600})),
            Done(CDN, {"account": "xai", "file_id": "file-1", "file_until": 1_798_761_600.0}),
        ),
        (
            reply(done(file_output={"file_id": "file-1"})),
            Done(CDN, {"account": "xai", "file_id": "file-1", "file_until": None}),
        ),
        (reply(done(file_output={}, storage_error="full")), Done(CDN)),
    ],
)
def test_polls(told: Reply, poll: Any) -> None:
    assert replies.read(told, "xai", TICKS) == poll


def test_a_cost_that_is_not_believed() -> None:
    poll = replies.read(reply(done() | {"usage": {"cost_in_usd_ticks": 5}}), "xai", 0)
    assert isinstance(poll, Done)
    assert poll.charged is None


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        (done(respect_moderation=False), ContentRefused, "moderation"),
        (done(respect_moderation=False, url=""), ContentRefused, "moderation"),
        ({"status": "failed", "error": {"code": "content_policy", "message": "No."}}, ContentRefused, "No."),
        ({"status": "failed", "error": {"code": "internal_error", "message": "Oops."}}, UpstreamUnavailable, "Oops."),
        ({"status": "failed", "error": {"code": "bad_ratio", "message": "Not so."}}, UpstreamRejected, "Not so."),
        ({"status": "failed"}, UpstreamRejected, "does not say why"),
        ({"status": "expired"}, UpstreamTaskLost, "expired"),
    ],
)
def test_ends_without_a_video(told: Any, error: type[UpstreamError], words: str) -> None:
    poll = replies.read(reply(told), "xai", TICKS)
    assert isinstance(poll, Refused)
    assert type(poll.error) is error
    assert words in poll.error.message


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (reply({"status": "dreaming"}), UpstreamProtocolError),
        (reply({"status": "dreaming"}, 202), UpstreamProtocolError),
        (reply({"status": ["done"]}), UpstreamProtocolError),
        (reply({}), UpstreamProtocolError),
        (reply(b""), UpstreamProtocolError),
        (reply(b"<html>", 202), UpstreamProtocolError),
        (reply({"status": "done"}), FinishedWithoutAsset),
        (reply(done(url=None)), FinishedWithoutAsset),
    ],
)
def test_nothing_is_guessed(told: Reply, kind: type[UpstreamError]) -> None:
    with pytest.raises(kind):
        replies.read(told, "xai", TICKS)


def shapes(status: int, text: str) -> list[Answer]:
    """The three shapes of one error."""
    long = {"message": text, "type": "x", "param": None, "code": "c"}
    return [
        Answer({"error": long}, status),
        Answer({"code": "c", "error": text}, status),
        Answer({"error": text}, status),
    ]


EDIT = job(Operation.EDIT, "edit", clip=LINKED)


@pytest.mark.parametrize(
    ("one", "status", "text", "kind", "outcome"),
    [
        (job(), 400, f"Bad value, {SECRET}", UpstreamRejected, Outcome.REJECTED),
        (job(), 400, "Your prompt was rejected by moderation.", ContentRefused, Outcome.REJECTED),
        (job(), 422, "It violates the content policy.", ContentRefused, Outcome.REJECTED),
        (job(), 400, "Incorrect API key provided.", UpstreamKeyInvalid, Outcome.REJECTED),
        (job(), 401, "Who?", UpstreamKeyInvalid, Outcome.REJECTED),
        (job(), 402, "Pay.", UpstreamQuotaExhausted, Outcome.REJECTED),
        (job(), 403, "Your team has no credits.", UpstreamQuotaExhausted, Outcome.REJECTED),
        (job(), 404, "No such model.", UpstreamRejected, Outcome.REJECTED),
        (job(), 429, "Too many requests.", UpstreamRateLimited, Outcome.REJECTED),
        (job(), 429, "All available credits are used.", UpstreamQuotaExhausted, Outcome.REJECTED),
        (job(), 500, "Oops.", UpstreamUnavailable, Outcome.UNKNOWN),
        (job(), 503, "Later.", UpstreamUnavailable, Outcome.UNKNOWN),
        (job(), 200, "Bad value.", UpstreamProtocolError, Outcome.UNKNOWN),
        (EDIT, 400, "The video could not be fetched.", SourceRefused, Outcome.REJECTED),
        (EDIT, 422, "The prompt is empty.", UpstreamRejected, Outcome.REJECTED),
        (EDIT, 400, "The video violates our policy.", ContentRefused, Outcome.REJECTED),
    ],
)
async def test_what_an_answer_to_a_submission_proves(
    one: Job, status: int, text: str, kind: type[UpstreamError], outcome: Outcome
) -> None:
    api = Scripted(*shapes(status, text))
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door))
        for _ in range(3):
            with pytest.raises(kind) as caught:
                await provider.submit(one)
            assert type(caught.value) is kind
            assert outcome_of(caught.value) is outcome
            assert SECRET not in caught.value.message
            if kind is not UpstreamProtocolError:
                assert text.removesuffix(SECRET) in caught.value.message
    assert api.answers == []


async def test_submit_poll_and_fetch() -> None:
    api = Scripted(
        Answer({"request_id": "r/1"}),
        Answer(status=202),
        Answer({"status": "done", "video": {"url": "{here}/cdn/1.mp4"}}),
        Answer(b"bytes of the clip"),
        Answer(status=404),
    )
    async with api.serving() as door:
        provider = ADAPTER.make(account(f"{api.url}/v1", door))
        submitted = await provider.submit(job())
        assert (submitted.upstream_id, submitted.poll_after) == ("r/1", 5.0)
        assert await provider.poll("r/1") == Waiting(5.0)
        poll = await provider.poll("r/1")
        assert isinstance(poll, Done)
        assert b"".join([chunk async for chunk in provider.fetch(poll.assets[0])]) == b"bytes of the clip"
        with pytest.raises(ResultGone):
            _ = [chunk async for chunk in provider.fetch(poll.assets[0])]
        await provider.cancel("r/1")
        await provider.forget("r/1")
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("POST", "/v1/videos/generations"),
        ("GET", "/v1/videos/r%2F1"),
        ("GET", "/v1/videos/r%2F1"),
        ("GET", "/cdn/1.mp4"),
        ("GET", "/cdn/1.mp4"),
    ]
    told = [asked.headers.get("Authorization") for asked in api.asked]
    assert told == [f"Bearer {SECRET}"] * 3 + [None] * 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"error": "no such request"}, 404), UpstreamTaskLost),
        (Answer({"error": "slow down"}, 429), UpstreamRateLimited),
        (Answer({"error": "who?"}, 401), UpstreamKeyInvalid),
        (Answer(status=502), UpstreamUnavailable),
        (Answer(), UpstreamProtocolError),
    ],
)
async def test_polls_that_are_answered_by_an_error(answer: Answer, kind: type[UpstreamError]) -> None:
    api = Scripted(answer)
    async with api.serving() as door:
        with pytest.raises(kind):
            await ADAPTER.make(account(api.url, door)).poll("r-1")


@pytest.mark.parametrize(
    ("one", "video", "uploads"),
    [
        (job(Operation.REMIX, "edit", clip=LINKED, source=STORED), {"file_id": "file-0"}, 0),
        (EDIT, {"url": LINKED.link}, 0),
        (job(Operation.EDIT, "edit", clip=CLIP), {"file_id": "file-1"}, 1),
        (
            job(
                Operation.REMIX,
                "edit",
                clip=CLIP,
                source=replace(STORED, facts={**STORED.facts, "account": "xai@second"}),
            ),
            {"file_id": "file-1"},
            1,
        ),
        (
            job(Operation.REMIX, "edit", clip=CLIP, source=replace(STORED, facts={**STORED.facts, "file_until": NOW})),
            {"file_id": "file-1"},
            1,
        ),
    ],
)
async def test_the_source_is_named_linked_or_uploaded(one: Job, video: dict[str, str], uploads: int) -> None:
    api = Scripted(*[Answer({"id": "file-1"})] * uploads, Answer({"request_id": "r-1"}))
    async with api.serving() as door:
        await ADAPTER.make(account(api.url, door)).submit(one)
    assert [asked.path for asked in api.asked] == ["/files"] * uploads + ["/videos/edits"]
    assert all(b"the clip" in asked.body for asked in api.asked[:uploads])
    assert api.asked[-1].json["video"] == video


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"error": "too large"}, 413), SourceRefused),
        (Answer({"error": "no such route"}, 404), SourceRefused),
        (Answer({"error": "who?"}, 401), UpstreamKeyInvalid),
        (Answer({"error": "slow down"}, 429), UpstreamRateLimited),
        (Answer(status=500), UpstreamUnavailable),
        (Answer({}), UpstreamUnavailable),
        (Answer(b"<html>"), UpstreamUnavailable),
    ],
)
async def test_an_upload_that_fails_has_started_nothing(answer: Answer, kind: type[UpstreamError]) -> None:
    api = Scripted(answer)
    async with api.serving() as door:
        with pytest.raises(kind) as caught:
            await ADAPTER.make(account(api.url, door)).submit(job(Operation.EDIT, "edit", clip=CLIP))
    assert outcome_of(caught.value) is Outcome.REJECTED
    assert len(api.asked) == 1


async def test_a_storage_that_cannot_be_read_has_started_nothing() -> None:
    async def opened() -> AsyncIterator[bytes]:
        yield b"the "
        raise StorageUnavailable

    lost = Given("image/png", 8, opened)
    torn = Given("video/mp4", 8, opened, size=Size(1280, 720), seconds=8.0)
    api = Scripted(*[Answer({"request_id": "r-1"})] * 3)
    async with api.serving() as door:
        provider = ADAPTER.make(account(api.url, door))
        for one in (job(guides=(lost,)), job(Operation.EDIT, "edit", clip=torn)):
            with pytest.raises(UpstreamUnavailable) as caught:
                await provider.submit(one)
            assert outcome_of(caught.value) is Outcome.REJECTED
    assert not any("/interactions" in asked.path or "/videos" in asked.path for asked in api.asked)

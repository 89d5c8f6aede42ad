"""Runway: what it is asked, what its answers mean, and what its errors prove."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from provider_bench import CLIP, PNG, SECRET, Scripted, account_at, edit, given, job_for, models_of, scripted

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
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
from mutoscope.domain.video import Operation, Size
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.protocol import Done, Job, Refused, RemoteAsset, Running, Waiting
from mutoscope.providers.runway import ADAPTER, Runway
from mutoscope.providers.runway.bodies import Uris, body_of, route_of
from mutoscope.providers.runway.replies import poll_of

pytestmark = pytest.mark.anyio

MODELS = models_of("runway")
TASK = "17f20503-6c24-4c16-946b-35dbbce2af2f"


@asynccontextmanager
async def runway() -> AsyncIterator[tuple[Scripted, Runway]]:
    async with scripted() as server:
        account = account_at(server.url, ADAPTER)
        try:
            yield server, Runway(account)
        finally:
            await account.door.aclose()


def expect_upload(server: Scripted, uri: str = "runway://one", status: int = 204) -> None:
    place = {"runwayUri": uri, "uploadUrl": f"{server.url}/bucket", "fields": {"key": "k", "policy": "p"}}
    server.on("POST /v1/uploads", (200, place))
    server.on("POST /bucket", (status, b""))


async def error_of(provider: Runway, job: Job) -> UpstreamError:
    with pytest.raises(UpstreamError) as raised:
        await provider.submit(job)
    assert SECRET not in raised.value.message
    return raised.value


# Bodies

GUIDES = (given(PNG, "image/png"),)
BOTH = Uris(first="runway://first", last="runway://last")
CLIP_URI = Uris(clip="runway://clip")

BODIES = [
    (
        job_for(MODELS["gen4.5"], seed=7),
        Uris(),
        "text_to_video",
        {"model": "gen4.5", "promptText": "a red fox", "ratio": "1280:720", "duration": 5, "seed": 7},
    ),
    (
        job_for(MODELS["gen4_turbo"], size=Size(960, 960), seconds=10, reference=PNG),
        Uris(first="runway://first"),
        "image_to_video",
        {
            "model": "gen4_turbo",
            "promptText": "a red fox",
            "ratio": "960:960",
            "duration": 10,
            "promptImage": "runway://first",
        },
    ),
    (
        job_for(
            MODELS["veo3.1"],
            reference=PNG,
            last_frame=PNG,
            options={"negative_prompt": "rain", "generate_audio": True, "provider_options": {"x": 1, "model": "dear"}},
        ),
        BOTH,
        "image_to_video",
        {
            "x": 1,
            "model": "veo3.1",
            "promptText": "a red fox",
            "ratio": "1280:720",
            "duration": 4,
            "audio": True,
            "negativePrompt": "rain",
            "promptImage": [
                {"uri": "runway://first", "position": "first"},
                {"uri": "runway://last", "position": "last"},
            ],
        },
    ),
    (
        edit(MODELS["aleph2"], seed=3, size=Size(1280, 720)),
        CLIP_URI,
        "video_to_video",
        {
            "model": "aleph2",
            "videoUri": "runway://clip",
            "promptText": "make it night. Keep everything else the same.",
            "seed": 3,
        },
    ),
    (
        edit(MODELS["kling_4"], size=Size(1920, 1080), guides=GUIDES),
        Uris(clip="runway://clip", references=("runway://r",)),
        "video_to_video",
        {
            "model": "kling_4",
            "videoUri": "runway://clip",
            "promptText": "make it night. Keep everything else the same.",
            "ratio": "auto_1080p",
            "references": [{"uri": "runway://r"}],
        },
    ),
    (
        edit(MODELS["klingO3_pro"], options={"generate_audio": False}),
        CLIP_URI,
        "video_to_video",
        {
            "model": "klingO3_pro",
            "promptVideo": "runway://clip",
            "promptText": "make it night. Keep everything else the same.",
            "providerSettings": {"keepOriginalSound": False},
        },
    ),
    (
        edit(MODELS["seedance2_5"]),
        CLIP_URI,
        "video_to_video",
        {
            "duration": "auto",
            "model": "seedance2_5",
            "promptVideo": "runway://clip",
            "promptText": "make it night. Keep everything else the same.",
            "mode": "edit",
            "audio": True,
        },
    ),
    (
        edit(MODELS["seedance2"], "composed", strategy="reference", seconds=8, operation=Operation.REMIX),
        CLIP_URI,
        "video_to_video",
        {
            "model": "seedance2",
            "promptVideo": "runway://clip",
            "promptText": "composed",
            "ratio": "1280:720",
            "duration": 8,
            "audio": False,
        },
    ),
]


@pytest.mark.parametrize(("job", "uris", "route", "body"), BODIES)
def test_each_job_becomes_the_documented_body(job: Job, uris: Uris, route: str, body: dict[str, Any]) -> None:
    assert route_of(job) == route
    assert body_of(job, uris) == body


def test_a_change_that_fills_the_prompt_stays_as_it_is() -> None:
    job = edit(MODELS["aleph2"], "x" * 990)
    assert body_of(job, CLIP_URI)["promptText"] == "x" * 990


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (job_for(MODELS["aleph2"]), "words alone"),
        (job_for(MODELS["gen4_turbo"]), "words alone"),
        (job_for(MODELS["gen4.5"], size=Size(960, 960)), "from a first picture only"),
        (job_for(MODELS["gen4.5"], "🦊" * 501), "counts more than 1000"),
        (job_for(MODELS["kling_4"], reference=PNG), "begins with no picture"),
        (edit(MODELS["klingO3_pro"], guides=GUIDES * 5), "at most 4 pictures"),
        (edit(MODELS["seedance2"], strategy="reference", reference=PNG), "beside a clip"),
        (job_for(MODELS["seedance2"], guides=GUIDES), "without a clip"),
        (edit(MODELS["seedance2_5"], guides=(given(CLIP),)), "one clip and pictures"),
    ],
)
async def test_what_a_model_cannot_take_is_refused_before_anything_is_sent(job: Job, sentence: str) -> None:
    async with runway() as (server, provider):
        error = await error_of(provider, job)
        assert isinstance(error, UpstreamRejected)
        assert sentence in error.message
        assert server.asked == []


# Replies


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"id": TASK, "status": status, "createdAt": "2026-11-22T10:00:00Z", **more}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (task("PENDING", estimatedCost={"credits": 140}), Waiting(6.0)),
        (task("THROTTLED"), Waiting(6.0)),
        (task("RUNNING", progress=0.25), Running(25.0, 6.0)),
        (task("RUNNING"), Running(None, 6.0)),
        (
            task("SUCCEEDED", output=["https://cdn.example/a.mp4?sig=1"], cost={"credits": 140}),
            Done((RemoteAsset(Variant.VIDEO, TASK),), {"task": TASK}, 1_400_000),
        ),
        (
            task("SUCCEEDED", output=["https://cdn.example/a.mp4"]),
            Done((RemoteAsset(Variant.VIDEO, TASK),), {"task": TASK}, None),
        ),
    ],
)
def test_each_status_is_read(told: dict[str, Any], expected: object) -> None:
    assert poll_of(told) == expected


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (task("FAILED", failure="raw", failureCode="SAFETY.INPUT.TEXT"), ContentRefused),
        (task("FAILED", failure="raw", failureCode="SAFETY.OUTPUT.VIDEO"), ContentRefused),
        (task("FAILED", failure="raw", failureCode="INPUT_PREPROCESSING.SAFETY.TEXT"), ContentRefused),
        (task("FAILED", failure="raw", failureCode="INPUT_PREPROCESSING.INTERNAL"), SourceRefused),
        (task("FAILED", failure="raw", failureCode="ASSET.INVALID"), SourceRefused),
        (task("FAILED", failure="raw", failureCode="INTERNAL.BAD_OUTPUT.CODE01"), UpstreamUnavailable),
        (task("FAILED", failure="raw"), UpstreamUnavailable),
        (task("CANCELLED"), UpstreamRejected),
    ],
)
def test_each_end_is_read_by_its_code(told: dict[str, Any], kind: type[UpstreamError]) -> None:
    poll = poll_of(told)
    assert isinstance(poll, Refused)
    assert type(poll.error) is kind
    assert "raw" not in poll.error.message


def test_nothing_is_guessed() -> None:
    with pytest.raises(UpstreamProtocolError, match="PONDERING"):
        poll_of(task("PONDERING"))
    with pytest.raises(UpstreamProtocolError, match="status"):
        poll_of({"id": TASK})
    with pytest.raises(FinishedWithoutAsset):
        poll_of(task("SUCCEEDED", output=[]))


# The class


async def test_a_clip_is_uploaded_without_the_credential_and_then_edited() -> None:
    async with runway() as (server, provider):
        expect_upload(server)
        server.on("POST /v1/video_to_video", (200, {"id": TASK}))
        submitted = await provider.submit(edit(MODELS["aleph2"]))
        place, upload, start = server.asked
        assert submitted.upstream_id == TASK
        assert submitted.poll_after >= 5
        assert place.json == {"filename": "input.mp4", "type": "ephemeral"}
        assert "authorization" not in upload.headers
        assert "x-runway-version" not in upload.headers
        assert "transfer-encoding" not in upload.headers
        assert int(upload.headers["content-length"]) == len(upload.body)
        assert upload.body.index(b'name="policy"') < upload.body.index(CLIP)
        assert start.json["videoUri"] == "runway://one"
        assert start.headers["authorization"] == f"Bearer {SECRET}"
        assert start.headers["x-runway-version"] == "2024-11-06"


async def test_pictures_are_uploaded_too() -> None:
    async with runway() as (server, provider):
        expect_upload(server)
        server.on("POST /v1/image_to_video", (200, {"id": TASK}))
        await provider.submit(job_for(MODELS["gen4.5"], reference=PNG))
        assert server.asked[0].json["filename"] == "input.png"
        assert server.last().json["promptImage"] == "runway://one"


@pytest.mark.parametrize(
    ("place", "status", "kind"),
    [
        ((400, {"error": "no such type"}), 204, SourceRefused),
        ((401, {"error": "bad key"}), 204, UpstreamKeyInvalid),
        ((429, {"error": "slow"}), 204, UpstreamRateLimited),
        ((500, {"error": "oops"}), 204, UpstreamUnavailable),
        ((200, b"<html>"), 204, UpstreamUnavailable),
        ((200, {"runwayUri": "runway://x"}), 204, UpstreamUnavailable),
        (None, 403, UpstreamUnavailable),
        (None, 413, SourceRefused),
        (None, 503, UpstreamUnavailable),
    ],
)
async def test_a_failed_upload_proves_that_nothing_was_started(place: Any, status: int, kind: type) -> None:
    async with runway() as (server, provider):
        expect_upload(server, status=status)
        if place is not None:
            server.on("POST /v1/uploads", place)
        error = await error_of(provider, edit(MODELS["aleph2"]))
        assert type(error) is kind
        assert outcome_of(error) is Outcome.REJECTED
        assert all(asked.path != "/v1/video_to_video" for asked in server.asked)


@pytest.mark.parametrize(
    ("answer", "kind", "outcome"),
    [
        ((400, {"error": "Validation of body failed"}), UpstreamRejected, Outcome.REJECTED),
        ((400, {"error": "Invalid asset: videoUri is too long"}), SourceRefused, Outcome.REJECTED),
        ((400, {"error": "SAFETY.INPUT.TEXT"}), ContentRefused, Outcome.REJECTED),
        ((400, {"error": "You do not have enough credits"}), UpstreamQuotaExhausted, Outcome.REJECTED),
        ((401, {"error": f"{SECRET} is no key"}), UpstreamKeyInvalid, Outcome.REJECTED),
        ((404, {"error": "no such route"}), UpstreamRejected, Outcome.REJECTED),
        ((429, {"error": "daily limit"}), UpstreamQuotaExhausted, Outcome.REJECTED),
        ((429, {"error": "too many requests"}), UpstreamRateLimited, Outcome.REJECTED),
        ((502, b"<html>"), UpstreamUnavailable, Outcome.UNKNOWN),
        ((503, {"error": "busy"}), UpstreamUnavailable, Outcome.UNKNOWN),
        ((200, b"<html>"), UpstreamProtocolError, Outcome.UNKNOWN),
        ((200, {}), UpstreamProtocolError, Outcome.UNKNOWN),
    ],
)
async def test_what_an_answer_to_the_start_proves(answer: Any, kind: type[UpstreamError], outcome: Outcome) -> None:
    async with runway() as (server, provider):
        expect_upload(server)
        server.on("POST /v1/video_to_video", answer)
        error = await error_of(provider, edit(MODELS["aleph2"]))
        assert isinstance(error, kind)
        assert outcome_of(error) is outcome
        assert sum(asked.path == "/v1/video_to_video" for asked in server.asked) == 1


async def test_the_lease_is_checked_before_the_start() -> None:
    async with runway() as (server, provider):

        def stop() -> None:
            raise UpstreamUnavailable("not any more", not_sent=True)

        error = await error_of(provider, job_for(MODELS["gen4.5"], before_send=stop))
        assert outcome_of(error) is Outcome.NOT_SENT
        assert server.asked == []


async def test_the_link_is_asked_for_anew_and_needs_no_credential() -> None:
    async with runway() as (server, provider):
        links = [task("SUCCEEDED", output=[f"{server.url}/{name}.mp4"]) for name in ("old", "new")]
        server.on(f"GET /v1/tasks/{TASK}", *((200, told) for told in links))
        server.on("GET /old.mp4", (403, b"expired"))
        server.on("GET /new.mp4", (200, CLIP))
        done = await provider.poll(TASK)
        assert isinstance(done, Done)
        fetched = b"".join([chunk async for chunk in provider.fetch(done.assets[0])])
        assert fetched == CLIP
        assert server.last().path == "/new.mp4"
        assert "authorization" not in server.last().headers


async def test_what_is_gone_is_told() -> None:
    async with runway() as (server, provider):
        server.on(f"GET /v1/tasks/{TASK}", (404, {"error": "not found"}))
        with pytest.raises(UpstreamTaskLost):
            await provider.poll(TASK)
        server.on(f"GET /v1/tasks/{TASK}", (200, task("SUCCEEDED", output=[f"{server.url}/x"])))
        server.on("GET /x", (403, b""))
        with pytest.raises(ResultGone):
            _ = [chunk async for chunk in provider.fetch(RemoteAsset(Variant.VIDEO, TASK))]


async def test_a_task_is_cancelled_once_and_an_unknown_one_is_no_error() -> None:
    async with runway() as (server, provider):
        server.on(f"DELETE /v1/tasks/{TASK}", (204, b""), (404, {"error": "not found"}))
        await provider.cancel(TASK)
        await provider.cancel(TASK)
        await provider.forget(TASK)
        assert [asked.method for asked in server.asked] == ["DELETE", "DELETE"]

"""Kling: what it is asked, what its answers mean, and what its errors prove."""

from __future__ import annotations

import base64
import json
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
from mutoscope.providers.kling import ADAPTER, Kling
from mutoscope.providers.kling.bodies import link_of, material_of, request_for
from mutoscope.providers.kling.replies import LINK_SECONDS, poll_of
from mutoscope.providers.protocol import Done, Job, Refused, RemoteAsset, Running, Source, Waiting

pytestmark = pytest.mark.anyio

MODELS = models_of("kling")
OMNI = MODELS["kling-3.0-omni"]
TASK = "829391812391"
NOW = 1_800_000_000.0
PICTURE = base64.b64encode(PNG).decode()
LINKED = given(CLIP, link="https://videos.example/v1/source/abc")
GUIDES = (given(PNG, "image/png"),)
ELEMENT = {"type": "element", "element_id": 829}
CLIP_THEIRS = {"type": "base_video", "url": "https://elsewhere.example/c.mp4", "id": "video_1"}


@asynccontextmanager
async def kling() -> AsyncIterator[tuple[Scripted, Kling]]:
    async with scripted() as server:
        account = account_at(server.url, ADAPTER)
        try:
            yield server, Kling(account)
        finally:
            await account.door.aclose()


async def asked(job: Job) -> tuple[str, dict[str, Any]]:
    return request_for(job, link_of(job, NOW), await material_of(job))


async def error_of(provider: Kling, job: Job) -> UpstreamError:
    with pytest.raises(UpstreamError) as raised:
        await provider.submit(job)
    assert SECRET not in raised.value.message
    return raised.value


# Bodies

OPTIONS = {"watermark_info": {"enabled": False}, "external_task_id": "video_1-1"}

BODIES = [
    (
        job_for(MODELS["kling-3.0"], callback_url="https://videos.example/v1/callbacks/n"),
        "/text-to-video/kling-3.0",
        {
            "prompt": "a red fox",
            "settings": {
                "multi_shot": False,
                "resolution": "720p",
                "duration": 5,
                "audio": "off",
                "aspect_ratio": "16:9",
            },
            "options": {**OPTIONS, "callback_url": "https://videos.example/v1/callbacks/n"},
        },
    ),
    (
        job_for(
            MODELS["kling-2.6"],
            size=Size(1080, 1920),
            seconds=10,
            reference=PNG,
            last_frame=PNG,
            options={"generate_audio": True},
        ),
        "/image-to-video/kling-2.6",
        {
            "contents": [
                {"type": "prompt", "text": "a red fox"},
                {"type": "first_frame", "url": PICTURE},
                {"type": "last_frame", "url": PICTURE},
            ],
            "settings": {"multi_shot": False, "resolution": "1080p", "duration": 10, "audio": "native"},
            "options": OPTIONS,
        },
    ),
    (
        job_for(OMNI, size=Size(2160, 2160), guides=GUIDES),
        "/omni-video/kling-3.0-omni",
        {
            "contents": [
                {"type": "prompt", "text": "a red fox. Be guided by @image_1."},
                {"type": "refer_image", "url": PICTURE, "id": "image_1"},
            ],
            "settings": {
                "multi_shot": False,
                "resolution": "4k",
                "duration": 5,
                "audio": "off",
                "aspect_ratio": "1:1",
            },
            "options": OPTIONS,
        },
    ),
    (
        edit(OMNI, clip=LINKED),
        "/omni-video/kling-3.0-omni",
        {
            "contents": [
                {"type": "prompt", "text": "Edit @video_1: make it night. Keep everything else the same."},
                {"type": "base_video", "url": LINKED.link, "id": "video_1"},
            ],
            "settings": {"multi_shot": False, "resolution": "720p", "audio": "original"},
            "options": OPTIONS,
        },
    ),
    (
        edit(OMNI, "@video_1 in the style of @image_1", clip=LINKED, guides=GUIDES, options={"generate_audio": False}),
        "/omni-video/kling-3.0-omni",
        {
            "contents": [
                {"type": "prompt", "text": "@video_1 in the style of @image_1. Keep everything else the same."},
                {"type": "refer_image", "url": PICTURE, "id": "image_1"},
                {"type": "base_video", "url": LINKED.link, "id": "video_1"},
            ],
            "settings": {"multi_shot": False, "resolution": "720p", "audio": "off"},
            "options": OPTIONS,
        },
    ),
    (
        edit(OMNI, "composed", strategy="reference", clip=LINKED, seconds=8, operation=Operation.REMIX),
        "/omni-video/kling-3.0-omni",
        {
            "contents": [
                {"type": "prompt", "text": "composed. Take the motion and the look of @video_1."},
                {"type": "feature_video", "url": LINKED.link, "id": "video_1"},
            ],
            "settings": {
                "multi_shot": False,
                "resolution": "720p",
                "duration": 8,
                "audio": "off",
                "aspect_ratio": "16:9",
            },
            "options": OPTIONS,
        },
    ),
    (
        job_for(
            MODELS["kling-3.0"],
            options={
                "provider_options": {
                    "settings": {"multi_shot": True, "duration": 15},
                    "options": {"external_task_id": "mine", "watermark_info": {"enabled": True}},
                }
            },
        ),
        "/text-to-video/kling-3.0",
        {
            "prompt": "a red fox",
            "settings": {
                "multi_shot": True,
                "resolution": "720p",
                "duration": 5,
                "audio": "off",
                "aspect_ratio": "16:9",
            },
            "options": {**OPTIONS, "watermark_info": {"enabled": True}},
        },
    ),
    (
        job_for(
            OMNI,
            "@hero waves",
            guides=GUIDES,
            options={
                "provider_options": {
                    "contents": [
                        {"type": "element", "element_id": 829, "id": "hero"},
                        {"type": "element", "element_id": "830"},
                    ]
                }
            },
        ),
        "/omni-video/kling-3.0-omni",
        {
            "contents": [
                {"type": "prompt", "text": "@hero waves. Be guided by @image_1, @element_2."},
                {"type": "refer_image", "url": PICTURE, "id": "image_1"},
                {"type": "element", "element_id": 829, "id": "hero"},
                {"type": "element", "element_id": "830", "id": "element_2"},
            ],
            "settings": {
                "multi_shot": False,
                "resolution": "720p",
                "duration": 5,
                "audio": "off",
                "aspect_ratio": "16:9",
            },
            "options": OPTIONS,
        },
    ),
]


@pytest.mark.parametrize(("job", "path", "body"), BODIES)
async def test_each_job_becomes_the_documented_body(job: Job, path: str, body: dict[str, Any]) -> None:
    assert await asked(job) == (path, body)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
async def test_each_size_has_its_words(model: Any) -> None:
    for size in model.sizes.sizes:
        settings = (await asked(job_for(model, size=size)))[1]["settings"]
        assert settings["resolution"] in {"720p", "1080p", "4k"}
        assert settings["aspect_ratio"] in {"16:9", "9:16", "1:1"}


@pytest.mark.parametrize(
    ("job", "kind", "sentence"),
    [
        (edit(OMNI), SourceRefused, "'public_url' is not set"),
        (job_for(OMNI, guides=(given(CLIP),)), SourceRefused, "'public_url' is not set"),
        (edit(OMNI, clip=LINKED, last_frame=PNG), UpstreamRejected, "first or last picture"),
        (edit(OMNI, clip=LINKED, guides=GUIDES * 5), UpstreamRejected, "at most 4 pictures"),
        (job_for(OMNI, guides=GUIDES * 8), UpstreamRejected, "at most 7 pictures"),
        (edit(OMNI, clip=LINKED, guides=(LINKED,)), UpstreamRejected, "one clip and pictures"),
        (
            edit(OMNI, clip=LINKED, strategy="reference", options={"generate_audio": True}),
            UpstreamRejected,
            "no sound beside a clip",
        ),
        (job_for(OMNI, options={"provider_options": {"settings": 1}}), UpstreamRejected, "is no object"),
        (job_for(OMNI, options={"provider_options": {"contents": {}}}), UpstreamRejected, "is no list of objects"),
        (job_for(OMNI, options={"provider_options": {"contents": [CLIP_THEIRS]}}), UpstreamRejected, "elements only"),
        (
            job_for(OMNI, options={"provider_options": {"contents": [{"type": "element", "id": "hero"}]}}),
            UpstreamRejected,
            "no 'element_id'",
        ),
        (
            job_for(MODELS["kling-3.0"], options={"provider_options": {"contents": [ELEMENT]}}),
            UpstreamRejected,
            "takes no elements",
        ),
    ],
)
async def test_what_cannot_be_taken_is_refused_before_anything_is_sent(job: Job, kind: type, sentence: str) -> None:
    async with kling() as (server, provider):
        error = await error_of(provider, job)
        assert type(error) is kind
        assert sentence in error.message
        assert server.asked == []


def test_its_own_result_is_given_back_by_its_own_link_while_that_lives() -> None:
    facts = {"kling_url": "https://cdn.example/a.mp4", "kling_url_ends": NOW + 1}
    job = edit(OMNI, source=Source("video_0", "kling", TASK, facts, "key"))
    assert link_of(job, NOW) == "https://cdn.example/a.mp4"
    with pytest.raises(SourceRefused):
        link_of(job, NOW + 1)


# Replies


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"id": TASK, "status": status, "message": "", "outputs": [], "billing": [], **more}


def read(told: dict[str, Any]) -> Any:
    return poll_of(told, str, NOW)


def test_each_status_is_read() -> None:
    assert read(task("submitted")) == Waiting(6.0)
    assert read(task("processing")) == Running(None, 6.0)
    outputs = [{"type": "image", "url": "https://cdn.example/a.png"}, {"type": "video", "url": "https://c/a.mp4"}]
    done = Done(
        (RemoteAsset(Variant.VIDEO, "https://c/a.mp4"),),
        {"task": TASK, "kling_url": "https://c/a.mp4", "kling_url_ends": NOW + LINK_SECONDS},
    )
    assert read(task("succeeded", outputs=outputs)) == done
    assert read(task("succeed", outputs=outputs)) == done


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Failure to pass the risk control system", ContentRefused),
        ("the frame rate is too low", UpstreamRejected),
        ("", UpstreamRejected),
    ],
)
def test_a_failure_is_read_by_its_words(message: str, kind: type[UpstreamError]) -> None:
    poll = read(task("failed", message=message))
    assert isinstance(poll, Refused)
    assert type(poll.error) is kind
    assert message in poll.error.message


def test_nothing_is_guessed() -> None:
    with pytest.raises(UpstreamProtocolError, match="pondering"):
        read(task("pondering"))
    with pytest.raises(UpstreamProtocolError, match="status"):
        read({"id": TASK})
    for outputs in ([], None, [{"type": "image", "url": "x"}], [{"type": "video"}]):
        with pytest.raises(FinishedWithoutAsset):
            read(task("succeeded", outputs=outputs))


# The class

START = "POST /omni-video/kling-3.0-omni"
POLL = f"GET /tasks?task_ids={TASK}"
FIND = "GET /tasks?external_task_ids=video_1-1"


def fine(data: Any) -> tuple[int, Any]:
    return 200, {"code": 0, "message": "SUCCEED", "request_id": "r", "data": data}


def wrong(status: int, code: int, message: str = "sorry") -> tuple[int, Any]:
    return status, {"code": code, "message": message, "request_id": "r"}


async def test_a_job_is_started_with_the_key_of_the_console() -> None:
    async with kling() as (server, provider):
        server.on(START, fine({"id": TASK, "status": "submitted"}))
        submitted = await provider.submit(edit(OMNI, clip=LINKED))
        assert submitted.upstream_id == TASK
        assert submitted.poll_after >= 5
        assert server.last().headers["authorization"] == f"Bearer {SECRET}"
        assert server.last().json["options"]["external_task_id"] == "video_1-1"


@pytest.mark.parametrize(
    ("answer", "kind", "outcome"),
    [
        (wrong(401, 1002, f"{SECRET} does not support AK/SK"), UpstreamKeyInvalid, Outcome.REJECTED),
        (wrong(403, 1304), UpstreamKeyInvalid, Outcome.REJECTED),
        (wrong(429, 1101), UpstreamQuotaExhausted, Outcome.REJECTED),
        (wrong(429, 1102), UpstreamQuotaExhausted, Outcome.REJECTED),
        (wrong(403, 1103), UpstreamRejected, Outcome.REJECTED),
        (wrong(400, 1201, "duration is wrong"), UpstreamRejected, Outcome.REJECTED),
        (wrong(400, 1201, "Video resolution is wrong"), SourceRefused, Outcome.REJECTED),
        (wrong(400, 1201, "external_task_id must be unique"), UpstreamProtocolError, Outcome.UNKNOWN),
        (wrong(404, 1203), UpstreamRejected, Outcome.REJECTED),
        (wrong(400, 1301), ContentRefused, Outcome.REJECTED),
        (wrong(200, 1301), ContentRefused, Outcome.REJECTED),
        (wrong(429, 1302), UpstreamRateLimited, Outcome.REJECTED),
        (wrong(429, 1303, "parallel task over resource pack limit"), UpstreamRateLimited, Outcome.REJECTED),
        (wrong(500, 5000), UpstreamUnavailable, Outcome.UNKNOWN),
        (wrong(504, 5002), UpstreamUnavailable, Outcome.UNKNOWN),
        (wrong(200, 7777), UpstreamProtocolError, Outcome.UNKNOWN),
        (wrong(400, 7777), UpstreamRejected, Outcome.REJECTED),
        ((502, b"<html>"), UpstreamUnavailable, Outcome.UNKNOWN),
        ((200, b""), UpstreamProtocolError, Outcome.UNKNOWN),
        (fine({}), UpstreamProtocolError, Outcome.UNKNOWN),
    ],
)
async def test_what_an_answer_to_the_start_proves(answer: Any, kind: type[UpstreamError], outcome: Outcome) -> None:
    async with kling() as (server, provider):
        server.on(START, answer)
        error = await error_of(provider, edit(OMNI, clip=LINKED))
        assert isinstance(error, kind)
        assert outcome_of(error) is outcome
        assert len(server.asked) == 1
        if isinstance(error, UpstreamRateLimited):
            assert error.retry_after is not None
            assert error.retry_after >= 1


async def test_a_lost_submission_is_found_by_its_own_id() -> None:
    async with kling() as (server, provider):
        job = job_for(OMNI)
        server.on(FIND, fine([]), fine([task("processing")]))
        assert await provider.find(job, NOW) is None
        found = await provider.find(job, NOW)
        assert found is not None
        assert found.upstream_id == TASK


@pytest.mark.parametrize(
    "answer",
    [
        fine([task("processing"), task("processing")]),
        fine([task("processing", external_task_id="video_2-1")]),
        fine([task("processing", task_info={"external_task_id": "video_2-1"})]),
        fine(None),
        fine({}),
    ],
)
async def test_what_is_not_surely_ours_is_not_adopted(answer: Any) -> None:
    async with kling() as (server, provider):
        server.on(FIND, answer)
        with pytest.raises(UpstreamProtocolError):
            await provider.find(job_for(OMNI), NOW)


async def test_an_unknown_task_is_an_empty_list() -> None:
    async with kling() as (server, provider):
        server.on(POLL, fine([]), wrong(404, 1203), fine([task("processing")]), fine([{**task("x"), "id": "2"}]))
        for _ in range(2):
            with pytest.raises(UpstreamTaskLost):
                await provider.poll(TASK)
        assert await provider.poll(TASK) == Running(None, 6.0)
        with pytest.raises(UpstreamProtocolError, match="other tasks"):
            await provider.poll(TASK)


async def test_a_callback_names_its_task() -> None:
    async with kling() as (_, provider):
        body = {"task_id": TASK, "task_status": "succeed", "task_info": {"external_task_id": "video_1-1"}}
        assert await provider.called_back({}, json.dumps(body).encode()) == TASK
        for bad in (b"", b"[]", b'{"task_status": "succeed"}', b'{"task_id": 7}', b"\xff"):
            with pytest.raises(UpstreamProtocolError):
                await provider.called_back({}, bad)


async def test_results_are_fetched_without_the_credential() -> None:
    async with kling() as (server, provider):
        server.on("GET /a.mp4", (200, CLIP), (404, b""))
        asset = RemoteAsset(Variant.VIDEO, f"{server.url}/a.mp4")
        assert b"".join([chunk async for chunk in provider.fetch(asset)]) == CLIP
        assert "authorization" not in server.last().headers
        with pytest.raises(ResultGone):
            _ = [chunk async for chunk in provider.fetch(asset)]


async def test_there_is_nothing_to_cancel_or_forget() -> None:
    async with kling() as (server, provider):
        await provider.cancel(TASK)
        await provider.forget(TASK)
        assert server.asked == []

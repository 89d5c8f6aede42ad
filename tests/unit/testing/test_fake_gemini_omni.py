"""The fake of Gemini Omni: every task, refusal and mishap, its files and its webhooks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.gemini_omni import FakeGeminiOmni
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

pytestmark = pytest.mark.anyio

KEY = {"x-goog-api-key": SECRET}
SMALL = Size(640, 360)
BADGE = 0x3C91
SOURCE = film.film(BADGE, Size(64, 64), 3)
PICTURE = film.picture(BADGE, Size(64, 64))
FORMAT = {"type": "video", "resolution": "360p", "duration": "3s"}


def block(data: bytes, kind: str = "video") -> dict[str, str]:
    mime_type = "video/mp4" if kind == "video" else "image/png"
    return {"type": kind, "mime_type": mime_type, "data": base64.b64encode(data).decode()}


def task(name: str) -> dict[str, Any]:
    return {"video_config": {"task": name}}


class Caller:
    def __init__(self, fake: FakeGeminiOmni, session: aiohttp.ClientSession) -> None:
        self.fake, self.session = fake, session
        self.headers: Mapping[str, str] = {}

    async def ask(self, method: str, path: str, body: dict | None = None, **more: Any) -> tuple[int, Any]:
        url = path if path.startswith("http") else self.fake.url + path
        async with self.session.request(method, url, json=body, allow_redirects=False, **more) as answer:
            self.headers = answer.headers
            content = await answer.read()
            return answer.status, json.loads(content) if answer.content_type == "application/json" else content

    async def submit(self, **fields: Any) -> tuple[int, Any]:
        body = {"model": "gemini-omni-1.2-flash", "input": "A fox", "background": True, "response_format": FORMAT}
        chosen = {key: value for key, value in (body | fields).items() if value is not None}
        return await self.ask("POST", "/v1beta/interactions", chosen)

    async def made(self, **fields: Any) -> str:
        status, body = await self.submit(**fields)
        assert status == 200, body
        return body["id"]

    async def refused(self, **fields: Any) -> tuple[int, str]:
        status, body = await self.submit(**fields)
        assert set(body["error"]) == {"code", "message", "status"}
        assert body["error"]["code"] == status
        return status, body["error"]["status"]

    async def poll(self, job_id: str) -> Any:
        return (await self.ask("GET", f"/v1beta/interactions/{job_id}"))[1]

    async def finished(self, job_id: str) -> Any:
        return [await self.poll(job_id) for _ in range(3)][-1]

    async def upload(self, data: bytes, mime_type: str = "video/mp4") -> Any:
        start = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(len(data)),
            "X-Goog-Upload-Header-Content-Type": mime_type,
        }
        status, body = await self.ask("POST", "/upload/v1beta/files", {"file": {}}, headers=start)
        assert status == 200, body
        half = len(data) // 2
        address = self.headers["X-Goog-Upload-URL"]
        said = b""
        async with aiohttp.ClientSession() as anonymous:  # the address is enough
            for offset, part, command in ((0, data[:half], "upload"), (half, data[half:], "upload, finalize")):
                headers = {"X-Goog-Upload-Offset": str(offset), "X-Goog-Upload-Command": command}
                async with anonymous.post(address, data=part, headers=headers) as answer:
                    assert answer.status == 200
                    said = await answer.read()
        return json.loads(said)["file"]


@asynccontextmanager
async def calling(**options: Any) -> AsyncIterator[Caller]:
    fake = FakeGeminiOmni(**options)
    with fake.serving():
        async with aiohttp.ClientSession(headers=KEY) as session:
            yield Caller(fake, session)


def clip_in(shown: Any) -> bytes:
    return base64.b64decode(shown["steps"][0]["content"][0]["data"])


async def test_create_poll_and_native_edits_one_after_another() -> None:
    async with calling() as caller:
        first = await caller.made()
        words = [(await caller.poll(first))["status"] for _ in range(3)]
        assert words == ["queued", "in_progress", "completed"]
        shown = await caller.poll(first)
        assert shown["usage"]["total_output_tokens"] == 3 * 5792
        clip = clip_in(shown)
        assert film.measures(clip) == (SMALL, 3.0)
        change = {"generation_config": task("edit"), "response_format": None}
        second = await caller.made(previous_interaction_id=first, **change)
        await caller.finished(second)
        third = await caller.made(previous_interaction_id=second, **change)
        changed = clip_in(await caller.finished(third))
        assert film.badge_of(changed) == film.badge_of(clip)
        assert film.measures(changed) == (SMALL, 3.0)
        longer = await caller.made(previous_interaction_id=third, generation_config=task("extend"))
        assert film.measures(clip_in(await caller.finished(longer))) == (SMALL, 6.0)
        upright = {"type": "video", "resolution": "360p", "duration": "4s", "aspect_ratio": "9:16"}
        other = await caller.made(response_format=[upright], input=[{"type": "text", "text": "A fox"}])
        assert film.measures(clip_in(await caller.finished(other))) == (Size(360, 640), 4.0)
        assert [job.kind for job in caller.fake.accepted] == ["create", "native", "native", "extend", "create"]


async def test_clips_and_pictures_in_the_input() -> None:
    async with calling(polls_processing=1) as caller:
        file = await caller.upload(SOURCE)
        assert file["state"] == "PROCESSING"
        text = {"type": "text", "text": "At night"}
        by_uri = {"type": "video", "mime_type": "video/mp4", "uri": file["uri"]}
        assert await caller.refused(input=[text, by_uri]) == (400, "FAILED_PRECONDITION")
        assert (await caller.ask("GET", f"/v1beta/{file['name']}"))[1]["state"] == "ACTIVE"
        picture = block(PICTURE, "image")
        for content, name in (
            ([text, by_uri], "edit"),
            ([text, block(SOURCE), picture], "edit"),
            ([{"type": "user_input", "content": [text, block(SOURCE)]}], "extend"),
            ([text, block(SOURCE)], "upscale"),
            ([text, picture], "image_to_video"),
            ([text, picture, picture], "reference_to_video"),
        ):
            await caller.made(input=content, generation_config=task(name))
        kinds = ["edit", "edit", "extend", "edit", "frame", "reference"]
        assert [job.kind for job in caller.fake.accepted] == kinds
        assert {job.badge for job in caller.fake.accepted} == {BADGE}
        assert caller.fake.accepted[0].seconds == 3.0
        assert (await caller.ask("GET", f"{file['uri']}:download?alt=media"))[0] == 400
        assert (await caller.ask("DELETE", f"/v1beta/{file['name']}"))[0] == 200
        assert await caller.refused(input=[text, by_uri]) == (403, "PERMISSION_DENIED")


async def test_foreground_and_what_is_not_stored() -> None:
    async with calling() as caller:
        status, shown = await caller.submit(background=None)
        assert (status, shown["status"]) == (200, "completed")
        assert film.measures(clip_in(shown)) == (SMALL, 3.0)
        assert (await caller.poll(shown["id"]))["status"] == "completed"
        _, unstored = await caller.submit(background=False, store=False)
        assert unstored["status"] == "completed"
        assert await caller.refused(previous_interaction_id=unstored["id"]) == (404, "NOT_FOUND")
        assert await caller.refused(store=False) == (400, "INVALID_ARGUMENT")
        caller.fake.background_needs_store = False
        unstored = await caller.made(store=False)
        await caller.finished(unstored)
        assert await caller.refused(previous_interaction_id=unstored) == (404, "NOT_FOUND")


WRONG = (
    {"seed": 7},
    {"negative_prompt": "rain"},
    {"input": None},
    {"input": []},
    {"input": [{"type": "video", "data": "AAAA"}, "x"]},
    {"input": ["x", {"type": "video", "mime_type": "video/ogg", "data": "AAAA"}]},
    {"input": ["x", {"type": "video", "mime_type": "video/mp4", "data": "?"}]},
    {"input": ["x", {"type": "video", "mime_type": "video/mp4", "data": "AAAA", "uri": "x"}]},
    {"input": ["x", {"type": "video", "mime_type": "video/mp4", "uri": "https://example.com/a.mp4"}]},
    {"input": ["x", {"type": "video", "mime_type": "video/mp4", "data": "AAAA"}]},
    {"input": ["x", {"type": "image", "mime_type": "image/png", "data": "AAAA"}]},
    {"input": ["x", *[block(PICTURE, "image")] * 7, block(SOURCE)]},
    {"input": ["x", block(film.film(1, Size(64, 64), 2))]},
    {"input": ["x", block(film.film(1, Size(64, 64), 16))]},
    {"response_format": FORMAT | {"duration": "8"}},
    {"response_format": FORMAT | {"duration": 8}},
    {"response_format": FORMAT | {"duration": "2s"}},
    {"response_format": FORMAT | {"duration": "16s"}},
    {"response_format": FORMAT | {"resolution": "480p"}},
    {"response_format": FORMAT | {"aspect_ratio": "1:1"}},
    {"response_format": FORMAT | {"delivery": "url"}},
    {"response_format": FORMAT | {"gcs_uri": "gs://x"}},
    {"response_format": FORMAT | {"fps": 24}},
    {"generation_config": task("remix")},
    {"generation_config": task("edit")},
    {"generation_config": {"task": "edit"}},
    {"generation_config": task("text_to_video"), "input": ["x", block(SOURCE)]},
    {"generation_config": task("image_to_video")},
    {
        "input": ["x", block(SOURCE)],
        "generation_config": task("extend"),
        "response_format": FORMAT | {"duration": "11s"},
    },
    {"background": "yes"},
    {"store": "true"},
    {"model": None},
    {"response_modalities": ["text"]},
    {"continuation_token": "x"},
)


async def test_strict_reading() -> None:
    async with calling() as caller:
        for fields in WRONG:
            assert await caller.refused(**fields) == (400, "INVALID_ARGUMENT"), fields
        assert await caller.refused(model="sora-2") == (404, "NOT_FOUND")
        _, gone = await caller.submit(model="gemini-omni-flash-preview")
        assert "is no longer available" in gone["error"]["message"]
        assert await caller.refused(previous_interaction_id="v1_unknown") == (404, "NOT_FOUND")
        early = await caller.made()
        assert await caller.refused(previous_interaction_id=early) == (400, "FAILED_PRECONDITION")
        bearer = {"x-goog-api-key": "", "Authorization": f"Bearer {SECRET}"}
        assert (await caller.ask("GET", f"/v1beta/interactions/{early}", headers=bearer))[0] == 401
        assert (await caller.ask("GET", f"/v1beta/interactions/{early}?key={SECRET}", headers=bearer))[0] == 401
        assert (await caller.ask("POST", "/v1beta/interactions", data=None))[0] == 400
        assert len(caller.fake.accepted) == 1


async def test_regions_and_the_length_of_extensions() -> None:
    async with calling(refuses_uploads=True, extended_max=8) as caller:
        assert await caller.refused(input=["x", block(SOURCE)]) == (400, "FAILED_PRECONDITION")
        source = await caller.made()
        await caller.finished(source)
        await caller.made(previous_interaction_id=source)
        longer = FORMAT | {"duration": "6s"}
        fields = {"previous_interaction_id": source, "generation_config": task("extend")}
        assert await caller.refused(**fields, response_format=longer) == (400, "INVALID_ARGUMENT")
        caller.fake.refuses_remixes = True
        assert await caller.refused(previous_interaction_id=source) == (400, "FAILED_PRECONDITION")
        caller.fake.retention_seconds = 0
        assert await caller.refused(previous_interaction_id=source) == (404, "NOT_FOUND")


async def test_cancelled_and_deleted() -> None:
    async with calling() as caller:
        job = f"/v1beta/interactions/{await caller.made()}"
        assert (await caller.ask("POST", job + "/cancel"))[1]["status"] == "cancelled"
        assert (await caller.ask("GET", job))[1]["status"] == "cancelled"
        assert (await caller.ask("POST", job + "/cancel"))[0] == 400
        assert (await caller.ask("DELETE", job)) == (200, {})
        assert (await caller.ask("GET", job))[0] == 404


REFUSALS = {
    Mishap.UNAUTHORIZED: (401, "UNAUTHENTICATED"),
    Mishap.NOT_FOUND: (404, "NOT_FOUND"),
    Mishap.REJECTED: (400, "INVALID_ARGUMENT"),
    Mishap.SLOW_DOWN: (429, "RESOURCE_EXHAUSTED"),
    Mishap.SLOW_DOWN_BARE: (429, "RESOURCE_EXHAUSTED"),
    Mishap.BROKEN: (500, "INTERNAL"),
    Mishap.UNAVAILABLE: (503, "UNAVAILABLE"),
    Mishap.SOURCE_REFUSED: (400, "INVALID_ARGUMENT"),
    Mishap.BROKEN_AFTER: (500, "INTERNAL"),
}


async def test_mishaps_of_a_submission() -> None:
    async with calling() as caller:
        for mishap, said in REFUSALS.items():
            caller.fake.play(Stage.SUBMIT, mishap)
            assert await caller.refused(input=["x", block(SOURCE)]) == said, mishap
            assert "Retry-After" not in caller.headers
            assert len(caller.fake.accepted) == (mishap is Mishap.BROKEN_AFTER)
        caller.fake.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED, Mishap.CUT, Mishap.CUT_BEFORE, Mishap.EMPTY, Mishap.HTML)
        await caller.made()
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await caller.submit()
        assert await caller.submit() == (200, b"")
        assert (await caller.submit())[1][:6] == b"<html>"
        assert len(caller.fake.accepted) == 4


async def test_mishaps_of_a_poll() -> None:
    async with calling(delivers_uris=True, failed_word="incomplete", continues=True) as caller:
        shown = {}
        for mishap in (
            Mishap.FAILED,
            Mishap.FAILED_BY_MODERATION,
            Mishap.NO_ASSET,
            Mishap.EXPIRED_LINK,
            Mishap.PRIVATE_LINK,
        ):
            job = await caller.made()
            caller.fake.play(Stage.POLL, mishap)
            shown[mishap] = await caller.poll(job)
            assert await caller.poll(job) == shown[mishap]
        failed = shown.pop(Mishap.FAILED)
        assert (failed["status"], failed["steps"][0]["error"]["code"]) == ("incomplete", 13)
        assert set(failed["errors"][0]) == {"code", "message"}
        assert {each["status"] for each in shown.values()} == {"completed"}
        content = {mishap: each["steps"][0]["content"] for mishap, each in shown.items()}
        assert content[Mishap.FAILED_BY_MODERATION][0]["type"] == "text"
        assert content[Mishap.NO_ASSET] == []
        assert content[Mishap.PRIVATE_LINK][0]["uri"] == PRIVATE_URL
        assert (await caller.ask("GET", content[Mishap.EXPIRED_LINK][0]["uri"]))[0] == 403
        job = await caller.made()
        caller.fake.play(Stage.POLL, Mishap.UNKNOWN_WORD)
        assert (await caller.poll(job))["status"] == "paused"
        waiting = await caller.poll(job)
        assert waiting["status"] == "requires_continuation"
        before = len(caller.fake.accepted)
        assert (await caller.submit(continuation_token=waiting["continuation_token"]))[1]["id"] == job
        assert len(caller.fake.accepted) == before
        assert (await caller.poll(job))["status"] == "completed"


async def test_results_at_a_uri() -> None:
    async with calling() as caller:
        job = await caller.made(response_format=FORMAT | {"delivery": "uri"})
        uri = (await caller.finished(job))["steps"][0]["content"][0]["uri"]
        assert (await caller.poll(job))["steps"][0]["content"][0]["uri"] == uri
        assert film.measures((await caller.ask("GET", uri))[1]) == (SMALL, 3.0)
        assert (await caller.ask("GET", uri, headers={"x-goog-api-key": "no"}))[0] == 401
        caller.fake.redirects = True
        status, _ = await caller.ask("GET", uri)
        assert (status, caller.headers["Location"][: len(caller.fake.url)]) == (302, caller.fake.url)
        assert (await caller.ask("GET", caller.headers["Location"]))[0] == 200
        assert len(caller.fake.leaks) == 1, "the key was sent to the CDN, and the fake has not seen it"
        caller.fake.play(Stage.DOWNLOAD, Mishap.PRIVATE_LINK, Mishap.UNAVAILABLE)
        await caller.ask("GET", uri)
        assert caller.headers["Location"] == PRIVATE_URL
        assert (await caller.ask("GET", uri))[0] == 503
        again = {"type": "video", "mime_type": "video/mp4", "uri": uri}
        assert caller.fake.jobs[await caller.made(input=["x", again])].badge == caller.fake.jobs[job].badge
        caller.fake.expire_links()
        assert (await caller.ask("GET", uri))[0] == 403
        other = await caller.made(response_format=FORMAT | {"delivery": "uri"})
        uri = (await caller.finished(other))["steps"][0]["content"][0]["uri"]
        caller.fake.play(Stage.DOWNLOAD, Mishap.EXPIRED_LINK)
        assert [(await caller.ask("GET", uri))[0] for _ in range(2)] == [403, 403]


async def test_refused_uploads() -> None:
    async with calling() as caller:
        headers = {"X-Goog-Upload-Protocol": "multipart"}
        assert (await caller.ask("POST", "/upload/v1beta/files", headers=headers))[0] == 400
        assert (await caller.ask("POST", "/upload/v1beta/files?upload_id=x"))[0] == 404
        caller.fake.play(Stage.UPLOAD, Mishap.SOURCE_REFUSED)
        assert (await caller.ask("POST", "/upload/v1beta/files"))[0] == 400


@pytest.mark.parametrize("spoils", ["", "signature", "timestamp"])
async def test_webhooks(spoils: str) -> None:
    got: asyncio.Queue[tuple[Mapping[str, str], bytes]] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        got.put_nowait((request.headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/{name}", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with calling() as caller:
            caller.fake.spoils = spoils
            hook = {"uri": f"{base}/static", "subscribed_events": ["interaction.completed", "interaction.failed"]}
            status, registered = await caller.ask("POST", "/v1beta/webhooks", hook)
            assert (status, registered["state"]) == (200, "enabled")
            assert (await caller.ask("POST", "/v1beta/webhooks", hook | {"subscribed_events": ["x"]}))[0] == 400
            static = await caller.made()
            await caller.finished(static)
            first = await asyncio.wait_for(got.get(), 10)
            config = {"uris": [f"{base}/dynamic"], "user_metadata": {"video": "7"}}
            dynamic = await caller.made(webhook_config=config)
            assert await caller.fake.finish(dynamic) == [200]
            second = got.get_nowait()
            assert got.empty()
            keys = (await caller.ask("GET", "/.well-known/jwks.json"))[1]["keys"]
    finally:
        await runner.cleanup()
    assert json.loads(first[1])["data"] == {"id": static}
    assert json.loads(second[1])["type"] == "interaction.completed"
    assert json.loads(second[1])["user_metadata"] == {"video": "7"}
    assert is_signed(*first, registered["new_signing_secret"]) is (spoils != "signature")
    claims = verified(second[0]["webhook-signature"], keys[0])
    assert (claims is None) is (spoils == "signature")
    if claims is not None:
        assert (claims["aud"], claims["data"]) == (config["uris"][0], {"id": dynamic})
        assert (claims["exp"] < time.time()) is (spoils == "timestamp")
    for headers, _ in (first, second):
        assert (time.time() - int(headers["webhook-timestamp"]) > 300) is (spoils == "timestamp")


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), text, hashlib.sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


def verified(token: str, key: Mapping[str, str]) -> dict[str, Any] | None:
    """The claims of a JSON Web Token with RS256, or None where the signature is wrong."""
    signed, _, signature = token.rpartition(".")
    modulus, exponent, number = (int.from_bytes(unpacked(text), "big") for text in (key["n"], key["e"], signature))
    digest = hashlib.sha256(signed.encode()).digest()
    opened = pow(number, exponent, modulus).to_bytes(256, "big")
    is_right = opened.startswith(b"\x00\x01\xff\xff") and opened.endswith(b"\x04\x20" + digest)
    return json.loads(unpacked(signed.split(".")[1])) if is_right else None


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

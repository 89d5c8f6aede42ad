"""The fake of OpenAI's Videos API and of those who imitate it: the official SDK, every route, refusal and mishap."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import openai
import pytest
from aiohttp import web

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible import FakeOpenAICompatible
from mutoscope.testing.upstreams.openai_compatible.events import WEBHOOK_SECRET

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SMALL = Size(64, 64)
UPRIGHT = Size(720, 1280)
BADGE = 0x5A17
SOURCE = film.film(BADGE, SMALL, 2)
PICTURE = film.picture(BADGE, UPRIGHT)
BEARER = {"Authorization": f"Bearer {SECRET}"}


class Caller:
    """Requests to the fake; each answer as its status and its JSON, or its bytes."""

    def __init__(self, fake: FakeOpenAICompatible, session: aiohttp.ClientSession) -> None:
        self.fake, self.session = fake, session
        self.headers: Mapping[str, str] = {}
        self.prefix = fake.url + fake.flavour.prefixes[0]

    async def ask(self, method: str, path: str, fields: dict | None = None, **more: Any) -> tuple[int, Any]:
        """fields: sent as a form, files as bytes."""
        if fields is not None:
            more["data"] = form(fields)
        async with self.session.request(method, self.prefix + path, allow_redirects=False, **more) as answer:
            self.headers = answer.headers
            body = await answer.read()
            return answer.status, json.loads(body) if answer.content_type == "application/json" else body

    async def made(self, path: str = "/videos", **fields: Any) -> Any:
        status, body = await self.ask("POST", path, {"prompt": "A fox", **fields})
        assert status == 200, body
        return body

    async def finished(self, video_id: str) -> Any:
        return [(await self.ask("GET", f"/videos/{video_id}"))[1] for _ in range(3)][-1]

    async def refused(self, path: str = "/videos", **fields: Any) -> tuple[int, Any, Any]:
        status, body = await self.ask("POST", path, {"prompt": "A fox", **fields})
        return status, body["error"]["param"], body["error"]["code"]


def form(fields: dict[str, Any]) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for key, value in fields.items():
        if isinstance(value, bytes):
            data.add_field(key, value, filename="clip.mp4" if b"ftyp" in value[:12] else "frame.png")
        else:
            data.add_field(key, str(value))
    return data


@asynccontextmanager
async def calling(flavour: str = "openai", **options: Any) -> AsyncIterator[Caller]:
    fake = FakeOpenAICompatible(flavour=flavour, **options)
    with fake.serving():
        async with aiohttp.ClientSession(headers=BEARER) as session:
            yield Caller(fake, session)


def test_the_official_sdk() -> None:
    fake = FakeOpenAICompatible(poll_after_ms=10)
    with fake.serving() as url, openai.OpenAI(base_url=f"{url}/v1", api_key=SECRET, max_retries=0) as client:
        source = client.videos.create_and_poll(prompt="A fox", seconds="4", size="1280x720")
        assert (source.status, source.progress, source.seconds) == ("completed", 100, "4")
        clip = client.videos.download_content(source.id).read()
        assert film.measures(clip) == (Size(1280, 720), 4.0)
        assert client.videos.download_content(source.id, variant="thumbnail").read()[8:12] == b"WEBP"
        assert client.videos.download_content(source.id, variant="spritesheet").read()[:2] == b"\xff\xd8"
        remix = client.videos.poll(client.videos.remix(source.id, prompt="At night").id)
        assert remix.remixed_from_video_id == source.id
        by_id = {"video": {"id": source.id}}
        edit = client.videos.edit(prompt="Snow", video=b"", extra_body=by_id)
        upload = client.videos.edit(prompt="Snow", video=SOURCE)
        longer = client.videos.extend(prompt="On", seconds="8", video=b"", extra_body=by_id)
        assert longer.seconds == "12"
        framed = client.videos.create(prompt="A fox", input_reference=PICTURE)
        character = client.videos.create_character(name="Otto", video=SOURCE)
        assert client.videos.get_character(str(character.id)).name == "Otto"
        listed = [video.id for video in client.videos.list(limit=2)]
        assert set(listed) == {source.id, remix.id, edit.id, upload.id, longer.id, framed.id}
        assert client.videos.delete(source.id).deleted
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(source.id)
    kinds = [job.kind for job in fake.accepted]
    assert kinds == ["create", "native", "edit", "edit", "extend", "frame"]
    badges = [job.badge for job in fake.accepted]
    assert badges[:3] == [film.badge_of(clip)] * 3
    assert badges[3] == badges[5] == BADGE
    assert badges[4] == badges[0]


async def test_strict_reading() -> None:
    async with calling() as caller:
        assert await caller.refused(seconds="10") == (400, "seconds", "invalid_value")
        assert await caller.refused(size="640x360") == (400, "size", "invalid_value")
        assert await caller.refused(size="1920x1080") == (400, "size", "invalid_value")
        assert await caller.refused(model="veo") == (400, "model", "model_not_found")
        assert await caller.refused(seed="1") == (400, "seed", "unknown_parameter")
        assert await caller.refused(prompt="") == (400, "prompt", "empty_string")
        assert await caller.refused(prompt="x" * 32_001) == (400, "prompt", "string_above_max_length")
        assert await caller.refused(input_reference=film.picture(1, SMALL)) == (400, "input_reference", None)
        assert await caller.refused(input_reference=b"Example data") == (400, "input_reference", "invalid_value")
        assert (await caller.refused(**{"input_reference[file_id]": "file-1"}))[1] == "input_reference.file_id"
        assert await caller.refused("/videos/edits") == (400, "video", "missing_required_parameter")
        assert await caller.refused("/videos/edits", video=b"text") == (400, "video", "invalid_value")
        assert (await caller.refused("/videos/edits", **{"video[id]": "video_1"}))[0] == 404
        assert await caller.refused("/videos/extensions", video=SOURCE, seconds="5") == (
            400,
            "seconds",
            "invalid_value",
        )
        for body in ({"prompt": "x", "seconds": 8}, {"prompt": 1}, {"prompt": "x", "input_reference": "https://x"}):
            status, said = await caller.ask("POST", "/videos", json=body)
            assert (status, said["error"]["code"]) == (400, "invalid_type")
        for body in (b"{", b"[]"):
            kind = {"Content-Type": "application/json"}
            assert (await caller.ask("POST", "/videos", data=body, headers=kind))[0] == 400
        assert (await caller.ask("GET", "/videos?limit=101"))[0] == 400
        assert (await caller.ask("GET", "/videos?limit=0"))[1]["has_more"] is False
        assert (await caller.ask("GET", "/nothing"))[0] == 404
        assert (await caller.ask("PUT", "/videos"))[0] == 405
        assert (await caller.ask("GET", "/videos", headers={"Authorization": "Bearer no"}))[1]["error"]["code"] == (
            "invalid_api_key"
        )
        assert caller.fake.accepted == []


async def test_one_refusal_before_the_source_is_done_and_the_limits_of_extensions() -> None:
    async with calling() as caller:
        source = await caller.made()
        remix = f"/videos/{source['id']}/remix"
        assert (await caller.refused(remix))[0] == 400
        assert (await caller.ask("GET", f"/videos/{source['id']}/content"))[0] == 404
        await caller.finished(source["id"])
        body = {"prompt": "On", "seconds": "20", "video": {"id": source["id"]}}
        for total in (24, 44, 64, 84, 104):
            _, longer = await caller.ask("POST", "/videos/extensions", json=body)
            assert longer["seconds"] == str(total)
            await caller.finished(longer["id"])
            body["video"] = {"id": longer["id"]}
        assert (await caller.ask("POST", "/videos/extensions", json=body))[0] == 400
        assert (await caller.ask("DELETE", f"/videos/{source['id']}"))[1]["object"] == "video.deleted"
        assert (await caller.ask("DELETE", f"/videos/{source['id']}"))[0] == 404


async def test_frames_by_url_and_characters() -> None:
    async with calling() as caller:
        url = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
        await caller.made(**{"input_reference[image_url]": url})
        await caller.made(**{"input_reference[image_url]": caller.fake.link(PICTURE, ".png")})
        _, character = await caller.ask("POST", "/videos/characters", {"name": "Otto", "video": SOURCE})
        await caller.made(prompt="Otto waves", **{"characters[][id]": character["id"]})
        assert [job.badge for job in caller.fake.accepted] == [BADGE] * 3
        assert (await caller.refused(**{"characters[][id]": character["id"]}))[1] == "characters"
        assert (await caller.refused(**{"input_reference[image_url]": PRIVATE_URL}))[0] == 400


REFUSALS = {
    Mishap.UNAUTHORIZED: (401, "invalid_api_key"),
    Mishap.NO_CREDIT: (429, "insufficient_quota"),
    Mishap.QUOTA_429: (429, "insufficient_quota"),
    Mishap.NOT_FOUND: (404, None),
    Mishap.REJECTED: (400, "invalid_value"),
    Mishap.SLOW_DOWN: (429, "rate_limit_exceeded"),
    Mishap.SLOW_DOWN_BARE: (429, "rate_limit_exceeded"),
    Mishap.BROKEN: (500, None),
    Mishap.UNAVAILABLE: (503, "overloaded"),
    Mishap.MODERATED: (400, "moderation_blocked"),
    Mishap.SOURCE_REFUSED: (400, "invalid_value"),
    Mishap.BROKEN_AFTER: (500, None),
}


async def test_mishaps_of_a_submission() -> None:
    async with calling() as caller:
        for mishap, said in REFUSALS.items():
            caller.fake.play(Stage.SUBMIT, mishap)
            status, body = await caller.ask("POST", "/videos/edits", {"prompt": "A fox", "video": SOURCE})
            assert (status, body["error"]["code"]) == said, mishap
            assert ("Retry-After" in caller.headers) is (mishap is Mishap.SLOW_DOWN)
            assert "x-request-id" in caller.headers
            assert len(caller.fake.accepted) == (mishap is Mishap.BROKEN_AFTER)


async def test_a_source_is_refused_only_where_there_is_one() -> None:
    async with calling() as caller:
        caller.fake.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED)
        await caller.made()
        caller.fake.play(Stage.UPLOAD, Mishap.SOURCE_REFUSED)
        assert (await caller.ask("POST", "/videos/characters", {"name": "Otto", "video": SOURCE}))[0] == 403


async def test_broken_lines() -> None:
    async with calling() as caller:
        caller.fake.play(Stage.SUBMIT, Mishap.CUT, Mishap.CUT_BEFORE, Mishap.EMPTY, Mishap.HTML)
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await caller.ask("POST", "/videos", {"prompt": "A fox"})
        assert await caller.ask("POST", "/videos", {"prompt": "A fox"}) == (200, b"")
        assert (await caller.ask("POST", "/videos", {"prompt": "A fox"}))[1][:6] == b"<html>"
        assert len(caller.fake.accepted) == 2
        listed = (await caller.ask("GET", "/videos"))[1]["data"]
        assert {each["id"] for each in listed} == {job.id for job in caller.fake.accepted}


@pytest.mark.parametrize("flavour", ["openai", "azure", "litellm", "new_api", "mutoscope"])
async def test_mishaps_of_a_poll(flavour: str) -> None:
    async with calling(flavour, max_running=9) as caller:
        path = {}
        for mishap in (Mishap.FAILED, Mishap.FAILED_BY_MODERATION, Mishap.NO_ASSET, Mishap.UNKNOWN_WORD):
            video = await caller.made(model="sora-2")
            path[mishap] = f"/videos/{video['id']}"
            caller.fake.play(Stage.POLL, mishap)
            first = (await caller.ask("GET", path[mishap]))[1]
            again = (await caller.ask("GET", path[mishap]))[1]
            assert (first["status"] == again["status"]) is (mishap is not Mishap.UNKNOWN_WORD)
            if mishap in (Mishap.FAILED, Mishap.FAILED_BY_MODERATION):
                assert first["status"] == "failed"
                assert (first["error"]["code"] == "moderation_blocked") is (mishap is Mishap.FAILED_BY_MODERATION)
            elif mishap is Mishap.NO_ASSET:
                assert first["status"] == "completed"
                assert "metadata" not in first
                assert (await caller.ask("GET", path[mishap] + "/content"))[0] == 404
            else:
                assert first["status"] == caller.fake.flavour.strange_word


async def test_content_that_is_gone_or_elsewhere() -> None:
    async with calling() as caller:
        path = [f"/videos/{(await caller.made())['id']}" for _ in range(4)]
        for each in path:
            await caller.finished(each.rsplit("/", 1)[1])
        caller.fake.play(Stage.DOWNLOAD, Mishap.EXPIRED_LINK, Mishap.NO_ASSET, Mishap.PRIVATE_LINK, Mishap.CUT)
        assert (await caller.ask("GET", path[0] + "/content"))[0] == 404
        assert (await caller.ask("GET", path[1] + "/content"))[0] == 404
        assert (await caller.ask("GET", path[2] + "/content"))[0] == 302
        assert caller.headers["Location"] == PRIVATE_URL
        with pytest.raises(aiohttp.ClientError):
            await caller.ask("GET", path[3] + "/content")
        assert (await caller.ask("GET", path[3] + "/content?variant=film"))[0] == 400
        caller.fake.redirects = True
        assert (await caller.ask("GET", path[3] + "/content"))[0] == 302
        async with aiohttp.ClientSession() as anonymous, anonymous.get(caller.headers["Location"]) as answer:
            assert film.measures(await answer.read()) == (UPRIGHT, 4.0)
        assert caller.fake.leaks == []
        caller.fake.expire_links()
        assert (await caller.ask("GET", path[3] + "/content"))[0] == 404
        assert (await caller.ask("GET", path[3]))[1]["status"] == "completed"


async def test_files_end_with_their_lifetime_and_a_running_job_may_be_kept() -> None:
    async with calling(lifetime_seconds=0, deletes_running=False, lacks=("remix",)) as caller:
        video = await caller.made()
        assert (await caller.ask("DELETE", f"/videos/{video['id']}"))[0] == 400
        done = await caller.finished(video["id"])
        assert done["expires_at"] == done["completed_at"]
        assert (await caller.ask("GET", f"/videos/{video['id']}/content"))[0] == 404
        assert (await caller.ask("POST", f"/videos/{video['id']}/remix", json={"prompt": "x"}))[0] == 404


@pytest.mark.parametrize("spoils", ["", "signature", "timestamp"])
async def test_webhooks(spoils: str) -> None:
    got: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        got.put_nowait((dict(request.headers), await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        async with calling(webhook_url=url) as caller:
            caller.fake.spoils = spoils
            polled, pushed = await caller.made(), await caller.made()
            await caller.finished(polled["id"])
            seen = [await asyncio.wait_for(got.get(), 10)]
            assert await caller.fake.finish(pushed["id"]) == 200
            seen.append(got.get_nowait())
            assert got.empty()
    finally:
        await runner.cleanup()
    client = openai.OpenAI(api_key=SECRET, webhook_secret=WEBHOOK_SECRET)
    for (headers, body), video in zip(seen, (polled, pushed), strict=True):
        event = json.loads(body)
        assert (event["type"], event["data"]) == ("video.completed", {"id": video["id"]})
        if spoils:
            with pytest.raises((openai.InvalidWebhookSignatureError, ValueError)):
                client.webhooks.verify_signature(body, headers)
        else:
            client.webhooks.verify_signature(body, headers)


async def test_azure() -> None:
    async with calling("azure") as caller:
        caller.session.headers.pop("Authorization")
        caller.session.headers["api-key"] = SECRET
        assert await caller.refused() == (400, "model", "missing_required_parameter")
        assert (await caller.refused(model="mine"))[2] == "DeploymentNotFound"
        assert (await caller.ask("GET", "/videos?api-version=2025-01-01"))[0] == 400
        first = await caller.made("/videos?api-version=preview", model="sora-2")
        await caller.made(model="sora-2")
        status, body = await caller.ask("POST", "/videos", {"prompt": "A fox", "model": "sora-2"})
        assert (status, body["error"]["message"]) == (429, "Too many running tasks")
        assert "inner_error" in body["error"]
        await caller.finished(first["id"])
        await caller.made(f"/videos/{first['id']}/remix")
        assert (await caller.ask("POST", "/videos/edits", {"prompt": "x", "video": SOURCE}))[0] == 405
        assert (await caller.ask("DELETE", f"/videos/{first['id']}"))[1]["deleted"] is True


async def test_vllm_omni() -> None:
    async with calling("vllm_omni", delete_conflicts=1) as caller:
        tiny = {"size": "64x64", "seconds": 2}
        assert (await caller.ask("POST", "/videos", json={"prompt": "A fox"}))[0] == 422
        status, body = await caller.ask("POST", "/videos", {"prompt": "A fox", "seconds": "2.5"})
        assert (status, body["detail"][0]["loc"]) == (422, ["body", "seconds"])
        assert (await caller.ask("POST", "/videos", {"prompt": "A fox", "model": "sora-2"}))[0] == 400
        plain = await caller.made(**tiny, seed=7, whatever=1)
        assert plain["id"].startswith("video_gen_")
        data_url = "data:video/mp4;base64," + base64.b64encode(SOURCE).decode()
        assert caller.fake.accepted[0].asked["seed"] == "7"
        await caller.made(**tiny, video_reference=json.dumps({"video_url": data_url}))
        await caller.made(**tiny, image_reference=json.dumps({"image_url": caller.fake.link(PICTURE, ".png")}))
        await caller.made(**tiny, source_video=SOURCE)
        await caller.made(**tiny, input_reference=PICTURE)
        await caller.made(**tiny, input_references=PICTURE)
        assert [job.kind for job in caller.fake.accepted][1:] == ["reference", "frame", "edit", "frame", "reference"]
        assert [job.badge for job in caller.fake.accepted][1:] == [BADGE] * 5
        file_id = json.dumps({"file_id": "file-1"})
        assert (await caller.ask("POST", "/videos", {"prompt": "x", "video_reference": file_id}))[0] == 400
        path = f"/videos/{plain['id']}"
        assert (await caller.ask("GET", path + "/content"))[0] == 404
        await caller.ask("GET", path)
        assert (await caller.ask("GET", path))[1]["progress"] == 0
        assert (await caller.ask("GET", path))[1]["progress"] == 100
        for query in ("", "?variant=thumbnail"):
            assert film.measures((await caller.ask("GET", path + "/content" + query))[1]) == (SMALL, 2.0)
        failing = f"/videos/{caller.fake.accepted[1].id}"
        caller.fake.play(Stage.POLL, Mishap.FAILED)
        for _ in range(2):
            status, body = await caller.ask("GET", failing)
            assert (status, body["status"], body["error"]["code"]) == (500, "failed", 500)
        assert (await caller.ask("GET", failing + "/content"))[0] == 422
        other = f"/videos/{caller.fake.accepted[2].id}"
        assert (await caller.ask("DELETE", other))[0] == 409
        assert (await caller.ask("DELETE", other))[1]["deleted"] is True
        assert caller.fake.accepted[2].cancelled
        assert (await caller.ask("POST", path + "/remix", {"prompt": "x"}))[0] == 404
        assert (await caller.ask("POST", "/videos/edits", {"prompt": "x"}))[0] == 405
        assert len((await caller.ask("GET", "/videos"))[1]["data"]) == 5
        clip = await caller.ask("POST", "/videos/sync", {"prompt": "x", **tiny})
        assert film.measures(clip[1]) == (SMALL, 2.0)
        caller.fake.play(Stage.SUBMIT, Mishap.SLOW_DOWN)
        assert await caller.ask("POST", "/videos", {"prompt": "x"}) == (429, {"detail": "Too Many Requests"})
        caller.fake.api_workers = 2
        assert (await caller.ask("GET", path))[0] == 409
        caller.fake.is_ready = False
        assert (await caller.ask("GET", path))[0] == 503


async def test_a_model_that_takes_no_clip_and_a_server_without_keys() -> None:
    async with calling("vllm_omni", takes=("image",), keyed=False) as caller:
        caller.session.headers.pop("Authorization")
        assert (await caller.ask("POST", "/videos", {"prompt": "x", "source_video": SOURCE}))[0] == 400
        await caller.made(input_reference=PICTURE)


async def test_sglang() -> None:
    async with calling("sglang") as caller:
        tiny = {"size": "64x64", "seconds": "2"}
        status, plain = await caller.ask("POST", "/videos", json={"prompt": "x", "size": "64x64", "seconds": 2})
        assert (status, plain["seconds"], "prompt" in plain) == (200, "2", False)
        assert (await caller.ask("POST", "/videos", json={"prompt": "x", "seconds": "8s"}))[0] == 422
        await caller.made(**tiny, video_reference=SOURCE)
        await caller.made(**tiny, input_reference=SOURCE)
        await caller.made(**tiny, input_reference=PICTURE)
        await caller.made(**tiny, extra_body=json.dumps({"video_url": caller.fake.link(SOURCE)}))
        await caller.made(**tiny, reference_url=caller.fake.link(PICTURE, ".png"))
        assert [job.kind for job in caller.fake.accepted][1:] == ["edit", "edit", "frame", "edit", "frame"]
        assert [job.badge for job in caller.fake.accepted][1:] == [BADGE] * 5
        assert (await caller.ask("POST", "/videos", {"prompt": "x", "video_path": "/tmp/x.mp4"}))[0] == 400
        path = f"/videos/{plain['id']}"
        await caller.finished(plain["id"])
        assert (await caller.ask("GET", path + "/content?variant=video"))[0] == 404
        assert (await caller.ask("GET", path + "/content?variant=0"))[0] == 200
        assert (await caller.ask("GET", "/videos?limit=0"))[0] == 422
        assert (await caller.ask("DELETE", path))[1]["status"] == "deleted"
        assert not caller.fake.accepted[0].cancelled
        assert await caller.ask("GET", path) == (404, {"detail": f"Video {plain['id']} not found"})
        kept = caller.fake.accepted[1].id
        caller.fake.play(Stage.POLL, Mishap.FAILED)
        assert "code" not in (await caller.ask("GET", f"/videos/{kept}"))[1]["error"]


async def test_sglang_with_a_bucket() -> None:
    async with calling("sglang", in_cloud=True) as caller:
        video = await caller.made(size="64x64", seconds=2)
        url = (await caller.finished(video["id"]))["url"]
        assert (await caller.ask("GET", f"/videos/{video['id']}/content"))[0] == 400
        async with aiohttp.ClientSession() as anonymous, anonymous.get(url) as answer:
            assert film.measures(await answer.read()) == (SMALL, 2.0)
        private = await caller.made(size="64x64", seconds=2)
        caller.fake.play(Stage.POLL, Mishap.PRIVATE_LINK)
        assert (await caller.ask("GET", f"/videos/{private['id']}"))[1]["url"] == PRIVATE_URL


async def test_litellm() -> None:
    async with calling("litellm") as caller:
        video = await caller.made(size="64x64", seconds=2, custom_llm_provider="openai")
        first = await caller.ask("GET", f"/videos/{video['id']}")
        caller.prefix = caller.fake.url
        second = await caller.ask("GET", f"/videos/{first[1]['id']}")
        assert len({video["id"], first[1]["id"]}) == 2
        assert "prompt" not in second[1]
        assert second[1]["usage"] == {"duration_seconds": 2.0}
        assert second[1]["status"] == "processing"
        assert (await caller.finished(video["id"]))["status"] == "completed"
        assert (await caller.ask("GET", f"/videos/{video['id']}/content?variant=thumbnail"))[0] == 200
        assert caller.headers["Content-Type"] == "video/mp4"
        assert (await caller.ask("DELETE", f"/videos/{video['id']}"))[0] == 405
        edit = await caller.ask("POST", "/videos/edits", json={"prompt": "x", "video": {"id": video["id"]}})
        assert edit[0] == 200
        assert caller.fake.accepted[1].badge == caller.fake.accepted[0].badge


async def test_new_api() -> None:
    async with calling("new_api") as caller:
        video = await caller.made(size="64x64", seconds=2)
        assert video["task_id"] == video["id"]
        assert not {"completed_at", "error", "expires_at"} & set(video)
        path = f"/videos/{video['id']}"
        assert (await caller.ask("GET", path + "/content"))[0] == 400
        done = await caller.finished(video["id"])
        async with aiohttp.ClientSession() as anonymous, anonymous.get(done["metadata"]["url"]) as answer:
            assert film.measures(await answer.read()) == (SMALL, 2.0)
        await caller.ask("GET", "/videos")
        status, body = await caller.ask("DELETE", path)
        assert (status, set(body["error"])) == (404, {"message", "type"})
        assert (await caller.ask("POST", path + "/remix", json={"prompt": "x"}))[0] == 200
        for mishap in (Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK):
            caller.fake.play(Stage.POLL, mishap)
            other = await caller.made(size="64x64", seconds=2)
            said = (await caller.ask("GET", f"/videos/{other['id']}"))[1]["metadata"]["url"]
            assert (said == PRIVATE_URL) is (mishap is Mishap.PRIVATE_LINK)


async def test_mutoscope() -> None:
    async with calling("mutoscope") as caller:
        fields = {"prompt": "A fox", "size": "64x64", "seconds": "2"}
        key = {"Idempotency-Key": "one"}
        _, first = await caller.ask("POST", "/videos", fields, headers=key)
        _, again = await caller.ask("POST", "/videos", json=fields, headers=key)
        assert (first["id"], caller.headers["idempotent-replayed"]) == (again["id"], "true")
        status, body = await caller.ask("POST", "/videos", fields | {"seconds": "3"}, headers=key)
        assert (status, body["error"]["code"]) == (400, "idempotency_key_reused")
        assert caller.headers["x-should-retry"] == "false"
        assert len(caller.fake.accepted) == 1
        caller.fake.play(Stage.SUBMIT, Mishap.NO_CREDIT)
        assert (await caller.ask("POST", "/videos", fields))[0] == 402
        assert (await caller.ask("GET", f"/videos/{first['id']}/content"))[1]["error"]["code"] == "video_not_ready"
        await caller.finished(first["id"])
        edit = await caller.made("/videos/edits", video=SOURCE, model="any")
        assert (edit["size"], edit["seconds"]) == ("64x64", "2")

"""The fake of Runway: its tasks, how they are cancelled and throttled, and what may be given to them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.film import badge_of, film, measures, picture
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.runway import RunwayFake

pytestmark = pytest.mark.anyio

LAKE = {"model": "gen4.5", "promptText": "a lake", "ratio": "720:1280", "duration": 2, "seed": 7}
UPSCALE = {"model": "magnific_video_upscaler_creative", "resolution": "720p"}
VERSION = {"X-Runway-Version": "2024-11-06"}
KEY = {"Authorization": f"Bearer {SECRET}"}


class Client:
    """A caller with a key and the version."""

    def __init__(self, session: aiohttp.ClientSession, fake: RunwayFake) -> None:
        self.session, self.fake = session, fake

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        headers = more.pop("headers", {**KEY, **VERSION})
        url = f"{self.fake.url}/v1/{path}"
        async with self.session.request(method, url, headers=headers, json=body, **more) as answer:
            data = await answer.read()
            return answer.status, json.loads(data) if data[:1] == b"{" else data

    async def submit(self, route: str = "text_to_video", body: object = None) -> str:
        status, said = await self.ask("POST", route, LAKE if body is None else body)
        assert status == 200, said
        assert said.keys() == {"id"}
        return said["id"]

    async def task(self, task_id: str) -> dict[str, Any]:
        status, said = await self.ask("GET", f"tasks/{task_id}")
        assert status == 200, said
        assert {"id", "status", "createdAt"} <= said.keys()
        return said

    async def ended(self, task_id: str) -> dict[str, Any]:
        while (said := await self.task(task_id))["status"] in ("PENDING", "THROTTLED", "RUNNING"):
            assert said["estimatedCost"]["credits"] > 0
        return said

    async def clip(self, task_id: str) -> bytes:
        said = await self.ended(task_id)
        assert said["status"] == "SUCCEEDED", said
        return await self.bytes_at(said["output"][0])

    async def bytes_at(self, url: str, status: int = 200) -> bytes:
        async with self.session.get(url) as answer:
            assert answer.status == status
            return await answer.read()

    async def upload(self, data: bytes) -> str:
        status, said = await self.ask("POST", "uploads", {"filename": "lake.mp4", "type": "ephemeral"})
        assert status == 200, said
        assert await self.bring(said, data) == 204
        return said["runwayUri"]

    async def bring(self, place: dict[str, Any], data: bytes, left_out: str = "", **headers: str) -> int:
        form = aiohttp.FormData()
        for name, value in place["fields"].items():
            if name != left_out:
                form.add_field(name, value)
        form.add_field("file", data, filename="lake.mp4", content_type="video/mp4")
        async with self.session.post(place["uploadUrl"], data=form, headers=headers) as answer:
            return answer.status


Clients = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="module")
def server() -> Iterator[RunwayFake]:
    """One server for all tests, since it takes longer to stop than most of them to run."""
    fake = RunwayFake()
    with fake.serving():
        yield fake


@pytest.fixture
def client(server: RunwayFake) -> Clients:
    """A caller of a fake as new, with options."""

    @asynccontextmanager
    async def caller(**options: Any) -> AsyncIterator[Client]:
        url = server.url
        server.__init__(**options)
        server.url = url
        async with aiohttp.ClientSession() as session:
            yield Client(session, server)

    return caller


def data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


async def test_words_become_a_clip_by_way_of_a_task(client: Clients) -> None:
    async with client(polls_running=2, polls_throttled=1) as runway:
        task_id = await runway.submit()
        said = [await runway.task(task_id) for _ in range(5)]
        assert [each["status"] for each in said] == ["THROTTLED", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED"]
        assert 0 < said[2]["progress"] < said[3]["progress"] < 1
        assert said[4]["cost"] == {"credits": 24}
        data = await runway.clip(task_id)
        assert measures(data) == (Size(720, 1280), 2.0)
        (job,) = runway.fake.accepted
        assert (job.kind, job.badge) == ("create", badge_of(data))
        assert not runway.fake.leaks


async def test_a_link_that_has_expired_is_renewed_by_the_task(client: Clients) -> None:
    async with client() as runway:
        task_id = await runway.submit()
        first = (await runway.ended(task_id))["output"][0]
        runway.fake.expire_links()
        await runway.bytes_at(first, 403)
        assert (await runway.clip(task_id))[4:8] == b"ftyp"


async def test_each_way_to_keep_a_source(client: Clients) -> None:
    async with client() as runway:
        source = await runway.upload(film(4711, Size(96, 64), 2))
        still = await runway.upload(picture(815, Size(96, 64)))
        aleph = {
            "model": "aleph2", "videoUri": source, "promptText": "night", "seed": 7,
            "keyframes": [{"uri": still, "at": 0.5, "range": {"startSeconds": 0, "endSeconds": 1}}],
        }  # fmt: skip
        edit = await runway.clip(await runway.submit("video_to_video", aleph))
        assert (badge_of(edit), measures(edit)) == (4711, (Size(96, 64), 2.0))
        wide = await runway.submit("video_to_video", {**aleph, "targetAspectRatio": "16:9"})
        assert measures(await runway.clip(wide)) == (Size(112, 64), 2.0)
        ends = [{"uri": source, "position": "last"}, {"uri": still, "position": "first"}]
        for model, given in (("gen4.5", still), ("veo3.1", ends[1:])):
            body = {**LAKE, "model": model, "promptImage": given, "duration": 4, "promptText": "the lake wakes"}
            assert badge_of(await runway.clip(await runway.submit("image_to_video", body))) == 815
        assert (await runway.ask("POST", "image_to_video", {**LAKE, "promptImage": ends}))[0] == 400  # no picture
        bodies = (
            {"model": "klingO3_pro", "promptVideo": source, "providerSettings": {"keepOriginalSound": False}},
            {"model": "kling_4", "videoUri": source, "ratio": "auto_720p"},
            {"model": "gemini_omni_flash", "videoUri": source, "references": [{"uri": still}]},
            {"model": "seedance2", "promptVideo": source, "duration": 4},
            {"model": "hailuo3", "promptVideo": source},
            {"model": "seedance2_5", "promptVideo": source, "mode": "edit", "duration": "auto"},
            *({"model": "seedance2_5", "promptVideo": source, "mode": mode} for mode in ("extend", "reference")),
        )
        for body in bodies:
            task_id = await runway.submit("video_to_video", {**body, "promptText": "night"})
            assert badge_of(await runway.clip(task_id)) == 4711
        upscaled = await runway.submit("video_upscale", UPSCALE | {"videoUri": source})
        assert measures(await runway.clip(upscaled))[0] == Size(1080, 720)
        guided = {"model": "seedance2", "promptText": "a lake", "duration": 4, "ratio": "640:640"}
        for guide in ({"references": [{"uri": still}]}, {"referenceVideos": [{"type": "video", "uri": source}]}):
            clip = await runway.clip(await runway.submit("text_to_video", {**guided, **guide}))
            assert badge_of(clip) == (815 if "references" in guide else 4711)
        assert [job.kind for job in runway.fake.accepted] == [
            "edit", "edit", "frame", "frame",
            "edit", "edit", "edit", "reference", "reference", "edit", "extend", "reference", "edit",
            "reference", "reference",
        ]  # fmt: skip
        assert [job.seconds for job in runway.fake.accepted if job.kind == "extend"] == [7.0]


SOURCE = "runway://some-upload"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("text_to_video", {**LAKE, "model": "gen4_turbo"}, "model"),
    ("text_to_video", {**LAKE, "model": "gen4_aleph"}, "model"),
    ("text_to_video", {**LAKE, "ratio": "16:9"}, "ratio"),
    ("text_to_video", {**LAKE, "ratio": "960:960"}, "ratio"),
    ("text_to_video", {**LAKE, "duration": "2"}, "duration"),
    ("text_to_video", {**LAKE, "duration": 11}, "duration"),
    ("text_to_video", {**LAKE, "promptText": ""}, "promptText"),
    ("text_to_video", {**LAKE, "promptText": "\N{FILM FRAMES}" * 501}, "promptText"),
    ("text_to_video", {**LAKE, "promptImage": SOURCE}, "promptImage"),
    ("text_to_video", {"model": "gen4.5", "prompt_text": "a lake", "ratio": "1280:720", "duration": 2}, "promptText"),
    ("image_to_video", LAKE, "promptImage"),
    ("image_to_video", {**LAKE, "promptImage": [{"uri": SOURCE, "position": "middle"}]}, "promptImage"),
    ("image_to_video", {**LAKE, "promptImage": []}, "promptImage"),
    ("video_to_video", {"model": "gen4_aleph", "videoUri": SOURCE, "promptText": "night"}, "model"),
    ("video_to_video", {"model": "klingO3_pro", "videoUri": SOURCE, "promptText": "night"}, "promptVideo"),
    ("video_to_video", {"model": "aleph2", "promptVideo": SOURCE, "promptText": "night"}, "videoUri"),
    ("video_to_video", {"model": "aleph2", "videoUri": SOURCE, "duration": 5}, "duration"),
    ("video_to_video", {"model": "aleph2", "videoUri": SOURCE, "keyframes": [{"uri": SOURCE}]}, "keyframes"),
    ("video_to_video", {"model": "aleph2", "videoUri": SOURCE, "keyframes": [{"uri": SOURCE, "at": 0}] * 6}, "5 elem"),
    ("video_to_video", {"model": "aleph2", "videoUri": SOURCE}, "videoUri"),
    ("video_to_video", {"model": "aleph2", "videoUri": "https://e.com/" + "a" * 2048}, "videoUri"),
    ("video_to_video", {"model": "aleph2", "videoUri": "https://127.0.0.1/a.mp4"}, "IP address"),
    ("video_to_video", {"model": "aleph2", "videoUri": "http://example.com/a.mp4"}, "HTTPS"),
    ("video_to_video", {"model": "aleph2", "videoUri": data_uri(b"x", "application/octet-stream")}, "type video"),
    ("video_to_video", {"model": "aleph2", "videoUri": data_uri(bytes(5_000_000), "video/mp4")}, "larger"),
    ("video_to_video", {"model": "aleph2", "videoUri": data_uri(b"x", "video/mp4")}, "not a video"),
    ("video_to_video", {"model": "seedance2_5", "promptVideo": SOURCE, "mode": "remix"}, "mode"),
    ("video_to_video", {"model": "seedance2_5", "promptVideo": SOURCE, "mode": "edit", "promptText": "night"}, "auto"),
    ("video_to_video", {"model": "seedance2_5", "promptVideo": SOURCE, "mode": "extend", "promptText": "night",
                        "ratio": "1280:720"}, "ratio"),
    ("image_to_video", {**LAKE, "promptImage": [{"uri": SOURCE, "position": "last"}]}, "promptImage"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_wrong_request_is_told(client: Clients) -> None:
    async with client() as runway:
        for route, body, part in WRONG:
            status, said = await runway.ask("POST", route, body)
            assert status == 400, body
            assert said.keys() == {"error"}
            assert part in said["error"]
        assert not runway.fake.accepted
    async with client(tells_issues=True) as runway:
        _, said = await runway.ask("POST", *WRONG[4][:2])
        assert said.keys() == {"error", "issues", "docUrl"}
        assert said["issues"][0]["path"] == ["duration"]


async def test_unknown_fields_can_be_overlooked(client: Clients) -> None:
    async with client(refuses_unknown_fields=False) as runway:
        await runway.submit(body={**LAKE, "loop": True})


async def test_the_version_must_be_named_everywhere(client: Clients) -> None:
    async with client() as runway:
        task_id = await runway.submit()
        calls = (
            ("POST", "text_to_video", LAKE), ("GET", f"tasks/{task_id}", None), ("DELETE", f"tasks/{task_id}", None),
            ("POST", "uploads", {"filename": "a.mp4", "type": "ephemeral"}), ("GET", "organization", None),
        )  # fmt: skip
        for call in calls:
            for headers in (KEY, {**KEY, "X-Runway-Version": "2023-01-01"}):
                status, said = await runway.ask(*call, headers=headers)
                assert status == 400
                assert "ersion" in said["error"]
            for headers in (VERSION, {**VERSION, "Authorization": "Bearer other"}):
                assert (await runway.ask(*call, headers=headers))[0] == 401


async def test_lengths_of_a_source(client: Clients) -> None:
    async with client() as runway:
        lengths = {1: 400, 2: 200, 31: 400}
        for seconds, expected in lengths.items():
            source = await runway.upload(film(3, Size(32, 32), seconds))
            assert (await runway.ask("POST", "video_to_video", {"model": "aleph2", "videoUri": source}))[0] == expected
        source = await runway.upload(film(3, Size(32, 32), 16))
        body = {"model": "seedance2", "promptVideo": source, "promptText": "night"}
        assert (await runway.ask("POST", "video_to_video", body))[0] == 400


async def test_uploads(client: Clients) -> None:
    async with client(largest_upload=50_000) as runway:
        asked = {"filename": "lake.mp4", "type": "ephemeral"}
        for wrong in ({"filename": "lake.mp4"}, {"type": "ephemeral"}, {**asked, "size": 5}, {**asked, "type": "kept"}):
            assert (await runway.ask("POST", "uploads", wrong))[0] == 400
        _, place = await runway.ask("POST", "uploads", asked)
        assert place["runwayUri"].startswith("runway://")
        assert await runway.bring(place, b"x", left_out="policy") == 403
        assert await runway.bring(place, bytes(50_001)) == 400
        assert not runway.fake.leaks
        assert await runway.bring(place, film(3, Size(32, 32), 2), **KEY) == 204
        assert len(runway.fake.leaks) == 1
        body = {"model": "aleph2", "videoUri": place["runwayUri"]}
        await runway.submit("video_to_video", body)
        runway.fake.upload_seconds = 0
        assert (await runway.ask("POST", "video_to_video", body))[0] == 400
        for step, mishap, statuses in (
            ("ask", Mishap.SOURCE_REFUSED, (400, None)),
            ("ask", Mishap.UNAVAILABLE, (503, None)),
            ("bring", Mishap.SOURCE_REFUSED, (200, 403)),
            ("bring", Mishap.BROKEN, (200, 500)),
        ):
            runway.fake.upload_step = step  # type: ignore[assignment]
            runway.fake.play(Stage.UPLOAD, mishap)
            status, place = await runway.ask("POST", "uploads", asked)
            assert (status, await runway.bring(place, b"x") if status == 200 else None) == statuses


async def test_addresses_are_asked_as_the_service_asks(client: Clients) -> None:
    data, headers = film(21, Size(32, 32), 2), {"Content-Type": "video/mp4"}

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/clip")

    async def clip(_: web.Request) -> web.Response:
        return web.Response(body=data, headers=headers)

    async def plain(_: web.Request) -> web.Response:
        return web.Response(body=data)

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=data + bytes(32_000_000), headers=headers)

    app = web.Application()
    for handler in (moved, clip, plain, large):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with client(allows_loopback=True) as runway:
            for name, status in (("clip", 200), ("moved", 400), ("plain", 400), ("large", 400)):
                body = {"model": "aleph2", "videoUri": f"http://127.0.0.1:{runner.addresses[0][1]}/{name}"}
                assert (await runway.ask("POST", "video_to_video", body))[0] == status
    finally:
        await runner.cleanup()


async def test_an_asset_may_be_found_bad_only_at_work(client: Clients) -> None:
    async with client(assets_checked_at="work") as runway:
        task_id = await runway.submit("video_to_video", {"model": "aleph2", "videoUri": SOURCE})
        said = await runway.ended(task_id)
        assert (said["status"], said["failureCode"]) == ("FAILED", "ASSET.INVALID")


async def test_cancelled_and_deleted(client: Clients) -> None:
    async with client() as runway:
        running, done = await runway.submit(), await runway.submit()
        await runway.clip(done)
        for task_id in (running, done):
            assert await runway.ask("DELETE", f"tasks/{task_id}") == (204, b"")
            assert (await runway.ask("GET", f"tasks/{task_id}"))[0] == 404
            assert (await runway.ask("DELETE", f"tasks/{task_id}"))[0] == 404
        assert [job.cancelled for job in runway.fake.accepted] == [True, False]
    async with client(cancelled_as="CANCELLED", unknown_delete=204) as runway:
        waiting, running = await runway.submit(), await runway.submit()
        while (await runway.task(running))["status"] != "RUNNING":
            pass
        for task_id, credits in ((waiting, 0), (running, 24)):
            assert (await runway.ask("DELETE", f"tasks/{task_id}"))[0] == 204
            said = await runway.task(task_id)
            assert (said["status"], said["cost"]) == ("CANCELLED", {"credits": credits})
        assert (await runway.ask("DELETE", "tasks/no-such-id"))[0] == 204
        assert (await runway.ask("GET", "tasks/no-such-id"))[0] == 404


async def test_over_the_tier(client: Clients) -> None:
    async with client(running_at_once=1, daily_cap=3) as runway:
        first, second = await runway.submit(), await runway.submit()
        assert (await runway.task(first))["status"] == "PENDING"
        for _ in range(4):
            assert (await runway.task(second))["status"] == "THROTTLED"
        await runway.clip(first)
        await runway.clip(second)
        await runway.submit()
        status, said = await runway.ask("POST", "text_to_video", LAKE)
        assert status == 429
        assert "daily" in said["error"]
        status, said = await runway.ask("GET", "organization")
        assert said["usage"]["models"]["gen4.5"] == {"dailyGenerations": 3}
        assert said["tier"]["models"]["gen4.5"] == {"maxConcurrentGenerations": 1, "maxDailyGenerations": 3}


async def test_errors_of_the_service(client: Clients) -> None:
    errors = {
        Mishap.UNAUTHORIZED: 401, Mishap.NO_CREDIT: 400, Mishap.NOT_FOUND: 404, Mishap.REJECTED: 400,
        Mishap.SLOW_DOWN: 429, Mishap.SLOW_DOWN_BARE: 429, Mishap.QUOTA_429: 429, Mishap.BROKEN: 500,
        Mishap.UNAVAILABLE: 503,
    }  # fmt: skip
    async with client() as runway:
        for mishap, expected in errors.items():
            runway.fake.play(Stage.SUBMIT, mishap)
            status, said = await runway.ask("POST", "text_to_video", LAKE)
            assert (status, list(said)) == (expected, ["error"])
        assert not runway.fake.accepted
        source = await runway.upload(film(3, Size(32, 32), 2))
        runway.fake.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED)
        status, said = await runway.ask("POST", "video_to_video", {"model": "aleph2", "videoUri": source})
        assert status == 400
        assert "videoUri" in said["error"]
        runway.fake.play(Stage.SUBMIT, Mishap.BROKEN_AFTER)
        assert (await runway.ask("POST", "text_to_video", LAKE))[0] == 500
        assert len(runway.fake.accepted) == 1


async def test_answers_that_tell_nothing(client: Clients) -> None:
    async with client() as runway:
        for mishap, accepted in ((Mishap.EMPTY, 1), (Mishap.HTML, 1), (Mishap.CUT, 2), (Mishap.CUT_BEFORE, 2)):
            runway.fake.play(Stage.SUBMIT, mishap)
            if mishap in (Mishap.CUT, Mishap.CUT_BEFORE):
                with pytest.raises(aiohttp.ClientError):
                    await runway.ask("POST", "text_to_video", LAKE)
            else:
                status, said = await runway.ask("POST", "text_to_video", LAKE)
                assert (status, type(said)) == (200, bytes)
            assert len(runway.fake.accepted) == accepted


async def test_failures_stay(client: Clients) -> None:
    codes = {Mishap.FAILED: "INTERNAL.BAD_OUTPUT.CODE01", Mishap.FAILED_BY_MODERATION: "SAFETY.OUTPUT.VIDEO"}
    async with client() as runway:
        for mishap, code in codes.items():
            task_id = await runway.submit()
            runway.fake.play(Stage.POLL, mishap)
            for _ in range(2):
                said = await runway.task(task_id)
                assert (said["status"], said["failureCode"], said["cost"]) == ("FAILED", code, {"credits": 0})
                assert said["failure"]
        task_id = await runway.submit()
        runway.fake.play(Stage.POLL, Mishap.NO_ASSET)
        for _ in range(2):
            said = await runway.task(task_id)
            assert (said["status"], said["output"]) == ("SUCCEEDED", [])


async def test_words_and_links_that_last_one_answer(client: Clients) -> None:
    async with client() as runway:
        task_id = await runway.submit()
        runway.fake.play(Stage.POLL, Mishap.UNKNOWN_WORD, Mishap.PRIVATE_LINK, Mishap.EXPIRED_LINK)
        assert (await runway.task(task_id))["status"] == "PAUSED"
        assert (await runway.task(task_id))["output"] == [PRIVATE_URL]
        await runway.bytes_at((await runway.task(task_id))["output"][0], 403)
        await runway.clip(task_id)


async def test_a_key_has_no_business_at_the_cdn(client: Clients) -> None:
    async with client() as runway:
        link = (await runway.ended(await runway.submit()))["output"][0]
        async with runway.session.get(link, headers=KEY):
            assert runway.fake.leaks == [link]

"""The fake of xAI answers as the fact sheet says, and refuses what it says."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage
from mutoscope.testing.upstreams.xai import ErrorShape, FakeXai

pytestmark = pytest.mark.anyio

SMALL = Size(64, 64)
MODEL = "grok-imagine-video"
V1_5 = "grok-imagine-video-1.5"
ASKED = {"model": MODEL, "prompt": "a fox", "duration": 1, "aspect_ratio": "1:1", "resolution": "480p"}
PICTURE = f"data:image/png;base64,{base64.b64encode(film.picture(77, Size(64, 128))).decode()}"
REFUSALS = {
    Mishap.UNAUTHORIZED: 401,
    Mishap.NO_CREDIT: 403,
    Mishap.NOT_FOUND: 404,
    Mishap.REJECTED: 400,
    Mishap.SLOW_DOWN: 429,
    Mishap.SLOW_DOWN_BARE: 429,
    Mishap.BROKEN: 500,
    Mishap.UNAVAILABLE: 503,
}


def keyframes(*moments: float) -> list[dict[str, Any]]:
    return [{"image": {"url": PICTURE}, "timestamp_s": moment} for moment in moments]


@pytest.fixture
def fake() -> Iterator[FakeXai]:
    made = FakeXai()
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def refusing() -> Iterator[FakeXai]:
    """One for all tests in which nothing is accepted: each takes a moment to stop."""
    made = FakeXai(requests_per_minute=None)
    with made.serving():
        yield made


class Client:
    """The client of one fake. Answers are (status, body as JSON, or None where there is none)."""

    def __init__(self, fake: FakeXai, session: aiohttp.ClientSession) -> None:
        self.fake, self.session = fake, session

    async def ask(self, method: str, path: str, body: Any = None, key: str = SECRET) -> tuple[int, Any]:
        async with self.session.request(
            method, f"{self.fake.url}/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"}
        ) as answer:
            assert "Retry-After" not in answer.headers
            return answer.status, await answer.json() if await answer.read() else None

    async def submit(self, way: str, body: dict[str, Any]) -> str:
        status, answer = await self.ask("POST", f"/videos/{way}", body)
        assert (status, list(answer)) == (200, ["request_id"]), answer
        return answer["request_id"]

    async def result(self, request_id: str) -> dict[str, Any]:
        while True:
            status, answer = await self.ask("GET", f"/videos/{request_id}")
            if status != 202:
                assert status == 200, answer
                return answer

    async def download(self, url: str) -> bytes:
        async with self.session.get(url) as answer:
            assert answer.status == 200
            return await answer.read()

    async def made(self, way: str, body: dict[str, Any]) -> bytes:
        answer = await self.result(await self.submit(way, body))
        return await self.download(answer["video"]["url"])

    async def refused(self, way: str, body: Any) -> tuple[int, Any]:
        before = len(self.fake.accepted)
        answer = await self.ask("POST", f"/videos/{way}", body)
        assert len(self.fake.accepted) == before
        return answer


@asynccontextmanager
async def client_of(fake: FakeXai) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(fake, session)


async def test_a_clip_is_made_from_words(fake: FakeXai) -> None:
    async with client_of(fake) as client:
        request_id = await client.submit("generations", {**ASKED, "aspect_ratio": "16:9", "user": "u"})
        assert await client.ask("GET", f"/videos/{request_id}") == (202, None)
        assert await client.ask("GET", f"/videos/{request_id}") == (202, {"status": "pending", "progress": 50})
        _, answer = await client.ask("GET", f"/videos/{request_id}")
        assert answer == {
            "status": "done",
            "progress": 100,
            "model": MODEL,
            "video": {"url": answer["video"]["url"], "duration": 1, "respect_moderation": True},
            "usage": {"cost_in_usd_ticks": 500_000_000},
        }
        assert (await client.ask("GET", f"/videos/{request_id}"))[1] == answer, "the link is not renewed"
        clip = await client.download(answer["video"]["url"])
    assert film.measures(clip) == (Size(854, 480), 1.0)
    assert film.badge_of(clip) == fake.accepted[0].badge
    assert fake.accepted[0].kind == "create"
    assert not fake.leaks


async def test_an_unknown_request_and_a_wrong_key(fake: FakeXai) -> None:
    async with client_of(fake) as client:
        assert (await client.ask("GET", "/videos/none"))[0] == 404
        status, answer = await client.ask("POST", "/videos/generations", ASKED, key="wrong")
    assert (status, set(answer)) == (401, {"code", "error"})
    assert not fake.accepted


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"duration": "8"}, 422),
        ({"duration": 0}, 422),
        ({"duration": 16}, 422),
        ({"seed": 7}, 422),
        ({"n": 2}, 422),
        ({"negative_prompt": "x"}, 422),
        ({"prompt": ""}, 422),
        ({"prompt": None}, 422),
        ({"aspect_ratio": "21:9"}, 422),
        ({"resolution": "4k"}, 422),
        ({"resolution": "1080p"}, 400),
        ({"model": "grok-imagine-video-9"}, 404),
        ({"image": "https://example.com/a.png"}, 422),
        ({"image": {}}, 422),
        ({"image": {"url": "data:image/png;base64,AAAA", "file_id": "f"}}, 422),
        ({"image": {"url": "data:image/png;base64,AAAA"}}, 400),
        ({"image": {"file_id": "none"}}, 404),
        ({"last_frame": {"url": "data:image/png;base64,AAAA"}}, 400),
        ({"model": V1_5, "last_frame": {"url": "data:image/png;base64,AAAA"}}, 400),
        ({"prompt": "", "model": V1_5, "reference_images": [{"url": "data:,"}]}, 422),
        ({"model": V1_5, "keyframes": keyframes(0)}, 422),
        ({"model": V1_5, "keyframes": keyframes(1)}, 400),
        ({"model": V1_5, "keyframes": keyframes(0.6, 0.3)}, 400),
        ({"keyframes": keyframes(0.5)}, 400),
        ({"reference_images": [{"url": "data:,"}] * 8}, 422),
        ({"reference_images": [{"file_id": "f"}]}, 404),
        ({"reference_images": [{"url": "data:,"}], "image": {"url": "data:,"}}, 400),
        ({"model": V1_5, "reference_images": [{"url": "data:,"}], "resolution": "1080p"}, 400),
        ({"reference_audios": [{"voice_id": "v"}] * 4}, 422),
        ({"reference_audios": [{"voice_id": "v", "url": "https://example.com/a.mp3"}]}, 422),
        ({"storage_options": {"expires_after": 2_592_001}}, 422),
        ({"storage_options": {"public_url": False}}, 422),
        ({"storage_options": {"public_url": {"expires_after": 3599}}}, 422),
    ],
    ids=str,
)
async def test_what_a_generation_may_not_ask(refusing: FakeXai, change: dict[str, Any], status: int) -> None:
    async with client_of(refusing) as client:
        assert (await client.refused("generations", {**ASKED, **change}))[0] == status


async def test_pictures_show_in_the_clip(fake: FakeXai) -> None:
    picture, unshaped = {"url": PICTURE}, {name: ASKED[name] for name in ("prompt", "duration")}
    newer = {**ASKED, "model": V1_5}
    ways: list[tuple[str, dict[str, Any]]] = [
        ("frame", {**ASKED, "image": picture}),
        ("frame", {**unshaped, "model": V1_5, "image": picture, "last_frame": picture}),
        ("frame", {**newer, "keyframes": keyframes(0.3, 0.9), "prompt": ""}),
        ("reference", {**ASKED, "reference_images": [picture], "reference_audios": [{"voice_id": "v"}]}),
        ("reference", {**newer, "reference_images": [picture], "image": picture, "last_frame": picture}),
    ]
    async with client_of(fake) as client:
        clips = [await client.made("generations", body) for _, body in ways]
    assert [film.badge_of(clip) for clip in clips] == [77] * 5
    assert [job.kind for job in fake.accepted] == [kind for kind, _ in ways]
    assert film.measures(clips[1])[0] == Size(480, 960), "the picture gives the ratio"


async def test_a_last_frame_needs_no_first(fake: FakeXai) -> None:
    asked = {**ASKED, "model": V1_5, "last_frame": {"url": PICTURE}}
    async with client_of(fake) as client:
        await client.made("generations", asked)
    assert fake.accepted[0].ending == 77


async def test_an_edit_keeps_length_and_ratio(fake: FakeXai) -> None:
    source = fake.link(film.film(11, Size(64, 128), 2))
    body = {"model": MODEL, "prompt": "in snow", "video": {"url": source}}
    async with client_of(fake) as client:
        clip = await client.made("edits", body)
        large = await client.made("edits", {**body, "video": {"url": fake.link(film.film(12, Size(1920, 1080), 0.25))}})
        data = f"data:video/mp4;base64,{base64.b64encode(film.film(11, SMALL, 1)).decode()}"
        await client.made("edits", {**body, "video": {"url": data}, "storage_options": {"filename": "a.mp4"}})
        fake.edits_take, fake.video_data_urls = frozenset(), False
        long = fake.link(film.film(11, SMALL, 8.75))
        for change, status in [
            ({"duration": 5}, 422),
            ({"resolution": "480p"}, 422),
            ({"aspect_ratio": "1:1"}, 422),
            ({"generate_audio": True}, 422),
            ({"user": "u"}, 422),
            ({"storage_options": {}}, 422),
            ({"video": None}, 422),
            ({"video": {"url": data}}, 400),
            ({"video": {"url": long}}, 400),
            ({"video": {"url": fake.link(b"no clip")}}, 400),
            ({"video": {"url": fake.expired_link()}}, 400),
        ]:
            assert (await client.refused("edits", {**body, **change}))[0] == status, change
        await client.submit("edits", {**body, "video": {"url": fake.link(film.film(11, SMALL, 8.5))}})
    assert film.badge_of(clip) == 11
    assert film.measures(clip) == (Size(64, 128), 2.0)
    assert film.measures(large)[0] == Size(1280, 720)
    assert {job.kind for job in fake.accepted} == {"edit"}


async def test_an_extension_begins_with_its_source(fake: FakeXai) -> None:
    body = {"model": MODEL, "prompt": "go on", "video": {"url": fake.link(film.film(13, SMALL, 2))}, "duration": 2}
    async with client_of(fake) as client:
        clip = await client.made("extensions", body)
        short, long = (fake.link(film.film(13, SMALL, seconds)) for seconds in (1.9, 15.1))
        for change, status in [
            ({"duration": 1}, 422),
            ({"duration": 11}, 422),
            ({"video": {"url": short}}, 400),
            ({"video": {"url": long}}, 400),
        ]:
            assert (await client.refused("extensions", {**body, **change}))[0] == status, change
        fake.whole_extension = False
        alone = await client.made("extensions", body)
    assert film.badge_of(clip) == film.badge_of(alone) == 13
    assert [film.measures(one)[1] for one in (clip, alone)] == [4.0, 2.0]
    assert {job.kind for job in fake.accepted} == {"extend"}


async def test_a_stored_result_is_a_source_by_its_id(fake: FakeXai) -> None:
    kept = {"filename": "fox.mp4", "expires_after": 3600, "public_url": {"expires_after": 3600}}
    async with client_of(fake) as client:
        answer = await client.result(await client.submit("generations", {**ASKED, "storage_options": kept}))
        stored = answer["video"]["file_output"]
        assert stored["filename"] == "fox.mp4"
        public = await client.download(stored["public_url"])
        edit = {"model": MODEL, "prompt": "x", "video": {"file_id": stored["file_id"]}}
        clip = await client.made("edits", edit)
        fake.expire_stored()
        assert (await client.refused("edits", edit))[0] == 404
        fake.storage_error = "out of space"
        answer = await client.result(await client.submit("generations", {**ASKED, "storage_options": {}}))
    assert film.badge_of(clip) == film.badge_of(public) == fake.accepted[0].badge
    assert answer["video"]["storage_error"] == "out of space"
    assert "file_output" not in answer["video"]


async def test_links_and_jobs_expire(fake: FakeXai) -> None:
    async with client_of(fake) as client:
        request_id = await client.submit("generations", ASKED)
        answer = await client.result(request_id)
        fake.expire_links()
        assert await client.result(request_id) == answer
        async with client.session.get(answer["video"]["url"]) as gone:
            assert gone.status == 403
        fake.expire_jobs()
        assert (await client.result(request_id))["status"] == "expired"


@pytest.mark.parametrize("mishap", REFUSALS, ids=str)
@pytest.mark.parametrize("shape", ErrorShape, ids=str)
async def test_errors_have_their_shape(refusing: FakeXai, mishap: Mishap, shape: ErrorShape) -> None:
    refusing.error_shape = shape
    refusing.play(Stage.SUBMIT, mishap)
    async with client_of(refusing) as client:
        status, answer = await client.refused("generations", ASKED)
    assert status == REFUSALS[mishap]
    match shape:
        case ErrorShape.OBJECT:
            assert set(answer["error"]) == {"message", "type", "param", "code"}
        case ErrorShape.CODE:
            assert set(answer) == {"code", "error"}
        case ErrorShape.TEXT:
            assert set(answer) == {"error"}


@pytest.mark.parametrize(
    ("mishap", "accepted"),
    [(Mishap.EMPTY, 1), (Mishap.BROKEN_AFTER, 1), (Mishap.CUT, 1), (Mishap.CUT_BEFORE, 0), (Mishap.HTML, 0)],
)
async def test_lost_answers(fake: FakeXai, mishap: Mishap, accepted: int) -> None:
    fake.play(Stage.SUBMIT, mishap)
    async with client_of(fake) as client:
        try:
            assert (await client.ask("POST", "/videos/generations", ASKED))[1:] != ()
        except aiohttp.ClientError:
            assert mishap in (Mishap.CUT, Mishap.CUT_BEFORE, Mishap.HTML)
        else:
            assert mishap in (Mishap.EMPTY, Mishap.BROKEN_AFTER)
    assert len(fake.accepted) == accepted


@pytest.mark.parametrize("mishap", [Mishap.MODERATED, Mishap.SOURCE_REFUSED], ids=str)
async def test_content_is_refused_at_submission(fake: FakeXai, mishap: Mishap) -> None:
    fake.moderation_status = 422
    fake.play(Stage.SUBMIT, mishap)
    async with client_of(fake) as client:
        assert (await client.refused("generations", ASKED))[0] == (422 if mishap is Mishap.MODERATED else 400)
        await client.submit("generations", ASKED)


async def test_mishaps_of_polls(fake: FakeXai) -> None:
    async with client_of(fake) as client:

        async def ended(mishap: Mishap) -> dict[str, Any]:
            request_id = await client.submit("generations", ASKED)
            fake.play(Stage.POLL, mishap)
            answer = await client.result(request_id)
            assert await client.result(request_id) == answer, "it is final"
            return answer

        failed = await ended(Mishap.FAILED)
        assert (failed["status"], set(failed["error"])) == ("failed", {"code", "message"})
        moderated = await ended(Mishap.FAILED_BY_MODERATION)
        assert (moderated["status"], moderated["video"]["respect_moderation"]) == ("done", False)
        assert "url" in moderated["video"]
        fake.moderated_has_url = False
        assert "url" not in (await ended(Mishap.FAILED_BY_MODERATION))["video"]
        bare = await ended(Mishap.NO_ASSET)
        assert (bare["status"], bare["video"]) == ("done", {"duration": 1, "respect_moderation": True})
        assert (await ended(Mishap.PRIVATE_LINK))["video"]["url"] == PRIVATE_URL
        expired = await ended(Mishap.EXPIRED_LINK)
        async with client.session.get(expired["video"]["url"]) as gone:
            assert gone.status == 403
        request_id = await client.submit("generations", ASKED)
        fake.play(Stage.POLL, Mishap.UNKNOWN_WORD)
        status, answer = await client.ask("GET", f"/videos/{request_id}")
        assert (status, answer["status"]) == (200, "finalizing")
        assert (await client.result(request_id))["status"] == "done"


async def test_too_many_submissions(fake: FakeXai) -> None:
    fake.requests_per_minute = 2
    async with client_of(fake) as client:
        for _ in range(2):
            await client.submit("generations", ASKED)
        assert (await client.refused("generations", ASKED))[0] == 429


def test_what_is_not_documented_is_not_played(fake: FakeXai) -> None:
    assert fake.unplayed == {Mishap.ERROR_IN_200, Mishap.QUOTA_429}
    for mishap in fake.unplayed:
        with pytest.raises(ValueError, match="plays no"):
            fake.play(Stage.SUBMIT, mishap)
    assert not fake.unplayed & PLAYED_BY_ALL

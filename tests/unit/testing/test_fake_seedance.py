"""The fake of Seedance: its rules, its tasks and its mishaps."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, SECRET
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.seedance import FakeSeedance
from mutoscope.testing.upstreams.seedance.rules import Refused, check_clips
from mutoscope.testing.upstreams.seedance.server import LINK_SECONDS, RECORD_SECONDS, TASKS
from mutoscope.testing.upstreams.sources import clip_in
from studio import sound as hum

pytestmark = pytest.mark.anyio

NEW, OLDER, OLD = "dreamina-seedance-2-5-260628", "dreamina-seedance-2-0-260128", "seedance-1-5-pro-251215"
BADGE = 0b1010_0110_0001_1101
PICTURE = film.picture(BADGE, Size(320, 480))
PICTURE_URL = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
SOURCE = film.film(BADGE, Size(864, 480), 4.0)
CLIP_URL = "https://clips.example/it.mp4"
SQUARE = {"resolution": "480p", "ratio": "1:1", "duration": 4}


@dataclass
class Client:
    fake: FakeSeedance
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str = "", secret: str = SECRET, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with self.session.request(method, self.fake.url + TASKS + path, headers=headers, **more) as answer:
            return answer.status, await answer.json()

    async def post(self, body: Any) -> tuple[int, Any]:
        return await self.ask("POST", json=body)

    async def made(self, body: Any) -> str:
        status, told = await self.post(body)
        assert (status, list(told)) == (200, ["id"]), told
        assert told["id"].startswith("cgt-")
        return told["id"]

    async def poll(self, task: str) -> Any:
        status, told = await self.ask("GET", f"/{task}")
        assert (status, told.get("id")) == (200, task), told
        return told

    async def finished(self, task: str) -> Any:
        for _ in range(5):
            told = await self.poll(task)
            if told["status"] not in {"queued", "running"}:
                return told
        raise AssertionError(f"{task} does not end")

    async def file(self, url: str) -> tuple[int, bytes]:
        async with self.session.get(url) as answer:
            return answer.status, await answer.read()

    async def found(self, **query: str) -> tuple[int, list[str]]:
        status, told = await self.ask("GET", params={name.replace("__", "."): one for name, one in query.items()})
        assert status == 200, told
        return told["total"], [each["id"] for each in told["items"]]


@pytest.fixture(scope="module")
def served() -> Iterator[FakeSeedance]:
    """One server for the whole file, as its end takes longer than a test."""
    fake = FakeSeedance(assets={"face-1": PICTURE}, endpoints={"ep-1": OLDER}, closed=("dreamina-closed",))
    with fake.serving():
        yield fake


@pytest.fixture
def fake(served: FakeSeedance) -> FakeSeedance:
    served.forget_all()
    served.leaks.clear()
    served._mishaps.clear()
    return served


@pytest.fixture
async def client(fake: FakeSeedance) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(fake, session)


@contextlib.asynccontextmanager
async def client_of(**options: Any) -> AsyncIterator[Client]:
    fake = FakeSeedance(**options)
    with fake.serving():
        async with aiohttp.ClientSession() as session:
            yield Client(fake, session)


@contextlib.asynccontextmanager
async def small_server(handler: Any, method: str = "*") -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route(method, "/it.mp4", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/it.mp4"
    finally:
        await runner.cleanup()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


def image(url: str = PICTURE_URL, role: str = "first_frame") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def video(url: str = CLIP_URL) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": url}, "role": "reference_video"}


def sound(url: str = "https://clips.example/it.mp3") -> dict[str, Any]:
    return {"type": "audio_url", "audio_url": {"url": url}, "role": "reference_audio"}


def body(*more: dict[str, Any], model: str = NEW, prompt: str = "a lake", **fields: Any) -> dict[str, Any]:
    return {"model": model, "content": [{"type": "text", "text": prompt}, *more], **fields}


def edit(url: str = CLIP_URL, **fields: Any) -> dict[str, Any]:
    usual = {"omni_reference_task_type": "edit", "ratio": "adaptive", "duration": -1, "resolution": "480p"}
    return body(video(url), **{**usual, **fields})


async def test_words_become_a_clip_of_the_length_and_size_that_was_asked_for(client: Client) -> None:
    task = await client.made(body(**SQUARE, generate_audio=False, return_last_frame=True, seed=7))
    told = [await client.poll(task) for _ in range(4)]
    assert [each["status"] for each in told] == ["queued", "running", "succeeded", "succeeded"]
    assert "content" not in told[1]
    status, clip = await client.file(told[2]["content"]["video_url"])
    assert status == 200
    assert film.measures(clip) == (Size(480, 480), 4.0)
    (job,) = client.fake.accepted
    assert film.badge_of(clip) == job.badge
    assert film.badge_of((await client.file(told[2]["content"]["last_frame_url"]))[1]) == job.badge
    assert (job.kind, told[3]["seed"], told[3]["generate_audio"], told[3]["duration"]) == ("create", 7, False, 4)
    tokens = 480 * 480 * 24 * 4 // 1024
    assert told[3]["usage"] == {"completion_tokens": tokens, "total_tokens": tokens}
    assert client.fake.leaks == []


async def test_defaults_that_surprise(client: Client) -> None:
    told = await client.finished(await client.made(body(resolution="480p", ratio="1:1", seed=-1)))
    assert told["generate_audio"] is True
    assert (told["duration"], told["seed"] >= 0) == (5, True)


async def test_an_edit_keeps_the_badge_the_length_and_the_shape_of_its_source(client: Client) -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=SOURCE, content_type="video/mp4")

    async with small_server(serve) as url:
        task = await client.made(edit(url))
    told = await client.finished(task)
    _, clip = await client.file(told["content"]["video_url"])
    assert film.badge_of(clip) == BADGE
    assert film.measures(clip) == (Size(864, 480), 4.0)
    assert client.fake.accepted[0].kind == "edit"


async def test_each_way_has_its_kind_and_its_badge(client: Client) -> None:
    clip = client.fake.link(SOURCE)
    last = image(client.fake.link(film.picture(7, Size(64, 64)), ".png"), "last_frame")
    for asked in (
        body(image()),
        body(last, image()),
        body(image("asset://face-1", "reference_image"), sound(client.fake.link(hum(), ".wav"))),
        body(video(clip), model="ep-1", duration=-1),
        body(video(clip), omni_reference_task_type="extend", duration=6),
        body(video(clip), omni_reference_task_type="auto"),
        body(image(role="reference_image"), omni_reference_task_type="reference"),
    ):
        await client.made(asked)
    jobs = client.fake.accepted
    assert [job.kind for job in jobs] == [
        "frame",
        "frame",
        "reference",
        "reference",
        "extend",
        "reference",
        "reference",
    ]
    assert {job.badge for job in jobs} == {BADGE}
    assert [job.size for job in jobs[:2]] == [Size(720, 1080)] * 2
    assert [job.seconds for job in jobs[3:5]] == [4.0, 6.0]


async def test_what_its_own_client_sends_is_taken(client: Client) -> None:
    """Null for whatever it was not told; and a picture without a role, which is the first frame."""
    asked = body(image()) | {"resolution": None, "frames": None, "priority": 1, "safety_identifier": "u1"}
    del asked["content"][1]["role"]
    status, told = await client.post(asked)
    assert (status, told["safety_identifier"]) == (200, "u1")
    shown = await client.poll(told["id"])
    assert (shown["priority"], shown["safety_identifier"]) == (1, "u1")
    assert client.fake.accepted[-1].kind == "frame"


async def test_a_draft_is_remembered(client: Client) -> None:
    draft = await client.made(body(model=OLD, draft=True, **SQUARE))
    final = {"model": OLD, "content": [{"type": "draft_task", "draft_task": {"id": draft}}], "resolution": "720p"}
    assert (await client.post(final))[0] == 400
    await client.finished(draft)
    await client.made(final)
    one, other = client.fake.accepted
    assert (other.kind, other.badge, other.size) == ("native", one.badge, Size(720, 720))


async def test_old_models_read_flags_at_the_end_of_the_prompt(client: Client) -> None:
    flags = "a lake --resolution 480p --duration 4 --ratio 9:16"
    await client.made(body(model=OLD, prompt=flags))
    await client.made(body(model=OLDER, prompt=flags))
    old, new = client.fake.accepted
    assert (old.prompt, old.size, old.seconds) == ("a lake", Size(480, 854), 4.0)
    assert (new.prompt, new.size, new.seconds) == (flags, Size(1280, 720), 5.0)
    for wrong in ("a lake --duration soon", "a lake --ratio 2:1", "a lake --resolution 4k"):
        assert (await client.post(body(model=OLD, prompt=wrong)))[0] == 400


BAD_FIELDS = [
    {"duration": "5"},
    {"duration": 5.0},
    {"duration": 3},
    {"duration": 31},
    {"duration": True},
    {"resolution": "720P"},
    {"resolution": "4k"},
    {"ratio": "2:1"},
    {"seed": "1"},
    {"seed": 2**32},
    {"generate_audio": "false"},
    {"watermark": 0},
    {"output_format": "webm"},
    {"callback_url": "nowhere"},
    {"execution_expires_after": 0},
    {"service_tier": "fast"},
    {"omni_reference_task_type": "remix"},
    {"frames": 50},
    {"draft": True},
    {"prompt_extend": True},
]


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        *((body(**bad), next(iter(bad)), "InvalidParameter") for bad in BAD_FIELDS),
        ({"model": NEW}, "content", "MissingParameter"),
        ({"content": []}, "model", "MissingParameter"),
        ({"model": NEW, "content": []}, "content", "MissingParameter"),
        ({"model": NEW, "content": "a lake"}, "content", "MissingParameter"),
        ([], "", "InvalidParameter"),
        (body(prompt=""), "content[0].text", "InvalidParameter"),
        (body(prompt={"text": "a lake"}), "content[0].text", "InvalidParameter"),  # type: ignore[arg-type]
        (body({"type": "text", "text": "two"}), "content", "InvalidParameter"),
        (body({"type": "video", "url": CLIP_URL}), "content[1].type", "InvalidParameter"),
        (body({**image(), "image_url": PICTURE_URL}), "content[1].image_url", "InvalidParameter"),
        (body({**video(), "role": "first_frame"}), "content[1].role", "InvalidParameter"),
        (body({"type": "video_url", "video_url": {"url": CLIP_URL}}), "content[1].role", "InvalidParameter"),
        (body(video("data:video/mp4;base64,AAAA")), "content[1].video_url.url", "InvalidParameter"),
        (body(video("asset://clip")), "content[1].video_url.url", "InvalidParameter"),
        (body(image("asset://none")), "content[1].image_url.url", "InvalidParameter"),
        (body(image("data:image/png;base64,AAAA")), "content[1].image_url.url", "InvalidParameter"),
        (body(image("data:image/png;base64,!")), "content[1].image_url.url", "InvalidParameter"),
        (body(image(), image()), "content", "InvalidParameter"),
        (body(image(role="last_frame")), "content", "InvalidParameter"),
        (body(image(), video()), "content", "InvalidParameter"),
        (body(image(), ratio="adaptive"), "ratio", "InvalidParameter"),
        (body(*[image(role="reference_image")] * 31), "content", "InvalidParameter"),
        (body(*[image(role="reference_image")] * 10, model=OLDER), "content", "InvalidParameter"),
        (body(*[video()] * 4, model=OLDER), "content", "InvalidParameter"),
        (body(*[sound()] * 4, model=OLDER), "content", "InvalidParameter"),
        (body(video(), model=OLD), "content", "InvalidParameter"),
        (body(model=OLDER, duration=16), "duration", "InvalidParameter"),
        (body(model=OLD, duration=-1), "duration", "InvalidParameter"),
        (edit(model=OLDER), "omni_reference_task_type", "InvalidParameter"),
        (body(omni_reference_task_type="edit"), "content", "InvalidParameter.TaskTypeConstraint"),
        (body(omni_reference_task_type="extend"), "content", "InvalidParameter.TaskTypeConstraint"),
        (body(omni_reference_task_type="reference"), "content", "InvalidParameter.TaskTypeConstraint"),
        (edit(ratio="16:9"), "duration", "InvalidParameter.TaskTypeConstraint"),
        (edit(duration=5), "duration", "InvalidParameter.TaskTypeConstraint"),
    ],
)
async def test_what_is_wrong_is_refused(client: Client, asked: Any, param: str, code: str) -> None:
    status, told = await client.post(asked)
    assert (status, list(told["error"])) == (400, ["code", "message", "param", "type"])
    assert (told["error"]["param"], told["error"]["code"]) == (param, code)
    assert client.fake.accepted == []


async def test_models_must_exist_and_be_switched_on(client: Client) -> None:
    for model, code in (("sora-2", "InvalidEndpointOrModel.NotFound"), ("dreamina-closed", "ModelNotOpen")):
        status, told = await client.post(body(model=model))
        assert (status, told["error"]["code"]) == (404, code)
    status, told = await client.ask("GET", secret="sk-other")
    assert (status, told["error"]["code"]) == (401, "AuthenticationError")


@pytest.mark.parametrize(
    ("size", "seconds", "asked", "said"),
    [
        (Size(640, 480), 4.0, edit(), "area"),
        (Size(1600, 280), 4.0, edit(), "sides"),
        (Size(864, 480), 1.5, edit(), "2 to"),
        (Size(864, 480), 3.0, edit(), "4 to 30"),
        (Size(864, 480), 15.5, body(video()), "2 to 15"),
        (Size(1280, 960), 4.0, body(video(), model=OLDER), "area"),
    ],
)
async def test_sources_have_limits(client: Client, size: Size, seconds: float, asked: Any, said: str) -> None:
    link = client.fake.link(film.film(BADGE, size, seconds))
    asked = {**asked, "content": [asked["content"][0], video(link)]}
    status, told = await client.post(asked)
    assert (status, said in told["error"]["message"]) == (400, True), told


async def test_sources_have_a_limit_together(client: Client) -> None:
    link = client.fake.link(film.film(BADGE, Size(864, 480), 6.0))
    status, told = await client.post(body(*[video(link)] * 3, model=OLDER))
    assert (status, "together" in told["error"]["message"]) == (400, True), told
    await client.made(body(*[video(link)] * 2, model=OLDER))


async def test_a_source_is_fetched_as_a_stranger_fetches_it(client: Client) -> None:
    async def moved(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": client.fake.link(SOURCE)})

    async def untrue(request: web.Request) -> web.Response:
        return web.Response(body=b"none", content_type="video/mp4")

    for handler, method, said in ((moved, "*", "302"), (untrue, "POST", "405"), (untrue, "*", "no video")):
        async with small_server(handler, method) as url:
            status, told = await client.post(edit(url))
        assert (status, told["error"]["param"]) == (400, "content[1].video_url.url")
        assert said in told["error"]["message"]


async def test_only_a_task_in_the_queue_is_cancelled(client: Client) -> None:
    queued, running, done = [await client.made(body(**SQUARE)) for _ in range(3)]
    await client.poll(queued)
    await client.poll(running)
    await client.poll(running)
    await client.finished(done)
    answers = [await client.ask("DELETE", f"/{task}") for task in (queued, running, done, "cgt-none")]
    assert [status for status, _ in answers] == [200, 400, 200, 404]
    assert (await client.poll(queued))["status"] == "cancelled"
    assert (await client.finished(running))["status"] == "succeeded"
    assert (await client.ask("GET", f"/{done}"))[0] == 404
    assert len(client.fake.accepted) == 3


async def test_tasks_are_listed(client: Client) -> None:
    one = await client.made(body(**SQUARE))
    two = await client.made(body(model=OLDER, service_tier="flex", **SQUARE))
    three = await client.made(body(**SQUARE))
    await client.finished(one)
    assert await client.found() == (3, [three, two, one])
    assert await client.found(page_num="2", page_size="2") == (3, [one])
    assert await client.found(filter__status="succeeded") == (1, [one])
    assert await client.found(filter__model=OLDER) == (1, [two])
    assert await client.found(filter__service_tier="flex") == (1, [two])
    assert await client.found(filter__task_ids=f"{three},cgt-none") == (1, [three])
    for wrong in ({"page_num": "0"}, {"page_size": "all"}, {"filter.status": "done"}):
        assert (await client.ask("GET", params=wrong))[0] == 400
    client.fake.play(Stage.FIND, Mishap.BROKEN)
    assert (await client.ask("GET"))[0] == 500


async def test_links_live_for_a_day_and_records_for_a_week(client: Client) -> None:
    task = await client.made(body(**SQUARE))
    url = (await client.finished(task))["content"]["video_url"]
    assert (await client.poll(task))["content"]["video_url"] == url
    (job,) = client.fake.accepted
    job.more["ended"] -= LINK_SECONDS + 1
    later = (await client.poll(task))["content"]["video_url"]
    assert (await client.file(later))[0] == 403
    job.began -= RECORD_SECONDS + 1
    status, told = await client.ask("GET", f"/{task}")
    assert (status, told["error"]["code"]) == (404, "ResourceNotFound")
    assert await client.found() == (0, [])


async def test_a_task_that_is_not_done_in_its_time_expires(client: Client) -> None:
    task = await client.made(body(execution_expires_after=60, **SQUARE))
    await client.poll(task)
    client.fake.accepted[0].began -= 61
    assert [(await client.poll(task))["status"] for _ in range(3)] == ["expired"] * 3


@pytest.mark.parametrize(
    ("mishap", "status", "code"),
    [
        (Mishap.UNAUTHORIZED, 401, "AuthenticationError"),
        (Mishap.NO_CREDIT, 403, "AccountOverdueError"),
        (Mishap.NOT_FOUND, 404, "InvalidEndpointOrModel.NotFound"),
        (Mishap.REJECTED, 400, "InvalidParameter"),
        (Mishap.SLOW_DOWN, 429, "ModelAccountRpmRateLimitExceeded"),
        (Mishap.SLOW_DOWN_BARE, 429, "ServerOverloaded"),
        (Mishap.BROKEN, 500, "InternalServiceError"),
        (Mishap.UNAVAILABLE, 503, "ServiceUnavailable"),
        (Mishap.MODERATED, 400, "InputTextSensitiveContentDetected"),
        (Mishap.SOURCE_REFUSED, 400, "InvalidParameter.TaskTypeConstraint"),
        (Mishap.QUOTA_429, 429, "QuotaExceeded"),
    ],
)
async def test_mishaps_of_a_submission_that_leave_no_task(
    client: Client, mishap: Mishap, status: int, code: str
) -> None:
    client.fake.play(Stage.SUBMIT, mishap)
    asked = edit(client.fake.link(SOURCE))
    answer = await client.post(asked)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert client.fake.accepted == []
    await client.made(asked)


@pytest.mark.parametrize(
    ("mishap", "accepted"),
    [
        (Mishap.HTML, 0),
        (Mishap.EMPTY, 1),
        (Mishap.BROKEN_AFTER, 1),
        (Mishap.CUT, 1),
        (Mishap.CUT_BEFORE, 0),
    ],
)
async def test_mishaps_of_a_submission_after_which_its_fate_is_unknown(
    client: Client, mishap: Mishap, accepted: int
) -> None:
    client.fake.play(Stage.SUBMIT, mishap)
    with contextlib.suppress(aiohttp.ClientError, ValueError):
        status, _ = await client.post(body(**SQUARE))
        assert (mishap, status) == (Mishap.BROKEN_AFTER, 500)
    assert (await client.found())[0] == len(client.fake.accepted) == accepted


@pytest.mark.parametrize(
    ("mishap", "code"),
    [(Mishap.FAILED, "InternalServiceError"), (Mishap.FAILED_BY_MODERATION, "OutputVideoSensitiveContentDetected")],
)
async def test_a_failure_at_work_is_final(client: Client, mishap: Mishap, code: str) -> None:
    task = await client.made(body(**SQUARE))
    client.fake.play(Stage.POLL, mishap)
    for _ in range(2):
        told = await client.poll(task)
        assert (told["status"], told["error"]["code"], "content" in told) == ("failed", code, False)


async def test_mishaps_of_the_result(client: Client) -> None:
    told = []
    for mishap in (Mishap.NO_ASSET, Mishap.PRIVATE_LINK, Mishap.EXPIRED_LINK):
        task = await client.made(body(**SQUARE))
        client.fake.play(Stage.POLL, mishap)
        told.append(await client.poll(task))
        assert await client.poll(task) == told[-1]
        assert told[-1]["status"] == "succeeded"
    assert [each["content"] for each in told[:2]] == [{}, {"video_url": PRIVATE_URL}]
    assert (await client.file(told[2]["content"]["video_url"]))[0] == 403


async def test_a_poll_or_a_cancellation_goes_wrong_and_the_next_is_right(client: Client) -> None:
    task = await client.made(body(**SQUARE))
    client.fake.play(Stage.POLL, Mishap.UNKNOWN_WORD, Mishap.NOT_FOUND, Mishap.UNAVAILABLE, Mishap.SLOW_DOWN)
    client.fake.play(Stage.CANCEL, Mishap.BROKEN)
    assert (await client.poll(task))["status"] not in {"queued", "running", "succeeded", "failed", "expired"}
    assert [(await client.ask("GET", f"/{task}"))[0] for _ in range(3)] == [404, 503, 429]
    assert [(await client.ask("DELETE", f"/{task}"))[0] for _ in range(2)] == [500, 200]
    assert (await client.poll(task))["status"] == "cancelled"


async def test_what_it_cannot_play_is_said(client: Client) -> None:
    for stage, mishap in ((Stage.SUBMIT, Mishap.ERROR_IN_200), (Stage.UPLOAD, Mishap.BROKEN)):
        with pytest.raises(ValueError, match="cannot play"):
            client.fake.play(stage, mishap)


async def test_its_rules_can_be_other_ones() -> None:
    options = {"strict_edit": False, "refuse_unknown": False, "json_on_1x": False, "running_delete": (409, "Conflict")}
    async with client_of(**options, polls_queued=0) as client:
        task = await client.made(edit(client.fake.link(SOURCE), duration=5, prompt_extend=True))
        assert client.fake.accepted[0].more["ignored"] == ["prompt_extend"]
        status, told = await client.ask("DELETE", f"/{task}")
        assert (status, told["error"]["code"]) == (409, "Conflict")
        assert (await client.post(body(model=OLD, duration=5)))[0] == 400


async def test_plain_http_and_long_sources_of_an_edit_can_be_refused() -> None:
    async with client_of(https_only=True, longest_edit_source=15.0) as client:
        long = edit("https://clips.example/it.mp4")
        order = client.fake.rules.read(long, client.fake.models[NEW])
        clip = clip_in(film.film(BADGE, Size(864, 480), 15.5))
        check_clips(order, [(order.parts[0], clip)], 30.0)
        with pytest.raises(Refused, match="2 to 15 s"):
            check_clips(order, [(order.parts[0], clip)], client.fake.longest_edit_source)
        status, told = await client.post(edit("http://clips.example/it.mp4"))
        assert (status, "web URL" in told["error"]["message"]) == (400, True)


async def test_each_change_is_told_to_the_callback_unsigned_and_again_until_it_is_heard(client: Client) -> None:
    heard: list[dict[str, Any]] = []
    headers: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        headers.extend(name.lower() for name in request.headers)
        return web.Response(status=503 if len(heard) == 1 else 200)

    async with small_server(hear, "POST") as url:
        task = await client.made(body(**SQUARE, callback_url=url))
        told = await client.finished(task)
        await client.poll(task)
        await until(lambda: len(heard) == 4)
        cancelled = await client.made(body(**SQUARE, callback_url=url))
        await client.ask("DELETE", f"/{cancelled}")
        await until(lambda: len(heard) == 6)
    words = [each["status"] for each in heard if each["id"] == task]
    assert words == ["queued", "queued", "running", "succeeded"]
    assert heard[3] == told
    assert [each["status"] for each in heard if each["id"] == cancelled] == ["queued", "cancelled"]
    assert not [name for name in headers if "sign" in name or name == "authorization"]

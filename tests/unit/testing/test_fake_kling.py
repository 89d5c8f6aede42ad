"""The fake of Kling: its rules, its tasks and its mishaps."""

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
from mutoscope.testing.upstreams.kling import FakeKling
from mutoscope.testing.upstreams.kling.server import KEPT_SECONDS
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

pytestmark = pytest.mark.anyio

TEXT, IMAGE, OMNI = "/text-to-video/kling-3.0", "/image-to-video/kling-3.0", "/omni-video/kling-3.0-omni"
SQUARE = {"resolution": "720p", "aspect_ratio": "1:1", "duration": 3, "multi_shot": False}
BADGE = 0b1010_0110_0001_1101
SOURCE = film.film(BADGE, Size(720, 720), 3.0)
PICTURE = film.picture(BADGE, Size(320, 320))


@dataclass
class Client:
    fake: FakeKling
    session: aiohttp.ClientSession

    async def post(self, path: str, body: Any, secret: str = SECRET) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with self.session.post(self.fake.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def tasks(self, **query: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with self.session.get(f"{self.fake.url}/tasks", params=query, headers=headers) as answer:
            return answer.status, await answer.json()

    async def made(self, path: str, body: Any) -> str:
        status, told = await self.post(path, body)
        assert (status, told["code"]) == (200, 0), told
        assert told["data"]["status"] == "submitted"
        return told["data"]["id"]

    async def poll(self, task: str) -> Any:
        status, told = await self.tasks(task_ids=task)
        assert (status, told["code"]) == (200, 0), told
        (one,) = told["data"]
        return one

    async def finished(self, task: str) -> Any:
        for _ in range(5):
            told = await self.poll(task)
            if told["status"] in {"succeeded", "failed"}:
                return told
        raise AssertionError(f"{task} does not end")

    async def clip(self, told: Any) -> bytes:
        (output,) = told["outputs"]
        assert output["type"] == "video"
        async with self.session.get(output["url"]) as answer:
            assert answer.status == 200
            return await answer.read()


@pytest.fixture(scope="module")
def served() -> Iterator[FakeKling]:
    """One server for the whole file, as its end takes longer than a test."""
    fake = FakeKling(elements=("el-1",))
    with fake.serving():
        yield fake


@pytest.fixture
def fake(served: FakeKling) -> FakeKling:
    served.forget_all()
    served.leaks.clear()
    served._mishaps.clear()
    return served


@pytest.fixture
async def client(fake: FakeKling) -> AsyncIterator[Client]:
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


def words(prompt: str = "a lake", settings: Any = SQUARE, **options: Any) -> dict[str, Any]:
    return {"prompt": prompt, "settings": settings, "options": options}


def contents(*more: dict[str, Any], prompt: str = "a lake", **settings: Any) -> dict[str, Any]:
    return {"contents": [{"type": "prompt", "text": prompt}, *more], "settings": {**SQUARE, **settings}}


def video(url: str, kind: str = "base_video", **more: Any) -> dict[str, Any]:
    return {"type": kind, "url": url, "id": "video_1", **more}


async def test_words_become_a_clip_of_the_length_and_size_that_was_asked_for(client: Client) -> None:
    task = await client.made(TEXT, words())
    assert [(await client.poll(task))["status"] for _ in range(3)] == ["submitted", "processing", "succeeded"]
    told = await client.poll(task)
    clip = await client.clip(told)
    assert film.measures(clip) == (Size(720, 720), 3.0)
    (job,) = client.fake.accepted
    assert (job.kind, job.id, job.more["ignored"]) == ("create", task, [])
    assert film.badge_of(clip) == job.badge
    assert client.fake.leaks == []


@pytest.mark.parametrize(
    ("aspect", "resolution", "size"),
    [("16:9", "720p", Size(1280, 720)), ("9:16", "720p", Size(720, 1280)), ("1:1", "1080p", Size(1080, 1080))],
)
async def test_shapes_and_resolutions(client: Client, aspect: str, resolution: str, size: Size) -> None:
    await client.made(TEXT, words(settings={"aspect_ratio": aspect, "resolution": resolution, "multi_shot": False}))
    (job,) = client.fake.accepted
    assert (job.size, job.seconds) == (size, 5.0)


async def test_an_edit_keeps_the_badge_the_length_and_the_shape_of_its_source(client: Client) -> None:
    source = film.film(BADGE, Size(720, 960), 4.0)

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=source, content_type="video/mp4")

    async with small_server(serve) as url:
        task = await client.made(OMNI, contents(video(url), prompt="make @video_1 rain", audio="original", duration=9))
    clip = await client.clip(await client.finished(task))
    assert film.badge_of(clip) == BADGE
    assert film.measures(clip) == (Size(720, 960), 4.0)
    assert client.fake.accepted[0].kind == "edit"


@pytest.mark.parametrize("encoded", [True, False])
async def test_a_first_frame_gives_its_badge_and_its_shape(client: Client, encoded: bool) -> None:
    picture = film.picture(BADGE, Size(480, 320))
    url = base64.b64encode(picture).decode() if encoded else client.fake.link(picture, ".png")
    last = {"type": "last_frame", "url": client.fake.link(film.picture(7, Size(64, 64)), ".png")}
    await client.made(IMAGE, contents({"type": "first_frame", "url": url}, last))
    (job,) = client.fake.accepted
    assert (job.kind, job.badge, job.size) == ("frame", BADGE, Size(1080, 720))


async def test_references_give_their_badge(client: Client) -> None:
    picture, clip = client.fake.link(PICTURE, ".png"), client.fake.link(SOURCE)
    await client.made(OMNI, contents({"type": "refer_image", "url": picture, "id": "image_1"}, prompt="@image_1 runs"))
    await client.made(OMNI, contents(video(clip, "feature_video"), duration=6))
    await client.made(OMNI, contents({"type": "element", "element_id": "el-1", "id": "element_1"}))
    assert [job.kind for job in client.fake.accepted] == ["reference"] * 3
    assert [job.badge == BADGE for job in client.fake.accepted] == [True, True, False]
    assert client.fake.accepted[1].seconds == 6.0


async def test_a_clip_of_its_own_is_a_source_for_30_days(client: Client) -> None:
    first = await client.finished(await client.made(TEXT, words()))
    await client.made(OMNI, contents(video(first["outputs"][0]["url"])))
    one, other = client.fake.accepted
    assert one.badge == other.badge
    one.more["ended"] -= KEPT_SECONDS + 1
    again = await client.poll(one.id)
    status, told = await client.post(OMNI, contents(video(again["outputs"][0]["url"])))
    assert (status, told["code"]) == (400, 1201)
    assert "expired" in told["message"]


async def test_a_task_is_found_by_the_clients_id_which_is_accepted_once(client: Client) -> None:
    task = await client.made(TEXT, words(external_task_id="ours-1"))
    other = await client.made(TEXT, words(external_task_id="ours-2"))
    status, told = await client.post(TEXT, words(external_task_id="ours-1"))
    assert (status, told["code"]) == (400, 1201)
    assert len(client.fake.accepted) == 2
    _, told = await client.tasks(external_task_ids="ours-1,unknown,ours-2")
    assert [each["id"] for each in told["data"]] == [task, other]
    client.fake.play(Stage.FIND, Mishap.BROKEN)
    assert (await client.tasks(external_task_ids="ours-1"))[0] == 500


async def test_what_is_unknown_is_an_empty_list_and_no_error(client: Client) -> None:
    for query in ({"task_ids": "123"}, {"external_task_ids": "none"}):
        status, told = await client.tasks(**query)
        assert (status, told["code"], told["data"]) == (200, 0, [])
    assert (await client.tasks())[0] == 400
    assert (await client.tasks(task_ids="1", external_task_ids="2"))[0] == 400


def _without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {**body, "settings": {name: value for name, value in body["settings"].items() if name != key}}


FRAME = {"type": "first_frame", "url": base64.b64encode(PICTURE).decode()}
BAD_SETTINGS = [
    {"duration": "5"},
    {"duration": 2},
    {"duration": 16},
    {"duration": 5.0},
    {"duration": True},
    {"resolution": "720P"},
    {"aspect_ratio": "4:3"},
    {"audio": True},
    {"audio": "original"},
    {"multi_shot": "false"},
]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        *((TEXT, words(settings={**SQUARE, **bad}), next(iter(bad))) for bad in BAD_SETTINGS),
        (TEXT, words("x" * 3073), "3072"),
        (TEXT, words(""), "prompt"),
        (TEXT, contents(), "prompt"),
        (TEXT, [], "object"),
        (TEXT, words(settings=[]), "settings"),
        (TEXT, _without(words(), "aspect_ratio"), "aspect_ratio"),
        (TEXT, words(callback_url="nowhere"), "callback_url"),
        (TEXT, words(external_task_id=7), "external_task_id"),
        (TEXT, words(watermark_info=False), "watermark_info"),
        (IMAGE, words(), "contents"),
        (IMAGE, contents(), "first_frame"),
        (IMAGE, contents(FRAME, FRAME), "one first frame"),
        (IMAGE, contents({**FRAME, "type": "last_frame"}), "first_frame"),
        (IMAGE, contents({**FRAME, "type": "refer_image"}), "refer_image"),
        (IMAGE, contents({"type": "first_frame", "url": "data:image/png;base64," + FRAME["url"]}), "data:"),
        (IMAGE, contents({"type": "first_frame", "url": base64.b64encode(b"none").decode()}), "no picture"),
        (IMAGE, contents({"type": "first_frame", "image_url": "https://a/b.png"}), "unknown keys"),
        (IMAGE, contents({"type": "first_frame", "url": {"url": "https://a/b.png"}}), "required"),
        ("/image-to-video/kling-2.6", contents(FRAME, duration=6), "duration"),
        ("/image-to-video/kling-2.6", contents(FRAME, duration=5, resolution="4k"), "4k"),
        ("/image-to-video/kling-2.5-turbo", contents(FRAME, duration=5, audio="native"), "audio"),
        (OMNI, contents(prompt="x" * 3073), "3072"),
        (OMNI, {"contents": [FRAME], "settings": SQUARE}, "prompt"),
        (OMNI, contents(*[{**FRAME, "type": "refer_image"}] * 8), "too many"),
        (OMNI, contents(FRAME, prompt="what @image_1 shows"), "image_1"),
        (OMNI, contents({"type": "element", "element_id": "none", "id": "element_1"}), "element"),
        (OMNI, contents({"type": "video_url", "url": "https://a/b.mp4"}), "video_url"),
        (OMNI, contents(video(base64.b64encode(SOURCE).decode())), "base64"),
        (OMNI, contents(video("data:video/mp4;base64," + base64.b64encode(SOURCE).decode())), "base64"),
        (OMNI, contents(video("https://a/b.mp4"), FRAME), "first_frame"),
        (OMNI, contents(video("https://a/b.mp4"), video("https://a/c.mp4", id="video_2")), "one video"),
        (OMNI, contents(video("https://a/b.mp4"), *[{**FRAME, "type": "refer_image"}] * 5), "too many"),
        (OMNI, contents(video("https://a/b.mp4"), audio="native"), "native"),
        (OMNI, contents(video("https://a/b.mp4"), multi_shot=True), "multi_shot"),
        (OMNI, _without(contents(video("https://a/b.mp4")), "multi_shot"), "multi_shot"),
    ],
)
async def test_what_is_wrong_is_refused(client: Client, path: str, body: Any, said: str) -> None:
    status, told = await client.post(path, body)
    assert (status, told["code"] in {1200, 1201}) == (400, True), told
    assert said in told["message"]
    assert client.fake.accepted == []


async def test_keys_that_mean_nothing_are_ignored_and_noted(client: Client) -> None:
    body = {**words(settings={**SQUARE, "mode": "pro"}, seed=1), "model_name": "kling-v3", "contents": []}
    await client.made(TEXT, body)
    assert client.fake.accepted[0].more["ignored"] == ["model_name", "contents", "settings.mode", "options.seed"]


async def test_models_are_in_the_path(client: Client) -> None:
    for path in ("/text-to-video/kling-9", "/omni-video/kling-3.0", "/image-to-video/kling-3.0-omni"):
        status, told = await client.post(path, words())
        assert (status, told["code"]) == (404, 1203)


@pytest.mark.parametrize(
    ("size", "seconds", "said"),
    [(Size(720, 720), 2.5, "3 to 10"), (Size(720, 720), 10.5, "3 to 10"), (Size(704, 960), 3.0, "720 to 2160")],
)
async def test_sources_have_limits(client: Client, size: Size, seconds: float, said: str) -> None:
    status, told = await client.post(OMNI, contents(video(client.fake.link(film.film(BADGE, size, seconds)))))
    assert (status, told["code"]) == (400, 1201)
    assert said in told["message"]


async def test_a_source_is_fetched_as_a_stranger_fetches_it(client: Client) -> None:
    async def moved(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": client.fake.link(SOURCE)})

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=SOURCE, content_type="video/mp4")

    async def words_only(request: web.Request) -> web.Response:
        return web.Response(text="none")

    async def untrue(request: web.Request) -> web.Response:
        return web.Response(body=b"none", content_type="video/mp4")

    for handler, method, said in (
        (moved, "*", "302"),
        (serve, "POST", "405"),
        (words_only, "*", "type"),
        (untrue, "*", "no video"),
    ):
        async with small_server(handler, method) as url:
            status, told = await client.post(OMNI, contents(video(url)))
        assert (status, told["code"]) == (400, 1201)
        assert said in told["message"]
    assert (await client.post(OMNI, contents(video(client.fake.expired_link()))))[0] == 400


async def test_the_console_key_is_the_only_credential(client: Client) -> None:
    status, told = await client.post(TEXT, words(), secret="sk-other")
    assert (status, told["code"]) == (401, 1000)
    status, told = await client.post(TEXT, words(), secret="eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhayJ9.c2ln")
    assert (status, told["code"]) == (401, 1002)
    assert "AK/SK" in told["message"]
    assert client.fake.accepted == []


@pytest.mark.parametrize(
    ("mishap", "status", "code"),
    [
        (Mishap.UNAUTHORIZED, 401, 1000),
        (Mishap.NO_CREDIT, 429, 1101),
        (Mishap.NOT_FOUND, 404, 1203),
        (Mishap.REJECTED, 400, 1201),
        (Mishap.SLOW_DOWN, 429, 1302),
        (Mishap.SLOW_DOWN_BARE, 429, 1303),
        (Mishap.BROKEN, 500, 5000),
        (Mishap.UNAVAILABLE, 503, 5001),
        (Mishap.ERROR_IN_200, 200, 5001),
        (Mishap.MODERATED, 400, 1301),
        (Mishap.SOURCE_REFUSED, 400, 1201),
        (Mishap.QUOTA_429, 429, 1102),
    ],
)
async def test_mishaps_of_a_submission_that_leave_no_task(
    client: Client, mishap: Mishap, status: int, code: int
) -> None:
    client.fake.play(Stage.SUBMIT, mishap)
    answer = await client.post(TEXT, words())
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert client.fake.accepted == []
    await client.made(TEXT, words())


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
async def test_mishaps_of_a_submission_after_which_its_fate_is_looked_up(
    client: Client, mishap: Mishap, accepted: int
) -> None:
    client.fake.play(Stage.SUBMIT, mishap)
    with contextlib.suppress(aiohttp.ClientError, ValueError):
        status, _ = await client.post(TEXT, words(external_task_id="ours"))
        assert (mishap, status) == (Mishap.BROKEN_AFTER, 500)
    _, told = await client.tasks(external_task_ids="ours")
    assert len(told["data"]) == len(client.fake.accepted) == accepted


@pytest.mark.parametrize(
    ("mishap", "message"),
    [(Mishap.FAILED, "failed"), (Mishap.FAILED_BY_MODERATION, "risk control")],
)
async def test_a_failure_at_work_is_final(client: Client, mishap: Mishap, message: str) -> None:
    task = await client.made(TEXT, words())
    client.fake.play(Stage.POLL, mishap)
    for _ in range(2):
        told = await client.poll(task)
        assert (told["status"], told["outputs"]) == ("failed", [])
        assert message in told["message"]


async def test_mishaps_of_the_result(client: Client) -> None:
    urls = []
    for mishap in (Mishap.NO_ASSET, Mishap.PRIVATE_LINK, Mishap.EXPIRED_LINK):
        task = await client.made(TEXT, words())
        client.fake.play(Stage.POLL, mishap)
        assert await client.poll(task) == await client.poll(task)
        told = await client.finished(task)
        assert told["status"] == "succeeded"
        urls.append([output["url"] for output in told["outputs"]])
    assert urls[:2] == [[], [PRIVATE_URL]]
    async with client.session.get(urls[2][0]) as answer:
        assert answer.status == 403


async def test_links_are_not_renewed(client: Client) -> None:
    told = await client.finished(await client.made(TEXT, words()))
    client.fake.expire_links()
    again = await client.poll(told["id"])
    assert again["outputs"] == told["outputs"]
    async with client.session.get(told["outputs"][0]["url"]) as answer:
        assert answer.status == 403


async def test_a_poll_goes_wrong_and_the_next_is_right(client: Client) -> None:
    task = await client.made(TEXT, words())
    client.fake.play(Stage.POLL, Mishap.UNKNOWN_WORD, Mishap.ERROR_IN_200, Mishap.UNAVAILABLE, Mishap.SLOW_DOWN)
    assert (await client.poll(task))["status"] not in {"submitted", "processing", "succeeded", "failed"}
    answers = [await client.tasks(task_ids=task) for _ in range(3)]
    assert [(status, told["code"]) for status, told in answers] == [(200, 5001), (503, 5001), (429, 1302)]
    assert (await client.finished(task))["status"] == "succeeded"


async def test_what_it_cannot_play_is_said(client: Client) -> None:
    with pytest.raises(ValueError, match="cannot play"):
        client.fake.play(Stage.POLL, Mishap.MODERATED)
    with pytest.raises(ValueError, match="cannot play"):
        client.fake.play(Stage.CANCEL, Mishap.BROKEN)


async def test_a_task_holds_its_slot_until_its_end() -> None:
    fake = FakeKling(parallel=1, https_only=True, data_urls=True)
    with fake.serving():
        async with aiohttp.ClientSession() as session:
            client = Client(fake, session)
            task = await client.made(TEXT, words())
            status, told = await client.post(TEXT, words())
            assert (status, told["code"]) == (429, 1303)
            await client.finished(task)
            frame = {"type": "first_frame", "url": "data:image/png;base64," + FRAME["url"]}
            await client.made(IMAGE, contents(frame))
            status, told = await client.post(OMNI, contents(video("http://example.com/it.mp4")))
            assert "https" in told["message"]


async def test_each_change_is_told_to_the_callback_unsigned(client: Client) -> None:
    heard: list[dict[str, Any]] = []
    headers: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        headers.extend(name.lower() for name in request.headers)
        return web.Response()

    async with small_server(hear, "POST") as url:
        task = await client.made(TEXT, words(callback_url=url, external_task_id="ours"))
        told = await client.finished(task)
        await client.poll(task)
        await until(lambda: len(heard) == 3)
    assert [each["task_status"] for each in heard] == ["submitted", "processing", "succeed"]
    assert {each["task_id"] for each in heard} == {task}
    assert {each["task_info"]["external_task_id"] for each in heard} == {"ours"}
    assert [len(each["task_result"]["videos"]) for each in heard] == [0, 0, 1]
    assert heard[2]["task_result"]["videos"][0]["url"] == told["outputs"][0]["url"]
    assert heard[2]["final_unit_deduction"] == "1.8"
    assert not [name for name in headers if "sign" in name or name == "authorization"]


async def test_a_callback_comes_without_a_poll_and_holds_up_no_answer(client: Client) -> None:
    heard: list[str] = []
    answers = asyncio.Event()

    async def hear(request: web.Request) -> web.Response:
        heard.append((await request.json())["task_status"])
        await answers.wait()
        return web.Response()

    async with small_server(hear, "POST") as url:
        task = await client.made(TEXT, words(callback_url=url))
        await until(lambda: len(heard) == 1)
        answers.set()
        job = client.fake.jobs[task]
        assert [await client.fake.work_on(job) for _ in range(4)] == [
            "submitted",
            "processing",
            "succeeded",
            "succeeded",
        ]
    assert heard == ["submitted", "processing", "succeed"]


async def test_a_callback_that_nobody_hears_changes_nothing(client: Client) -> None:
    task = await client.made(TEXT, words(callback_url="http://127.0.0.1:9/none"))
    assert (await client.finished(task))["status"] == "succeeded"

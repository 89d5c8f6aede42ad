"""The fake of ComfyUI queues, runs, tells and forgets as the fact sheet says."""

from __future__ import annotations

import copy
import io
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import av
import pytest

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.comfyui import OUT_OF_MEMORY, FakeComfyUI
from mutoscope.testing.upstreams.fake import SECRET
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

pytestmark = pytest.mark.anyio

CREATE: dict[str, Any] = {
    "1": {
        "class_type": "UNETLoader",
        "inputs": {"unet_name": "wan2.1_vace_14B_fp16.safetensors", "weight_dtype": "default"},
    },
    "2": {
        "class_type": "CLIPLoader",
        "inputs": {"clip_name": "umt5_xxl_fp8_e4m3fn_scaled.safetensors", "type": "wan"},
    },
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["40", 0],
            "seed": 1,
            "steps": 4,
            "cfg": 6.0,
            "sampler_name": "uni_pc",
            "scheduler": "simple",
            "denoise": 1.0,
        },
    },
    "4": {"class_type": "VAELoader", "inputs": {"vae_name": "wan_2.1_vae.safetensors"}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["2", 0]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["2", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 0]}},
    "9": {"class_type": "CreateVideo", "inputs": {"images": ["8", 0], "fps": 24}},
    "10": {
        "class_type": "SaveVideo",
        "inputs": {"video": ["9", 0], "filename_prefix": "video/ComfyUI", "format": "auto", "codec": "auto"},
    },
    "40": {
        "class_type": "EmptyHunyuanLatentVideo",
        "inputs": {"width": 96, "height": 64, "length": 25, "batch_size": 1},
    },
}


def graph(**changes: Any) -> dict[str, Any]:
    """The graph of a creation; changes: "node__input"=value, or node=None to take it out."""
    made = copy.deepcopy(CREATE)
    for path, value in changes.items():
        node, _, key = path.strip("_").partition("__")
        made[node]["inputs"][key] = value
    return made


def edit(file: str, **more: Any) -> dict[str, Any]:
    """Another clip's frames, sampled anew."""
    made = graph(_3__latent_image=["52", 0], **more)
    del made["40"]
    made["50"] = {"class_type": "LoadVideo", "inputs": {"file": file}}
    made["51"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["50", 0]}}
    made["52"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["51", 0], "vae": ["4", 0]}}
    return made


def from_picture(name: str) -> dict[str, Any]:
    made = graph(_3__positive=["40", 0], _3__negative=["40", 1], _3__latent_image=["40", 2])
    made["50"] = {"class_type": "LoadImage", "inputs": {"image": name}}
    made["40"]["class_type"] = "WanImageToVideo"
    made["40"]["inputs"] |= {"positive": ["6", 0], "negative": ["7", 0], "vae": ["4", 0], "start_image": ["50", 0]}
    return made


class Client:
    """The client of one fake."""

    def __init__(self, fake: FakeComfyUI, session: aiohttp.ClientSession) -> None:
        self.fake, self.session = fake, session

    async def get(self, path: str) -> Any:
        async with self.session.get(self.fake.url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.post(self.fake.url + path, json=body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def queue(self, asked: dict[str, Any], **more: Any) -> str:
        status, answer = await self.post("/prompt", {"prompt": asked, "prompt_id": str(uuid.uuid4()), **more})
        assert status == 200, answer
        assert set(answer) == {"prompt_id", "number", "node_errors"}
        return answer["prompt_id"]

    async def ended(self, prompt_id: str) -> dict[str, Any]:
        for _ in range(20):
            if found := await self.get(f"/history/{prompt_id}"):
                return found[prompt_id]
        raise AssertionError("it never ends")

    async def view(self, file: dict[str, str], **headers: str) -> tuple[int, bytes]:
        query = {key: file[key] for key in ("filename", "subfolder", "type")}
        async with self.session.get(f"{self.fake.url}/view", params=query, headers=headers) as answer:
            return answer.status, await answer.read()

    async def made(self, asked: dict[str, Any], node: str = "10", key: str = "images") -> bytes:
        entry = await self.ended(await self.queue(asked))
        assert entry["status"]["status_str"] == "success", entry["status"]
        status, content = await self.view(entry["outputs"][node][key][0])
        assert status == 200
        return content

    async def upload(self, name: str, content: bytes, **fields: str) -> tuple[int, Any]:
        form = aiohttp.FormData(fields)
        form.add_field("image", content, filename=name)
        async with self.session.post(f"{self.fake.url}/upload/image", data=form) as answer:
            return answer.status, await answer.json() if answer.status == 200 else None


@asynccontextmanager
async def client_of(fake: FakeComfyUI, **headers: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Client(fake, session)


@pytest.fixture
def fake() -> Iterator[FakeComfyUI]:
    made = FakeComfyUI()
    with made.serving():
        yield made


async def test_a_graph_is_queued_run_and_remembered(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        chosen = str(uuid.uuid4())
        status, answer = await client.post("/api/prompt", {"prompt": CREATE, "prompt_id": chosen, "client_id": "c"})
        assert (status, answer) == (200, {"prompt_id": chosen, "number": 1, "node_errors": {}})
        assert await client.get("/prompt") == {"exec_info": {"queue_remaining": 1}}
        assert await client.get(f"/history/{chosen}") == {}
        entry = [1, chosen, CREATE, {"client_id": "c"}, ["10"]]
        assert await client.get("/queue") == {"queue_running": [], "queue_pending": [entry]}
        assert await client.get(f"/history/{chosen}") == {}
        assert await client.get("/queue") == {"queue_running": [entry], "queue_pending": []}
        found = await client.get(f"/history/{chosen}")
        assert await client.get("/history?max_items=1") == found
        assert await client.get("/queue") == {"queue_running": [], "queue_pending": []}
        told = found[chosen]
        file = {"filename": "ComfyUI_00001_.mp4", "subfolder": "video", "type": "output"}
        assert told["outputs"] == {"10": {"images": [file], "animated": [True]}}
        assert (told["status"]["status_str"], told["status"]["completed"]) == ("success", True)
        words = [word for word, _ in told["status"]["messages"]]
        assert words == ["execution_start", "execution_cached", "execution_success"]
        _, clip = await client.view(file)
        assert await client.view(file, Range="bytes=4-7") == (206, b"ftyp")
        assert (await client.view({**file, "filename": "other.mp4"}))[0] == 404
        assert (await client.view({**file, "subfolder": "../input"}))[0] == 400
        await client.post("/history", {"delete": [chosen]})
        assert await client.get(f"/history/{chosen}") == {}
    job = fake.accepted[0]
    assert (job.kind, job.model, job.prompt) == ("create", "wan2.1_vace_14B_fp16.safetensors", "a fox")
    assert film.badge_of(clip) == job.badge
    assert film.measures(clip)[0] == Size(96, 64)
    with av.open(io.BytesIO(clip)) as container:
        assert json.loads(container.metadata["prompt"]) == CREATE


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"_1__unet_name": "absent.safetensors"}, "value_not_in_list"),
        ({"_3__steps": 10_001}, "value_bigger_than_max"),
        ({"_3__steps": 0}, "value_smaller_than_min"),
        ({"_3__cfg": "much"}, "invalid_input_type"),
        ({"_3__positive": ["1", 0]}, "return_type_mismatch"),
        ({"_3__positive": ["6"]}, "bad_linked_input"),
        ({"_3__positive": "a fox"}, "bad_linked_input"),
        ({"_3__positive": ["99", 0]}, "exception_during_validation"),
    ],
    ids=str,
)
async def test_nodes_are_validated(fake: FakeComfyUI, change: dict[str, Any], kind: str) -> None:
    async with client_of(fake) as client:
        status, answer = await client.post("/prompt", {"prompt": graph(**change)})
    assert (status, answer["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    ((node, told),) = answer["node_errors"].items()
    assert told["class_type"] == CREATE[node]["class_type"]
    assert told["dependent_outputs"] == ["10"]
    assert [set(error) for error in told["errors"]] == [{"type", "message", "details", "extra_info"}]
    assert told["errors"][0]["type"] == kind
    assert not fake.accepted


async def test_prompts_that_are_none(fake: FakeComfyUI) -> None:
    missing = graph()
    del missing["3"]["inputs"]["seed"]
    bodies: list[tuple[dict[str, Any], str]] = [
        ({}, "no_prompt"),
        ({"prompt": []}, "invalid_prompt"),
        ({"prompt": {"1": {"inputs": {}}}}, "invalid_prompt"),
        ({"prompt": {**CREATE, "99": {"class_type": "Unknown", "inputs": {}}}}, "invalid_prompt"),
        ({"prompt": {"1": CREATE["1"]}}, "prompt_no_outputs"),
        ({"prompt": CREATE, "partial_execution_targets": ["3"]}, "prompt_no_outputs"),
        ({"prompt": CREATE, "prompt_id": "mine"}, "invalid_prompt_id"),
        ({"prompt": CREATE, "prompt_id": str(uuid.uuid4()).upper()}, "invalid_prompt_id"),
        ({"prompt": missing}, "prompt_outputs_failed_validation"),
        ({"prompt": edit("absent.mp4")}, "prompt_outputs_failed_validation"),
    ]
    async with client_of(fake) as client:
        for body, kind in bodies:
            status, answer = await client.post("/prompt", body)
            assert (status, answer["error"]["type"]) == (400, kind)
        async with client.session.post(f"{fake.url}/prompt", data="no json") as broken:
            assert broken.status == 500
        fake.strict_prompt_ids = False
        await client.queue(CREATE, prompt_id="mine")


async def test_a_valid_output_is_run_beside_a_wrong_one(fake: FakeComfyUI) -> None:
    wrong = {"class_type": "SaveVideo", "inputs": {"video": ["9", 0], "filename_prefix": "x", "format": "auto"}}
    async with client_of(fake) as client:
        status, answer = await client.post("/prompt", {"prompt": {**CREATE, "11": wrong}})
        entry = await client.ended(answer["prompt_id"])
    assert status == 200
    assert answer["node_errors"]["11"]["errors"][0]["type"] == "required_input_missing"
    assert list(entry["outputs"]) == ["10"]


async def test_uploads_show_in_the_clip(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        clip = film.film(21, Size(64, 96), 1)
        assert await client.upload("a.mp4", clip) == (200, {"name": "a.mp4", "subfolder": "", "type": "input"})
        assert (await client.upload("a.mp4", b"other"))[1]["name"] == "a (1).mp4"
        assert (await client.upload("a.mp4", clip, overwrite="true"))[1]["name"] == "a.mp4"
        _, put = await client.upload("b.png", film.picture(22, Size(64, 64)), subfolder="of/us")
        assert put == {"name": "b.png", "subfolder": "of/us", "type": "input"}
        assert await client.upload("b.png", b"", subfolder="../x") == (400, None)
        assert (await client.post("/upload/image", {}))[0] == 400
        edited = await client.made(edit("a.mp4"))
        pictured = await client.made(from_picture("of/us/b.png"))
        again = await client.made(edit("video/ComfyUI_00001_.mp4 [output]", _3__seed=2))
        broken = await client.ended(await client.queue(edit("a (1).mp4")))
    assert [film.badge_of(one) for one in (edited, pictured, again)] == [21, 22, 21]
    assert film.measures(edited)[0] == Size(64, 96), "as its source"
    assert film.measures(edited)[1] == pytest.approx(1.0, abs=0.05)
    assert film.measures(pictured)[0] == Size(96, 64)
    assert [job.kind for job in fake.accepted] == ["edit", "frame", "edit", "edit"]
    assert broken["status"]["status_str"] == "error"


async def test_other_savers(fake: FakeComfyUI) -> None:
    webm = {"images": ["8", 0], "filename_prefix": "w", "codec": "vp9", "fps": 24, "crf": 32}
    combined = {
        "images": ["8", 0],
        "frame_rate": 24,
        "loop_count": 0,
        "filename_prefix": "v",
        "format": "video/h264-mp4",
        "pingpong": False,
        "save_output": True,
    }
    async with client_of(fake) as client:
        asked = {**CREATE, "11": {"class_type": "SaveWEBM", "inputs": webm}}
        asked["12"] = {"class_type": "VHS_VideoCombine", "inputs": combined}
        asked["13"] = {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}
        outputs = (await client.ended(await client.queue(asked)))["outputs"]
        file = outputs["11"]["images"][0]
        assert file["filename"] == "w_00001_.webm"
        assert film.badge_of((await client.view(file))[1]) == fake.accepted[0].badge
        assert set(outputs["12"]["gifs"][0]) >= {"filename", "format", "frame_rate", "fullpath"}
        assert outputs["13"]["images"][0]["type"] == "temp"
        mkv = await client.made(graph(_10__format="mkv"))
    with av.open(io.BytesIO(mkv)) as container:
        assert "matroska" in container.format.name


async def test_the_same_graph_makes_nothing_new(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        await client.made(CREATE)
        entry = await client.ended(await client.queue(CREATE))
        assert (entry["status"]["status_str"], entry["outputs"]) == ("success", {})
        await client.post("/free", {"unload_models": True, "free_memory": True})
        await client.made(CREATE)


async def test_a_repeated_id_runs_twice_or_is_refused(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        prompt_id = await client.queue(CREATE)
        assert await client.queue(CREATE, prompt_id=prompt_id) == prompt_id
        assert len((await client.get("/queue"))["queue_pending"]) == 2
        assert len(fake.accepted) == 2
        fake.refuse_repeated = True
        assert (await client.post("/prompt", {"prompt": CREATE, "prompt_id": prompt_id}))[0] == 409
    assert len(fake.accepted) == 2


async def test_one_job_runs_at_a_time_and_is_stopped_alone(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        running, waiting, last = [await client.queue(graph(_3__seed=seed)) for seed in range(3)]
        for _ in range(2):
            await client.get(f"/history/{last}")

        async def ids() -> tuple[list[str], list[str]]:
            told = await client.get("/queue")
            return [one[1] for one in told["queue_running"]], [one[1] for one in told["queue_pending"]]

        assert await ids() == ([running], [waiting, last])
        await client.post("/interrupt", {"prompt_id": waiting})
        await client.post("/queue", {"delete": [running, waiting]})
        fake._asked_by_id = True
        assert await ids() == ([running], [last])
        assert await client.get(f"/history/{waiting}") == {}
        await client.post("/interrupt", {"prompt_id": running})
        stopped = await client.ended(running)
        assert stopped["status"]["status_str"] == "error"
        assert stopped["status"]["messages"][-1][0] == "execution_interrupted"
        assert not fake.harm
        for _ in range(2):
            await client.get(f"/history/{last}")
        async with client.session.post(f"{fake.url}/interrupt"):
            pass
        await client.ended(last)
        await client.queue(CREATE)
        await client.post("/queue", {"clear": True})
    assert fake.harm == ["interrupt", "clear"]


async def test_jobs_by_the_newer_routes(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        one, two = await client.queue(CREATE), await client.queue(graph(_3__seed=2))
        words = [(await client.get(f"/api/jobs/{one}"))["status"] for _ in range(3)]
        assert words == ["pending", "in_progress", "completed"]
        told = await client.get(f"/api/jobs/{one}")
        assert (told["outputs_count"], told["preview_output"]["filename"]) == (1, "ComfyUI_00001_.mp4")
        listed = await client.get("/api/jobs?status=completed,pending&limit=1&sort_order=asc")
        assert [job["id"] for job in listed["jobs"]] == [one]
        assert listed["pagination"] == {"offset": 0, "limit": 1, "total": 2, "has_more": True}
        assert await client.post(f"/api/jobs/{one}/cancel") == (200, {"cancelled": False})
        for _ in range(2):
            await client.get(f"/api/jobs/{two}")
        assert await client.post("/api/jobs/cancel", {"job_ids": [two, "none"]}) == (200, {"cancelled": True})
        assert (await client.get(f"/api/jobs/{two}"))["status"] == "cancelled"
        async with client.session.get(f"{fake.url}/api/jobs/none") as answer:
            assert (answer.status, await answer.json()) == (404, {"error": "Job not found"})


async def test_an_older_server_has_them_not() -> None:
    fake = FakeComfyUI(jobs_api=False, cancel_api=False)
    with fake.serving():
        async with client_of(fake) as client, client.session.get(f"{fake.url}/api/jobs/x") as answer:
            assert answer.status == 404
            assert (await client.post("/api/jobs/x/cancel"))[0] == 405


async def test_a_restart_forgets_all_but_the_files(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        entry_id = await client.queue(CREATE)
        file = (await client.ended(entry_id))["outputs"]["10"]["images"][0]
        await client.queue(graph(_3__seed=2))
        async with client.session.ws_connect(f"{fake.url}/ws?clientId=c") as listening:
            await listening.receive_json()
            fake.restart()
            assert (await listening.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert await client.get(f"/history/{entry_id}") == {}
        assert await client.get("/queue") == {"queue_running": [], "queue_pending": []}
        assert (await client.view(file))[0] == 200
    assert len(fake.accepted) == 2


async def test_between_queue_and_history_a_job_is_nowhere() -> None:
    fake = FakeComfyUI(polls_queued=0, polls_running=0, gap_polls=1)
    with fake.serving():
        async with client_of(fake) as client:
            prompt_id = await client.queue(CREATE)
            assert await client.get(f"/history/{prompt_id}") == {}
            assert await client.get("/queue") == {"queue_running": [], "queue_pending": []}
            assert list(await client.get(f"/history/{prompt_id}")) == [prompt_id]


async def test_progress_is_told_to_the_last_socket(fake: FakeComfyUI) -> None:
    twice = graph(_8__samples=["33", 0], _10__format="mp4")
    twice["33"] = copy.deepcopy(twice["3"])
    twice["33"]["inputs"]["latent_image"] = ["3", 0]
    async with (
        client_of(fake) as client,
        client.session.ws_connect(f"{fake.url}/ws?clientId=c") as replaced,
        client.session.ws_connect(f"{fake.url}/ws?clientId=c") as listening,
    ):
        first = await listening.receive_json(timeout=5)
        assert first == {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}, "sid": "c"}}
        prompt_id = await client.queue(twice, client_id="c")
        await client.ended(prompt_id)
        told: list[Any] = []
        while not told or told[-1] != {"type": "executing", "data": {"node": None, "prompt_id": prompt_id}}:
            message = await listening.receive(timeout=5)
            told.append(message.data if message.type is aiohttp.WSMsgType.BINARY else json.loads(message.data))
        assert (await replaced.receive_json(timeout=5))["type"] == "status"
        with pytest.raises(TimeoutError):
            await replaced.receive(timeout=0.2)
    binary = {int.from_bytes(one[:4], "big") for one in told if isinstance(one, bytes)}
    assert binary == {1, 3, 4}
    events = [one for one in told if isinstance(one, dict)]
    steps = [one["data"]["value"] for one in events if one["type"] == "progress"]
    assert steps == [1, 2, 3, 4, 1, 2, 3, 4]
    words = {one["type"] for one in events}
    assert words >= {"execution_start", "execution_cached", "progress_state", "executed", "execution_success"}


async def test_mishaps_of_a_job(fake: FakeComfyUI) -> None:
    fake.machine.failure = OUT_OF_MEMORY
    async with client_of(fake) as client:
        prompt_id = await client.queue(CREATE)
        fake.play(Stage.POLL, Mishap.UNKNOWN_WORD, Mishap.FAILED)
        assert (await client.get(f"/history/{prompt_id}"))[prompt_id]["status"]["status_str"] == "retrying"
        failed = await client.ended(prompt_id)
        assert failed == await client.ended(prompt_id), "it is final"
        assert (failed["status"]["status_str"], failed["outputs"]) == ("error", {})
        word, told = failed["status"]["messages"][-1]
        assert (word, told["exception_type"], told["node_id"]) == ("execution_error", OUT_OF_MEMORY, "3")
        prompt_id = await client.queue(CREATE)
        fake.play(Stage.POLL, Mishap.NO_ASSET)
        empty = await client.ended(prompt_id)
        assert (empty["status"]["status_str"], empty["outputs"]) == ("success", {})
        await client.upload("a.mp4", film.film(1, Size(64, 64), 1))
        fake.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED)
        status, answer = await client.post("/prompt", {"prompt": edit("a.mp4")})
        assert (status, list(answer["node_errors"])) == (400, ["50"])
        fake.play(Stage.UPLOAD, Mishap.SOURCE_REFUSED)
        assert (await client.upload("a.mp4", b"x"))[0] == 400


@pytest.mark.parametrize(
    ("mishap", "status", "accepted"),
    [
        (Mishap.UNAUTHORIZED, 401, 0),
        (Mishap.NOT_FOUND, 404, 0),
        (Mishap.REJECTED, 400, 0),
        (Mishap.BROKEN, 500, 0),
        (Mishap.UNAVAILABLE, 503, 0),
        (Mishap.HTML, 200, 0),
        (Mishap.EMPTY, 200, 1),
        (Mishap.BROKEN_AFTER, 500, 1),
        (Mishap.CUT, None, 1),
        (Mishap.CUT_BEFORE, None, 0),
    ],
)
async def test_mishaps_of_a_submission(fake: FakeComfyUI, mishap: Mishap, status: int | None, accepted: int) -> None:
    fake.play(Stage.SUBMIT, mishap)
    async with client_of(fake) as client:
        try:
            assert (await client.post("/prompt", {"prompt": CREATE}))[0] == status
        except aiohttp.ClientError:
            assert status is None
    assert len(fake.accepted) == accepted


async def test_downloads_are_cut_and_uploads_are_limited() -> None:
    fake = FakeComfyUI(max_upload_bytes=20_000, disable_metadata=True)
    with fake.serving():
        async with client_of(fake) as client:
            assert (await client.upload("a.mp4", bytes(30_000)))[0] == 413
            file = (await client.ended(await client.queue(CREATE)))["outputs"]["10"]["images"][0]
            fake.play(Stage.DOWNLOAD, Mishap.CUT)
            with pytest.raises(aiohttp.ClientError):
                await client.view(file)
            _, clip = await client.view(file)
    with av.open(io.BytesIO(clip)) as container:
        assert "prompt" not in container.metadata


@pytest.mark.parametrize(("auth", "header"), [("bearer", "Authorization"), ("x-api-key", "X-API-Key")])
async def test_a_proxy_wants_the_secret(auth: Any, header: str) -> None:
    fake = FakeComfyUI(auth=auth)
    value = f"Bearer {SECRET}" if auth == "bearer" else SECRET
    with fake.serving():
        async with client_of(fake) as client:
            assert (await client.post("/prompt", {"prompt": CREATE}))[0] == 401
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await client.session.ws_connect(f"{fake.url}/ws")
        async with client_of(fake, **{header: value}) as client:
            await client.queue(CREATE)
            fake.refuse_sockets = True
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await client.session.ws_connect(f"{fake.url}/ws")


async def test_what_the_server_is(fake: FakeComfyUI) -> None:
    async with client_of(fake) as client:
        info = await client.get("/object_info/LoadVideo")
        assert info["LoadVideo"]["output"] == ["VIDEO"]
        assert await client.get("/object_info/Unknown") == {}
        assert set(await client.get("/api/object_info")) >= {"SaveVideo", "WanVaceToVideo"}
        assert (await client.get("/system_stats"))["devices"][0]["vram_total"] > 0
        assert await client.get("/models/vae") == ["wan_2.1_vae.safetensors"]
        assert (await client.get("/features"))["max_upload_size"] == 100 * 1024 * 1024


def test_what_is_not_documented_is_not_played(fake: FakeComfyUI) -> None:
    assert Mishap.NO_CREDIT in fake.unplayed
    assert not fake.unplayed & {Mishap.FAILED, Mishap.BROKEN, Mishap.SOURCE_REFUSED}
    for mishap in fake.unplayed:
        with pytest.raises(ValueError, match="plays no"):
            fake.play(Stage.SUBMIT, mishap)

"""ComfyUI: workflows filled, histories read, and a small server with a queue, a history and a WebSocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from provider_bench import CLIP, PNG, SECRET, account_at, clip, given, job, model, picture, serving

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import (
    ConfigurationError,
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.video import Operation
from mutoscope.egress.answers import Reply
from mutoscope.egress.door import Door
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.comfyui import ADAPTER
from mutoscope.providers.comfyui.answers import place_in_queue, poll_of, refusal_of, sentence_of
from mutoscope.providers.comfyui.graphs import by_slot, check_files, graph_for, prompt_id_of, seed_of, template_for
from mutoscope.providers.comfyui.listener import Progress
from mutoscope.providers.comfyui.provider import ComfyUI
from mutoscope.providers.comfyui.templates import Use, templates_of
from mutoscope.providers.protocol import Done, Job, Refused, Running, Waiting

pytestmark = pytest.mark.anyio

GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 0, "denoise": 1.0, "model": ["1", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "an example"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly"}},
    "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 64, "height": 64, "length": 5}},
    "50": {"class_type": "LoadVideo", "inputs": {"file": "example.mp4"}},
    "52": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "60": {"class_type": "LoadAudio", "inputs": {"audio": "example.mp3"}},
    "9": {"class_type": "SaveVideo", "inputs": {"filename_prefix": "video/ComfyUI"}},
}
WORDS = {"prompt": "6.inputs.text", "seed": "3.inputs.seed"}
SIZES = {"width": "40.inputs.width", "height": "40.inputs.height", "frames": "40.inputs.length"}


@pytest.fixture
def workflow(tmp_path: Path) -> str:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(GRAPH))
    return str(path)


def wired(workflow: str, /, *capabilities: Capability, **more: Any):
    """A model with a workflow for each use."""
    edit = {"workflow": workflow, "inputs": {**WORDS, "video": "50.inputs.file"}}
    wiring = {
        "workflow": workflow,
        "inputs": {**WORDS, **SIZES},
        "options": {"denoise": "3.inputs.denoise"},
        "output": "9",
        "image": {"workflow": workflow, "inputs": {**WORDS, "image": "52.inputs.image"}},
        "edit": edit,
        "reference": edit,
        "extend": {**edit, "inputs": {**edit["inputs"], "frames": "40.inputs.length"}, "fps": 24.0},
        **more,
    }
    return model(capabilities=frozenset(capabilities), wiring=wiring)


# Workflows filled


def filled(made: Job, **uploaded: str) -> dict[str, Any]:
    template = template_for(made, templates_of(made.model))
    check_files(made, template, uploaded)
    return graph_for(made, template, uploaded)


def test_a_create_fills_words_seed_size_and_frames(workflow: str) -> None:
    graph = filled(job(spec=wired(workflow), seed=7, seconds=5))
    assert graph["6"]["inputs"]["text"] == "a lake"
    assert graph["3"]["inputs"] == {"seed": 7, "denoise": 1.0, "model": ["1", 0]}
    assert graph["40"]["inputs"] == {"width": 1280, "height": 720, "length": 81}
    assert graph["7"]["inputs"]["text"] == "ugly"


def test_without_a_seed_each_attempt_has_its_own(workflow: str) -> None:
    first, again, second = job(), job(), job(key="video_1-2")
    assert seed_of(first) == seed_of(again) != seed_of(second)
    assert 0 <= seed_of(first) < 1 << 32
    assert filled(job(spec=wired(workflow)))["3"]["inputs"]["seed"] == seed_of(first)


@pytest.mark.parametrize(
    ("fps", "step", "offset", "seconds", "frames"),
    [(16.0, 4, 1, 5, 81), (24.0, 17, 5, 5, 124), (24.0, 1, 0, 2, 48), (16.0, 4, 1, 0.01, 1), (24.0, 8, 0, 0.01, 8)],
)
def test_lengths_in_frames(workflow: str, fps: float, step: int, offset: int, seconds: float, frames: int) -> None:
    spec = wired(workflow, fps=fps, frames_step=step, frames_offset=offset)
    assert templates_of(spec)[Use.CREATE].frames(seconds) == frames


@pytest.mark.parametrize(
    ("more", "slot", "node", "name"),
    [
        ({"reference": PNG}, "image", "52", "image"),
        ({"operation": Operation.REMIX, "strategy": "edit", "clip": clip()}, "video", "50", "file"),
        ({"operation": Operation.REMIX, "strategy": "reference", "clip": clip()}, "video", "50", "file"),
        ({"operation": Operation.REMIX, "strategy": "frame", "reference": PNG}, "image", "52", "image"),
        ({"operation": Operation.EXTENSION, "strategy": "frame", "clip": clip()}, "video", "50", "file"),
    ],
)
def test_each_use_has_its_workflow(workflow: str, more: dict, slot: str, node: str, name: str) -> None:
    made = job(spec=wired(workflow), added_seconds=4, **more)
    graph = filled(made, **{slot: "mutoscope/a.bin"})
    assert graph[node]["inputs"][name] == "mutoscope/a.bin"
    assert graph["40"]["inputs"]["length"] == (97 if made.request.operation is Operation.EXTENSION else 5)
    with pytest.raises(UpstreamRejected, match=f"needs '{slot}'"):
        filled(made)


def test_options_are_those_that_the_operator_names(workflow: str) -> None:
    made = job(spec=wired(workflow), options={"provider_options": {"denoise": 0.5}})
    assert filled(made)["3"]["inputs"]["denoise"] == 0.5
    for options in ({"cfg": 3}, {"denoise": ["3", 0]}):
        with pytest.raises(UpstreamRejected, match="provider_options"):
            filled(job(spec=wired(workflow), options={"provider_options": options}))


def test_what_the_workflow_cannot_take_is_refused(workflow: str) -> None:
    with pytest.raises(UpstreamRejected, match="negative_prompt"):
        filled(job(spec=wired(workflow), options={"negative_prompt": "rain"}))
    with pytest.raises(UpstreamRejected, match="no workflow for 'frames'"):
        filled(job(spec=wired(workflow), reference=PNG, last_frame=PNG))


@pytest.mark.parametrize(
    ("wiring", "said"),
    [
        ({"inputs": {**WORDS, "colour": "6.inputs.text"}}, "'colour' is no input"),
        ({"inputs": {"prompt": "6.inputs.text"}}, "where 'seed' goes"),
        ({"inputs": {**WORDS, "width": "41.inputs.width"}}, "no '41.inputs.width'"),
        ({"inputs": {**WORDS, "width": "40.inputs.breadth"}}, "no '40.inputs.breadth'"),
        ({"output": "99"}, "'99', the output"),
        ({"workflow": "/nowhere.json"}, "cannot be read"),
        ({"fps": 0.0}, "must be positive"),
        ({"edit": {"inputs": WORDS}}, "missing required field `workflow`"),
        ({"speed": 2}, "unknown field `speed`"),
    ],
)
def test_a_faulty_wiring_is_told_at_start(workflow: str, wiring: dict, said: str) -> None:
    with pytest.raises(ConfigurationError) as failed:
        ADAPTER.make(account_at("http://gpu:8188", ADAPTER, wired(workflow, **wiring)))
    assert said in str(failed.value)
    assert "'m-1'" in str(failed.value)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"nodes": [], "links": []}'])
def test_only_the_api_format_is_a_workflow(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ui.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="JSON|API format"):  # noqa: RUF043
        templates_of(wired(str(path)))


@pytest.mark.parametrize(
    ("capability", "is_fine"),
    [
        (Capability.IMAGE_REFERENCE, True),
        (Capability.EDIT, True),
        (Capability.EXTEND, True),
        (Capability.SEED, True),
        (Capability.CANCEL, True),
        (Capability.OPTIONS, True),
        (Capability.LAST_FRAME, False),
        (Capability.NEGATIVE_PROMPT, False),
        (Capability.AUDIO, False),
        (Capability.NATIVE_REMIX, False),
        (Capability.REFERENCES, False),
        (Capability.SOUND_REFERENCES, False),
    ],
)
def test_capabilities_need_their_inputs(workflow: str, capability: Capability, is_fine: bool) -> None:
    if is_fine:
        templates_of(wired(workflow, capability))
    else:
        with pytest.raises(ConfigurationError, match=f"'{capability}'"):
            templates_of(wired(workflow, capability))


# What it says


def entry(outputs: Any, status: str | None = "success", messages: list | None = None, extra: dict | None = None):
    told = {"status_str": status, "completed": status == "success", "messages": messages or []}
    return {"prompt": [1, "id", GRAPH, extra or {}, ["9"]], "outputs": outputs, "status": told}


def file(name: str, kind: str = "output", subfolder: str = "") -> dict:
    return {"filename": name, "subfolder": subfolder, "type": kind}


@pytest.mark.parametrize(
    ("outputs", "location"),
    [
        ({"9": {"images": [file("a b.mp4", subfolder="video")], "animated": [True]}},
         "/view?filename=a+b.mp4&subfolder=video&type=output"),
        ({"4": {"gifs": [{**file("v.webm"), "fullpath": "/x/v.webm"}]}},
         "/view?filename=v.webm&subfolder=&type=output"),
        ({"4": {"images": [file("p.png")]}, "9": {"videos": [file("v.MKV")]}},
         "/view?filename=v.MKV&subfolder=&type=output"),
        ({"4": {"images": [file("t.mp4", "temp")]}, "9": {"images": [file("v.mp4")]}},
         "/view?filename=v.mp4&subfolder=&type=output"),
        ({"4": {"images": [file("other.mp4")]}, "9": {"images": [file("v.mp4")]}},
         "/view?filename=v.mp4&subfolder=&type=output"),
    ],
)  # fmt: skip
def test_where_the_clip_is(outputs: dict, location: str) -> None:
    done = poll_of(entry(outputs, extra={"mutoscope": {"seed": 7, "output": "9"}}), "id", str)
    assert isinstance(done, Done)
    assert done.assets[0].location == location
    assert done.facts == {"id": "id", "seed": 7}


@pytest.mark.parametrize("outputs", [{}, {"9": {"images": []}}, {"9": {"images": [file("a.png")]}}, None])
def test_a_success_without_a_file_is_none(outputs: Any) -> None:
    with pytest.raises(FinishedWithoutAsset):
        poll_of(entry(outputs), "id", str)


@pytest.mark.parametrize(
    ("event", "data", "kind", "said"),
    [
        ("execution_interrupted", {}, UpstreamRejected, "cancelled"),
        ("execution_error", {"exception_type": "torch.OutOfMemoryError"}, UpstreamUnavailable, "memory"),
        (
            "execution_error",
            {"node_type": "KSampler", "exception_message": "bad\nshape", "traceback": ["/home/me/x.py"]},
            UpstreamRejected,
            "KSampler",
        ),
    ],
)
def test_why_a_job_failed(event: str, data: dict, kind: type, said: str) -> None:
    told = poll_of(entry({}, "error", [["execution_start", {}], [event, data]]), "id", str)
    assert isinstance(told, Refused)
    assert type(told.error) is kind
    assert said in told.error.message
    assert "/home" not in told.error.message


@pytest.mark.parametrize("word", ["polishing", None])
def test_other_words_are_not_guessed_at(word: str | None) -> None:
    with pytest.raises(UpstreamProtocolError):
        poll_of(entry({}, word), "id", str)


def test_the_queue() -> None:
    queue = {"queue_running": [[1, "a", {}, {}, []]], "queue_pending": [[2, "b", {}, {}, []]]}
    assert [place_in_queue(queue, name) for name in "abc"] == ["running", "pending", None]
    for odd in ({}, [], None, {"queue_running": []}):
        with pytest.raises(UpstreamProtocolError):
            place_in_queue(odd, "a")


@pytest.mark.parametrize(
    ("status", "nodes", "kind"),
    [(400, ["50"], SourceRefused), (400, ["50", "6"], UpstreamRejected), (400, [], UpstreamRejected), (500, [], None)],
)
def test_refusals(status: int, nodes: list[str], kind: type | None) -> None:
    errors = [{"type": "value_not_in_list", "message": "Value not in list", "details": "file: 'x'"}]
    told = {
        "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
        "node_errors": {node: {"errors": errors, "class_type": "LoadVideo"} for node in nodes},
    }
    found = refusal_of(Reply(status, {}, json.dumps(told).encode()), sentence_of(told) or "", frozenset({"50"}))
    assert (found if found is None else type(found)) is kind
    if found is not None and nodes:
        assert "node 50 (LoadVideo): Value not in list file: 'x'" in found.message


def test_progress_counts_over_nodes_and_never_falls() -> None:
    progress = Progress({"3": {"class_type": "KSampler"}, "4": {"class_type": "KSampler"}, "9": {"class_type": "Save"}})
    assert progress.percent is None
    seen = []
    for kind, data in [
        ("execution_start", {}),
        ("executing", {"node": "3"}),
        ("progress", {"node": "3", "value": 10, "max": 20}),
        ("executing", {"node": "4"}),
        ("progress", {"node": "4", "value": 1, "max": 20}),
        ("progress_state", {"nodes": {"3": {"state": "running", "value": 1, "max": 20}, "x": 3}}),
        ("progress", {"node": "4", "value": "odd", "max": 0}),
        ("executed", {"node": "4"}),
        ("executed", {"node": "9"}),
    ]:
        progress.tell(kind, data)
        seen.append(progress.percent or 0.0)
    assert seen == sorted(seen)
    assert 20 < seen[2] < 30 < seen[3] < 50
    assert seen[-1] == 99.0


# The class, against a server


class Server:
    """One job at a time, in memory, as long as a test lets it."""

    url: str
    door: Door

    def __init__(self) -> None:
        self.running: list[str] = []
        self.pending: list[str] = []
        self.history: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self.heard: list[str] = []
        self.headers: list[Any] = []
        self.refuse: dict[str, web.Response] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.has_new_routes = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(f"{request.method} {request.path}")
        self.headers.append(request.headers)
        if (refusal := self.refuse.get(request.path)) is not None:
            await request.read()
            return refusal
        match request.method, request.path.split("/")[1:]:
            case "POST", ["prompt"]:
                body = await request.json()
                self.bodies.append(body)
                self.pending.append(body["prompt_id"])
                return web.json_response({"prompt_id": body["prompt_id"], "number": 1, "node_errors": {}})
            case "POST", ["upload", "image"]:
                return await self.upload(request)
            case "GET", ["queue"]:
                rows = [[[1, one, GRAPH, {}, []] for one in found] for found in (self.running, self.pending)]
                return web.json_response({"queue_running": rows[0], "queue_pending": rows[1]})
            case "GET", ["history", found]:
                return web.json_response({found: self.history[found]} if found in self.history else {})
            case "GET", ["view"]:
                return web.Response(body=CLIP)
            case "GET", ["ws"]:
                return await self.listen(request)
            case "POST", ["api", "jobs", _, "cancel"] if self.has_new_routes:
                return web.json_response({"cancelled": True})
            case "POST", ["queue" | "interrupt"]:
                self.bodies.append(await request.json())
                return web.Response()
        return web.json_response({"error": "Not found"}, status=404)

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert (form["type"], form["overwrite"]) == ("input", "true")
        upload = form["image"]
        assert isinstance(upload, web.FileField)
        self.uploads[upload.filename] = upload.file.read()
        return web.json_response({"name": upload.filename, "subfolder": form["subfolder"], "type": "input"})

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for _ in socket:
            pass
        return socket

    async def tell(self, kind: str, **data: Any) -> None:
        for socket in self.sockets:
            await socket.send_bytes(b"\0\0\0\1preview")
            await socket.send_str(json.dumps({"type": kind, "data": data}))

    def provider(self, spec: Any, **options: Any) -> ComfyUI:
        return ComfyUI(account_at(self.url, ADAPTER, spec, door=self.door, **options))


@pytest.fixture
async def upstream() -> AsyncIterator[Server]:
    made = Server()
    async with serving(made.handle) as (made.url, made.door):
        yield made


async def until(happened: Any) -> None:
    async with asyncio.timeout(5):
        while not await happened():
            await asyncio.sleep(0.01)


async def test_a_whole_life(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    work = job(spec=made.models[0], seed=7)
    identity = (await made.submit(work)).upstream_id
    assert identity == prompt_id_of(work) == str(uuid.UUID(identity))
    body = upstream.bodies[0]
    assert body["prompt"]["6"]["inputs"]["text"] == "a lake"
    assert body["extra_data"] == {"mutoscope": {"seed": 7, "output": "9"}}
    assert isinstance(await made.poll(identity), Waiting)
    upstream.pending, upstream.running = [], [identity]
    assert await made.poll(identity) == Running(None, 2.0)

    async def is_listening() -> bool:
        return bool(upstream.sockets)

    async def is_told() -> bool:
        told = await made.poll(identity)
        return isinstance(told, Running) and (told.progress or 0) > 30

    await until(is_listening)
    await upstream.tell("status", status={})
    await upstream.tell("progress", prompt_id=identity, node="3", value=10, max=20)
    await until(is_told)
    upstream.running = []
    upstream.history[identity] = entry(
        {"9": {"images": [file("v.mp4")]}}, extra={"mutoscope": {"seed": 7, "output": "9"}}
    )
    done = await made.poll(identity)
    assert isinstance(done, Done)
    assert b"".join([chunk async for chunk in made.fetch(done.assets[0])]) == CLIP
    assert all(headers["Authorization"] == f"Bearer {SECRET}" for headers in upstream.headers)
    await made.aclose()


async def test_polling_needs_no_socket(upstream: Server, workflow: str) -> None:
    upstream.refuse["/ws"] = web.Response(status=403)
    made = upstream.provider(wired(workflow))
    identity = (await made.submit(job(spec=made.models[0]))).upstream_id
    upstream.pending, upstream.running = [], [identity]
    for _ in range(3):
        assert await made.poll(identity) == Running(None, 2.0)
    await made.aclose()
    assert upstream.heard.count("GET /ws") <= 1


async def test_a_restart_there_loses_the_job(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    identity = (await made.submit(job(spec=made.models[0]))).upstream_id
    upstream.pending = []
    with pytest.raises(UpstreamTaskLost):
        await made.poll(identity)
    await made.aclose()


async def test_a_lost_answer_is_looked_up(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    work = job(spec=made.models[0])
    assert made.recovery.finds
    assert await made.find(work, 0.0) is None
    upstream.refuse["/prompt"] = web.Response(status=500)
    with pytest.raises(UpstreamUnavailable) as failed:
        await made.submit(work)
    assert outcome_of(failed.value) is Outcome.UNKNOWN
    upstream.running = [prompt_id_of(work)]
    found = await made.find(work, 0.0)
    assert found is not None
    assert found.upstream_id == prompt_id_of(work)
    upstream.running, upstream.history = [], {prompt_id_of(work): entry({}, "error")}
    assert await made.find(work, 0.0) == found
    await made.aclose()


async def test_a_job_that_is_there_already_is_ours(upstream: Server, workflow: str) -> None:
    upstream.refuse["/prompt"] = web.json_response({"error": {"message": "prompt_id already exists"}}, status=409)
    made = upstream.provider(wired(workflow))
    work = job(spec=made.models[0])
    assert (await made.submit(work)).upstream_id == prompt_id_of(work)
    await made.aclose()


async def test_sources_are_uploaded_first(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    work = job(spec=made.models[0], operation=Operation.REMIX, strategy="edit", clip=clip())
    await made.submit(work)
    assert upstream.uploads == {"video_1-1-video.mp4": CLIP}
    assert upstream.bodies[0]["prompt"]["50"]["inputs"]["file"] == "mutoscope/video_1-1-video.mp4"
    await made.submit(job(spec=made.models[0], reference=PNG))
    assert upstream.uploads["video_1-1-image.png"] == PNG
    await made.aclose()


SOUND_TYPES = [("audio/mpeg", "mp3"), ("audio/mp4", "m4a"), ("audio/wav", "wav"), ("audio/flac", "flac")]


@pytest.mark.parametrize(("media_type", "extension"), SOUND_TYPES)
async def test_what_guides_is_uploaded_for_its_own_loader(
    upstream: Server, workflow: str, media_type: str, extension: str
) -> None:
    places = {"guide": "52.inputs.image", "guide_clip": "50.inputs.file", "guide_sound": "60.inputs.audio"}
    guided = {"workflow": workflow, "inputs": {**WORDS, **places}}
    made = upstream.provider(wired(workflow, Capability.REFERENCES, Capability.SOUND_REFERENCES, guided=guided))
    guides = (given(b"hum", media_type), clip(), picture())
    await made.submit(job(spec=made.models[0], guides=guides))
    assert upstream.uploads == {
        f"video_1-1-guide_sound.{extension}": b"hum",
        "video_1-1-guide_clip.mp4": CLIP,
        "video_1-1-guide.png": PNG,
    }
    graph = upstream.bodies[0]["prompt"]
    assert graph["60"]["inputs"]["audio"] == f"mutoscope/video_1-1-guide_sound.{extension}"
    assert graph["50"]["inputs"]["file"] == "mutoscope/video_1-1-guide_clip.mp4"
    assert graph["52"]["inputs"]["image"] == "mutoscope/video_1-1-guide.png"
    with pytest.raises(UpstreamRejected, match="needs 'guide_sound'"):
        await made.submit(job(spec=made.models[0], guides=guides[1:]))
    with pytest.raises(UpstreamRejected, match="no input for 'guide_sound_2'"):
        await made.submit(job(spec=made.models[0], guides=(*guides, guides[0])))
    await made.aclose()


def test_more_of_a_kind_than_can_be_named_are_refused() -> None:
    sounds = (given(b"hum", "audio/wav"),) * 3
    assert list(by_slot((picture(), *sounds))) == ["guide", "guide_sound", "guide_sound_2", "guide_sound_3"]
    with pytest.raises(UpstreamRejected, match="3 of the kind 'audio'"):
        by_slot((*sounds, sounds[0]))


def test_any_workflow_with_an_input_for_guides_will_do(workflow: str) -> None:
    def declared(slot: str, place: str, *capabilities: Capability) -> None:
        inputs = {**WORDS, "video": "50.inputs.file", slot: place}
        templates_of(wired(workflow, *capabilities, edit={"workflow": workflow, "inputs": inputs}))

    declared("guide_clip", "50.inputs.file", Capability.REFERENCES)
    declared("guide_sound", "60.inputs.audio", Capability.REFERENCES, Capability.SOUND_REFERENCES)
    with pytest.raises(ConfigurationError, match="'sound_references', but has no workflow whose inputs name 'guide_s"):
        declared("guide_clip", "50.inputs.file", Capability.REFERENCES, Capability.SOUND_REFERENCES)


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (413, SourceRefused, Outcome.REJECTED),
        (400, SourceRefused, Outcome.REJECTED),
        (401, UpstreamKeyInvalid, Outcome.REJECTED),
        (500, UpstreamUnavailable, Outcome.REJECTED),
        (200, UpstreamUnavailable, Outcome.REJECTED),
    ],
)
async def test_a_failed_upload_has_started_nothing(
    upstream: Server, workflow: str, status: int, kind: type, outcome: Outcome
) -> None:
    upstream.refuse["/upload/image"] = web.Response(status=status, text=f"bad {SECRET}")
    made = upstream.provider(wired(workflow))
    with pytest.raises(kind) as failed:
        await made.submit(job(spec=made.models[0], reference=PNG))
    assert outcome_of(failed.value) is outcome
    assert SECRET not in str(failed.value)
    assert "POST /prompt" not in upstream.heard
    await made.aclose()


async def test_cancel_names_the_job(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    await made.cancel("id-1")
    assert upstream.heard == ["POST /api/jobs/id-1/cancel"]
    upstream.has_new_routes = False
    await made.cancel("id-1")
    assert upstream.heard[-2:] == ["POST /queue", "POST /interrupt"]
    assert upstream.bodies == [{"delete": ["id-1"]}, {"prompt_id": "id-1"}]


async def test_the_credential_may_be_for_partner_nodes(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow), credential_for="partner_nodes", headers=["X-Gate: open"])
    await made.submit(job(spec=made.models[0]))
    assert upstream.bodies[0]["extra_data"]["api_key_comfy_org"] == SECRET
    assert all("Authorization" not in headers and headers["X-Gate"] == "open" for headers in upstream.headers)
    await made.aclose()
    with pytest.raises(ConfigurationError, match="headers"):
        upstream.provider(wired(workflow), headers=["nonsense"])


async def test_pictures_guide_a_create_and_an_edit(upstream: Server, workflow: str) -> None:
    guided = {"workflow": workflow, "inputs": {**WORDS, "guide": "52.inputs.image", "guide_2": "50.inputs.file"}}
    edit = {"workflow": workflow, "inputs": {**WORDS, "video": "50.inputs.file", "guide": "52.inputs.image"}}
    made = upstream.provider(wired(workflow, Capability.REFERENCES, guided=guided, edit=edit))
    await made.submit(job(spec=made.models[0], guides=(picture(), picture())))
    graph = upstream.bodies[-1]["prompt"]
    assert "-guide." in graph["52"]["inputs"]["image"]
    assert "-guide_2." in graph["50"]["inputs"]["file"]
    await made.submit(job(spec=made.models[0], strategy="edit", clip=clip(), guides=(picture(),)))
    graph = upstream.bodies[-1]["prompt"]
    assert "-guide." in graph["52"]["inputs"]["image"]
    assert "-video." in graph["50"]["inputs"]["file"]
    with pytest.raises(UpstreamRejected, match="needs 'guide_2'"):
        await made.submit(job(spec=made.models[0], guides=(picture(),)))
    with pytest.raises(UpstreamRejected, match="needs 'guide'"):
        await made.submit(job(spec=made.models[0], strategy="edit", clip=clip()))
    await made.aclose()


async def test_guides_that_no_workflow_takes_are_refused(upstream: Server, workflow: str) -> None:
    made = upstream.provider(wired(workflow))
    with pytest.raises(UpstreamRejected, match="no workflow for 'guided'"):
        await made.submit(job(spec=made.models[0], guides=(picture(),)))
    guided = {"workflow": workflow, "inputs": {**WORDS, "guide": "52.inputs.image"}}
    made = upstream.provider(wired(workflow, Capability.REFERENCES, guided=guided))
    for guides, words in (((picture(),) * 5, "up to 4"), ((clip(),), "no input for 'guide_clip'")):
        with pytest.raises(UpstreamRejected, match=words):
            await made.submit(job(spec=made.models[0], guides=guides))
    assert upstream.heard == []
    with pytest.raises(ConfigurationError, match="'references', but has no workflow whose inputs name 'guide'"):
        upstream.provider(wired(workflow, Capability.REFERENCES))

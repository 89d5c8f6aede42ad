"""What schemathesis cannot know from a schema: bytes that are pictures, ids that exist, and a machine's patience.

Loaded by the `schemathesis` program (SCHEMATHESIS_HOOKS). It reads where the server is from the environment.
"""

from __future__ import annotations

import base64
import io
import os
import time
import uuid
from functools import cache
from typing import Any

import httpx2 as httpx
import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.generation.meta import TestPhase

from acceptance.quick_server import MODEL, quick_clip
from mutoscope.dialect.references import NAMES
from studio import sound

TINY = "64x64"
CHARACTER = "Reynard"
PATIENCE = 0.2  # seconds that a request may ask to be held
# Refusals of valid data: the state of another video, or what one of the models can do, decides, and no schema knows it.
OF_STATE = {
    "source_not_completed",
    "video_generation_failed",
    "unsupported_parameter",
    "unsupported_operation",
    "webhook_endpoint_unreachable",
}


def _picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(drawn, "PNG")
    return drawn.getvalue()


PICTURE = _picture()
CLIP = quick_clip()
PICTURE_URL = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
SOUND_URL = f"data:audio/wav;base64,{base64.b64encode(sound(seconds=0.1)).decode()}"
CLIP_URL = f"data:video/mp4;base64,{base64.b64encode(CLIP).decode()}"

schemathesis.openapi.format("prompt", st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200))
schemathesis.openapi.format("video-size", st.sampled_from([TINY, "64x128", "1:1", "480p"]))
schemathesis.openapi.format("aspect-ratio", st.sampled_from(["16:9", "9:16", "1:1", "auto"]))
schemathesis.openapi.format("resolution", st.sampled_from(["480p", "720p", "hd", "auto"]))
schemathesis.openapi.format("image-data-url", st.just(PICTURE_URL))
schemathesis.openapi.format("video-data-url", st.just(CLIP_URL))
schemathesis.openapi.format("audio-data-url", st.just(SOUND_URL))
schemathesis.openapi.format(
    "public-https-url", st.sampled_from(["https://hooks.example.com/ok", "https://93.184.216.34/"])
)
schemathesis.openapi.format("json-object", st.sampled_from(["{}", '{"steps": 4}']))
schemathesis.openapi.format("printable", st.text("abc XYZ 0189 äöü 狐の", min_size=1, max_size=80).filter(str.strip))


def _http() -> httpx.Client:
    key = os.environ["FUZZ_API_KEY"]
    return httpx.Client(base_url=os.environ["FUZZ_URL"], headers={"Authorization": f"Bearer {key}"}, timeout=60)


_made: list[str] = []


def finished() -> str:
    """The id of a completed video; of a new one, if the last was deleted by a request made up since."""
    with _http() as http:
        if not _made or http.get(f"/v1/videos/{_made[-1]}").status_code != 200:
            _made.append(_new_finished(http))
        return _made[-1]


def _new_finished(http: httpx.Client) -> str:
    asked = {"prompt": "a lake", "model": MODEL, "size": TINY}
    while (answer := http.post("/v1/videos", json=asked)).status_code != 200:  # the queue may be full of made-up ones
        time.sleep(0.2)
    video = answer.json()
    while video["status"] != "completed":
        video = http.get(f"/v1/videos/{video['id']}", params={"wait": "5"}).json()
    return video["id"]


def _settle(video_id: str) -> None:
    """Let a video come to its end, so that the next step of a walk finds it there."""
    with _http() as http:
        http.get(f"/v1/videos/{video_id}", params={"wait": "1"})


@cache
def character() -> str:
    """The id of a character of that name."""
    with _http() as http:
        return http.post("/v1/videos/characters", json={"name": CHARACTER, "video": {"id": finished()}}).json()["id"]


def endpoint() -> str:
    """The id of a webhook endpoint; of a new one, if the last was deleted by a request made up since."""
    with _http() as http:
        if there := http.get("/v1/webhook_endpoints", params={"limit": 1}).json()["data"]:
            return there[0]["id"]
        asked = {"name": "fuzz", "url": "https://hooks.example.com/ok", "event_types": ["video.completed"]}
        return http.post("/v1/webhook_endpoints", json=asked).json()["id"]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Keep requests quick in either mode; put real things where valid data names things."""
    _be_patient(case)
    if case.meta is not None and case.meta.generation.mode.is_positive:
        _be_real(case)


def _be_patient(case: Any) -> None:
    if case.query and isinstance(case.query.get("wait"), int | float):
        case.query["wait"] = min(case.query["wait"], PATIENCE)
    if case.headers and "wait" in str(case.headers.get("Prefer", "")):
        case.headers["Prefer"] = "wait=0"
    if isinstance(case.body, dict) and case.body.get("model") == "flipbook" and not (case.query or {}).get("dry_run"):
        case.body["model"] = MODEL  # drawing is slow, and not what is tried here
    if isinstance(case.body, dict) and case.body.get("size") == "480p":
        case.body["size"] = TINY


def _be_real(case: Any) -> None:
    is_walk = case.meta.phase.name == TestPhase.STATEFUL
    if is_walk and case.query:
        case.query.pop("dry_run", None)  # a plan has no id to go on with
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if "video_id" in (case.path_parameters or {}) and case.operation.method.upper() != "DELETE":
        case.path_parameters["video_id"] = _real_id(case.path_parameters["video_id"], is_walk)
    if "webhook_endpoint_id" in (case.path_parameters or {}) and not is_walk:
        case.path_parameters["webhook_endpoint_id"] = endpoint()
    if isinstance(case.body, dict):
        is_planned = bool(case.query and case.query.get("dry_run"))
        _be_real_within(case.body, is_walk, is_small=case.operation.path == "/videos" and not is_planned)


def _be_real_within(body: dict[str, Any], is_walk: bool, is_small: bool) -> None:
    if is_small:
        body["size"] = TINY
    if "seconds" in body:
        body["seconds"] = "1"
    body.pop("test_case", None)  # no model here plays any
    first, *others = [name for name in NAMES if name in body] or [None]
    if first is not None:
        body[first] = _real_picture(body[first])
    for name in others:
        del body[name]
    if "characters" in body:
        body["characters"] = [character()]
        body["prompt"] = f"{str(body.get('prompt', ''))[:1_000]} {CHARACTER}"
    if "video" in body:
        body["video"] = _real_origin(body["video"], is_walk)


def _real_id(given: str, is_walk: bool) -> str:
    """On a walk the id that a link brought, once its video is at its end; else that of a completed one."""
    if not is_walk:
        return finished()
    _settle(given)
    return given


def _real_picture(value: Any) -> Any:
    if isinstance(value, dict):
        return {"image_url": PICTURE_URL}
    return PICTURE_URL if isinstance(value, str) else PICTURE


def _real_origin(value: Any, is_walk: bool) -> Any:
    if isinstance(value, dict):
        return {"id": _real_id(value["id"], is_walk)}
    if isinstance(value, str):
        return CLIP_URL if value.startswith("data:") else finished()
    return CLIP


@schemathesis.check
def refused_for_the_state_alone(context: Any, response: Any, case: Any) -> None:
    """Valid data may be refused with 400 only for what no schema can say."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    code = response.json()["error"]["code"]
    assert code in OF_STATE, f"valid data was refused with {code}: {response.text[:500]}"

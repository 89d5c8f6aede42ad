"""The whole dialect over a service in memory: requests as bytes in, answers as bytes out."""

from __future__ import annotations

import base64
import json

import pytest
from fakes import KEY, MULTIPART, NOW, OTHER_KEY, FakeService, a_video, client, multipart

from mutoscope.dialect.limits import Limits
from mutoscope.dialect.routes import PREFIXES
from mutoscope.domain.errors import DatabaseUnavailable, IllegalTransition
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Failure

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
DONE = a_video(id="video_done", state=State.COMPLETED, progress=100, completed_at=NOW)
BUSY = a_video(id="video_busy", state=State.GENERATING, progress=40, expected_seconds=40.0)
BROKEN = a_video(id="video_broken", state=State.FAILED, failure=Failure("encoding_failed", "It broke."))
FOREIGN = a_video(id="video_foreign", tenant="other", state=State.COMPLETED, progress=100)


def java(*fields):
    """Java declares a type for every part and names no file for bytes."""
    return multipart(*((f'name="{name}"\r\nContent-Type: {kind}', data) for name, kind, data in fields))


def python(*fields):
    """Python's httpx declares no type for texts."""
    return multipart(*((f'name="{name}"', data) for name, data in fields))


@pytest.fixture
def service():
    return FakeService(videos=[DONE, BUSY, BROKEN, FOREIGN])


@pytest.fixture
def call(service):
    return client(service)


# -- create --------------------------------------------------------------------------------------------------

CREATES = {
    "json": (JSON, b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "json, number": (
        "application/json; charset=utf-8",
        b'{"prompt":"a lake","model":"sora-2","seconds":8,"size":"1280x720"}',
    ),
    "json, decimal": (
        "application/vnd.x+json",
        b'{"prompt":"a lake","model":"sora-2","seconds":8.0,"size":"1280x720"}',
    ),
    "python": (
        MULTIPART,
        python(("prompt", b"a lake"), ("model", b"sora-2"), ("seconds", b"8"), ("size", b"1280x720")),
    ),
    "java": (
        MULTIPART,
        java(
            ("prompt", "text/plain; charset=utf-8", b"a lake"),
            ("model", "text/plain; charset=utf-8", b"sora-2"),
            ("seconds", "text/plain; charset=utf-8", b"8"),
            ("size", "text/plain; charset=utf-8", b"1280x720"),
        ),
    ),
    "quoted boundary": (
        'Multipart/Form-Data; Boundary="b0undary"; charset=utf-8',
        python(("prompt", b"a lake"), ("model", b"sora-2"), ("seconds", b"8"), ("size", b"1280x720")),
    ),
    "urlencoded": (URLENCODED, b"prompt=a+lake&model=sora-2&seconds=8&size=1280x720"),
    "curl -d with JSON": (URLENCODED, b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "no type": (None, b' {"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "text": (
        "text/plain;charset=UTF-8",
        b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}',
    ),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("content_type", "body"), CREATES.values(), ids=CREATES)
@pytest.mark.parametrize("step", [0, 3])
async def test_create_in_every_encoding(service, call, prefix, content_type, body, step):
    chunks = [body[at : at + step] for at in range(0, len(body), step)] if step else [body]
    answer = await call("POST", f"{prefix}/videos", chunks, content_type)
    assert answer.status == 200
    (new,) = service.created
    assert (new.prompt, new.model, new.seconds, new.size) == ("a lake", "sora-2", 8, "1280x720")
    assert (new.ignored, new.reference) == ((), None)
    assert answer.json["status"] == "queued"
    assert answer.json["seconds"] == "8"
    assert answer.headers["openai-poll-after-ms"].isdigit()
    assert "mutoscope-notice" in answer.headers
    assert answer.headers["mutoscope-notice"].isascii()


REFERENCES = {
    "python file": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="input_reference"; filename="upload"\r\nContent-Type: application/octet-stream', PNG),
        ),
    ),
    "java bytes": (
        MULTIPART,
        java(("prompt", "text/plain", b"x"), ("input_reference", "application/octet-stream", PNG)),
    ),
    "java url": (
        MULTIPART,
        java(
            ("prompt", "text/plain", b"x"),
            ("input_reference[image_url]", "application/octet-stream", DATA_URL.encode()),
        ),
    ),
    "ruby url": (
        MULTIPART,
        java(("prompt", "text/plain", b"x"), ("input_reference[image_url]", "text/plain", DATA_URL.encode())),
    ),
    "node url": (MULTIPART, python(("prompt", b"x"), ("input_reference[image_url]", DATA_URL.encode()))),
    "json in a part": (
        MULTIPART,
        python(("prompt", b"x"), ("input_reference", json.dumps({"image_url": DATA_URL}).encode())),
    ),
    "empty file beside a key": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="input_reference"; filename="upload"', b""),
            ('name="input_reference[image_url]"', DATA_URL.encode()),
        ),
    ),
    "json object": (JSON, json.dumps({"prompt": "x", "input_reference": {"image_url": DATA_URL}}).encode()),
    "json string": (JSON, json.dumps({"prompt": "x", "input_reference": DATA_URL}).encode()),
    "json list": (JSON, json.dumps({"prompt": "x", "input_reference": [{"image_url": {"url": DATA_URL}}]}).encode()),
    "urlencoded": (URLENCODED, b"prompt=x&input_reference[image_url]=" + DATA_URL.replace("+", "%2B").encode()),
}


@pytest.mark.parametrize(("content_type", "body"), REFERENCES.values(), ids=REFERENCES)
async def test_references_in_every_form(service, call, content_type, body):
    answer = await call("POST", "/v1/videos", body, content_type)
    assert answer.status == 200
    assert service.created[0].reference.data == PNG
    assert service.created[0].reference.param == "input_reference"


BAD_BODIES = {
    "nothing": (None, b"", "prompt", "missing_required_parameter"),
    "nothing as json": (JSON, b"", "prompt", "missing_required_parameter"),
    "blank json": (JSON, b" \n", "prompt", "missing_required_parameter"),
    "nothing as multipart": (MULTIPART, b"", "prompt", "missing_required_parameter"),
    "nothing, no boundary": ("multipart/form-data", b"", "prompt", "missing_required_parameter"),
    "nothing as xml": ("application/xml", b"", "prompt", "missing_required_parameter"),
    "empty form": (MULTIPART, b"--b0undary--\r\n", "prompt", "missing_required_parameter"),
    "empty object": (JSON, b"{}", "prompt", "missing_required_parameter"),
    "null prompt": (JSON, b'{"prompt": null}', "prompt", "missing_required_parameter"),
    "empty prompt": (JSON, b'{"prompt": " "}', "prompt", "empty_string"),
    "empty prompt, form": (MULTIPART, python(("prompt", b"")), "prompt", "empty_string"),
    "long prompt": (JSON, json.dumps({"prompt": "x" * 32_001}).encode(), "prompt", "string_above_max_length"),
    "number prompt": (JSON, b'{"prompt": 7}', "prompt", "invalid_type"),
    "two prompts": (MULTIPART, python(("prompt", b"x"), ("prompt", b"y")), "prompt", "invalid_type"),
    "nul": (JSON, b'{"prompt": "a\\u0000b"}', "prompt", "invalid_value"),
    "nul, form": (MULTIPART, python(("prompt", b"a\x00b")), "prompt", "invalid_value"),
    "nul, urlencoded": (URLENCODED, b"prompt=a%00b", "prompt", "invalid_value"),
    "lone surrogate": (JSON, b'{"prompt": "a\\ud800b"}', "prompt", "invalid_value"),
    "surrogate bytes, form": (MULTIPART, python(("prompt", b"\xed\xa0\x80")), "prompt", "invalid_value"),
    "surrogate bytes, urlencoded": (URLENCODED, b"prompt=%ED%A0%80", None, "invalid_value"),
    "not utf-8": (JSON, b'{"prompt": "\xe9"}', None, "invalid_value"),
    "not utf-8, urlencoded": (URLENCODED, b"prompt=\xe9", None, "invalid_value"),
    "seconds true": (JSON, b'{"prompt": "x", "seconds": true}', "seconds", "invalid_type"),
    "seconds NaN": (JSON, b'{"prompt": "x", "seconds": NaN}', None, "invalid_value"),
    "seconds 99": (JSON, b'{"prompt": "x", "seconds": 99}', "seconds", "invalid_value"),
    "size number": (JSON, b'{"prompt": "x", "size": 720}', "size", "invalid_type"),
    "unknown model": (JSON, b'{"prompt": "x", "model": "sora-9"}', "model", "model_not_found"),
    "nul model": (JSON, b'{"prompt": "x", "model": "a\\u0000"}', "model", "model_not_found"),
    "reference by url": (
        JSON,
        b'{"prompt":"x","input_reference":"https://a/b.png"}',
        "input_reference",
        "invalid_value",
    ),
    "reference by id": (
        JSON,
        b'{"prompt":"x","input_reference":{"file_id":"f"}}',
        "input_reference.file_id",
        "invalid_value",
    ),
    "array": (JSON, b"[1]", None, "invalid_type"),
    "string": (JSON, b'"x"', None, "invalid_type"),
    "broken json": (JSON, b'{"prompt": ', None, "invalid_value"),
    "deep": (JSON, b'{"prompt":"x","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", None, "invalid_value"),
    "multipart as json": (JSON, python(("prompt", b"x")), None, "invalid_value"),
    "json as multipart": (MULTIPART, b'{"prompt": "x"}', None, "invalid_value"),
    "no boundary": ("multipart/form-data", python(("prompt", b"x")), None, "invalid_value"),
    "truncated": (MULTIPART, multipart(('name="prompt"', b"x"), end=False), None, "invalid_value"),
    "101 parts": (MULTIPART, python(*[("a", b"")] * 101), None, "invalid_value"),
    "101 pairs": (URLENCODED, b"&".join([b"a=1"] * 101), None, "invalid_value"),
    "deep key": (URLENCODED, b"a" + b"[x]" * 40 + b"=1", "a", "invalid_value"),
}


# A remix does not look at some fields, and its model is the service's affair.
CREATE_ONLY = ("seconds", "size", "model", "input_reference", "input_reference.file_id")
BAD_REQUESTS = [
    pytest.param(path, *case, id=f"{path.rpartition('/')[2]}: {name}")
    for path in ("/v1/videos", "/v1/openai/videos/video_done/remix")
    for name, case in BAD_BODIES.items()
    if not (path.endswith("remix") and case[2] in CREATE_ONLY)
]


@pytest.mark.parametrize(("path", "content_type", "body", "param", "code"), BAD_REQUESTS)
async def test_bad_bodies_are_400_and_make_no_video(service, call, path, content_type, body, param, code):
    answer = await call("POST", path, body, content_type)
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code)
    assert answer.error["type"] == "invalid_request_error"
    assert answer.headers["x-should-retry"] == "false"
    assert service.created == []


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        ("application/xml", b"<prompt/>", ()),
        ("multipart/mixed; boundary=b", b"--b--", ()),
        (None, b"prompt", ()),
        ("text/plain", b"prompt", ()),
        (JSON, b"\x1f\x8b", [("content-encoding", "gzip")]),
    ],
)
async def test_other_encodings_are_415(service, call, content_type, body, headers):
    answer = await call("POST", "/v1/videos", body, content_type, headers)
    assert answer.status == 415
    assert answer.error["code"] == "unsupported_media_type"
    assert service.created == []


async def test_two_content_types_are_no_riddle_to_guess(call):
    answer = await call("POST", "/v1/videos", b"{}", JSON, [("content-type", MULTIPART)])
    assert answer.status == 400


@pytest.mark.parametrize("content_type", [JSON, MULTIPART, URLENCODED, "application/xml"])
async def test_bodies_over_the_limit_are_413_while_reading(service, content_type):
    call = client(service, limits=Limits(body_bytes=100))
    body = python(("a", b"")) if content_type == MULTIPART else b"a" * 60
    endless = [body[:60], b"x" * 41, None]
    announced = [("content-length", "101")], [("content-length", "9" * 5000)]
    for chunks, headers in ((endless, ()), *(([None], headers) for headers in announced)):
        answer = await call("POST", "/v1/videos", chunks, content_type, headers)
        assert answer.status == 413
        assert answer.error["code"] == "file_too_large"
        assert "100 bytes" in answer.error["message"]


async def test_long_text_parts_are_413_and_name_the_part(service):
    call = client(service, limits=Limits(text_bytes=50))
    for content_type, body in ((MULTIPART, python(("prompt", b"x" * 51))), (URLENCODED, b"prompt=" + b"x" * 51)):
        answer = await call("POST", "/v1/videos", body, content_type)
        assert (answer.status, answer.error["param"]) == (413, "prompt")


async def test_a_client_that_leaves_gets_no_answer_and_makes_no_noise(service, call):
    answer = await call("POST", "/v1/videos", [b'{"prompt":', None], JSON)
    assert answer.status == 0
    assert service.created == []


async def test_unknown_fields_are_listed(call):
    body = b'{"prompt":"x","user":"u","stream":true,"n":1,"negative_prompt":"y","metadata":null}'
    answer = await call("POST", "/v1/videos", body, JSON)
    assert answer.json["ignored"] == ["n", "negative_prompt", "stream", "user"]


async def test_the_same_bytes_again_are_read_the_same(service, call):
    body = REFERENCES["python file"]
    for _ in range(2):
        await call("POST", "/v1/videos", body[1], body[0], [("x-stainless-retry-count", "1")])
    assert service.created[0] == service.created[1]


# -- remix ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"prompt": "snow", "model": "flipbook", "seconds": "4", "size": "64x64"}'),
        (URLENCODED, b"prompt=snow&model=flipbook&seconds=4&size=64x64"),
        (MULTIPART, java(*((name, "text/plain", data) for name, data in (
            ("prompt", b"snow"), ("model", b"flipbook"), ("seconds", b"4"), ("size", b"64x64"))))),
    ],
)  # fmt: skip
async def test_remix_in_every_encoding(service, call, prefix, content_type, body):
    answer = await call("POST", f"{prefix}/videos/video_done/remix", body, content_type)
    assert answer.status == 200
    video = answer.json
    assert video["id"] != "video_done"
    assert (video["remixed_from_video_id"], video["status"], video["prompt"]) == ("video_done", "queued", "snow")
    assert video["ignored"] == ["seconds", "size"]
    assert video["remix"]["strategy"] == "native"
    assert service.created[0].model == "flipbook"


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("path", "body", "key", "status", "param", "code"),
    [
        ("/videos//remix", b'{"prompt":"x"}', KEY, 400, "video_id", "missing_required_parameter"),
        ("/videos/%20/remix", b'{"prompt":"x"}', KEY, 400, "video_id", "missing_required_parameter"),
        ("/videos/video_done/remix", b"{}", KEY, 400, "prompt", "missing_required_parameter"),
        ("/videos/video_done/remix", b'{"prompt":"x"}', None, 401, None, None),
        ("/videos/video_done/remix", b'{"prompt":"x"}', "wrong", 401, None, "invalid_api_key"),
        ("/videos//remix", b"", None, 401, None, None),
        ("/videos/video_none/remix", b'{"prompt":"x"}', KEY, 404, None, "video_not_found"),
        ("/videos/video_done/remix", b'{"prompt":"x"}', OTHER_KEY, 404, None, "video_not_found"),
        ("/videos/video_busy/remix", b'{"prompt":"x"}', KEY, 400, None, "source_not_completed"),
        ("/videos/video_broken/remix", b'{"prompt":"x"}', KEY, 400, None, "source_not_completed"),
        ("/videos/edits/remix", b'{"prompt":"x"}', KEY, 404, None, "route_not_found"),
    ],
)
async def test_remixes_that_fail(service, prefix, path, body, key, status, param, code):
    answer = await client(service, key)("POST", prefix + path, body, JSON)
    assert answer.status == status
    assert (answer.error["param"], answer.error["code"]) == (param, code)
    assert service.created == []


# -- authentication ------------------------------------------------------------------------------------------

GUARDED = [
    ("POST", "/videos"), ("GET", "/videos"), ("GET", "/videos/video_done"), ("DELETE", "/videos/video_done"),
    ("GET", "/videos/video_done/content"), ("HEAD", "/videos/video_done/content"),
    ("POST", "/videos/video_done/remix"), ("GET", "/models"), ("GET", "/models/flipbook"),
    ("GET", "/videos/not%2Fan%2Fid"), ("GET", "/videos/"),
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_no_route_without_a_key(service, prefix, method, path):
    answer = await client(service, None)(method, prefix + path, [None])
    assert (answer.status, answer.error["code"]) == (401, None)
    assert answer.headers["www-authenticate"] == "Bearer"
    answer = await client(service, "wrong")(method, prefix + path, [None])
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", f"Bearer {KEY}")],
        [("authorization", f"bearer   {KEY}  ")],
        [("api-key", KEY)],
        [("api-key", f" {KEY} ")],
        [("authorization", "Basic eDp5"), ("api-key", KEY)],
        [("authorization", "Bearer "), ("api-key", KEY)],
    ],
)
async def test_where_a_key_may_stand(service, headers):
    assert (await client(service, None)("GET", "/v1/videos", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([("authorization", KEY)], None),
        ([("authorization", f"Basic {KEY}")], None),
        ([("authorization", "Bearer")], None),
        ([("authorization", "Bearer \x80\xff")], "invalid_api_key"),
        ([("authorization", "Bearer wrong"), ("api-key", KEY)], "invalid_api_key"),
        ([("cookie", f"key={KEY}")], None),
    ],
)
async def test_where_it_may_not(service, headers, code):
    answer = await client(service, None)("GET", f"/v1/videos?api-key={KEY.replace(' ', '+')}", headers=headers)
    assert (answer.status, answer.error["code"]) == (401, code)


# -- retrieve, list, delete ----------------------------------------------------------------------------------


async def test_the_same_bytes_under_every_prefix(call):
    for path in ("/videos", "/videos/video_done", "/videos/video_broken", "/models", "/models/flipbook"):
        bodies = {(await call("GET", prefix + path)).body for prefix in PREFIXES}
        assert len(bodies) == 1


async def test_retrieve(call):
    busy = await call("GET", "/v1/videos/video_busy")
    assert (busy.status, busy.json["progress"], busy.json["status"]) == (200, 40, "in_progress")
    assert 500 <= int(busy.headers["openai-poll-after-ms"]) <= 5000
    done = await call("GET", "/v1/videos/video_done", b"not read", JSON)
    assert (done.status, done.json["status"]) == (200, "completed")
    assert "openai-poll-after-ms" not in done.headers
    broken = await call("GET", "/v1/videos/video_broken")
    assert (broken.status, broken.json["error"]) == (200, {"code": "encoding_failed", "message": "It broke."})


@pytest.mark.parametrize(
    "video_id",
    ["video_none", "video_foreign", "%2e%2e", "a%2Fb", "video_done%2Fcontent", "video_done%2fremix", "video_done%00",
     "video_done%0A", "video_done%20", "%ff%fe", "%F0%9F%98%80", "x" * 129, "a.b", "video_done;x=1", "%25"],
)  # fmt: skip
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/remix")])
async def test_ids_of_nobody(service, call, video_id, method, tail):
    answer = await call(method, f"/v1/videos/{video_id}{tail}", b'{"prompt":"x"}' if tail == "/remix" else b"", JSON)
    assert (answer.status, answer.error["code"]) == (404, "video_not_found")
    assert len(answer.body) < 500
    assert len(service.videos) == 4


@pytest.mark.parametrize("path", ["/videos/", "/videos/%20", "/videos//content"])
async def test_a_missing_id_is_told(call, path):
    answer = await call("GET", f"/v1{path}")
    assert (answer.status, answer.error["param"]) == (400, "video_id")


async def test_list(call):
    page = (await call("GET", "/v1/videos?limit=2")).json
    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert [video["id"] for video in page["data"]] == ["video_broken", "video_busy"]
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("video_broken", "video_busy", True)
    rest = await call("GET", f"/v1/videos?limit=2&after={page['last_id']}")
    assert ([video["id"] for video in rest.json["data"]], rest.json["has_more"]) == (["video_done"], False)
    assert "openai-poll-after-ms" not in rest.headers
    rising = (await call("GET", "/v1/videos?order=asc&limit=500")).json
    assert [video["id"] for video in rising["data"]] == ["video_done", "video_busy", "video_broken"]


@pytest.mark.parametrize(
    ("query", "has_more"), [("limit=0", True), ("after=after", False), ("after=%00", False), ("after=a%20b", False)]
)
async def test_empty_pages(call, query, has_more):
    answer = await call("GET", f"/v1/videos?{query}")
    assert answer.status == 200
    assert answer.json == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": has_more}


@pytest.mark.parametrize(
    ("query", "param"), [("limit=-1", "limit"), ("limit=x", "limit"), ("order=up", "order"), ("limit=%ff", "limit")]
)
async def test_bad_queries(call, query, param):
    answer = await call("GET", f"/v1/videos?{query}")
    assert (answer.status, answer.error["param"]) == (400, param)


async def test_delete(service, call):
    answer = await call("DELETE", "/v1/videos/video_busy", b"", JSON)
    assert answer.status == 200
    assert answer.json == {"id": "video_busy", "object": "video.deleted", "deleted": True}
    assert (await call("DELETE", "/v1/videos/video_busy")).error["code"] == "video_not_found"


# -- everything else -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/videos/edits", 404),
        ("POST", "/videos/edits", 404),
        ("DELETE", "/videos/extensions", 404),
        ("GET", "/videos/characters", 404),
        ("GET", "/videos/characters/char_1", 404),
        ("GET", "/videos/edits/content", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/videos/a/b/c", 404),
        ("GET", "/videos%0A", 404),
        ("GET", "/videos%2Fvideo_done", 404),
        ("GET", "/../videos", 404),
    ],
)
async def test_unknown_urls(call, prefix, method, path, status):
    answer = await call(method, prefix + path)
    assert answer.status == status
    assert answer.error["code"] == "route_not_found"
    assert answer.error["message"].startswith("Invalid URL")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/videos", "GET, HEAD, POST"),
        ("DELETE", "/v1/videos", "GET, HEAD, POST"),
        ("POST", "/v1/videos/video_done", "DELETE, GET, HEAD"),
        ("POST", "/v1/videos/video_done/content", "GET, HEAD"),
        ("GET", "/v1/openai/videos/video_done/remix", "POST"),
        ("OPTIONS", "/v1/models", "GET, HEAD"),
        ("BREW", "/healthz", "GET, HEAD"),
    ],
)
async def test_wrong_methods(call, method, path, allow):
    answer = await call(method, path)
    assert (answer.status, answer.error["code"], answer.headers["allow"]) == (405, "method_not_allowed", allow)


async def test_models(call):
    models = (await call("GET", "/v1/models")).json
    assert (models["object"], [model["id"] for model in models["data"]]) == ("list", ["flipbook", "org/listed"])
    for path in ("flipbook", "org/listed", "org%2Flisted", "sora-2"):
        assert (await call("GET", f"/v1/models/{path}")).json["object"] == "model"
    missing = await call("GET", "/v1/models/gpt-9")
    assert (missing.status, missing.error["code"], missing.error["param"]) == (404, "model_not_found", "model")


async def test_probes_need_no_key(service):
    call = client(service, None)
    assert (await call("GET", "/healthz")).json == {"status": "ok"}
    assert (await call("GET", "/readyz")).json == {"status": "ready"}
    service.problems = ["storage: full"]
    answer = await call("GET", "/readyz")
    assert (answer.status, answer.json["not_ready"], answer.error["code"]) == (503, ["storage: full"], "not_ready")
    assert "retry-after" in answer.headers


async def test_every_answer_has_the_common_headers(call):
    ids = set()
    for path in ("/v1/videos", "/v1/videos/video_none", "/nowhere", "/healthz"):
        headers = (await call("GET", path)).headers
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-processing-ms"].isdigit()
        assert headers["x-request-id"].startswith("req_")
        ids.add(headers["x-request-id"])
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("failure", "status", "retry"),
    [
        (RuntimeError("/secret"), 500, "false"),
        (DatabaseUnavailable("/secret"), 503, "true"),
        (IllegalTransition("/secret"), 500, "false"),
    ],
)
async def test_failures_of_ours_keep_the_envelope_and_their_secrets(service, call, failure, status, retry):
    service.failure = failure
    for method, path, body in (("GET", "/v1/videos/video_done", b""), ("POST", "/v1/videos", b'{"prompt":"x"}')):
        answer = await call(method, path, body, JSON)
        assert (answer.status, answer.headers["x-should-retry"]) == (status, retry)
        assert answer.error["type"] == "server_error"
        assert b"secret" not in answer.body


@pytest.mark.parametrize(
    "headers", [[("x-long", "x" * 40_000)], [("x-many", "1")] * 101, [("cookie", "a" * 33_000), ("accept", "*/*")]]
)
async def test_oversized_headers_are_refused(call, headers):
    answer = await call("GET", "/v1/videos", headers=headers)
    assert (answer.status, answer.error["code"]) == (400, "headers_too_large")


async def test_an_oversized_url_is_refused(call):
    assert (await call("GET", "/v1/videos/" + "x" * 40_000)).status == 400
    assert (await call("GET", "/v1/videos?after=" + "x" * 40_000)).status == 400

"""The whole dialect over a service in memory: requests as bytes in, answers as bytes out."""

from __future__ import annotations

import pytest
from fakes import JSON, KEY, MULTIPART, OTHER_KEY, URLENCODED, client, java, stocked

from mutoscope.dialect.routes import PREFIXES
from mutoscope.domain.errors import DatabaseUnavailable, IllegalTransition

pytestmark = pytest.mark.anyio


@pytest.fixture
def service():
    return stocked()


@pytest.fixture
def call(service):
    return client(service)


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
    assert service.created[0].wishes.model == "flipbook"


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
    ("GET", "/videos/video_done/lineage"),
    ("POST", "/videos/video_done/remix"), ("POST", "/videos/edits"), ("POST", "/videos/extensions"),
    ("POST", "/videos/characters"), ("GET", "/videos/characters/char_1"), ("GET", "/models"),
    ("GET", "/models/flipbook"),
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


BROKEN = {"code": "encoding_failed", "message": "It broke.", "type": "server_error", "param": None}


async def test_retrieve(call):
    busy = await call("GET", "/v1/videos/video_busy")
    assert (busy.status, busy.json["progress"], busy.json["status"]) == (200, 40, "in_progress")
    assert 500 <= int(busy.headers["openai-poll-after-ms"]) <= 5000
    done = await call("GET", "/v1/videos/video_done", b"not read", JSON)
    assert (done.status, done.json["status"]) == (200, "completed")
    assert "openai-poll-after-ms" not in done.headers
    broken = await call("GET", "/v1/videos/video_broken")
    assert (broken.status, broken.json["error"]) == (200, BROKEN)


@pytest.mark.parametrize(
    "video_id",
    ["video_none", "video_foreign", "%2e%2e", "a%2Fb", "video_done%2Fcontent", "video_done%2fremix", "video_done%00",
     "video_done%0A", "video_done%20", "%ff%fe", "%F0%9F%98%80", "x" * 129, "a.b", "video_done;x=1", "%25"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "tail"), [("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/remix"), ("GET", "/lineage")]
)
async def test_ids_of_nobody(service, call, video_id, method, tail):
    answer = await call(method, f"/v1/videos/{video_id}{tail}", b'{"prompt":"x"}' if tail == "/remix" else b"", JSON)
    assert (answer.status, answer.error["code"]) == (404, "video_not_found")
    assert len(answer.body) < 500
    assert len(service.videos) == 4


@pytest.mark.parametrize("path", ["/videos/", "/videos/%20", "/videos//content"])
async def test_a_missing_id_is_told(call, path):
    answer = await call("GET", f"/v1{path}")
    assert (answer.status, answer.error["param"]) == (400, "video_id")


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_lineage(call, prefix):
    answer = await call("GET", f"{prefix}/videos/video_done/lineage")
    assert answer.status == 200
    assert answer.json == {
        "object": "video.lineage",
        "root_id": "video_root",
        "nodes": [
            {"id": "video_root", "remixed_from_video_id": None, "prompt": None, "status": "failed", "strategy": None,
             "created_at": 1_800_000_000},
            {"id": "video_done", "remixed_from_video_id": "video_root", "prompt": "snow", "status": "completed",
             "strategy": "native", "created_at": 1_800_000_000},
        ],
    }  # fmt: skip
    refused = await call("POST", f"{prefix}/videos/video_done/lineage")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


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
        ("DELETE", "/videos/extensions", 404),
        ("GET", "/videos/characters", 404),
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
        ("DELETE", "/v1/videos/characters/char_1", "GET, HEAD"),
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

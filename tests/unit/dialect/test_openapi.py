"""The OpenAPI document says what the code does, and the page says what the document says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from starlette.routing import Route

from mutoscope.dialect.application import build
from mutoscope.dialect.fields import CREATE_FIELDS, EDIT_FIELDS, EXTENSION_FIELDS, MODE, REMIX_FIELDS, WRAPPERS
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.reference.answers import STRUCTS, answer_schemas
from mutoscope.dialect.reference.document import document
from mutoscope.dialect.reference.examples import examples
from mutoscope.dialect.reference.fields import BODIES, INK
from mutoscope.dialect.reference.notes import NOTES
from mutoscope.dialect.reference.operations import OPERATIONS
from mutoscope.dialect.reference.page import OBJECTS, policy, render
from mutoscope.dialect.reference.types import spelled
from mutoscope.dialect.routes import PREFIXES
from mutoscope.dialect.schema import video_object
from mutoscope.domain.catalog import Catalog
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import check_prompt
from unit.dialect.fakes import MODEL, FakeService, a_video, client

DOCUMENT = document(Catalog.of([MODEL], MODEL.name), Limits(), PREFIXES)
# Called by upstreams, and no part of what clients may call.
OF_UPSTREAMS = ("/v1/callbacks/", "/v1/source/")
OPERATION_IDS = [operation.id for operation in OPERATIONS]


def operation(name: str) -> dict[str, Any]:
    return next(
        made
        for path in DOCUMENT["paths"].values()
        for made in path.values()
        if isinstance(made, dict) and made["operationId"] == name
    )


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_route_is_in_it_and_no_other() -> None:
    app = build(FakeService())  # type: ignore[arg-type]
    served = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in app.router.routes
        if isinstance(route, Route) and (route.path.startswith("/v1/") or route.path in ("/healthz", "/readyz"))
        for method in route.methods or ()
        if method != "HEAD" and not route.path.startswith(("/v1/openai", *OF_UPSTREAMS))
    }
    told = {
        (path if path in ("/healthz", "/readyz") else f"/v1{path}", method)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "servers"
    }
    assert told == served


def test_every_prefix_is_a_server() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == [prefix or "/" for prefix in PREFIXES]


def test_every_field_of_an_answer_has_its_note_and_no_note_is_left_over() -> None:
    _, components = msgspec.json.schema_components(STRUCTS)
    assert {name: set(made["properties"]) for name, made in components.items()} == {
        name: set(notes) for name, notes in NOTES.items()
    }


def test_only_keys_that_may_be_left_out_are_not_required() -> None:
    video = answer_schemas()["Video"]
    optional = {
        "created",
        "remix",
        "adjustments",
        "ignored",
        "unmatched",
        "confidence",
        "notice",
        "usage",
        "mode",
        "rehearsal",
    }
    assert set(video["properties"]) - set(video["required"]) == optional
    assert set(msgspec.to_builtins(video_object(a_video()))) == set(video["required"])


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("NewVideo", CREATE_FIELDS),
        ("NewRemix", REMIX_FIELDS),
        ("NewEdit", EDIT_FIELDS),
        ("NewExtension", EXTENSION_FIELDS),
    ],
)
def test_the_fields_of_a_body_are_those_that_are_read(body: str, read: frozenset[str]) -> None:
    expected = read | {MODE, *WRAPPERS}
    assert set(BODIES[body].names) == expected
    assert set(DOCUMENT["components"]["schemas"][body]["properties"]) == expected


@given(st.text(max_size=5))
def test_a_prompt_without_ink_is_refused_and_one_with_it_is_not_empty(prompt: str) -> None:
    if re.search(INK, prompt):
        assert refusal(prompt) != "empty_string"
    else:
        assert refusal(prompt) is not None


def refusal(prompt: str) -> str | None:
    try:
        check_prompt(prompt)
    except InvalidRequest as error:
        return error.error_code
    return None


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_examples_are_what_the_document_says(name: str) -> None:
    made, said = operation(name), examples().get(name, {})
    if "requestBody" in made:
        validator(made["requestBody"]["content"]["application/json"]["schema"]).validate(said["request"])
    content = made["responses"]["200"]["content"].get("application/json")
    assert (content is None) == ("answer" not in said)
    if content is not None:
        for key in ("answer", "plan"):
            if key in said:
                validator(content["schema"]).validate(said[key])


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_every_answer_has_an_example_that_fits_it(name: str) -> None:
    for status, answer in operation(name)["responses"].items():
        for kind, content in answer.get("content", {}).items():
            if kind != "application/json":
                continue
            shown = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
            for value in shown:
                validator(content["schema"]).validate(value)
                assert status == "200" or value["error"]["message"]


def test_everything_has_a_description() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert all(inner["description"] for inner in schema["properties"].values()), name
    for found in (*DOCUMENT["components"]["parameters"].values(), *DOCUMENT["components"]["headers"].values()):
        assert found["description"]
    for name in OPERATION_IDS:
        made = operation(name)
        assert made["summary"]
        assert made["description"]
        assert all(answer["description"] for answer in made["responses"].values())


def test_links_lead_to_operations() -> None:
    for name in OPERATION_IDS:
        for link in operation(name)["responses"]["200"].get("links", {}).values():
            assert link["operationId"] in OPERATION_IDS


def test_codes_stand_by_the_statuses_that_carry_them() -> None:
    answers = operation("download_content")["responses"]
    codes = {
        status: set(answer["content"]["application/json"].get("examples", {}))
        for status, answer in answers.items()
        if status >= "400"
    }
    assert {"video_not_ready", "video_expired", "variant_not_available", "video_not_found"} <= codes["404"]
    assert codes["416"] == {"range_not_satisfiable"}
    assert {"video_generation_failed", "invalid_value"} <= codes["400"]
    assert codes["401"] == {"invalid_api_key", "no_key"}
    assert {"content-range", "x-should-retry"} <= set(answers["416"]["headers"])


@pytest.mark.anyio
async def test_both_are_served_without_a_key() -> None:
    call = client(FakeService(), key=None)
    served = await call("GET", "/openapi.json")
    assert served.status == 200
    assert json.loads(served.body)["info"]["title"] == "Mutoscope"
    page = await call("GET", "/docs")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == policy()
    assert "script" not in policy()


def test_a_server_starts_without_making_it() -> None:
    code = "import sys, mutoscope.dialect.application; print([n for n in sys.modules if 'dialect.reference.' in n])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


class Page(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        known = {name: value or "" for name, value in attrs}
        self.ids += [known["id"]] if "id" in known else []
        self.targets += [known["href"]] if "href" in known else []
        self.sources += [known[name] for name in ("src", "style", "onclick") if name in known]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    html = render(json.loads(json.dumps(DOCUMENT)))
    page = Page(html)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert page.sources == []
    assert "url(" not in html
    assert all(target.startswith("#") or target == "/openapi.json" for target in page.targets)


def test_the_page_leads_to_every_operation_and_object() -> None:
    page = Page(render(json.loads(json.dumps(DOCUMENT))))
    assert len(page.ids) == len(set(page.ids))
    assert {*OPERATION_IDS, *OBJECTS} <= set(page.ids)
    assert {target[1:] for target in page.targets if target.startswith("#")} <= set(page.ids)
    assert sum(text.startswith("curl ") for text in page.words) == len(OPERATIONS)


def test_what_a_model_is_called_cannot_become_markup() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["info"]["summary"] = "<script>alert(1)</script>"
    assert "<script>" not in render(document)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 32_000}, "text, 1 to 32,000 characters"),
        ({"type": "integer", "minimum": 0}, "integer, from 0"),
        ({"enum": ["asc", "desc"]}, "asc or desc"),
        ({"enum": [str(length) for length in range(1, 21)]}, "1 … 20"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Video"}}, "list of Video"),
        ({"type": "object", "properties": {"id": {}}}, "{id}"),
    ],
)
def test_a_schema_in_words(schema: dict[str, Any], words: str) -> None:
    assert spelled(schema) == words

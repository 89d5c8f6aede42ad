"""The document as one page of HTML: no script, no font, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Set
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from mutoscope.dialect.reference.examples import examples
from mutoscope.dialect.reference.fields import FILE
from mutoscope.dialect.reference.types import spelled

Json = dict[str, Any]

METHODS = ("get", "post", "delete")
# Described in a place of their own, because they stand inside several answers.
OBJECTS = (
    "Video",
    "Event",
    "Error",
    "Remix",
    "Adjustment",
    "Skipped",
    "Model",
    "SizeRange",
    "Price",
    "WebhookEndpoint",
    "WebhookDelivery",
    "ErrorEnvelope",
    "ErrorBody",
)


def policy() -> str:
    """The Content-Security-Policy under which the page works: its own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(document: Json) -> str:
    """The page for a document that `document.py` made."""
    info = document["info"]
    groups = [(tag, list(_operations(document, tag["name"]))) for tag in document["tags"]]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])} API</title><style>{_style()}</style></head><body>",
            '<a class="skip" href="#content">To the content</a><div class="frame">',
            _navigation(info, groups),
            '<main id="content">',
            _introduction(document),
            *(_group(document, tag, operations) for tag, operations in groups),
            _objects(document),
            '<footer>Made from <a href="/openapi.json">openapi.json</a>, which programs read.</footer>',
            "</main></div></body></html>",
        )
    )


@cache
def _style() -> str:
    return resources.files(__package__ or "").joinpath("page.css").read_text(encoding="utf-8")


def _operations(document: Json, tag: str) -> Iterable[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, made in item.items():
            if method in METHODS and tag in made["tags"]:
                yield method, path, made


def _navigation(info: Json, groups: list[tuple[Json, list[tuple[str, str, Json]]]]) -> str:
    parts = [
        f'<nav aria-label="Operations"><a class="brand" href="#content">{escape(info["title"])}</a>',
        f'<p class="version">API reference, version {escape(info["version"])}</p>',
    ]
    for tag, operations in groups:
        parts.append(f"<h2>{escape(tag['name'])}</h2><ul>")
        parts += [
            f'<li><a href="#{made["operationId"]}">{_method(method)}<span>{escape(made["summary"])}</span></a></li>'
            for method, _, made in operations
        ]
        parts.append("</ul>")
    parts.append("<h2>Objects</h2><ul>")
    parts += [f'<li><a href="#{name}"><span>{name}</span></a></li>' for name in OBJECTS]
    return "".join((*parts, "</ul></nav>"))


def _introduction(document: Json) -> str:
    info, security = document["info"], document["components"]["securitySchemes"]
    servers = [(server["url"], server["description"]) for server in document["servers"]]
    keys = "".join(f"<li>{_text(scheme['description'])}</li>" for scheme in security.values())
    return (
        f'<h1>{escape(info["title"])}</h1><p class="lead">{escape(info["summary"])}</p>'
        f'<div class="prose">{_paragraphs(info["description"])}'
        f"<p>Every request but the probes carries a key, in one of two ways:</p><ul>{keys}</ul></div>"
        f"<h4>Prefixes</h4>{_table(('prefix', '', ''), [(_code(url), '', _text(text)) for url, text in servers])}"
        "<h4>For the lines below</h4>"
        + _block("export MUTOSCOPE_URL=http://127.0.0.1:8650\nexport MUTOSCOPE_API_KEY=muto-…")
    )


def _group(document: Json, tag: Json, operations: list[tuple[str, str, Json]]) -> str:
    made = "".join(_operation(document, *operation) for operation in operations)
    return f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{made}"


def _operation(document: Json, method: str, path: str, made: Json) -> str:
    name = made["operationId"]
    is_open = made.get("security") == []
    shown = path if is_open else document["servers"][0]["url"] + path
    return "".join(
        (
            f'<section class="operation" id="{name}"><h3><a href="#{name}">{escape(made["summary"])}</a></h3>',
            f'<p class="route">{_method(method)}<code>{escape(shown)}</code>',
            f"{'<span class=open>no key needed</span>' if is_open else ''}</p>",
            f"<p>{_text(made['description'])}</p>",
            _parameters(document, made["parameters"]),
            _body(document, made),
            f"<h4>Try it</h4>{_block(_curl(method, shown, name, is_open=is_open, made=made))}",
            _answer(document, made),
            _failures(document, made),
            "</section>",
        )
    )


def _parameters(document: Json, refs: list[Json]) -> str:
    if not refs:
        return ""
    rows = []
    for found in (_resolved(document, ref) for ref in refs):
        must = _must(found["required"])
        where = f"{found['in']}, {_type(found['schema'])}"
        rows.append((_code(found["name"]) + must, where, _text(found["description"])))
    return f"<h4>Parameters</h4>{_table(('name', 'where', ''), rows)}"


def _body(document: Json, made: Json) -> str:
    if "requestBody" not in made:
        return ""
    content = made["requestBody"]["content"]
    schema = _resolved(document, content["application/json"]["schema"])
    kinds = ", ".join(_code(kind) for kind in content)
    files = _files(_resolved(document, content["multipart/form-data"]["schema"]))
    return f"<h4>Body</h4><p>{kinds}</p>{_fields(schema, files)}"


def _files(schema: Json) -> set[str]:
    """The fields that may be file parts of a form."""
    return {name for name, inner in schema["properties"].items() if FILE in inner.get("anyOf", ())}


def _fields(schema: Json, files: Set[str] = frozenset()) -> str:
    rows = [
        (
            _code(name) + _must(name in schema["required"]),
            ("file, " if name in files else "") + _type(inner),
            _text(inner["description"]),
        )
        for name, inner in schema["properties"].items()
    ]
    return _table(("field", "type", ""), rows)


def _answer(document: Json, made: Json) -> str:
    success = made["responses"]["200"]
    headers = [(name, _resolved(document, ref)) for name, ref in success["headers"].items()]
    rows = [(_code(name), _type(one["schema"]), _text(one["description"])) for name, one in headers]
    parts = [f"<h4>Answer</h4><p>{_text(success['description'])}</p>"]
    for kind, body in success["content"].items():
        if kind != "application/json":
            parts.append(f"<p>{_code(kind)}</p>{_block(body['example']) if 'example' in body else ''}")
            continue
        for name, example in body["examples"].items():
            schema = document["components"]["schemas"][name]
            fields = _fields(schema) if name not in OBJECTS else f'<p>A <a href="#{name}">{name}</a>.</p>'
            parts.append(f"<details{_opened(name)}><summary>{escape(name)}: example</summary>{_json(example['value'])}")
            parts.append(f"</details><details><summary>{escape(name)}: fields</summary>{fields}</details>")
    parts.append(f"<details><summary>Headers</summary>{_table(('header', 'type', ''), rows)}</details>")
    return "".join(parts)


def _failures(document: Json, made: Json) -> str:
    rows = [
        (_code(status), _text(answer["description"]), "")
        for status, answer in made["responses"].items()
        if status != "200"
    ]
    shown = next(
        answer["content"]["application/json"]
        for status, answer in made["responses"].items()
        if status >= "400" and "content" in answer
    )
    body = next(iter(shown["examples"].values()))["value"] if "examples" in shown else shown["example"]
    return (
        f"<details><summary>Other answers</summary>{_table(('status', '', ''), rows, 'statuses')}"
        f"<h4>As one looks</h4>{_json(body)}</details>"
    )


def _curl(method: str, path: str, name: str, *, is_open: bool, made: Json) -> str:
    said = examples().get(name, {})
    address = path
    for slot in re.findall(r"\{(\w+)\}", path):
        address = address.replace("{" + slot + "}", _slot(slot))
    lines = ["curl " + ("" if method == "get" else f"-X {method.upper()} ") + f'"$MUTOSCOPE_URL{address}"']
    if not is_open:
        lines.append('-H "Authorization: Bearer $MUTOSCOPE_API_KEY"')
    if "request" in said:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d {shlex.quote(json.dumps(said['request'], ensure_ascii=False, indent=2))}")
    if "application/json" not in made["responses"]["200"]["content"]:
        is_stream = "text/event-stream" in made["responses"]["200"]["content"]
        lines.append("-N" if is_stream else "-o video.mp4")
    return " \\\n  ".join(lines)


def _slot(name: str) -> str:
    said = examples()
    return {
        "video_id": said["create_video"]["answer"]["id"],
        "character_id": said["create_character"]["answer"]["id"],
        "model": said["retrieve_model"]["answer"]["id"],
        "webhook_endpoint_id": said["create_webhook_endpoint"]["answer"]["id"],
        "delivery_id": said["replay_webhook_delivery"]["answer"]["id"],
    }[name]


def _objects(document: Json) -> str:
    """What stands inside the answers."""
    schemas = document["components"]["schemas"]
    parts = ["<h2>Objects</h2><p>What stands inside the answers.</p>"]
    for name in OBJECTS:
        made = schemas[name]
        parts.append(f'<section class="operation" id="{name}"><h3><a href="#{name}">{name}</a></h3>')
        parts.append(f"<p>{_text(made['description'])}</p>{_fields(made)}</section>")
    return "".join(parts)


def _type(schema: Json) -> str:
    """The schema in a few words; the name of an object leads to it."""
    words = escape(spelled(schema))
    return re.sub(r"\b(" + "|".join(OBJECTS) + r")\b", r'<a href="#\1">\1</a>', words)


def _resolved(document: Json, made: Json) -> Json:
    if "$ref" not in made:
        return made
    found: Any = document
    for key in made["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return found


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str]], kind: str = "") -> str:
    used = [place for place in range(3) if any(row[place] for row in rows)]
    top = "".join(f"<th>{head[place]}</th>" for place in used)
    body = "".join("<tr>" + "".join(f"<td>{row[place]}</td>" for place in used) + "</tr>" for row in rows)
    kind = kind or ("two" if len(used) < len(head) else "three")
    return f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _text(text: str) -> str:
    """One paragraph; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n"))


def _json(value: Any) -> str:
    return _block(json.dumps(value, indent=2, ensure_ascii=False))


def _block(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text, quote=False)}</code></pre>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _method(method: str) -> str:
    return f'<span class="method {method}">{"del" if method == "delete" else method}</span>'


def _must(required: bool) -> str:
    return ' <span class="must">required</span>' if required else ""


def _opened(name: str) -> str:
    return "" if name == "Plan" else " open"

"""The lines that make a video once more: for a shell, and for the official SDK."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from typing import Any

from mutoscope.domain.video import Operation, Video

KEY = "$MUTOSCOPE_API_KEY"
# Of the options those that can be written down; files go along otherwise.
_WRITTEN = ("negative_prompt", "generate_audio", "provider_options")
_METHODS = {Operation.EDIT: "edit", Operation.EXTENSION: "extend"}


@dataclass(frozen=True, slots=True)
class Lines:
    """One way to ask. name: of the tool."""

    name: str
    text: str


def repeating(video: Video, site: str, *, takes_seed: bool) -> tuple[Lines, ...]:
    """Both ways ask for what this video was asked with.

    site: the server's address, such as "http://127.0.0.1:8650". takes_seed: whether the video's model does. A remix
    keeps its source's seed for those that come after it, also on a model that would refuse one.
    """
    if not takes_seed:
        video = replace(video, request=replace(video.request, seed=None))
    return (Lines("curl", _curl(video, site)), Lines("Python", _python(video, site)))


def _curl(video: Video, site: str) -> str:
    path, fields = _asked(video)
    body = json.dumps(fields, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return "\n".join(
        (
            f"curl {shlex.quote(site + '/v1/videos' + path)} \\",
            f'  -H "Authorization: Bearer {KEY}" \\',
            '  -H "Content-Type: application/json" \\',
            f"  -d {shlex.quote(body)}",
        )
    )


def _python(video: Video, site: str) -> str:
    call, arguments = _called(video)
    lines = [f"    {argument}," for argument in arguments]
    return "\n".join(
        (
            "import os",
            "from openai import OpenAI",
            "",
            f'client = OpenAI(base_url={json.dumps(site + "/v1")}, api_key=os.environ["MUTOSCOPE_API_KEY"])',
            f"video = client.videos.{call}(",
            *lines,
            ")",
        )
    )


def _asked(video: Video) -> tuple[str, dict[str, Any]]:
    """The end of the path, and the fields of the body."""
    request = video.request
    common: dict[str, Any] = {"prompt": request.prompt, "model": request.model}
    if request.seed is not None:
        common["seed"] = request.seed
    common |= {name: request.options[name] for name in _WRITTEN if name in request.options}
    source = {"video": {"id": video.source_id}} if video.source_id else {}
    match request.operation:
        case Operation.CREATE:
            return "", {**common, "size": str(request.size), "seconds": f"{request.seconds:g}"}
        case Operation.REMIX:
            return f"/{video.source_id}/remix", common
        case Operation.EDIT:
            return "/edits", {**source, **common}
        case Operation.EXTENSION:
            return "/extensions", {**source, **common, "seconds": str(request.added_seconds)}


def _called(video: Video) -> tuple[str, list[str]]:
    """The SDK's method, and its arguments. What its interface does not know goes into `extra_body`."""
    _, fields = _asked(video)
    operation = video.request.operation
    extra = {
        name: fields.pop(name) for name in ("seed", "model", *_WRITTEN) if name in fields and _is_extra(name, operation)
    }
    arguments = [f"{name}={_literal(value)}" for name, value in fields.items()]
    if operation is Operation.REMIX:
        arguments.insert(0, _literal(video.source_id))
    if extra:
        arguments.append(f"extra_body={_literal(extra)}")
    return {Operation.CREATE: "create_and_poll", Operation.REMIX: "remix", **_METHODS}[operation], arguments


def _is_extra(name: str, operation: Operation) -> bool:
    return name != "model" or operation is not Operation.CREATE


def _literal(value: Any) -> str:
    """A value in Python's words, with the quotes that people write."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return "{" + ", ".join(f"{_literal(name)}: {_literal(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_literal, value)) + "]"
        case _:
            return repr(value)

"""One ComfyUI server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from mutoscope.domain.assets import link_name
from mutoscope.domain.errors import (
    ConfigurationError,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Content, Form, Json, Part
from mutoscope.egress.limits import Limits
from mutoscope.egress.socket import Socket
from mutoscope.providers.account import Account, Adapter, Option
from mutoscope.providers.api import Api, at, text_at
from mutoscope.providers.comfyui.answers import OURS, place_in_queue, poll_of, refusal_of, sentence_of
from mutoscope.providers.comfyui.graphs import by_slot, check_files, graph_for, prompt_id_of, seed_of, template_for
from mutoscope.providers.comfyui.listener import Listener
from mutoscope.providers.comfyui.templates import FILES, Graph, Template, templates_of
from mutoscope.providers.protocol import Job, Poll, Recovery, RemoteAsset, Running, Submitted, Waiting

POLL_SECONDS = 2.0
FOLDER = "mutoscope"

_UPLOAD = Limits(total=600.0)
# The queue tells every waiting graph in full.
_QUEUE = Limits(body=64 << 20)
_SIGNATURES = ((b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))


class ComfyUI:
    """The provider. ConfigurationError for a workflow that cannot be read, or lacks what its model declares."""

    is_local = False
    recovery = Recovery(finds=True, deadline_seconds=60.0)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self._templates = {model.name: templates_of(model) for model in account.models}
        self._for_partners = account.secret if account.options["credential_for"] == "partner_nodes" else ""
        self._api = _api(account)
        self._client_id = str(uuid.uuid4())
        self._door = account.door
        self._listener = Listener(self._socket, account.clock)

    async def submit(self, job: Job) -> Submitted:
        template = template_for(job, self._templates.get(job.model.name, {}))
        files = _files(job)
        check_files(job, template, files)
        # Also a clip that this server made: its own file of that name may have been replaced since by another's.
        uploaded = {slot: await self._upload(job, slot, *file) for slot, file in files.items()}
        graph = graph_for(job, template, uploaded)
        prompt_id = prompt_id_of(job)
        self._listener.wake()
        self._listener.follow(prompt_id, graph)
        source_nodes = frozenset(node for slot in FILES for node, _ in template.places.get(slot, ()))

        def judge(reply: Reply) -> UpstreamError | None:
            if reply.status == 409:
                return _AlreadyThere()
            return refusal_of(reply, self._api.said(reply), source_nodes)

        try:
            told = await self._api.start(job, "POST", "/prompt", self._body(job, template, graph), judge=judge)
        except _AlreadyThere:
            return Submitted(prompt_id, POLL_SECONDS)
        # Versions that choose the id themselves say which.
        return Submitted(text_at(told, "prompt_id"), POLL_SECONDS)

    async def find(self, job: Job, since: float) -> Submitted | None:
        """By the id that we chose. What is neither in the queue nor in the history never came, or is lost."""
        prompt_id = prompt_id_of(job)
        is_there = await self._place(prompt_id) or await self._entry(prompt_id) is not None
        return Submitted(prompt_id, POLL_SECONDS) if is_there else None

    async def poll(self, upstream_id: str) -> Poll:
        self._listener.wake()
        # In this order: a job goes from the queue into the history, and between two questions only that way.
        match await self._place(upstream_id):
            case "pending":
                return Waiting(POLL_SECONDS)
            case "running":
                return Running(self._listener.percent(upstream_id), POLL_SECONDS)
        entry = await self._entry(upstream_id)
        if entry is None:
            raise UpstreamTaskLost("The upstream no longer knows this video; it has been restarted, most likely.")
        self._listener.forget(upstream_id)
        return poll_of(entry, upstream_id, self._api.shown)

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        async for chunk in self._api.download(asset.location, own=True):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        """By the newer route, which cannot hit another job; where there is none, out of the queue or while it runs."""
        self._listener.forget(upstream_id)
        try:
            await self._api.reply("POST", f"/api/jobs/{quote(upstream_id, safe='')}/cancel", is_lost=True)
        except (UpstreamTaskLost, UpstreamRejected):
            await self._api.reply("POST", "/queue", Json({"delete": [upstream_id]}))
            # Never without the id: that would stop whatever runs.
            await self._api.reply("POST", "/interrupt", Json({"prompt_id": upstream_id}))

    async def forget(self, upstream_id: str) -> None:
        """There is no route to delete files."""

    async def check(self) -> str:
        """Which version answers, on which card."""
        told = await self._api.ask("GET", "/system_stats")
        version, card = at(told, "system", "comfyui_version"), at(told, "devices", 0, "name")
        return f"ComfyUI {version or 'of an unknown version'} answers, on {card or 'no card that it names'}."

    async def aclose(self) -> None:
        await self._listener.aclose()

    def _body(self, job: Job, template: Template, graph: Graph) -> Json:
        extra: dict[str, Any] = {OURS: {"seed": seed_of(job), "output": template.output}}
        if self._for_partners:
            extra["api_key_comfy_org"] = self._for_partners
        return Json(
            {"prompt": graph, "prompt_id": prompt_id_of(job), "client_id": self._client_id, "extra_data": extra}
        )

    async def _upload(self, job: Job, slot: str, content: Content, media_type: str) -> str:
        """Upload one file; the name under which the workflow finds it. Whatever goes wrong, nothing was started."""
        # Loaders list files by their extension.
        name = f"{job.key}-{slot}{PurePosixPath(link_name(media_type)).suffix}"
        form = Form(
            (
                Part("type", "input"),
                Part("subfolder", FOLDER),
                Part("overwrite", "true"),
                Part("image", content, filename=name, media_type=media_type),
            )
        )
        try:
            told = (await self._api.reply("POST", "/upload/image", form, limits=_UPLOAD)).json()
            name, folder = text_at(told, "name"), at(told, "subfolder")
        except (UpstreamKeyInvalid, UpstreamRateLimited):
            raise
        except UpstreamRejected as error:
            raise SourceRefused(f"The upstream refused the upload: {error.message}") from None
        except UpstreamError as error:
            raise UpstreamUnavailable(f"The upload failed: {error.message}", nothing_started=True) from None
        return f"{folder}/{name}" if folder else name

    async def _place(self, prompt_id: str) -> str | None:
        return place_in_queue(await self._api.ask("GET", "/queue", limits=_QUEUE), prompt_id)

    async def _entry(self, prompt_id: str) -> Any:
        """What the history has about a job; None for nothing."""
        told = await self._api.ask("GET", f"/history/{quote(prompt_id, safe='')}")
        if not isinstance(told, dict):
            raise UpstreamProtocolError("The upstream's answer has no history.")
        return told.get(prompt_id)

    def _socket(self) -> AbstractAsyncContextManager[Socket]:
        url = self._api.url(f"/ws?clientId={self._client_id}")
        return self._door.socket(url, headers=self._api.headers, trusted=True)


class _AlreadyThere(UpstreamError):
    """The upstream has a job of this id: the one that was asked for before."""


def _files(job: Job) -> dict[str, tuple[Content, str]]:
    """What the job carries, by the workflow's input for it: the bytes, and their media type."""
    pictures = {"image": job.reference, "last_frame": job.last_frame}
    files: dict[str, tuple[Content, str]] = {
        slot: (picture, _media_type(picture)) for slot, picture in pictures.items() if picture is not None
    }
    given = by_slot(job.guides) | ({} if job.clip is None else {"video": job.clip})
    return files | {slot: (one.open(), one.media_type) for slot, one in given.items()}


def _media_type(picture: bytes) -> str:
    return next((media_type for start, media_type in _SIGNATURES if picture.startswith(start)), "image/jpeg")


def _api(account: Account) -> Api:
    headers = dict(_header(line) for line in account.options["headers"])
    if account.options["credential_for"] == "proxy":
        return Api.bearer(account, headers=headers, tells=sentence_of)
    return Api(account.door, account.clock, account.base_url, account.secret, headers, tells=sentence_of)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise ConfigurationError(f"Option 'headers': {name!r} is no header; expected 'Name: value'.")
    return name.strip(), value.strip()


ADAPTER = Adapter(
    name="comfyui",
    make=ComfyUI,
    base_url="http://127.0.0.1:8188",
    needs_secret=False,
    options=(
        Option(
            "credential_for",
            "proxy",
            "Who gets the credential: a proxy before the server, as a bearer token; or the workflow's partner nodes, "
            "as the key of a Comfy account.",
            allowed=("proxy", "partner_nodes"),
        ),
        Option("headers", [], "More headers of every request, each as 'Name: value', such as a proxy may want."),
    ),
)

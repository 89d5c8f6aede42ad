"""An asynchronous client of the dialect on aiohttp, for any server that speaks it."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from mutoscope import __version__
from mutoscope.cli.backoff import Trouble, delay_before_retry
from mutoscope.cli.form import Form
from mutoscope.cli.outcome import CliError, ExitCode, misused
from mutoscope.cli.records import Page, RemoteCharacter, RemoteVideo

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
_NOT_THERE_YET = ("video_not_ready", "video_expired", "variant_not_available")
_KEY_HEADER = "Idempotency-Key"
_KEY_HINT = "Set MUTOSCOPE_API_KEY or pass --api-key; `mutoscope keys create` makes a new key."


def base_url(text: str) -> str:
    """The API's root without a slash at the end; `/v1` is added unless the path already has it."""
    text = text.strip()
    address = (text if "://" in text else f"http://{text}").rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise misused(f"{text!r} is not a server's address.", "Example: http://127.0.0.1:8650/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise misused("A server's address has no user, password, query or fragment.", "The key goes into --api-key.")
    return address if "v1" in parts.path.split("/") else f"{address}/v1"


class Answer(NamedTuple):
    """A JSON object and the headers it came with, their names in lower case."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Client:
    """One session with one server. Every failure is a CliError that carries its exit code."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = base_url(url)
        self._headers = _headers(api_key)
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        # A proxy from the environment must not stand between us and a server on this machine.
        away = urlsplit(self.url).hostname not in ("localhost", "127.0.0.1", "::1")
        session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT, trust_env=away)
        self._session = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def create(
        self, fields: Mapping[str, Any], reference: Path | None = None, *, key: str | None = None
    ) -> RemoteVideo:
        """Ask for a video. fields: the request by its wire names. reference: an image file for `input_reference`.

        key: the idempotency key; with the same one the same request makes one video however often it is sent, here
        and in every method that makes something. None: a new one, which still covers this call's own retries.
        """
        return RemoteVideo.read(*await self._post("/videos", fields, key, "input_reference", reference))

    async def remix(self, video_id: str, fields: Mapping[str, Any], *, key: str | None = None) -> RemoteVideo:
        return RemoteVideo.read(*await self._post(f"{_path(video_id)}/remix", fields, key))

    async def edit(self, source: str | Path, fields: Mapping[str, Any], *, key: str | None = None) -> RemoteVideo:
        """Ask for a changed copy of a video. source: its id, or a file to upload."""
        return await self._make_from(source, "/videos/edits", fields, key)

    async def extend(self, source: str | Path, fields: Mapping[str, Any], *, key: str | None = None) -> RemoteVideo:
        """Ask for a longer copy of a video. source: its id, or a file to upload."""
        return await self._make_from(source, "/videos/extensions", fields, key)

    async def create_character(self, name: str, film: Path, *, key: str | None = None) -> RemoteCharacter:
        """Upload a film of somebody who is to appear in videos."""
        return RemoteCharacter.read((await self._post("/videos/characters", {"name": name}, key, "video", film)).body)

    async def character(self, character_id: str) -> RemoteCharacter:
        path = _path(character_id, "/videos/characters", "character")
        return RemoteCharacter.read((await self._ask("GET", path)).body)

    async def models(self) -> Mapping[str, Any]:
        """The server's list of models, as it is."""
        return (await self._ask("GET", "/models")).body

    async def lineage(self, video_id: str) -> Mapping[str, Any]:
        """The tree that a video belongs to, as it is."""
        return (await self._ask("GET", f"{_path(video_id)}/lineage")).body

    async def usage(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The server's summary of the money, as it is."""
        return (await self._ask("GET", "/usage", params=query)).body

    async def retrieve(self, video_id: str, *, patient: bool = False) -> RemoteVideo:
        return RemoteVideo.read(*await self._ask("GET", _path(video_id), patient=patient))

    async def list(self, limit: int, after: str | None, order: str) -> Page:
        query = {"limit": str(limit), "order": order} | ({"after": after} if after else {})
        return Page.read((await self._ask("GET", "/videos", params=query)).body)

    async def delete(self, video_id: str) -> Mapping[str, Any]:
        return (await self._ask("DELETE", _path(video_id))).body

    @asynccontextmanager
    async def content(
        self, video_id: str, variant: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The open answer to a download; its status is 200 or 206."""
        asked = {"Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
        path, query = f"{_path(video_id)}/content", {"variant": variant}
        response = await self._send("GET", path, streamed=True, params=query, headers=asked)
        try:
            yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from None
        finally:
            response.close()

    async def _make_from(
        self, source: str | Path, path: str, fields: Mapping[str, Any], key: str | None
    ) -> RemoteVideo:
        if isinstance(source, Path):
            return RemoteVideo.read(*await self._post(path, fields, key, "video", source))
        return RemoteVideo.read(*await self._post(path, {**fields, "video": {"id": source}}, key))

    async def _post(
        self, path: str, fields: Mapping[str, Any], key: str | None, file_field: str = "", file: Path | None = None
    ) -> Answer:
        """Send `fields` as JSON, or as a form if there is a file."""
        key = str(uuid.uuid4()) if key is None else _checked(key)
        form = None if file is None else Form(fields, file_field, file, key)
        content = {"json": fields} if form is None else {}
        return await self._ask("POST", path, form=form, headers={_KEY_HEADER: key}, **content)

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        response = await self._send(method, path, **options)
        return Answer(_object(await response.read(), response, self.url), _lower(response.headers))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        form: Form | None = None,
        patient: bool = False,
        streamed: bool = False,
        **options: Any,
    ) -> aiohttp.ClientResponse:
        """One successful answer, after as many attempts as `backoff` allows; whole unless it is to be streamed."""
        session, url = self._session_or_fail(), URL(self.url + path, encoded=True)
        keyed = _KEY_HEADER in options.get("headers", {})
        attempt = 0
        while True:
            attempt += 1
            try:
                body = {} if form is None else {"data": form.body()}
                response = await session.request(method, url, **body, **options)
                if response.ok and not streamed:
                    await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                refused = isinstance(getattr(error, "os_error", None), ConnectionRefusedError)
                trouble, failure = Trouble(refused=refused), self._unreachable(error)
            else:
                if response.ok:
                    return response
                trouble = Trouble(response.status, headers=_lower(response.headers))
                failure = await _refusal(response)
            delay = delay_before_retry(method, trouble, attempt, now=time.time(), patient=patient, keyed=keyed)
            if delay is None:
                raise failure
            await asyncio.sleep(delay)

    def _session_or_fail(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used before it was entered")
        return self._session

    def _unreachable(self, error: Exception) -> CliError:
        reason = "it did not answer in time" if isinstance(error, TimeoutError) else _reason(error)
        return CliError(
            f"Cannot reach {self.url}: {reason}.",
            ExitCode.UNREACHABLE,
            hint="Start a server with `mutoscope serve`, or name another with MUTOSCOPE_URL or --url.",
        )


def _path(name: str, folder: str = "/videos", kind: str = "video") -> str:
    if name.strip(".") == "":
        raise misused(f"{name!r} is not a {kind} id.")
    return f"{folder}/{quote(name, safe='', errors='backslashreplace')}"


def _checked(key: str) -> str:
    if key.isascii() and key.isprintable() and key.split() == [key]:
        return key
    raise misused("An idempotency key is one word of ASCII characters.", "Example: --idempotency-key shot-7")


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": f"mutoscope/{__version__}"}
    key = (api_key or "").strip()
    if not key:
        return headers
    if not (key.isascii() and key.isprintable()):
        raise misused("The API key has characters that no key has.", _KEY_HINT)
    return headers | {"Authorization": f"Bearer {key}"}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _object(content: bytes, response: aiohttp.ClientResponse, url: str) -> Mapping[str, Any]:
    body = _parsed(content)
    if isinstance(body, Mapping):
        return body
    raise CliError(
        f"{url} answered, but not as a Videos API ({response.content_type}).",
        hint="Check the address in MUTOSCOPE_URL or --url.",
    )


def _reason(error: Exception) -> str:
    os_error = getattr(error, "os_error", None)
    if isinstance(os_error, ConnectionRefusedError):
        return "nothing listens there"
    return (getattr(os_error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")


async def _refusal(response: aiohttp.ClientResponse) -> CliError:
    """Read the error envelope; a body that is none still gives its status and request id."""
    try:
        body = _parsed(await response.read())
    except (aiohttp.ClientError, TimeoutError):
        body = None
    finally:
        response.close()
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    error = error if isinstance(error, Mapping) else {"message": error}
    code = error.get("code")
    facts = {
        "field": _fact(error.get("param")),
        "code": _fact(code),
        "status": str(response.status),
        "request": response.headers.get("x-request-id"),
    }
    message = str(error.get("message") or f"The server refused: {response.status} {response.reason or ''}".strip())
    exit_code = _exit_code(response.status, code)
    return CliError(message, exit_code, facts=facts, hint=_hint(exit_code))


def _fact(value: Any) -> str | None:
    return None if value is None else str(value)


def _exit_code(status: int, code: Any) -> ExitCode:
    if status == 401:
        return ExitCode.NOT_AUTHENTICATED
    if status == 404 and code not in _NOT_THERE_YET:
        return ExitCode.NOT_FOUND
    return ExitCode.REFUSED


def _hint(exit_code: ExitCode) -> str | None:
    return _KEY_HINT if exit_code is ExitCode.NOT_AUTHENTICATED else None

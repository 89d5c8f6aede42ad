"""An asynchronous client of the dialect on aiohttp, for any server that speaks it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from mutoscope import __version__
from mutoscope.cli.backoff import Trouble, delay_before_retry
from mutoscope.cli.outcome import CliError, ExitCode, misused
from mutoscope.cli.records import Page, RemoteVideo

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
_NOT_THERE_YET = ("video_not_ready", "video_expired", "variant_not_available")
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

    async def create(self, fields: Mapping[str, Any], reference: Path | None = None) -> RemoteVideo:
        """Ask for a video. fields: the request by its wire names. reference: an image file for `input_reference`."""
        if reference is None:
            return await self._video("POST", "/videos", json=dict(fields))
        content = await asyncio.to_thread(_read_reference, reference)
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        form.add_field("input_reference", content, filename=reference.name, content_type="application/octet-stream")
        return await self._video("POST", "/videos", data=form())

    async def remix(self, video_id: str, fields: Mapping[str, Any]) -> RemoteVideo:
        return await self._video("POST", f"{_path(video_id)}/remix", json=dict(fields))

    async def retrieve(self, video_id: str, *, patient: bool = False) -> RemoteVideo:
        return await self._video("GET", _path(video_id), patient=patient)

    async def list(self, limit: int, after: str | None, order: str) -> Page:
        query = {"limit": str(limit), "order": order} | ({"after": after} if after else {})
        async with self.request("GET", "/videos", params=query) as response:
            return Page.read(await self._json(response))

    async def delete(self, video_id: str) -> Mapping[str, Any]:
        async with self.request("DELETE", _path(video_id)) as response:
            return await self._json(response)

    @asynccontextmanager
    async def content(
        self, video_id: str, variant: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The open answer to a download; its status is 200 or 206."""
        asked = {"Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
        path = f"{_path(video_id)}/content"
        async with self.request("GET", path, params={"variant": variant}, headers=asked) as response:
            yield response

    @asynccontextmanager
    async def request(
        self, method: str, path: str, *, patient: bool = False, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One successful answer, after as many attempts as `backoff` allows."""
        response = await self._send(method, path, patient, options)
        try:
            yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from None
        finally:
            response.close()

    async def _video(self, method: str, path: str, **options: Any) -> RemoteVideo:
        async with self.request(method, path, **options) as response:
            return RemoteVideo.read(await self._json(response), _lower(response.headers))

    async def _send(self, method: str, path: str, patient: bool, options: Mapping[str, Any]) -> aiohttp.ClientResponse:
        attempt = 0
        while True:
            attempt += 1
            trouble, failure = Trouble(), CliError("")
            try:
                response = await self._session_or_fail().request(method, URL(self.url + path, encoded=True), **options)
            except (aiohttp.ClientError, TimeoutError) as error:
                refused = isinstance(getattr(error, "os_error", None), ConnectionRefusedError)
                trouble, failure = Trouble(refused=refused), self._unreachable(error)
            else:
                if response.status < 400:
                    return response
                trouble = Trouble(response.status, headers=_lower(response.headers))
                failure = await _refusal(response)
            delay = delay_before_retry(method, trouble, attempt, now=time.time(), patient=patient)
            if delay is None:
                raise failure
            await asyncio.sleep(delay)

    def _session_or_fail(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used before it was entered")
        return self._session

    async def _json(self, response: aiohttp.ClientResponse) -> Mapping[str, Any]:
        body = _parsed(await response.read())
        if isinstance(body, Mapping):
            return body
        raise CliError(
            f"{self.url} answered, but not as a Videos API ({response.content_type}).",
            hint="Check the address in MUTOSCOPE_URL or --url.",
        )

    def _unreachable(self, error: Exception) -> CliError:
        reason = "it did not answer in time" if isinstance(error, TimeoutError) else _reason(error)
        return CliError(
            f"Cannot reach {self.url}: {reason}.",
            ExitCode.UNREACHABLE,
            hint="Start a server with `mutoscope serve`, or name another with MUTOSCOPE_URL or --url.",
        )


def _path(video_id: str) -> str:
    if video_id.strip(".") == "":
        raise misused(f"{video_id!r} is not a video id.")
    return f"/videos/{quote(video_id, safe='', errors='backslashreplace')}"


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": f"mutoscope/{__version__}"}
    key = (api_key or "").strip()
    if not key:
        return headers
    if not (key.isascii() and key.isprintable()):
        raise misused("The API key has characters that no key has.", _KEY_HINT)
    return headers | {"Authorization": f"Bearer {key}"}


def _read_reference(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise misused(f"The reference {path} cannot be read: {error.strerror}.") from None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


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

"""The fake paid upstream as a provider: an adapter as for any remote one, which says what each answer proves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import (
    ContentRefused,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import (
    Done,
    Job,
    Poll,
    Recovery,
    Refused,
    RemoteAsset,
    Running,
    Submitted,
)
from mutoscope.testing.upstream_book import PRICE_PER_SECOND, Mode

POLL_SECONDS = 0.5
KEY_SECONDS = 3_600.0


class UpstreamProvider:
    """One account at the fake upstream; provider and model are called after its mode, such as `paid-keys`.

    url: where the upstream is, or a proxy before it. deadline: seconds to look for a lost answer. timeout: seconds that
    one call may take.
    """

    is_local = False
    is_exact = True  # its clip stands for whatever was asked for

    def __init__(self, url: str, mode: Mode, deadline: float = 2.0, timeout: float = 1.0) -> None:
        self.name = f"paid-{mode}"
        self.models = (_model(self.name),)
        self.recovery = Recovery(
            key_seconds=KEY_SECONDS if mode is Mode.KEYS else 0.0,
            finds=mode is Mode.LOOKUP,
            calls_back=mode is Mode.CALLBACK,
            deadline_seconds=deadline,
        )
        self._jobs = f"{url}/{mode}/jobs"
        self._timeout = timeout
        self._opened: aiohttp.ClientSession | None = None

    async def submit(self, job: Job) -> Submitted:
        asked = {"client_id": job.video_id, "prompt": job.prompt, "seconds": job.request.seconds}
        if job.callback_url is not None:
            asked["callback_url"] = job.callback_url
        return _submitted(await self._ask("POST", self._jobs, asked, {"Idempotency-Key": job.key}))

    async def find(self, job: Job, since: float) -> Submitted | None:
        found = (await self._ask("GET", f"{self._jobs}?client_id={job.video_id}")).get("jobs")
        if not isinstance(found, list) or len(found) > 1:
            raise UpstreamProtocolError(f"Not one job for {job.video_id}: {found!r}")
        return _submitted(found[0]) if found else None

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("id"), str) or not told["id"]:
            raise UpstreamProtocolError(f"A callback without an id: {body[:80]!r}")
        return told["id"]

    async def poll(self, upstream_id: str) -> Poll:
        told = await self._ask("GET", f"{self._jobs}/{upstream_id}")
        match told.get("status"):
            case "running":
                return Running(told.get("progress"), POLL_SECONDS)
            case "completed":
                clip = RemoteAsset(Variant.VIDEO, f"{self._jobs}/{upstream_id}/clip")
                return Done((clip,), {"job": upstream_id}, charged=told["charged"])
            case "failed" | "cancelled" as end:
                return Refused(ContentRefused(f"The upstream says: {end}."))
        raise UpstreamProtocolError(f"An unknown status: {told.get('status')!r}")

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        try:
            async with self._session().get(asset.location) as answer:
                if answer.status != 200:
                    raise UpstreamUnavailable(f"HTTP {answer.status} for the clip.")
                async for chunk in answer.content.iter_any():
                    yield chunk
        except TimeoutError:
            raise UpstreamTimeout from None
        except aiohttp.ClientError as error:
            raise UpstreamUnavailable(f"The clip was cut: {error!r}") from None

    async def cancel(self, upstream_id: str) -> None:
        await self._ask("DELETE", f"{self._jobs}/{upstream_id}")

    async def forget(self, upstream_id: str) -> None:
        """The upstream keeps what it has."""

    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            timeout = aiohttp.ClientTimeout(total=self._timeout)
            self._opened = aiohttp.ClientSession(connector=self._connector(), timeout=timeout)
        return self._opened

    def _connector(self) -> aiohttp.TCPConnector:
        # A connection for each exchange, so that a proxy can cut one without touching another.
        return aiohttp.TCPConnector(force_close=True, limit=0)

    async def _ask(
        self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The object that the upstream answers. What an exception proves is what its class says."""
        try:
            async with self._session().request(method, url, json=body, headers=headers) as answer:
                return _read(answer, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UpstreamUnavailable(f"No connection: {error}", not_sent=True) from None
        except TimeoutError:
            raise UpstreamTimeout from None
        except aiohttp.ClientError as error:
            raise UpstreamUnavailable(f"The connection broke: {error!r}") from None


def _read(answer: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    refusal = _refusal(told)
    if answer.status < 300 and isinstance(told, dict) and refusal is None:
        return told
    if 400 <= answer.status < 500 and answer.status != 408 and refusal is not None:
        raise _rejected(answer, refusal)
    if answer.status >= 500:
        raise UpstreamUnavailable(f"HTTP {answer.status}.")
    raise UpstreamProtocolError(f"HTTP {answer.status} with {body[:80]!r}")


def _refusal(told: Any) -> dict[str, Any] | None:
    error = told.get("error") if isinstance(told, dict) else None
    return error if isinstance(error, dict) and "code" in error else None


def _rejected(answer: aiohttp.ClientResponse, refusal: dict[str, Any]) -> UpstreamError:
    if answer.status == 429:
        return UpstreamRateLimited(retry_after=float(answer.headers.get("Retry-After", "1")))
    if refusal["code"] == "no_such_job":
        return UpstreamTaskLost()
    return UpstreamRejected(str(refusal.get("message")))


def _submitted(told: dict[str, Any]) -> Submitted:
    if not isinstance(told.get("id"), str):
        raise UpstreamProtocolError(f"An answer without an id: {told!r}")
    return Submitted(told["id"], poll_after=POLL_SECONDS)


def _model(name: str) -> ModelSpec:
    return ModelSpec(
        name=name,
        provider=name,
        upstream_model="one",
        sizes=SizeRule(),
        seconds=tuple(range(1, 21)),
        default_size=Size(72, 128),
        default_seconds=1,
        capabilities=frozenset({Capability.CANCEL}),
        seconds_per_second=0.5,
        price=Price(per_second=PRICE_PER_SECOND, as_of="2026-11-25"),
    )

"""What `mutoscope providers check` looks at, account by account. Nothing here costs money."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from mutoscope.clock import SystemClock
from mutoscope.domain.errors import ConfigurationError, UpstreamError
from mutoscope.egress.door import Door
from mutoscope.egress.limits import Limits
from mutoscope.providers.configuration import Configuration, ConfiguredProvider, Credential
from mutoscope.providers.protocol import Checks, Provider

PATIENCE = Limits(connect=8.0, idle=8.0, total=12.0, body=1 << 20, redirects=0)
CHECK_SECONDS = 20.0


@dataclass(slots=True)
class AccountFinding:
    """What was found about one account. details: one sentence each."""

    account: str
    ok: bool = True
    details: list[str] = field(default_factory=list)

    def fine(self, detail: str) -> None:
        self.details.append(detail)

    def wrong(self, detail: str) -> None:
        self.ok = False
        self.details.append(detail)

    def told(self) -> dict[str, Any]:
        return {"account": self.account, "ok": self.ok, "details": self.details}


async def check_all(configuration: Configuration, door: Door | None = None) -> list[AccountFinding]:
    """All accounts, at the same time, in the file's order. door: by default the one that a server would have."""
    door = door or Door(configuration.origins)
    try:
        checks = (_check(provider, credential, door) for provider, credential in configuration.accounts)
        return list(await asyncio.gather(*checks))
    finally:
        await door.aclose()


async def _check(provider: ConfiguredProvider, credential: Credential, door: Door) -> AccountFinding:
    finding = AccountFinding(credential.account)
    await asyncio.gather(*(_reach(url, door, finding) for url in provider.urls))
    if credential.problem is not None:
        finding.wrong(credential.problem.message)
        return finding
    finding.fine(f"{credential.variable} is set" if credential.variable else "no credential")
    try:
        made = provider.make(credential, door, SystemClock())
    except ConfigurationError as error:
        finding.wrong(error.message)
        return finding
    try:
        await _ask(made, finding)
    finally:
        await made.aclose()
    return finding


async def _reach(url: str, door: Door, finding: AccountFinding) -> None:
    """Whether the host has an address, accepts a connection and, with https, has a certificate that is its own."""
    try:
        reply = await door.request("GET", url, trusted=True, limits=PATIENCE)
    except UpstreamError as error:
        finding.wrong(f"{url}: {error.message}")
    else:
        # Nobody promises anything at a base address: every answer shows that somebody is there.
        finding.fine(f"{url} answers HTTP {reply.status}")


async def _ask(provider: Provider, finding: AccountFinding) -> None:
    if not isinstance(provider, Checks):
        return
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            finding.fine(await provider.check())
    except UpstreamError as error:
        finding.wrong(error.message)
    except TimeoutError:
        finding.wrong(f"No answer within {CHECK_SECONDS:g} seconds.")

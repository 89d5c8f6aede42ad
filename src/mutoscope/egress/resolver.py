"""Names to addresses, asked once; the connection goes to what was checked here and to nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from mutoscope.egress.rules import Rules

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them. OSError when there are none."""
    flags = socket.AI_ADDRCONFIG
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [_address(sockaddr) for _, _, _, _, sockaddr in found]


class Lookups:
    """Looks up names in threads of its own, at most so many at once: names that others chose, and may let hang.

    Those would hold up whatever else the process does in threads.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="names")

    async def __call__(self, host: str, port: int) -> list[str]:
        """As `look_up`."""
        asked = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._pool, asked)
        return [_address(sockaddr) for _, _, _, _, sockaddr in found]


class CheckedResolver(AbstractResolver):
    """All answers must pass: of a name with a public and a private address neither is used."""

    def __init__(self, rules: Rules, lookup: Lookup, *, exempt: bool) -> None:
        self._rules = rules
        self._lookup = lookup
        self._exempt = exempt

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host, port)
        if not addresses:
            raise OSError("no address")
        for address in addresses:
            self._rules.check_address(address, exempt=self._exempt)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def _address(sockaddr: tuple) -> str:
    # A zone makes the address one of a single link, which the rule refuses.
    zone = sockaddr[3] if len(sockaddr) == 4 else 0
    return f"{sockaddr[0]}%{zone}" if zone and "%" not in sockaddr[0] else sockaddr[0]


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )

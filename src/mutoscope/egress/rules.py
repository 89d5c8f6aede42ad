"""Which URLs may be asked: a URL that passes is parsed once, and what was checked is what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from yarl import URL

from mutoscope.domain.errors import ConfigurationError
from mutoscope.egress.addresses import is_metadata, is_public
from mutoscope.egress.errors import Refusal

PORTS = frozenset({80, 443, 8443})

# Parsers disagree about these, and drop some of them silently.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# System resolvers read names that end so as addresses: 127.1, 0x7f000001, 017700000001.
_NUMBER_AT_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was checked. exempt: whether its host was named by the operator and may have a private address."""

    url: URL
    host: str
    port: int
    exempt: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.url.scheme, self.host, self.port

    def __str__(self) -> str:
        """The URL as it may be shown: without its query, which may hold a signature."""
        return f"{self.url.scheme}://{self.url.raw_authority}{self.url.raw_path[:200]}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be reached.

    trusted: host and port of the upstreams an operator configured. plain_http: whether others may be asked without TLS.
    ports: those of the others. may_reach: the address rule.
    """

    trusted: frozenset[tuple[str, int]] = frozenset()
    plain_http: bool = False
    ports: frozenset[int] = PORTS
    may_reach: Callable[[str], bool] = is_public

    def check(self, url: str, *, trusted: bool) -> Target:
        """The target of a URL. trusted: whether it was built from an operator's setting. Raises Refusal."""
        parsed, host, port = _parse(url)
        exempt = trusted and (host, port) in self.trusted
        return self._target(parsed, host, port, exempt)

    def follow(self, start: Target, here: Target, location: str) -> Target:
        """The target of a redirect. start: the first one; its exemption holds for its own host and port alone."""
        if _ODD.search(location):
            raise Refusal("the redirect has a space, a control character or a backslash")
        parsed, host, port = _parse(str(here.url.join(_read(location))))
        if here.url.scheme == "https" and parsed.scheme == "http":
            raise Refusal("the redirect leads from https to http")
        return self._target(parsed, host, port, start.exempt and (host, port) == (start.host, start.port))

    def check_address(self, address: str, *, exempt: bool) -> None:
        """Raises Refusal for an address that may not be reached."""
        # The address itself is not told: callers could map a private network by the names they try.
        if exempt and is_metadata(address):
            raise Refusal("its address is a cloud's metadata service, which no setting opens")
        if not exempt and not self.may_reach(address):
            raise Refusal("its address is not a public one")

    def _target(self, parsed: URL, host: str, port: int, exempt: bool) -> Target:
        if not exempt and parsed.scheme != "https" and not self.plain_http:
            raise Refusal("only https is allowed")
        if not exempt and port not in self.ports:
            raise Refusal(f"port {port} is not allowed, only {', '.join(map(str, sorted(self.ports)))}")
        if _is_literal(host):
            self.check_address(host, exempt=exempt)
        return Target(parsed, host, port, exempt)


def origins(trusted: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Hosts and ports as URLs spell them. ConfigurationError for one that no URL could have."""
    return frozenset(map(_origin, trusted))


def _origin(trusted: tuple[str, int]) -> tuple[str, int]:
    host, port = trusted
    try:
        return _canonical(host.lower()), port
    except Refusal as refusal:
        raise ConfigurationError(f"Trusted host {host!r}: {refusal}.") from None


def _parse(url: str) -> tuple[URL, str, int]:
    if _ODD.search(url):
        raise Refusal("the URL has a space, a control character or a backslash")
    parsed = _read(url)
    if parsed.scheme not in ("http", "https"):
        raise Refusal("only http and https are allowed")
    authority = parsed.raw_authority
    if "@" in authority:
        raise Refusal("the URL has a user name")
    host = (parsed.raw_host or "").lower()
    if "[" in authority and ":" not in host:
        raise Refusal("the host is no IPv6 address")
    canonical = _canonical(host)
    port = parsed.port
    if not port:
        raise Refusal("port 0 is not allowed")
    if canonical != parsed.raw_host:
        parsed = parsed.with_host(canonical)
    return parsed.with_fragment(None) if parsed.raw_fragment else parsed, canonical, port


def _read(url: str) -> URL:
    """A signed URL must arrive as it is, so only what is not ASCII is encoded."""
    try:
        read = URL(url, encoded=url.isascii())
        _ = read.raw_host, read.port  # told to be wrong only when they are asked for
    except ValueError:
        raise Refusal("the URL cannot be read") from None
    return read


@lru_cache(maxsize=4_096)
def _canonical(host: str) -> str:
    """A host in lower case as its one spelling. Raises Refusal."""
    try:
        if ":" in host:
            if "%" in host:
                raise Refusal("the host has a zone")
            return str(IPv6Address(host))
        if _NUMBER_AT_END.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:
        raise Refusal("the host is a number that is no plain address") from None
    if _NAME.fullmatch(host) is None:
        raise Refusal("the host is no plain name")
    return host


@lru_cache(maxsize=4_096)
def _is_literal(host: str) -> bool:
    return ":" in host or _NUMBER_AT_END.fullmatch(host) is not None

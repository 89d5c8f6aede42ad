"""Every hostile address in every spelling, by every way in: first URL, operator's URL, redirect, a name's answer."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from test_addresses import HOSTILE, PUBLIC

from mutoscope.egress.errors import Refusal
from mutoscope.egress.resolver import CheckedResolver
from mutoscope.egress.rules import Rules, origins

RULES = Rules(origins({("gpu.lan", 8000)}), plain_http=True)
FULL_WIDTH = {ord(str(digit)): 0xFF10 + digit for digit in range(10)}


def v4_spellings(address: IPv4Address) -> Iterator[str]:
    number, octets = int(address), address.packed
    yield str(address)
    yield f"{address}."
    yield str(number)
    yield f"0x{number:08x}"
    yield f"0X{number:08X}"
    yield f"0{number:011o}"
    yield ".".join(f"0x{octet:x}" for octet in octets)
    yield ".".join(f"0{octet:03o}" for octet in octets)
    yield f"{octets[0]}.{number & 0xFFFFFF}"
    yield f"{octets[0]}.{octets[1]}.{number & 0xFFFF}"
    yield str(address).translate(FULL_WIDTH)
    yield str(address).replace(".", "\u3002")
    yield str(address).replace(".", "%2e")
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[::{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"


def v6_spellings(address: IPv6Address) -> Iterator[str]:
    yield f"[{address}]"
    yield f"[{address.exploded}]"
    yield f"[{address.exploded.upper()}]"
    yield f"[{address}%251]"
    yield f"[{address}%eth0]"


def urls() -> list[str]:
    found = []
    for each in map(ip_address, HOSTILE):
        spellings = v4_spellings(each) if isinstance(each, IPv4Address) else v6_spellings(each)
        for host in spellings:
            found += [f"https://{host}/", f"http://{host}:80/a?b#c", f"https://example.com@{host}/"]
            found += [f"https://{host}\\@example.com/", f"ht\ttps://{host}/"]
    return found


URLS = urls()


def is_refused(url: str, *, trusted: bool) -> bool:
    try:
        RULES.check(url, trusted=trusted)
    except Refusal:
        return True
    return False


def test_the_corpus_is_large_enough() -> None:
    assert len(set(URLS)) > 2_000


@pytest.mark.parametrize("trusted", [False, True])
def test_as_the_first_url(trusted: bool) -> None:
    assert [url for url in URLS if not is_refused(url, trusted=trusted)] == []


def test_as_a_redirect() -> None:
    starts = [RULES.check("https://example.com/", trusted=False), RULES.check("http://gpu.lan:8000/", trusted=True)]
    passed = []
    for start in starts:
        for url in URLS:
            for location in (url, url.removeprefix("https:")):
                try:
                    passed.append(RULES.follow(start, start, location))
                except Refusal:
                    continue
    assert passed == []


@pytest.mark.anyio
@pytest.mark.parametrize("address", HOSTILE)
async def test_as_a_names_answer(address: str) -> None:
    for answers in ([address], [PUBLIC[0], address], [address, PUBLIC[-1]], [*PUBLIC, address] * 4):

        async def lookup(host: str, port: int, answers: list[str] = answers) -> list[str]:
            return answers

        with pytest.raises(Refusal):
            await CheckedResolver(RULES, lookup, exempt=False).resolve("example.com", 443)


@pytest.mark.anyio
async def test_public_answers_are_what_is_connected_to() -> None:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return PUBLIC

    found = await CheckedResolver(RULES, lookup, exempt=False).resolve("example.com", 443)
    assert tuple(each["host"] for each in found) == PUBLIC
    assert {each["port"] for each in found} == {443}

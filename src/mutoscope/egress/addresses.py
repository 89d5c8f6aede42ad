"""Which addresses may be reached. Pure: an address goes in, a verdict comes out.

The standard library's `is_global` lets multicast, 6to4, NAT64, site-local and some clouds' metadata addresses through,
so the blocks are written out here. Sources: the IANA special-purpose registries for IPv4 and IPv6 and the IPv6 global
unicast assignments (read 2026-11-22).
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4_BLOCKED = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; also Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved and broadcast
        "168.63.129.16/32",  # Azure's host, in the midst of public space
    )
)

# Allowed from the outside in: whatever is not global unicast is blocked without being named.
_V6_GLOBAL = IPv6Network("2000::/3")
_V6_BLOCKED = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

# Where clouds hand out a machine's own credentials; no setting opens these.
_METADATA = tuple(
    (IPv4Network if "." in block else IPv6Network)(block)
    for block in (
        "169.254.0.0/16",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
    )
)


@lru_cache(maxsize=4_096)
def is_public(address: str) -> bool:
    """Whether an address is one of the public internet. What is no plain address, or has a zone, is not."""
    plain = _plain(address)
    if plain is None:
        return False
    if isinstance(plain, IPv4Address):
        return not any(plain in block for block in _V4_BLOCKED)
    return plain in _V6_GLOBAL and not any(plain in block for block in _V6_BLOCKED)


@lru_cache(maxsize=4_096)
def is_metadata(address: str) -> bool:
    """Whether an address is a cloud's metadata service, which is refused even to hosts that an operator trusts."""
    plain = _plain(address)
    return plain is None or any(plain in block for block in _METADATA)


def _plain(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 address mapped into IPv6 as what it is; None for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv4Address):
        return parsed
    if parsed.scope_id is not None:
        return None
    return parsed.ipv4_mapped or parsed

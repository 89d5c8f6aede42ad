"""Which addresses may be reached: the hostile ones of the design, and public ones of both families."""

import pytest

from mutoscope.egress.addresses import is_metadata, is_public

HOSTILE = (
    # loopback, unspecified, private, shared
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    # link-local and metadata
    "169.254.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    # special, documentation, benchmarks, multicast, reserved
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    # IPv6 itself
    "::",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "2620:4f:8000::1",
    "2001:2::1",
    # IPv4 in disguise: mapped, compatible, translated, 6to4, NAT64, Teredo
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::ffff:0:7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::1",
)
PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "128.0.0.1",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.254",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2400:cb00::1",
    "2606:4700:4700::1111",
    "2620:fe::fe",
    "2a00:1450:4001::1",
    "2c0f:fb50:4002::1",
    "3ffe:ffff::1",
)


def test_the_table_has_all_of_the_design() -> None:
    assert len(set(HOSTILE)) == 49


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "010.0.0.1", "fe80::1%eth0", "2606:4700::1%1", "1.1.1.1 "],
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "?",
    ],
)
def test_metadata_is_metadata_to_trusted_hosts_too(address: str) -> None:
    assert is_metadata(address)


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "::1", "192.168.0.9", "fd12::1", "8.8.8.8"])
def test_a_private_network_is_not_metadata(address: str) -> None:
    assert not is_metadata(address)

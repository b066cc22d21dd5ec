"""Deliveries reach the public Internet and nothing else, however an address is spelt."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.outbox.addresses import is_refused_literal, may_reach

INSIDE = [
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("::1", "fd12:3456::1", "fc00::1"),
    "2001:0:7f00:1::80ff:fefe",  # Teredo: server 127.0.0.1, client 127.0.1.1
]
NEVER = [
    *("0.0.0.0", "0.1.2.3", "100.64.0.1", "169.254.169.254", "192.0.0.8", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
    *("fd00:ec2::254", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:a9fe:a9fe::1"),
    *("", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1 ", "١.1.1.1"),
]
OUTSIDE = [
    *("8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::200e"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808"),
]
PUT_INTO_IPV6 = [
    lambda v4: f"::ffff:{v4}",
    lambda v4: f"64:ff9b::{v4}",
    lambda v4: str(IPv6Address((0x2002 << 112) | (int(IPv4Address(v4)) << 80))),
    lambda v4: str(IPv6Address((0x20010000 << 96) | (int(IPv4Address(v4)) ^ 0xFFFF_FFFF))),
]


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_public_internet_is_reached(address):
    assert may_reach(address, allow_private=False)


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_reached_only_where_the_operator_says_so(address):
    assert not may_reach(address, allow_private=False)
    assert may_reach(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
def test_some_addresses_are_never_reached(address, allow_private):
    assert not may_reach(address, allow_private=allow_private)


@given(st.ip_addresses(v=4), st.sampled_from(PUT_INTO_IPV6))
def test_an_ipv4_address_within_an_ipv6_address_is_judged_as_itself(inner, put):
    """Mapped, NAT64, 6to4 and Teredo: none opens what the address itself does not."""
    for allow_private in (False, True):
        if may_reach(put(inner), allow_private=allow_private):
            assert may_reach(str(inner), allow_private=allow_private)


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_whatever_the_text_there_is_an_answer_and_a_flag_never_closes(text):
    if may_reach(text, allow_private=False):
        assert may_reach(text, allow_private=True)


@pytest.mark.parametrize(
    ("host", "refused"),
    [
        *((each, True) for each in ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "::1")),
        *((each, False) for each in ("blog.example", "8.8.8.8", "localhost.example")),
    ],
)
def test_an_operator_hears_at_once_of_an_address_inside(host, refused):
    assert is_refused_literal(host) is refused

from ipaddress import IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from moderation.akismet.access import ADDRESSES_REMEMBERED, WrongKeys
from moderation.akismet.answers import LOCKED_OUT_SECONDS


def test_an_address_may_be_wrong_so_often_and_then_waits():
    wrong_keys = WrongKeys(most=3)

    assert [wrong_keys.add("203.0.113.7", 0.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert wrong_keys.add("203.0.113.8", 0.0)


def test_waiting_ends():
    wrong_keys = WrongKeys(most=1)
    for _ in range(3):
        wrong_keys.add("203.0.113.7", 0.0)

    assert not wrong_keys.add("203.0.113.7", LOCKED_OUT_SECONDS)
    assert wrong_keys.add("203.0.113.7", LOCKED_OUT_SECONDS + 1.0)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_an_ipv6_network_are_one(one, other):
    wrong_keys = WrongKeys(most=1)
    network = int(IPv6Address("2001:db8::"))

    assert wrong_keys.add(str(IPv6Address(network + one)), 0.0)
    assert not wrong_keys.add(str(IPv6Address(network + other)), 0.0)


def test_however_many_addresses_are_wrong_memory_is_bounded_and_the_busy_ones_are_kept():
    wrong_keys = WrongKeys(most=1)
    wrong_keys.add("203.0.113.7", 0.0)
    for number in range(3 * ADDRESSES_REMEMBERED):
        wrong_keys.add(f"address {number}", 0.0)
        if number % 1000 == 0:
            assert not wrong_keys.add("203.0.113.7", 0.0)

    assert len(wrong_keys._counts) == ADDRESSES_REMEMBERED

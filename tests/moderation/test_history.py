from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import history
from moderation.history import Evidence
from tests import factories

SITE = factories.unsaved_site()
OTHER = factories.unsaved_site(name="other")


@given(st.ip_addresses())
def test_every_address_has_a_hash_that_differs_between_sites(address):
    ours = history.address_hash(str(address), SITE)

    assert -(2**63) <= ours < 2**63
    assert ours != history.address_hash(str(address), OTHER)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_network_of_64_bits_counts_as_one_address(one, another):
    prefix = 0x2001_0DB8 << 96

    assert history.address_hash(str(IPv6Address(prefix + one)), SITE) == history.address_hash(
        str(IPv6Address(prefix + another)), SITE
    )


def test_an_ipv4_address_in_ipv6_dress_is_the_same():
    assert history.address_hash("::ffff:192.0.2.1", SITE) == history.address_hash(
        str(IPv4Address("192.0.2.1")), SITE
    )


def test_an_author_is_name_and_mail_address_in_any_case():
    ada = factories.comment(author="Ada", email="ada@example.org")

    assert history.author_hash(ada, SITE) == history.author_hash(
        factories.comment(author=" ADA ", email="Ada@Example.org"), SITE
    )
    assert history.author_hash(factories.comment(email=""), SITE) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "b"},
        {"author": "b"},
        {"email": "b"},
        {"url": "b"},
        {"address": "192.0.2.9"},
        {"permalink": "b"},
        {"is_test": True},
        {"recheck_reason": "edit"},
        {"role": "administrator"},
        {"honeypot_filled": True},
    ],
)
def test_two_checks_are_the_same_only_if_nothing_that_matters_differs(changed):
    assert history.identity(factories.comment(), SITE) == history.identity(
        factories.comment(), SITE
    )
    assert history.identity(factories.comment(**changed), SITE) != history.identity(
        factories.comment(), SITE
    )


@pytest.mark.parametrize("signal", history.SIGNALS, ids=lambda signal: signal.__name__)
def test_nothing_known_weighs_nothing(signal):
    assert signal(history.NOTHING) is None


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_signals_are_bounded_and_grow_with_the_evidence(same, near, burst):
    found = [
        signal(Evidence(same_text=same, near_text=near, burst=burst)) for signal in history.SIGNALS
    ]

    assert all(0 <= finding.log_odds <= 4 for finding in found if finding)

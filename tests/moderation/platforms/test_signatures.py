"""Who may report: what every platform must refuse before it is believed."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from standardwebhooks import Webhook as Signer

from moderation.platforms import BY_HEADER, PLATFORMS
from moderation.signatures import BadSignature, MissingSignature, StaleDelivery
from moderation.webhooks import UnknownSecret, prove
from service import clock, errors
from service.webhooks.administration import Proof, standard_key
from tests import factories
from tests.moderation.platforms.recorded import (
    OTHER_SECRETS,
    SECRETS,
    SIGNED,
    UNSIGNED,
    blog,
    cases,
    one,
    resigned,
    sign,
    webhook,
)

EVERY_SIGNED_CASE = [
    pytest.param(each, id=f"{name}-{each.case}") for name in SIGNED for each in cases(name)
]
HOUR = timedelta(hours=1)


def flips(data):
    """``data`` with one bit wrong, for every bit."""
    for place in range(len(data)):
        for bit in range(8):
            wrong = bytearray(data)
            wrong[place] ^= 1 << bit
            yield bytes(wrong)


def header(wire):
    """Bytes of a header as the server hands them to us."""
    return wire.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("recorded", EVERY_SIGNED_CASE)
def test_every_flipped_bit_of_the_body_is_refused(recorded):
    site = blog(recorded.platform)

    for wrong in flips(recorded.body):
        with pytest.raises(BadSignature):
            recorded.proven(site, body=wrong)


@pytest.mark.parametrize("platform", SIGNED)
def test_every_flipped_bit_of_what_is_signed_beside_the_body_is_refused(platform):
    recorded, site = one(platform), blog(platform)
    names = {recorded.signature, *sign(platform, b"")}

    for name in names:
        for wrong in flips(recorded.headers[name].encode()):
            headers = CIMultiDict(recorded.headers)
            headers[name] = header(wrong)
            with pytest.raises((BadSignature, MissingSignature)):
                recorded.proven(site, headers=headers)


@pytest.mark.parametrize("platform", SIGNED)
def test_a_body_that_is_longer_or_shorter_is_refused(platform):
    recorded = one(platform)

    for wrong in (recorded.body + b" ", b" " + recorded.body, recorded.body[:-1], b""):
        with pytest.raises(BadSignature):
            recorded.proven(body=wrong)


@pytest.mark.parametrize("platform", SIGNED)
def test_a_delivery_without_a_signature_is_refused(platform):
    recorded = one(platform)
    headers = CIMultiDict(recorded.headers)
    del headers[recorded.signature]

    with pytest.raises(MissingSignature):
        recorded.proven(headers=headers)


@pytest.mark.parametrize("platform", SIGNED)
@pytest.mark.parametrize("signature", ["", " ", ",", "v1", "v1,", "sha256=", "=", "ä"])
def test_a_signature_that_is_none_is_refused(platform, signature):
    recorded = one(platform)
    headers = CIMultiDict(recorded.headers)
    headers[recorded.signature] = signature

    with pytest.raises((BadSignature, MissingSignature)):
        recorded.proven(headers=headers)


@pytest.mark.parametrize("platform", SIGNED)
def test_a_signature_with_another_secret_is_refused(platform):
    recorded = one(platform)

    with pytest.raises(BadSignature):
        recorded.proven(headers=resigned(recorded, recorded.body, secrets=OTHER_SECRETS))


@pytest.mark.parametrize("platform", SIGNED)
def test_a_signature_for_another_site_is_refused(platform):
    other = blog(platform, OTHER_SECRETS, name="andere")

    with pytest.raises(BadSignature):
        one(platform).proven(other)


@pytest.mark.parametrize("platform", SIGNED)
def test_a_platform_that_does_not_report_to_this_site_is_refused(platform):
    for site in (factories.unsaved_site(), blog(next(n for n in SIGNED if n != platform))):
        with pytest.raises(BadSignature):
            one(platform).proven(site)


@pytest.mark.parametrize("platform", SIGNED)
def test_while_a_secret_changes_both_are_believed_until_the_grace_is_over(platform, monkeypatch):
    recorded = one(platform)
    site = factories.unsaved_site(name="blatt")
    old = webhook(platform, SECRETS, site.pepper, 1, factories.NOW + HOUR)
    new = webhook(platform, OTHER_SECRETS, site.pepper, 2)
    site = factories.unsaved_site(name="blatt", webhooks=(old, new))
    renewed = resigned(recorded, recorded.body, secrets=OTHER_SECRETS)

    assert recorded.proven(site).platform == platform
    assert recorded.proven(site, headers=renewed).platform == platform

    later = factories.NOW + HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(BadSignature):
        recorded.proven(site, headers=resigned(recorded, recorded.body, moment=later))
    again = resigned(recorded, recorded.body, secrets=OTHER_SECRETS, moment=later)
    assert recorded.proven(site, headers=again).platform == platform


SEPARATORS = {"generic": " ", "coral": ",", "discourse": ","}


@pytest.mark.parametrize("platform", SEPARATORS)
def test_one_right_signature_among_several_is_enough(platform):
    """As while the platform changes its secret."""
    recorded = one(platform)
    wrong = sign(platform, recorded.body, OTHER_SECRETS)[recorded.signature]
    right = recorded.headers[recorded.signature]
    for several in ([wrong, right], [right, wrong], [wrong, "v1a,zzz", right]):
        headers = CIMultiDict(recorded.headers)
        headers[recorded.signature] = SEPARATORS[platform].join(several)

        assert recorded.proven(headers=headers).platform == platform


def test_several_wrong_signatures_are_as_good_as_none():
    recorded = one("coral")
    wrong = sign("coral", recorded.body, OTHER_SECRETS)[recorded.signature]
    headers = CIMultiDict(recorded.headers)
    headers[recorded.signature] = ",".join([wrong] * 100)

    with pytest.raises(BadSignature):
        recorded.proven(headers=headers)


TIMED = [name for name in SIGNED if PLATFORMS[name].signature.proof is Proof.STANDARD]


@pytest.mark.parametrize("platform", TIMED)
@pytest.mark.parametrize("seconds", [-3600, -301, 301, 3600])
def test_a_delivery_that_is_late_or_early_is_refused(platform, seconds, monkeypatch):
    recorded = one(platform)
    monkeypatch.setattr(clock, "now", lambda: factories.NOW + timedelta(seconds=seconds))

    with pytest.raises(StaleDelivery):
        recorded.proven()


@pytest.mark.parametrize("platform", TIMED)
@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_on_either_side_are_tolerated(platform, seconds, monkeypatch):
    recorded = one(platform)
    monkeypatch.setattr(clock, "now", lambda: factories.NOW + timedelta(seconds=seconds))

    assert recorded.proven().platform == platform


@pytest.mark.parametrize("timestamp", ["soon", "-5", "1e9", "1772366400.0", "9" * 400, "١٧", " 5"])
def test_a_time_that_is_none_is_refused_even_if_it_is_signed(timestamp):
    recorded = one("generic")
    signed = b".".join((b"msg_1", timestamp.encode(), recorded.body))
    digest = hmac.digest(standard_key(SECRETS[Proof.STANDARD]), signed, hashlib.sha256)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }

    with pytest.raises((StaleDelivery, BadSignature)):
        prove(blog("generic"), CIMultiDict(headers), recorded.body)


def test_what_the_standard_library_signs_is_believed():
    """PyPI ``standardwebhooks`` is the reference that senders use."""
    recorded = one("generic")
    signature = Signer(SECRETS[Proof.STANDARD]).sign("msg_1", factories.NOW, recorded.body.decode())
    headers = CIMultiDict(
        {
            "Webhook-Id": "msg_1",
            "Webhook-Timestamp": str(int(factories.NOW.timestamp())),
            "Webhook-Signature": signature,
        }
    )

    assert prove(blog("generic"), headers, recorded.body).delivery_id == "generic:msg_1"


def test_what_we_record_the_standard_library_verifies(monkeypatch):
    recorded = one("generic")
    signer = Signer(SECRETS[Proof.STANDARD])
    # It reads the clock itself.
    monkeypatch.setattr(signer, "_Webhook__verify_timestamp", lambda _: factories.NOW)

    assert signer.verify(recorded.body, dict(recorded.headers))["type"] == "comment.created"


@pytest.mark.parametrize("platform", UNSIGNED)
def test_without_the_secret_in_the_path_nothing_is_believed(platform):
    recorded = one(platform)

    with pytest.raises(MissingSignature):
        prove(blog(platform), recorded.headers, recorded.body)


@pytest.mark.parametrize("platform", UNSIGNED)
def test_every_flipped_bit_of_the_secret_in_the_path_is_refused(platform):
    recorded, site = one(platform), blog(platform)

    for wrong in flips(SECRETS[Proof.PATH].encode()):
        with pytest.raises(UnknownSecret):
            prove(site, recorded.headers, recorded.body, header(wrong))


@pytest.mark.parametrize("platform", UNSIGNED)
def test_the_secret_in_the_path_opens_one_site_only(platform):
    recorded = one(platform)

    with pytest.raises(UnknownSecret):
        recorded.proven(blog(platform, OTHER_SECRETS))
    # The same secret, though chosen for another site: its hash is another one there.
    kept = blog(platform).webhooks
    with pytest.raises(UnknownSecret):
        recorded.proven(factories.unsaved_site(name="andere", webhooks=kept))


@pytest.mark.parametrize("platform", UNSIGNED)
def test_a_secret_in_the_path_ends_with_its_grace(platform, monkeypatch):
    recorded = one(platform)
    site = blog(platform, expires_at=factories.NOW + HOUR)

    assert recorded.proven(site).platform == platform
    monkeypatch.setattr(clock, "now", lambda: factories.NOW + HOUR)

    with pytest.raises(UnknownSecret):
        recorded.proven(site)


@pytest.mark.parametrize("platform", SIGNED)
def test_what_a_signature_is_computed_with_is_no_secret_for_a_path(platform):
    recorded, site = one(platform), blog(platform)

    for secret in (SECRETS[Proof.SIGNED], site.webhooks[0].secret.decode(), ""):
        with pytest.raises((UnknownSecret, MissingSignature)):
            prove(site, CIMultiDict(), recorded.body, secret)


REFUSALS = (BadSignature, MissingSignature, StaleDelivery, UnknownSecret)
HEADERS = st.dictionaries(
    st.sampled_from([*BY_HEADER, "webhook-id", "webhook-timestamp", "Content-Type"]),
    st.binary(max_size=200).map(header) | st.just(str(int(factories.NOW.timestamp()))),
)


@given(
    st.sampled_from([*SIGNED, *UNSIGNED]),
    HEADERS,
    st.binary(),
    st.none() | st.text() | st.binary().map(header),
)
def test_whatever_the_bytes_what_proves_nothing_is_refused_as_documented(
    platform, headers, body, secret
):
    with pytest.raises(REFUSALS) as refused:
        prove(blog(platform), CIMultiDict(headers), body, secret)

    assert isinstance(refused.value, errors.Unauthenticated)

"""What we sign, independent verifiers of Standard Webhooks take."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service import clock
from service.outbox import signing

KNOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_known_answer():
    """The example of the specification's reference implementations."""
    headers = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        [KNOWN],
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


secrets = st.binary(min_size=24, max_size=64).map(
    lambda key: "whsec_" + base64.b64encode(key).decode()
)


@given(st.text(max_size=50), st.lists(secrets, min_size=1, max_size=3, unique=True))
def test_each_of_several_secrets_verifies_and_no_other(text, given):
    *ours, other = [*given, KNOWN]
    body = text.encode()

    headers = signing.headers("msg_1", clock.now(), body, ours)

    for secret in ours:
        Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers, json_parse=False)

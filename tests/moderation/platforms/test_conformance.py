"""What every platform must do with a delivery that is proven to be its own.

A new platform is exercised by being dropped in the folder, and fails until it has recorded
deliveries.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from multidict import CIMultiDict

from moderation.comments import Comment
from moderation.feedback import Report
from moderation.payloads import MalformedDelivery
from moderation.platforms import BY_HEADER, PLATFORMS
from moderation.verdicts import Action, Finding, Verdict
from moderation.webhooks import Proven
from tests import factories
from tests.moderation.platforms.recorded import SIGNED, blog, cases, one, resigned

EVERY_CASE = [
    pytest.param(each, id=f"{name}-{each.case}") for name in PLATFORMS for each in cases(name)
]
EVERY_JSON_CASE = [case for case in EVERY_CASE if case.values[0].body.startswith(b"{")]
MEANINGS = {"comment": Comment, "report": Report, "nothing": type(None)}
KINDS = [None, True, 0, -1.5, 10**30, "", "text", "\0", "\ud83d", [], [[]], {}, {"a": {}}]


def taken(recorded, body):
    """What becomes of a rightly signed ``body``: it is understood, or refused as malformed."""
    try:
        proven = recorded.proven(body=body, headers=resigned(recorded, body))
    except MalformedDelivery:
        return None
    require_storable(proven)
    return proven


def require_storable(proven):
    """PostgreSQL takes every string of it."""
    delivered = proven.delivered
    comment = delivered.comment if isinstance(delivered, Report) else delivered
    strings = [proven.delivery_id]
    if comment is not None:
        values = structs.astuple(comment)
        strings += [value for value in values if isinstance(value, str)] + [*comment.context]
    for string in strings:
        assert "\0" not in string
        string.encode("utf-8")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_a_recorded_comment_and_something_that_means_nothing(platform):
    meanings = {each.expected["means"] for each in cases(platform)}

    assert {"comment", "nothing"} <= meanings, (
        f"record deliveries of {platform} in tests/payloads/{platform}/, see recorded.py"
    )


def test_every_platform_is_told_by_a_header_of_its_own():
    assert sorted(BY_HEADER.values()) == SIGNED


@pytest.mark.parametrize("recorded", EVERY_CASE)
def test_a_recorded_delivery_means_what_it_meant(recorded):
    expected = recorded.expected

    proven = recorded.proven()

    delivered = proven.delivered
    assert proven.platform == recorded.platform
    assert isinstance(delivered, MEANINGS[expected["means"]])
    comment = delivered.comment if isinstance(delivered, Report) else delivered
    got = {name: plain(getattr(comment, name)) for name in expected.get("fields", ())}
    assert got == expected.get("fields", {})
    if isinstance(delivered, Report):
        assert (delivered.label, delivered.reporter) == (expected["label"], expected["reporter"])
    if "delivery_id" in expected:
        assert proven.delivery_id == expected["delivery_id"]
    require_storable(proven)


def plain(value):
    """As JSON would have it."""
    if isinstance(value, tuple):
        return [*value]
    return value if value is None or isinstance(value, str | bool) else str(value)


@pytest.mark.parametrize("recorded", EVERY_CASE)
def test_the_same_delivery_has_the_same_id_and_another_body_another(recorded):
    site = blog(recorded.platform)

    first, second = recorded.proven(site), recorded.proven(site)
    other = recorded.body + b" "
    third = recorded.proven(site, body=other, headers=resigned(recorded, other))

    assert first.delivery_id == second.delivery_id != third.delivery_id


@pytest.mark.parametrize(
    "platform", [name for name in PLATFORMS if "webhook-id" not in one(name).headers]
)
def test_the_id_of_a_delivery_gives_nothing_of_its_body_away(platform):
    """Whoever has the id alone cannot try bodies until one fits: two sites have two ids."""
    recorded = one(platform)

    ids = {recorded.proven(blog(platform, name=name)).delivery_id for name in ("blatt", "andere")}

    assert len(ids) == 2


BROKEN = {
    "empty": b"",
    "white space": b" \n",
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a string": b'"comment"',
    "cut": b'{"type":"comment.created","data":{"text":"x',
    "nested lists": b"[" * 10_000 + b"]" * 10_000,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested in an escape": b'{"\\u0061":' * 10_000 + b"1" + b"}" * 10_000,
    "broken UTF-8": b'{"type":"comment.created","data":{"text":"\xff\xfe"}}',
    "overlong UTF-8": b'{"type":"\xc0\xae"}',
    "UTF-16": '{"type":"comment.created"}'.encode("utf-16"),
    "NUL bytes": b"\0" * 100,
    "not a number": b'{"comment":{"body":NaN}}',
}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_refused_or_means_nothing(platform, body):
    proven = taken(one(platform), body)

    assert proven is None or proven.delivered is None


@pytest.mark.parametrize("recorded", EVERY_JSON_CASE)
def test_json_nested_too_deep_is_refused_wherever_it_stands(recorded):
    deep = b"[" * 10_000 + b"]" * 10_000
    body = recorded.body.rstrip()[:-1] + b',"more":' + deep + b"}"

    assert taken(recorded, body) is None


@pytest.mark.parametrize("recorded", EVERY_JSON_CASE)
def test_a_field_of_any_other_type_is_understood_or_refused(recorded):
    document = json.loads(recorded.body)
    for path in paths(document):
        for value in KINDS:
            changed = put(document, path, value)
            for ascii_only in (True, False):
                text = json.dumps(changed, ensure_ascii=ascii_only)
                taken(recorded, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("recorded", EVERY_JSON_CASE)
def test_a_field_that_is_missing_is_understood_or_refused(recorded):
    document = json.loads(recorded.body)
    for path in paths(document):
        if isinstance(path[-1], str):
            taken(recorded, json.dumps(put(document, path, MISSING)).encode())


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if name != "wordpress_com"])
def test_of_a_name_that_stands_twice_the_last_counts(platform):
    recorded = one(platform)
    text = json.loads(recorded.body)
    (path,) = [
        path
        for path in paths(text)
        if path[-1] in {"text", "body", "raw", "comment_content", "rawComment"}
    ]
    quoted = json.dumps(path[-1]).encode() + b":"
    body = recorded.body.replace(quoted, quoted + b'"the first",' + quoted)
    assert body != recorded.body

    assert taken(recorded, body).delivered.text == recorded.proven().delivered.text


def test_half_an_emoji_does_not_save_a_comment_from_its_verdict():
    """JavaScript cuts strings within a character and sends what is left as an escape."""
    recorded = one("waline")
    body = recorded.body.replace(b"Sehr hilfreich", b"Sehr \\ud83d hilfreich \\u0000")

    assert taken(recorded, body).delivered.text.startswith("Sehr \ufffd hilfreich \ufffd")


MISSING = object()


def paths(document, before=()):
    """Where something stands in a JSON document, the document itself aside."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in items:
        yield (*before, name)
        if isinstance(value, dict | list):
            yield from paths(value, (*before, name))


def put(document, path, value):
    """A copy with ``value`` at ``path``."""
    copied = document.copy()
    if len(path) > 1:
        copied[path[0]] = put(document[path[0]], path[1:], value)
    elif value is MISSING:
        del copied[path[0]]
    else:
        copied[path[0]] = value
    return copied


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("platform", PLATFORMS)
@given(body=st.binary())
def test_whatever_the_bytes_a_proven_delivery_is_understood_or_malformed(platform, body):
    taken(RECORDED[platform], body)


@pytest.mark.parametrize("platform", [n for n in PLATFORMS if n != "wordpress_com"])
@given(data=st.data())
def test_whatever_the_json_a_proven_delivery_is_understood_or_malformed(platform, data):
    document = json.loads(RECORDED[platform].body)
    path = data.draw(st.sampled_from([*paths(document)]))
    changed = put(document, path, data.draw(JSON))

    taken(RECORDED[platform], json.dumps(changed).encode())


@pytest.mark.parametrize("platform", PLATFORMS)
@given(
    headers=st.dictionaries(
        st.sampled_from(["X-Discourse-Event", "X-WP-Webhook-Name", "Content-Type"]),
        st.text() | st.sampled_from(["application/xml", "text/plain; charset=x", "update_comment"]),
    )
)
def test_headers_that_nobody_signed_break_nothing(platform, headers):
    recorded = RECORDED[platform]
    changed = CIMultiDict(recorded.headers)
    changed.update(headers)
    try:
        proven = recorded.proven(headers=changed)
    except MalformedDelivery:
        return

    assert isinstance(proven, Proven)
    require_storable(proven)


RECORDED = {platform: one(platform) for platform in PLATFORMS}


def verdict(action):
    findings = (Finding("words", 12.0), Finding("links", -2.0))
    return Verdict(action, 0.25, 10.0, findings, "model")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("action", Action)
def test_every_verdict_has_an_answer_in_json(platform, action):
    answer = PLATFORMS[platform].render(verdict(action), factories.uuid7_at(factories.NOW))

    assert json.loads(json.dumps(answer))


def test_an_answer_names_action_probability_and_findings():
    comment_id = factories.uuid7_at(factories.NOW)

    assert PLATFORMS["generic"].render(verdict(Action.HOLD), comment_id) == {
        "id": str(comment_id),
        "action": "hold",
        "probability": 0.25,
        "findings": ["words", "links"],
    }


SPAM = [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}]


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        (Action.APPROVE, {"status": "NONE"}),
        (Action.HOLD, {"status": "SYSTEM_WITHHELD", "actions": SPAM}),
        (Action.REJECT, {"status": "REJECTED", "actions": SPAM}),
    ],
)
def test_coral_is_answered_in_its_own_words(action, answer):
    assert PLATFORMS["coral"].render(verdict(action), None) == answer

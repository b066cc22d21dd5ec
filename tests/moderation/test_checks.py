import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import checks
from moderation.checks import CHECKS, RULES
from moderation.comments import Comment
from moderation.verdicts import Action
from service.sites import ListEntry, Site, SiteSettings


def site(*entries, url="https://www.blatt.example/news", **settings):
    return Site(
        id=1,
        name="blatt",
        url=url,
        language="de",
        pepper=b"",
        settings=SiteSettings(**settings),
        lists=tuple(ListEntry(*entry) for entry in entries),
    )


SITE = site()


def ruled(comment, at=SITE):
    """The ruling of the first rule that applies, as screening asks them."""
    return next((ruling for rule in RULES if (ruling := rule(comment, at))), None)


@pytest.mark.parametrize(
    "comment",
    [
        {"author": "akismet-guaranteed-spam"},
        {"author": "akismet-guaranteed-discard"},
        {"author": "viagra-test-123"},
        {"author": "anyone", "email": "akismet-guaranteed-spam@example.com"},
        {"author": "viagra-test-123", "is_test": True},
    ],
)
def test_the_protocols_guaranteed_spam_is_rejected(comment):
    ruling = ruled(Comment(text="A friendly word.", **comment))

    assert (ruling.action, ruling.name) == (Action.REJECT, "guaranteed_spam")


@pytest.mark.parametrize("author", ["viagra-test-1234", "akismet", "", None])
def test_names_that_are_nearly_a_test_value_mean_nothing(author):
    assert ruled(Comment(text="", author=author, email="guaranteed@example.com")) is None


def test_an_administrator_who_tries_guaranteed_spam_sees_spam():
    comment = Comment(text="", author="viagra-test-123", role="administrator")

    assert ruled(comment).action is Action.REJECT


@pytest.mark.parametrize(
    "role", ["administrator", "Administrator", "subscriber, editor", "author,super_admin"]
)
@pytest.mark.parametrize("is_test", [True, False])
def test_who_may_moderate_is_approved(role, is_test):
    ruling = ruled(Comment(text="casino", role=role, is_test=is_test))

    assert (ruling.action, ruling.name) == (Action.APPROVE, "moderating_role")
    assert ruling.parameters["role"] in role.lower()


@pytest.mark.parametrize("role", ["", "subscriber", "author", "contributor", "administrators"])
def test_any_other_role_is_judged_like_everyone(role):
    assert ruled(Comment(text="casino", role=role)) is None


def test_a_role_comes_before_the_block_list():
    blocking = site(("block", "word", "casino"))

    assert ruled(Comment(text="casino", role="editor"), blocking).action is Action.APPROVE


def test_the_allow_list_comes_before_the_block_list():
    both = site(("block", "word", "casino"), ("allow", "email", "eva@example.org"))

    assert ruled(Comment(text="casino", email="eva@example.org"), both).name == "allow_list"
    assert ruled(Comment(text="casino", email="max@example.org"), both).name == "block_list"


def test_the_block_list_rejects_and_quotes_the_word():
    ruling = ruled(Comment(text="ein Casino"), site(("block", "word", "casino")))

    assert ruling == (Action.REJECT, "block_list", {"field": "word", "entry": "casino"})


@pytest.mark.parametrize(
    ("field", "value"), [("address", "192.0.2.7"), ("email", "eva@example.org")]
)
def test_a_finding_never_keeps_an_address(field, value):
    comment = Comment(text="", address="192.0.2.7", email="eva@example.org")

    assert ruled(comment, site(("block", field, value))).parameters == {"field": field}


def test_a_filled_honeypot_rejects_after_all_lists():
    allowing = site(("allow", "word", "hello"))
    comment = Comment(text="hello", honeypot_filled=True)

    assert ruled(comment).action is Action.REJECT
    assert ruled(comment).name == "honeypot"
    assert ruled(comment, allowing).action is Action.APPROVE


def test_a_form_sent_faster_than_a_person_writes_weighs_more_the_faster_it_was():
    at_once, quick = (
        checks.form_time(Comment(text="", form_seconds=seconds), SITE) for seconds in (0.0, 1.9)
    )

    assert at_once.log_odds == 3.0
    assert 1.0 < quick.log_odds < 1.2
    assert quick.parameters == {"seconds": 1.9}


@pytest.mark.parametrize("seconds", [None, 2.0, 60.0, -1.0, float("nan")])
def test_a_form_that_took_its_time_or_an_unknown_one_weighs_nothing(seconds):
    assert checks.form_time(Comment(text="", form_seconds=seconds), SITE) is None


def test_the_site_sets_the_shortest_time():
    comment = Comment(text="", form_seconds=4.0)

    assert checks.form_time(comment, site(minimum_form_seconds=5.0))
    assert not checks.form_time(comment, site(minimum_form_seconds=0.0))


@pytest.mark.parametrize(("ran", "weighs"), [(False, True), (True, False), (None, False)])
def test_a_script_weighs_only_where_it_is_known_not_to_have_run(ran, weighs):
    assert (checks.script_missing(Comment(text="", script_ran=ran), SITE) is not None) == weighs


@pytest.mark.parametrize(
    "comment",
    [
        {"url": "http://1xbetcc.com/"},
        {"url": "1xbetcc.com"},
        {"referrer": "https://www.1xbetcc.com/landing?x=1"},
    ],
)
def test_a_known_referrer_spammer_weighs(comment):
    assert checks.referrer_spam(Comment(text="", **comment), SITE).log_odds == 2.5


@pytest.mark.parametrize("link", ["https://blatt.example/", "https://my1xbetcc.com/", "", None])
def test_any_other_link_is_no_referrer_spammers(link):
    assert checks.referrer_spam(Comment(text="", url=link, referrer=link), SITE) is None


@pytest.mark.parametrize("email", ["chef@blatt.example", "chef@Mail.Blatt.example"])
def test_the_sites_own_mail_domain_weighs_for_who_is_not_signed_in(email):
    assert checks.own_domain(Comment(text="", email=email), SITE)
    assert not checks.own_domain(Comment(text="", email=email, role="author"), SITE)


@pytest.mark.parametrize("email", ["chef@notblatt.example", "chef@example", "chef@", "chef", None])
def test_another_mail_domain_weighs_nothing(email):
    assert checks.own_domain(Comment(text="", email=email), SITE) is None


COMMENTS = st.builds(
    Comment,
    text=st.text(),
    author=st.none() | st.text() | st.sampled_from(sorted(checks.GUARANTEED_SPAM_AUTHORS)),
    email=st.none() | st.text() | st.just("chef@blatt.example"),
    url=st.none() | st.text() | st.just("http://1xbetcc.com"),
    referrer=st.none() | st.text(),
    role=st.text() | st.just("editor"),
    honeypot_filled=st.booleans(),
    script_ran=st.none() | st.booleans(),
    form_seconds=st.none() | st.floats(),
)


@given(COMMENTS, st.floats(0, 3600))
def test_whatever_the_comment_a_check_is_bounded_and_named_as_its_function(comment, minimum):
    at = site(("block", "word", "a"), minimum_form_seconds=minimum)

    for check in CHECKS:
        if finding := check(comment, at):
            assert finding.name == check.__name__
            assert -3.0 <= finding.log_odds <= 3.0
    for rule in RULES:
        if ruling := rule(comment, at):
            assert ruling.name == rule.__name__

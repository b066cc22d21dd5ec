"""English."""

from moderation.words import Language

RULINGS = {
    "guaranteed_spam": "The name or e-mail address is a test value that always counts as spam",
    "moderating_role": "The author may moderate comments (role “{role}”)",
    "allow_list": "An entry of the allow list matches",
    "allow_list/word": "“{entry}” is on the allow list",
    "allow_list/domain": "The domain {entry} is on the allow list",
    "allow_list/address": "The IP address is on the allow list",
    "allow_list/email": "The e-mail address is on the allow list",
    "allow_list/pattern": "A pattern on the allow list matches: {entry}",
    "block_list": "An entry of the block list matches",
    "block_list/word": "“{entry}” is on the block list",
    "block_list/domain": "The domain {entry} is on the block list",
    "block_list/address": "The IP address is on the block list",
    "block_list/email": "The e-mail address is on the block list",
    "block_list/pattern": "A pattern on the block list matches: {entry}",
    "honeypot": "A form field that people cannot see was filled in",
    "decided_before": "A person has already decided on this comment",
}

REASONS = {
    # the model as a whole
    "prior": "Every comment starts from this experience",
    "words": "The wording stands out",
    "words/spam": "The wording resembles known spam",
    "words/ham": "The wording resembles ordinary readers’ comments",
    "other": "Several small signs add up",
    # what is known from before
    "approved_author": "A comment under this name and e-mail address has been approved before",
    "spam_address": "Spam has come from this IP address before",
    "same_text": (
        "The same text came {comments:+} {comments:time|times} under other posts in the "
        "last few hours"
    ),
    "near_text": (
        "Nearly the same text came {comments:+} {comments:time|times} under other posts in "
        "the last few hours"
    ),
    "burst": "This IP address sent {comments:+} more {comments:comment|comments} within minutes",
    # how it was sent
    "form_time": (
        "The form was sent after {seconds} {seconds:second|seconds}, faster than a person writes"
    ),
    "script_missing": (
        "The form’s script did not run, as with programs that fill in forms without a browser"
    ),
    "referrer_spam": (
        "The sender’s website, or the page they came from, is a known source of advertising spam"
    ),
    "own_domain": "The e-mail address belongs to this blog’s own domain, but nobody was signed in",
}


def form(number: float) -> int:
    return 0 if number == 1 else 1


LANGUAGE = Language(
    rulings=RULINGS,
    reasons=REASONS,
    settled=" – that settled it",
    unknown="A sign that this version no longer knows (“{name}”)",
    spam=(
        ", which hints at spam",
        ", which points to spam",
        ", which points strongly to spam",
    ),
    ham=(
        ", which speaks a little against spam",
        ", which speaks against spam",
        ", which speaks strongly against spam",
    ),
    neither=", which carries no weight",
    form=form,
    decimal_mark=".",
    group_mark=",",
    percent="%",
    below_one_percent="less than 1%",
    at_least="at least {}",
)

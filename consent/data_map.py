"""The data map: every place this service keeps personal data, why, for how long, and how it goes.

It is the core of the record of processing (GDPR Art. 30), and the code obeys it: retention (and
later access and erasure) loop over ``HOLDINGS`` and know no table of their own.  A migration that
adds a column adds it here or to ``impersonal``; ``tests/consent/test_data_map.py`` fails until it
does.
"""

from dataclasses import dataclass
from enum import StrEnum

from consent.impersonal import IMPERSONAL

__all__ = ["HOLDINGS", "IMPERSONAL", "Basis", "Erasure", "Holding", "Keep", "Subject"]


class Basis(StrEnum):
    """Legal basis of the processing, GDPR Art. 6(1)."""

    LEGAL_OBLIGATION = "legal obligation"  # (c)
    LEGITIMATE_INTERESTS = "legitimate interests"  # (f)


class Erasure(StrEnum):
    """What retention and an erasure request do to a row."""

    DELETE_ROW = "delete the row"
    SHORTEN = "shorten the address to its network and forget its hash"
    WITH_COMMENT = "goes with the comment it belongs to"


class Subject(StrEnum):
    """How the rows of one person are found."""

    AUTHOR = "the site's keyed hash of name and e-mail address"
    ADDRESS = "the site's keyed hash of the IP address"
    NOTIFIER = "the site's keyed hash of the e-mail address that came with a report"
    REPORTER = "the site's keyed hash of the login name that the blog sends"
    ACTOR = "the account or key that acted"
    COMMENT = "through the comment it belongs to"
    VISITOR = "the site's keyed hash of the id that the visitor's browser keeps"


class Keep(StrEnum):
    """How long; the name of the setting that says so, where the operator decides."""

    COMMENTS = "comment_retention_days"
    ADDRESSES = "ip_retention_days"
    AUDIT = "audit_retention_days"
    CONSENT = "consent_retention_days"


@dataclass(frozen=True, slots=True)
class Holding:
    """Personal columns of one table that share a purpose and a fate."""

    table: str
    columns: tuple[str, ...]
    purpose: str
    basis: Basis
    subject: Subject
    clock: str  # the column whose age counts; of type timestamptz
    keep: Keep
    erasure: Erasure
    sooner: str = ""  # what goes before that, and when


HOLDINGS = (
    Holding(
        table="comments",
        columns=(
            *("author", "email", "url", "user_agent", "referrer", "text", "role"),
            *("platform_id", "parent_id", "submitted_at", "findings"),
            *("identity_hash", "text_hash", "near_hash_a", "near_hash_b", "author_hash"),
        ),
        purpose="keep spam off the blog, and let moderators see and correct what was decided",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.AUTHOR,
        clock="received_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.DELETE_ROW,
        sooner=(
            "a site may keep its comments for less (comment_retention_days); what the machine"
            " rejected and nobody decided on goes after the site's quarantine_days, usually 30"
        ),
    ),
    Holding(
        table="comments",
        columns=("address", "address_hash"),
        purpose="recognise floods of comments from one place",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ADDRESS,
        clock="received_at",
        keep=Keep.ADDRESSES,
        erasure=Erasure.SHORTEN,
    ),
    Holding(
        table="approved_authors",
        columns=("author_hash", "approved_at"),
        purpose="spare known authors the wait",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.AUTHOR,
        clock="approved_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="spam_addresses",
        columns=("address_hash", "labelled_at"),
        purpose="recognise where spam came from lately",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ADDRESS,
        clock="labelled_at",
        keep=Keep.ADDRESSES,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="labels",
        columns=("reporter",),
        purpose="learn from what moderators decide, and notice who misleads",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.REPORTER,
        clock="created_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.WITH_COMMENT,
    ),
    Holding(
        table="decisions",
        columns=("actor", "author_before", "address_before"),
        purpose="show what became of a comment and by whom, and take it back where that was wrong",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.COMMENT,
        clock="decided_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.WITH_COMMENT,
    ),
    Holding(
        table="comment_search",
        columns=("document",),
        purpose="let moderators find comments by their words and by their author",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.COMMENT,
        clock="indexed_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.WITH_COMMENT,
    ),
    Holding(
        table="review_claims",
        columns=("user_id", "claimed_at"),
        purpose="keep two moderators from deciding the same comment",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ACTOR,
        clock="claimed_at",
        keep=Keep.ADDRESSES,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="idempotency_keys",
        columns=("key_hash", "body_hash"),
        purpose="answer a request that is sent again with what it was answered first",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.COMMENT,
        clock="claimed_at",
        keep=Keep.ADDRESSES,  # at the latest; a job of the API's forgets them after a day
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="users",
        columns=("name", "password_hash", "totp_sealed", "signed_in_at"),
        purpose="let those in who moderate and audit, and nobody else",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ACTOR,
        clock="disabled_at",
        keep=Keep.AUDIT,  # as long as the trail names what they did
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="waiting_notices",
        columns=("address", "looked_at"),
        purpose="tell moderators by mail that comments wait, as they chose",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ACTOR,
        clock="looked_at",
        keep=Keep.AUDIT,  # it is looked for them as long as the account is open
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="user_sessions",
        columns=("created_at", "seen_at"),
        purpose="know who is signed in where",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ACTOR,
        clock="expires_at",
        keep=Keep.ADDRESSES,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="sign_in_links",
        columns=("created_at", "used_at"),
        purpose="let somebody in once",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.ACTOR,
        clock="expires_at",
        keep=Keep.ADDRESSES,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="statements",
        columns=("note",),
        purpose="tell authors why their comment was removed (DSA Art. 17)",
        basis=Basis.LEGAL_OBLIGATION,
        subject=Subject.COMMENT,
        clock="made_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.WITH_COMMENT,
    ),
    Holding(
        table="appeals",
        columns=("words", "made_at"),
        purpose="look again at what was rejected, where its author asks for it",
        basis=Basis.LEGITIMATE_INTERESTS,
        subject=Subject.COMMENT,
        clock="made_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.WITH_COMMENT,
    ),
    Holding(
        table="reader_reports",
        columns=("words", "name", "email", "reporter", "sameness", "made_at"),
        purpose="act on what readers report, and tell them what came of it (DSA Art. 16)",
        basis=Basis.LEGAL_OBLIGATION,
        subject=Subject.NOTIFIER,
        clock="made_at",
        keep=Keep.COMMENTS,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="mails",
        columns=("recipient", "subject", "body"),
        purpose="tell people what they are to hear by mail, until it is sent",
        basis=Basis.LEGAL_OBLIGATION,
        subject=Subject.COMMENT,
        clock="created_at",
        keep=Keep.COMMENTS,  # of what is sent, only that it was sent
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="consent_openings",
        columns=("salt", "subject_hash", "encrypted", "in_force", "ends_at"),
        purpose="prove who agreed to what (Art. 7(1)), and know it",
        basis=Basis.LEGAL_OBLIGATION,
        subject=Subject.VISITOR,
        clock="ends_at",
        keep=Keep.CONSENT,
        erasure=Erasure.DELETE_ROW,
    ),
    Holding(
        table="audit_trail",
        columns=("actor", "subject", "details"),
        purpose="show who changed or decided what (accountability, Art. 5(2))",
        basis=Basis.LEGAL_OBLIGATION,
        subject=Subject.ACTOR,
        clock="recorded_at",
        keep=Keep.AUDIT,
        erasure=Erasure.DELETE_ROW,
    ),
)

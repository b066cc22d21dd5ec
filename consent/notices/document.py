"""A notice as values: who asks whom for what, on what ground, for how long, in which words.

It is addressed by the SHA-256 of its canonical JSON, so a field that is missing today cannot be
added to what is published: what L2, L10, GDPR Art. 13 and ISO/IEC TS 27560 want stands here from
the first version on.
"""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Identifier = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,39}$")]
Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=10_000)]
Markup = Annotated[str, Meta(max_length=100_000)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Z]{2})?$")]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1; EU is one too.")]
Term = Annotated[str, Meta(pattern="^[a-z][a-z-]{0,19}:[A-Za-z][A-Za-z0-9-]{0,79}$")]
Duration: TypeAlias = Annotated[str, Meta(max_length=20)]
ByLanguage: TypeAlias = dict[Language, Text]


class Kind(StrEnum):
    COOKIE = "cookie"
    COMMENT_PROCESSING = "comment_processing"
    PRIVACY_POLICY = "privacy_policy"
    TERMS = "terms"


class ChangeClass(StrEnum):
    """What changed since the version before."""

    INITIAL = "initial"
    EDITORIAL = "editorial"
    MATERIAL = "material"
    NEW_PROCESSING = "new_processing"


class Consequence(StrEnum):
    """What a version does to those who decided under an earlier one (WP260 29-31, EDPB 05/2020)."""

    NOTHING = "nothing"
    NOTIFY = "notify"
    ASK_AGAIN = "ask_again"


CONSEQUENCES = {
    ChangeClass.INITIAL: Consequence.ASK_AGAIN,
    ChangeClass.EDITORIAL: Consequence.NOTHING,
    ChangeClass.MATERIAL: Consequence.NOTIFY,
    ChangeClass.NEW_PROCESSING: Consequence.ASK_AGAIN,
}


class LegalBasis(StrEnum):
    CONSENT = "gdpr.6.1.a"
    CONTRACT = "gdpr.6.1.b"
    LEGAL_OBLIGATION = "gdpr.6.1.c"
    VITAL_INTERESTS = "gdpr.6.1.d"
    PUBLIC_TASK = "gdpr.6.1.e"
    LEGITIMATE_INTERESTS = "gdpr.6.1.f"


class PartyType(StrEnum):
    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint_controller"
    PROCESSOR = "processor"
    THIRD_PARTY = "third_party"
    AUTHORITY = "authority"


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything is immutable, and nothing that we do not know passes."""


class Party(_Part, frozen=True, kw_only=True):
    """Somebody who decides on the data or gets it, and how to reach them."""

    id: Identifier
    type: PartyType
    name: Line
    address: Line
    country: Country
    email: Line | None = None
    phone: Line | None = None
    url: Line | None = None
    contact: Line  # the person or office that answers questions of privacy
    dpo: Line | None = None  # the data protection officer, where there is one


class Transfer(_Part, frozen=True, kw_only=True):
    """To a country outside the EEA, and what makes that lawful (GDPR Art. 44 to 49)."""

    country: Country
    safeguard: Line


class Cookie(_Part, frozen=True, kw_only=True):
    """What is stored on, or read from, the visitor's device (TDDDG 25; EinwV 3(2))."""

    name: Line
    storage: Literal["cookie", "local_storage", "session_storage", "pixel", "other"] = "cookie"
    provider: Line
    purpose: ByLanguage
    duration: Duration  # ISO 8601, or "session"
    third_party: bool  # whether anyone but the blog has access


class Service(_Part, frozen=True, kw_only=True):
    """A service that a purpose is carried out with; visitors may decide on it alone."""

    id: Identifier
    name: Line
    provider: Identifier  # the id of a party
    hosts: list[Line] = []  # where the visitor's browser would connect to
    alternative: ByLanguage = {}  # what needs no consent, where the service is refused
    cookies: list[Cookie] = []


class Purpose(_Part, frozen=True, kw_only=True):
    id: Identifier
    necessary: bool  # not a matter of choice
    preselected: bool = False  # no lawful value but false; here so that it is refused, not ignored
    justification: ByLanguage = {}  # why it is necessary, or which interests are legitimate
    legal_basis: LegalBasis
    tdddg: Literal["25.1", "25.2.1", "25.2.2"] | None = None
    dpv: Term  # of the Data Privacy Vocabulary, as in dpv:ServiceProvision
    personal_data: list[Term]  # as in pd:IPAddress
    special_categories: list[Term] = []
    retention: Duration  # or "until_deleted"
    storage_locations: list[Country]
    recipients: list[Identifier] = []  # ids of parties
    third_country: Transfer | None = None
    services: list[Service] = []
    gcm: list[Identifier] = []  # signals of Google Consent Mode
    sale_or_share: bool = False  # Global Privacy Control opts out of it


class Slot(_Part, frozen=True, kw_only=True):
    """An item of GDPR Art. 13: what it says, or why it does not apply.  Exactly one of the two."""

    text: ByLanguage = {}
    not_applicable: ByLanguage = {}


class PurposeTexts(_Part, frozen=True, kw_only=True):
    title: Line
    description: Text


class Texts(_Part, frozen=True, kw_only=True):
    """What visitors read in one language.  ``*_html`` is markup of a small, fixed set of tags."""

    title: Line
    body_html: Markup
    accept: Line = ""
    reject: Line = ""
    settings: Line = ""
    save: Line = ""
    close: Line = ""
    withdraw: Line = ""  # of the link in the footer
    withdrawn: Line = ""  # said when it has been done
    changed: Line = ""  # said where we ask again
    placeholder: Line = ""  # in place of an embedded service; {service} is its name
    load_once: Line = ""
    no_script: Line = ""
    objection_html: Markup = ""  # the separate notice of GDPR Art. 21(4)
    purposes: dict[Identifier, PurposeTexts] = {}


class Withdrawal(_Part, frozen=True, kw_only=True):
    """How consent is withdrawn, which must be as easy as giving it (GDPR Art. 7(3))."""

    method: Literal["page_footer", "comment_form", "e-mail", "none_needed"]
    url: Line | None = None
    text: ByLanguage = {}


class Ui(_Part, frozen=True, kw_only=True):
    """What drew the question: library, and the digests of what was served."""

    lib: Line
    mode: Literal["opt-in", "opt-out"] = "opt-in"
    layout: Line
    equal_weight: bool = True  # refusing looks like accepting, on the first layer
    bundle_sha256: Digest
    css_sha256: Digest
    adapter_sha256: Digest | None = None


class Notice(_Part, frozen=True, kw_only=True):
    """One version of a notice of one site."""

    schema: Literal["notice/1"] = "notice/1"
    site: Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    kind: Kind
    version: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[1-9][0-9]{0,3}$")]
    change_class: ChangeClass
    effective_from: Annotated[
        str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$")
    ]
    supersedes: Digest | None = None
    fallback_language: Language  # for visitors whose language is not among the texts
    jurisdiction: Country
    controller: Party
    parties: list[Party] = []
    purposes: list[Purpose] = []
    art13: dict[str, Slot] = {}
    texts: dict[Language, Texts]
    withdrawal: Withdrawal
    ui: Ui | None = None
    validity: Duration = "P12M"
    cooldown: Duration = "P6M"  # before which nobody who refused is asked again

    @property
    def consequence(self) -> Consequence:
        return CONSEQUENCES[self.change_class]

    @property
    def optional_purposes(self) -> frozenset[str]:
        """The ids of what a visitor decides about."""
        return frozenset(purpose.id for purpose in self.purposes if not purpose.necessary)

    @property
    def services(self) -> frozenset[str]:
        """The ids of the services of optional purposes."""
        return frozenset(
            service.id
            for purpose in self.purposes
            if not purpose.necessary
            for service in purpose.services
        )

    def language(self, wanted: str) -> str:
        """The language in which somebody who asks for ``wanted`` reads it."""
        for language in (wanted, wanted.partition("-")[0]):
            if language in self.texts:
                return language
        return self.fallback_language

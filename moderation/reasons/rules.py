"""House rules: what a removal can be based on, in the words that its author reads.

Those that ship stand here and count for every site that has none of its own (``gatehouse rule``).
A rule of ground ``law`` names the law that a comment breaks; which that is depends on the country,
so none ships.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

CODE = r"[a-z0-9][a-z0-9-]{0,39}"
LONGEST_CLAUSE = 200  # characters; the transparency database takes 500 of clause and title
LONGEST_TITLE = 200
LONGEST_SENTENCE = 1000
MOST = 50

# Of the transparency database's schema since July 2025, without its prefix.
CATEGORIES = (
    "ANIMAL_WELFARE",
    "CONSUMER_INFORMATION",
    "CYBER_VIOLENCE",
    "CYBER_VIOLENCE_AGAINST_WOMEN",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "ILLEGAL_OR_HARMFUL_SPEECH",
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    "OTHER_VIOLATION_TC",
    "PROTECTION_OF_MINORS",
    "RISK_FOR_PUBLIC_SECURITY",
    "SCAMS_AND_FRAUD",
    "SELF_HARM",
    "UNSAFE_AND_PROHIBITED_PRODUCTS",
    "VIOLENCE",
)


class Ground(StrEnum):
    TERMS = "terms"  # Art. 17(3)(e)
    LAW = "law"  # Art. 17(3)(d)


@dataclass(frozen=True, slots=True)
class Words:
    """``sentence`` says of a comment why it breaks the rule."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    ground: Ground
    clause: str  # where it stands: "3", "§ 185 StGB"
    category: str
    words: dict[str, Words]  # by language

    def spoken(self, language: str) -> Words:
        """In ``language``, else in the first there is."""
        return self.words.get(language) or next(iter(self.words.values()))


def _rule(code: str, clause: str, category: str, **words: tuple[str, str]) -> Rule:
    spoken = {language: Words(*each) for language, each in words.items()}
    return Rule(code, Ground.TERMS, clause, category, spoken)


SHIPPED = (
    _rule(
        "attack",
        "1",
        "ILLEGAL_OR_HARMFUL_SPEECH",
        en=("Personal attacks", "The comment attacks people instead of talking about the matter."),
        de=("Persönliche Angriffe", "Der Kommentar greift Menschen an, statt zur Sache zu reden."),
        ru=("Личные нападки", "В комментарии нападают на людей, а не обсуждают тему."),
    ),
    _rule(
        "hate",
        "2",
        "ILLEGAL_OR_HARMFUL_SPEECH",
        en=("Contempt for groups", "The comment disparages people for what they are."),
        de=(
            "Herabwürdigung von Gruppen",
            "Der Kommentar setzt Menschen herab, weil sie einer Gruppe angehören.",
        ),
        ru=("Унижение групп людей", "Комментарий унижает людей из-за их принадлежности к группе."),
    ),
    _rule(
        "privacy",
        "3",
        "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        en=("Private matters of others", "The comment makes public what is private to somebody."),
        de=("Privates anderer", "Der Kommentar macht öffentlich, was jemandes Privatsache ist."),
        ru=("Частная жизнь других", "Комментарий раскрывает то, что касается чужой частной жизни."),
    ),
    _rule(
        "off-topic",
        "4",
        "OTHER_VIOLATION_TC",
        en=("Off topic", "The comment has nothing to do with what the post is about."),
        de=("Am Thema vorbei", "Der Kommentar hat mit dem Beitrag nichts zu tun."),
        ru=("Не по теме", "Комментарий не имеет отношения к теме публикации."),
    ),
    _rule(
        "advertising",
        "5",
        "OTHER_VIOLATION_TC",
        en=("Advertising", "The comment promotes a business or a website of one's own."),
        de=("Werbung", "Der Kommentar wirbt für ein Geschäft oder die eigene Website."),
        ru=("Реклама", "Комментарий рекламирует товар, услугу или собственный сайт."),
    ),
    _rule(
        "other",
        "6",
        "OTHER_VIOLATION_TC",
        en=("Other breach of the house rules", "The comment breaks the house rules."),
        de=(
            "Anderer Verstoß gegen die Hausregeln",
            "Der Kommentar verstößt gegen die Hausregeln.",
        ),
        ru=("Другое нарушение правил", "Комментарий нарушает правила сайта."),
    ),
)


def chosen(rules: Sequence[Rule], code: str, usual: str | None) -> Rule:
    """The rule of that code; else the one that is cited usually, else the first."""
    by_code = {rule.code: rule for rule in rules}
    return by_code.get(code) or by_code.get(usual or "") or rules[0]

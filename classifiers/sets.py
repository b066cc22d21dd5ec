"""Reading labelled sets: one JSON object a line, gzip or plain, named by file.

A set that is not in ``POLICIES`` is read with the defaults.
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifiers.examples import Example, Labelled, without_duplicates


class UnreadableSet(Exception):
    """A line of a training set cannot be read."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How much a row of a set counts, by label, and under which terms it was published.

    ``marks`` are left out of every text: they tell the set, not the class.  Authors are never
    read from sets: where there are any, those of one class were replaced by pseudonyms.
    """

    ham: float = 1.0
    spam: float = 1.0
    most: int = 20_000  # honest rows kept; those count for the others too
    marks: str = ""
    group_is: str = ""  # the field that a row's group is the words of: "permalink" or "title"
    licence: str = "unstated"


# Ham sets are large: each is as much evidence about blogs as a few thousand comments.  Short
# messages and chat speak another language than comments do.
POLICIES = {
    "tubespam": Policy(1.0, 1.0, licence="CC BY 4.0 (UCI 380; Alberto, Lochter, Almeida)"),
    "spintax_en": Policy(1.0, 0.5, licence="MIT (splorp)"),
    "sms_uci": Policy(0.1, 0.3, most=2_000, licence="CC BY 4.0 (UCI 228; Almeida)"),
    "tg_umputun": Policy(0.7, 0.7, licence="MIT"),
    "vk_ru": Policy(0.6, licence="MIT"),
    "germeval2018_de": Policy(
        0.3, most=5_000, marks=r"@\w+|\|LBR\|", licence="CC BY 4.0 (Wiegand et al.)"
    ),
    "civil_toxic": Policy(0.25, most=6_000, licence="CC0"),
    "wiki_talk": Policy(0.15, most=6_000, licence="CC BY-SA"),
    "techblog_en": Policy(
        0.6, 4.0, most=12_000, group_is="permalink", licence="unstated; mined for training only"
    ),
    "datacamp_comments": Policy(group_is="title", licence="unstated; development test only"),
}
_LABELS = {"spam": True, "ham": False}


def read_sets(folder: Path) -> list[Labelled]:
    """Every set of ``folder``, in the order of file names, without duplicates within a set.

    Raises UnreadableSet, which names file and line.
    """
    paths = sorted(path for path in folder.iterdir() if ".jsonl" in path.suffixes)
    return [row for path in paths for row in without_duplicates(read_set(path))]


def read_set(path: Path) -> Iterator[Labelled]:
    source = path.name.partition(".")[0]
    policy = POLICIES.get(source, Policy())
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _row(json.loads(line), source, policy, f"{source}:{number}")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                message = f"{path}, line {number}: {type(error).__name__}"
                raise UnreadableSet(message) from error


def _row(values: dict[str, str], source: str, policy: Policy, name: str) -> Labelled:
    is_spam = _LABELS[values["label"]]
    text = values["text"]
    if policy.marks:
        text = re.sub(policy.marks, " ", text).strip()
    return Labelled(
        example=_example(text, values.get("group", ""), policy),
        is_spam=is_spam,
        source=source,
        group=f"{source}:{values['group']}" if "group" in values else name,
        weight=policy.spam if is_spam else policy.ham,
        language=values.get("lang", "und"),
    )


def _example(text: str, group: str, policy: Policy) -> Example:
    """Where the group is the post, for both classes alike, its words are known."""
    if policy.group_is == "permalink":
        return Example(text=text, permalink=f"https://blog.example/{group.removesuffix('-aspx')}/")
    if policy.group_is == "title":
        return Example(text=text, title=group)
    return Example(text=text)

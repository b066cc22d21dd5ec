"""The comments that were written for training (``corpora/``): whole, with author, link and post.

Spam templates are expanded.  A row that could stand under any post is put under one, drawn from the
same list for both classes.  Each row is read several times with other fields left out, at the same
rates for both classes, so that the model learns to do without any of them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from classifiers.examples import Example, Labelled
from classifiers.sets import UnreadableSet

CORPORA = Path(__file__).parent / "corpora"
SOURCE = "written"
VARIANTS = 6  # of each row, counted together as ``WEIGHT`` comments; the second is text alone
WEIGHT = 4.0
# How often a field is known.  Every first variant has all of them.
KNOWN = {"author": 0.8, "url": 0.8, "mail_domain": 0.6, "post": 0.7, "title": 0.7, "language": 0.8}
NAMELESS = 0.05  # how often a name is taken away, so that having none tells nothing
# Spam that could stand under any post is also sent to blogs of other languages.
ABROAD = 0.15

_WHOLE, _TEXT_ALONE = 0, 1  # variants
_CHOICE = re.compile(r"\{([^{}]*)\}")

Row = dict[str, Any]


def expand(template: str, dice: Random) -> str:
    """One of the texts that a spintax template stands for, innermost braces first."""
    while True:
        expanded = _CHOICE.sub(lambda found: dice.choice(found[1].split("|")), template)
        if expanded == template:
            return expanded
        template = expanded


class _Place(NamedTuple):
    """Where a row stands, and the posts it may be put under."""

    language: str
    is_spam: bool
    posts: dict[str, list[Row]]
    seed: int


def read_written(seed: int, folder: Path = CORPORA, variants: int = VARIANTS) -> list[Labelled]:
    """Ham and spam in the order of languages and files; the same for the same seed."""
    posts = _posts(folder)
    return [
        labelled
        for kind in ("ham", "spam")
        for path in sorted((folder / kind).glob("*.jsonl"))
        for row in _lines(path)
        for labelled in _variants(
            row, _Place(path.stem, kind == "spam", posts, seed), variants, ABROAD
        )
    ]


def read_held_out(seed: int, folder: Path = CORPORA) -> list[Labelled]:
    """The hand-written test set by other writers, every field known.  Never trained on."""
    posts = _posts(folder)
    return [
        labelled
        for path in sorted((folder / "held_out").glob("*.jsonl"))
        for row in _lines(path)
        for labelled in _variants(
            row, _Place(path.stem, row["label"] == "spam", posts, seed), 1, abroad=0.0
        )
    ]


def _posts(folder: Path) -> dict[str, list[Row]]:
    return {path.stem: list(_lines(path)) for path in sorted((folder / "posts").glob("*.jsonl"))}


def _lines(path: Path) -> Iterator[Row]:
    needed = {"id", "permalink", "title"} if path.parent.name == "posts" else {"group", "text"}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UnreadableSet(f"{path}, line {number}: not JSON") from error
            if not isinstance(row, dict) or not needed <= row.keys():
                raise UnreadableSet(f"{path}, line {number}: needs {sorted(needed)}")
            yield row


def _variants(row: Row, place: "_Place", variants: int, abroad: float) -> Iterator[Labelled]:
    dice = Random(f"{place.seed}:{row['group']}")  # noqa: S311 - draws examples, guards nothing
    is_spam = place.is_spam
    for variant in range(variants):
        blog = place.language
        if is_spam and "post" not in row and dice.random() < abroad:
            blog = dice.choice(sorted(place.posts))
        example = _example(row, blog, _post(row, place.posts, blog, dice), is_spam, dice)
        yield Labelled(
            example=_known(example, variant, dice),
            is_spam=is_spam,
            source=SOURCE,
            group=row["group"],
            weight=WEIGHT / variants,
            language=place.language,
            genre=row["genre"],
        )


def _post(row: Row, posts: dict[str, list[Row]], blog: str, dice: Random) -> Row:
    if "post" in row:
        return next(post for post in posts[blog] if post["id"] == row["post"])
    return dice.choice(posts[blog])


def _example(row: Row, blog: str, post: Row, is_spam: bool, dice: Random) -> Example:
    def field(name: str) -> str:
        value = row.get(name, "")
        return expand(value, dice) if is_spam else value

    return Example(
        text=field("text"),
        author=field("author"),
        url=field("url"),
        mail_domain=field("email").rpartition("@")[2].lower(),
        permalink=post["permalink"],
        title=post["title"],
        context=" ".join(post.get("tags", [])),
        language=blog,
        kind=row.get("type", "comment"),
    )


def _known(example: Example, variant: int, dice: Random) -> Example:
    if variant == _WHOLE:
        return example
    return Example(text=example.text) if variant == _TEXT_ALONE else _forget(example, dice)


def _forget(example: Example, dice: Random) -> Example:
    if dice.random() < NAMELESS:
        example = replace(example, author="")
    known = {name: dice.random() < rate for name, rate in KNOWN.items()}
    titled = known["post"] and known["title"]
    return replace(
        example,
        author=example.author if known["author"] else None,
        url=example.url if known["url"] else None,
        mail_domain=example.mail_domain if known["mail_domain"] else None,
        permalink=example.permalink if known["post"] else None,
        title=example.title if titled else None,
        context=example.context if titled else None,
        language=example.language if known["language"] else None,
    )

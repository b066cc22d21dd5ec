"""The model card, from nothing but the manifest."""

from collections.abc import Iterable, Sequence
from typing import Any

from classifiers.actions import HELD_MOST, REJECTED_MOST
from classifiers.artifacts import Manifest
from classifiers.told import interval, percent

_HEAD = """\
# Model card: {version}

Written by `gatehouse train --card` from the manifest; do not edit.

**What it does.** Log-odds that a comment is spam, as a sum: a prior, hashed n-grams of text, name
and link, and {features} features. Logistic regression, calibrated for a spam share of
{spam_share:.0%} (what arrives after a blog's own filters); at another share the log-odds move by
the difference of the priors. From 0.5 on a comment is held, from 0.98 on it is rejected.

**What it is not.** A judge of truth, manners or law: rude is not spam. It knows German, English and
Russian best, and little of French, Spanish, Italian, Polish and Turkish.

**What it learnt from.** Author, link, mail domain and post are learnt from comments written for
this purpose alone, because no public set has them; public sets teach the wording. No row of a
public set is part of this project or of the model's files. Spam that names no post was put under a
random one, and one in seven under a blog of another language; fields were left out at random, for
both classes alike.
"""

_MEASURED = """\
Each set by a model that never saw it, written comments by genres left out; in brackets the middle
95 % of the bootstrap.
"""
_LANGUAGES = f"""\
Sets only, no comments of our own; in brackets the exact interval (95 %). Aims: at most
{HELD_MOST:.0%} held, {REJECTED_MOST:.2%} rejected. "Corrected" leaves out what the sets call honest
and people read to be spam (`classifiers/lists/unmarked_spam.txt`).
"""
_HELD_OUT = """\
By the model that ships, and by the floor (TF-IDF and logistic regression) trained on the same rows;
in brackets the middle 95 % of a bootstrap, of the gain on the same rows drawn.
"""
_TAIL = """
SHA-256 of the model: `{sha256}`; seed {seed}; calibration: slope {calibration[slope]:.4f}, offset
{calibration[offset]:.4f}.
"""


def card(manifest: Manifest) -> str:
    """Markdown."""
    calibration = manifest["calibration"]
    head = _HEAD.format(
        version=manifest["version"],
        features=len(manifest["features"]),
        spam_share=calibration["spam_share"],
    )
    parts = [
        head,
        "## Training sets\n",
        _table(
            ("set", "spam", "ham", "licence"),
            [(s["source"], s["spam"], s["ham"], s["licence"]) for s in manifest["training"]],
        ),
        "\n## Measured on what was left out\n",
        _MEASURED,
        _table(
            ("set", "AUC", "recall at 1 % FP", "ham held", "ham rejected", "spam caught"),
            map(_measure, manifest["measures"]),
        ),
        "\n## Honest comments of sources left out, by language\n",
        _LANGUAGES,
        _table(
            ("language", "honest", "held", "rejected", "spam", "caught"), _by_language(manifest)
        ),
        *_held_out(manifest),
        "\n## Features\n",
        _table(
            ("feature", "unit", "needs", "may tell"),
            [(f["name"], f["unit"], f["needs"], f["tells"]) for f in manifest["features"]],
        ),
        _TAIL.format(**manifest),
    ]
    return "\n".join(parts)


def _measure(part: dict[str, Any]) -> tuple[str, ...]:
    return (
        part["name"],
        interval(part["auc"]) if "auc" in part else "",
        interval(part["recall_at_1_percent"]) if "auc" in part else "",
        percent(part["ham_held"], 2) if part["spam"] < part["rows"] else "",
        percent(part["ham_rejected"], 3) if part["spam"] < part["rows"] else "",
        percent(part["spam_caught"], 1) if part["spam"] else "",
    )


def _by_language(manifest: Manifest) -> Iterable[tuple[object, ...]]:
    for part in manifest["languages"]:
        yield (
            part["name"],
            part["rows"] - part["spam"],
            percent(part["ham_held"], 2),
            percent(part["ham_rejected"], 3),
            part["spam"],
            percent(part["spam_caught"], 1) if part["spam"] else "",
        )


def _held_out(manifest: Manifest) -> Iterable[str]:
    if "held_out" not in manifest:
        return
    yield "\n## Measured on what nobody trained on\n"
    yield _HELD_OUT
    yield _table(
        ("set", "spam", "rows", "figure", "ours", "floor", "gain"),
        [
            (part["name"], part["spam"], part["rows"], name, *map(interval, sides))
            for part in manifest["held_out"]
            for figure, name in (("auc", "AUC"), ("recall", "recall at 1 % FP"))
            for sides in [[part[figure][side] for side in ("ours", "floor", "gain")]]
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

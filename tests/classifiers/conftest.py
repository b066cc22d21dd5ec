"""Small sets to train on, and a model of them."""

import pytest

from classifiers.examples import Example, Labelled
from classifiers.scorer import Scorer
from classifiers.train import train

HAM = [
    "The bridge was closed in 2019 already, the article should say so.",
    "I disagree with the third paragraph, my mother lives there.",
    "Thanks, this fixed my build after two days.",
    "Die Haltestelle ist seit Wochen gesperrt, weiß jemand warum?",
    "У нас в подъезде то же самое, третий год ждём ремонта.",
    "What camera did you use for the second picture?",
]
SPAM = [
    "CHEAP pills online, visit http://pills.xyz/buy today!!!",
    "Win $$$ 1000 at our casino http://casino.top/bonus now",
    "Sofortkredit ohne Schufa, schreiben Sie mir auf WhatsApp +49 171 12345678",
    "Лучшее казино онлайн, бонус 5000 рублей https://t.me/kazino",
    "Great post! Really informative blog, keep up the good work.",
    "Buy backlinks cheap, contact me at seo@gmail.com",
]


def labelled(text, *, spam, group="", source="site", language="und", **fields):
    return Labelled(
        example=Example(text=text, **fields),
        is_spam=spam,
        source=source,
        group=group or text,
        language=language,
    )


@pytest.fixture(scope="session")
def rows():
    """Enough to tell the two apart, in groups that the folds spread."""
    variants = [f"{text} ({number})" for number in range(6) for text in (*HAM, *SPAM)]
    return [labelled(text, spam=any(text.startswith(each) for each in SPAM)) for text in variants]


@pytest.fixture(scope="session")
def trained(rows):
    return train(rows, seed=7)


@pytest.fixture(scope="session")
def scorer(trained):
    return Scorer(trained.model, version="small")

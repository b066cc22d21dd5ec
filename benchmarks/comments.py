"""Request bodies as a WordPress with the Akismet plugin sends them: distinct, endless, repeatable.

Texts are words of the written corpora: sentences of honest and of spam comments strung together to
a drawn length, with a quarter of the words exchanged, so that no two share their word runs.  The
same seed gives the same bodies.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from urllib.parse import quote_plus, unquote_plus, urlsplit

CORPORA = Path(__file__).parents[1] / "classifiers" / "corpora"
LANGUAGES = ("de", "de", "ru", "en")  # every second comment is German
BLOG = "https://blog.bench.example"

SHORTEST, LONGEST = 50, 1500  # characters of a comment
SPAM_SHARE = 0.4
EXCHANGED_SHARE = 0.25  # words that come from anywhere in the corpus of that language
REPEATED_SHARE = 0.1
REPEATED_FROM = 200  # an exact repeat comes soon after its first
REGULARS = 400  # readers who write again and again
REGULARS_SHARE = 0.3
LARGE_BODY_BYTES = 1_000_000

# What the plugin sends for a comment written in the blog's own form; the order is its.
FIELDS = (
    b"comment_post_ID=%(post)d&comment_author=%(author)s&comment_author_email=%(email)s"
    b"&comment_author_url=%(url)s&comment_content=%(text)s&comment_type=comment&comment_parent=0"
    b"&user_ID=0&user_id=0&comment_author_IP=%(address)s&comment_agent=%(agent)s"
    b"&user_ip=%(address)s&user_agent=%(agent)s&referrer=%(permalink)s"
    b"&blog=https%%3A%%2F%%2Fblog.bench.example&blog_lang=de%%2C+en_us&blog_charset=UTF-8"
    b"&permalink=%(permalink)s&%(context)scomment_post_modified_gmt=2026-05-03+08%%3A12%%3A44"
    b"&akismet_comment_nonce=inactive"
    b"&callback=https%%3A%%2F%%2Fblog.bench.example%%2Fwp-json%%2Fakismet%%2Fv1%%2Fwebhook"
    b"&POST_comment=%(text)s&POST_author=%(author)s&POST_email=%(email)s&POST_url=%(url)s"
    b"&POST_submit=Kommentar+abschicken&POST_comment_post_ID=%(post)d&POST_comment_parent=0"
    b"&POST_ak_hp_textarea&POST_ak_js=%(clock)d&POST_ak_bib=%(clock)d&POST_ak_bfs=%(later)d"
    b"&POST_ak_bkpc=%(keys)d&POST_ak_bkp=96%%3B72%%3B88%%3B113%%3B64%%3B&POST_ak_bmc=91%%3B84%%3B"
    b"&POST_ak_bmcc=2&POST_ak_bmk&POST_ak_bck&POST_ak_bmmc=7&POST_ak_btmc=0&POST_ak_bsc=3"
    b"&POST_ak_bte&POST_ak_btec=0&POST_ak_bmm=412%%2C311&HTTP_HOST=blog.bench.example"
    b"&HTTP_USER_AGENT=%(agent)s&HTTP_ACCEPT=text%%2Fhtml%%2Capplication%%2Fxhtml%%2Bxml"
    b"&HTTP_ACCEPT_LANGUAGE=de%%2Cen-US%%3Bq%%3D0.7%%2Cen%%3Bq%%3D0.3"
    b"&HTTP_ACCEPT_ENCODING=gzip%%2C+deflate%%2C+br&HTTP_REFERER=%(permalink)s"
    b"&HTTP_ORIGIN=https%%3A%%2F%%2Fblog.bench.example&HTTP_CONNECTION=keep-alive"
    b"&REMOTE_ADDR=%(address)s&REQUEST_URI=%%2Fwp-comments-post.php"
    b"&DOCUMENT_URI=%%2Fwp-comments-post.php&api_key=%(key)s"
)

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/139.0.0.0 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
        " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
    ),
)


@dataclass(frozen=True, slots=True)
class Person:
    """An author, percent-encoded."""

    author: bytes
    email: bytes
    url: bytes
    address: bytes
    agent: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """A post, percent-encoded; ``context`` holds whole fields."""

    permalink: bytes
    context: bytes


@dataclass(frozen=True, slots=True)
class Word:
    encoded: bytes
    characters: int


Text = tuple[Word, ...]


def bodies(seed: int, key: str, repeated_share: float = REPEATED_SHARE) -> Iterator[bytes]:
    """Form bodies without end; about ``repeated_share`` of them repeat an earlier one exactly."""
    rng = Random(seed)
    regulars = [_person(rng, spam=False) for _ in range(REGULARS)]
    recent: list[bytes] = []
    while True:
        if recent and rng.random() < repeated_share:
            yield rng.choice(recent)
            continue
        body = _body(rng, regulars, key.encode())
        recent.append(body)
        del recent[:-REPEATED_FROM]
        yield body


def large_bodies(seed: int, key: str, kind: str) -> Iterator[bytes]:
    """Distinct bodies of 1 MB: of ``cyrillic`` words, percent-encoded, or of one ``letter``."""
    rng = Random(seed)
    words = [word.encoded for word in _pool("ru", spam=False)]
    cyrillic = b"+".join(rng.choices(words, k=LARGE_BODY_BYTES // 8))
    while True:
        # Cheap to make: who sends without pause must not spend the machine on writing.
        if kind == "letter":
            text = b"Nr.+%d+" % rng.getrandbits(60) + b"a" * LARGE_BODY_BYTES
        else:
            text = cyrillic[cyrillic.index(b"+", rng.randrange(LARGE_BODY_BYTES)) + 1 :]
        yield _large(rng, text, key.encode())


def _large(rng: Random, text: bytes, key: bytes) -> bytes:
    person = _person(rng, spam=False)
    fields = b"user_ip=%s&comment_author=%s&comment_author_email=%s&blog=%s&api_key=%s" % (
        *(person.address, person.author, person.email),
        *(quote_plus(BLOG).encode(), key),
    )
    body = (fields + b"&comment_content=" + text)[:LARGE_BODY_BYTES]
    # Half an escape would be another test than this one.
    return body[: body.rindex(b"%")] if b"%" in body[-2:] else body


def texts(seed: int, count: int) -> list[str]:
    """Texts of comments, decoded."""
    rng = Random(seed)
    made = (_text(rng, rng.choice(LANGUAGES), spam=rng.random() < SPAM_SHARE) for _ in range(count))
    return [unquote_plus(text.decode()) for text in made]


def training_set() -> tuple[list[str], list[bool]]:
    """The corpora's texts and whether each is spam: enough to fit the naive service's model."""
    rng = Random(0)
    spun, spam = [], []
    for language in sorted(set(LANGUAGES)):
        for is_spam in (False, True):
            for row in _rows("spam" if is_spam else "ham", language):
                spun.append(spin(row["text"], rng))
                spam.append(is_spam)
    return spun, spam


_CHOICE = re.compile(r"\{([^{}]*)\}")


def spin(template: str, rng: Random) -> str:
    """One of the texts that a spintax template (``{one|two}``, nested) stands for."""
    while (
        spun := _CHOICE.sub(lambda choice: rng.choice(choice[1].split("|")), template)
    ) != template:
        template = spun
    return spun


def _body(rng: Random, regulars: list[Person], key: bytes) -> bytes:
    language = rng.choice(LANGUAGES)
    spam = rng.random() < SPAM_SHARE
    regular = not spam and rng.random() < REGULARS_SHARE
    person = rng.choice(regulars) if regular else _person(rng, spam=spam)
    posts = _posts(language)
    post = rng.randrange(len(posts))
    clock = 1_780_000_000_000 + rng.randrange(10**10)
    text = _text(rng, language, spam=spam)
    return FIELDS % {
        b"post": 100 + post,
        b"author": person.author,
        b"email": person.email,
        b"url": person.url,
        b"address": person.address,
        b"agent": person.agent,
        b"permalink": posts[post].permalink,
        b"context": posts[post].context,
        b"text": text,
        b"clock": clock,
        b"later": clock + rng.randrange(4_000, 200_000),
        b"keys": len(text) // 2,
        b"key": key,
    }


def _text(rng: Random, language: str, *, spam: bool) -> bytes:
    """As many words as fit a length that is drawn evenly on a logarithmic scale."""
    room = math.exp(rng.uniform(math.log(SHORTEST), math.log(LONGEST)))
    texts, pool = _texts(language, spam=spam), _pool(language, spam=spam)
    words: list[bytes] = []
    while True:
        for word in texts[int(rng.random() * len(texts))]:
            if rng.random() < EXCHANGED_SHARE:
                word = pool[int(rng.random() * len(pool))]  # noqa: PLW2901
            words.append(word.encoded)
            room -= word.characters + 1
            if room <= 0:
                return b"+".join(words)


def _person(rng: Random, *, spam: bool) -> Person:
    language = rng.choice(LANGUAGES)
    row = rng.choice(_rows("spam" if spam else "ham", language))
    author = spin(row.get("author", "Leser"), rng)
    local, _, domain = spin(row.get("email", "leser@posteo.example"), rng).rpartition("@")
    number = rng.randrange(10**6)
    url = spin(row["url"], rng) if "url" in row else ""
    return Person(
        author=_encoded(author),
        email=_encoded(f"{local}.{number}@{domain}"),
        url=_encoded(url),
        address=_encoded(_address(rng)),
        agent=_encoded(rng.choice(AGENTS)),
    )


def _address(rng: Random) -> str:
    if rng.random() < 0.2:
        return "2a02:8109:" + ":".join(f"{rng.randrange(1, 65_536):x}" for _ in range(6))
    return ".".join(str(rng.randrange(11, 224)) for _ in range(4))


@cache
def _rows(folder: str, language: str) -> list[dict[str, str]]:
    lines = (CORPORA / folder / f"{language}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def _texts(language: str, *, spam: bool) -> tuple[Text, ...]:
    rng = Random(0)
    rows = _rows("spam" if spam else "ham", language)
    # A template is spun a few times, so that more than one of its spellings comes up.
    spun = [spin(row["text"], rng) for row in rows for _ in range(3 if spam else 1)]
    return tuple(tuple(_word(word) for word in text.split()) for text in spun)


@cache
def _pool(language: str, *, spam: bool) -> tuple[Word, ...]:
    return tuple(word for text in _texts(language, spam=spam) for word in text)


def _word(word: str) -> Word:
    return Word(_encoded(word), len(word))


@cache
def _posts(language: str) -> tuple[Post, ...]:
    lines = (CORPORA / "posts" / f"{language}.jsonl").read_text("utf-8").splitlines()
    return tuple(_post(json.loads(line)) for line in lines)


def _post(row: dict[str, list[str]]) -> Post:
    context = "".join(
        f"comment_context%5B{place}%5D={quote_plus(tag)}&" for place, tag in enumerate(row["tags"])
    )
    path = urlsplit(str(row["permalink"])).path
    return Post(_encoded(BLOG + path), context.encode())


def _encoded(text: str) -> bytes:
    """As PHP does: quotes and backslashes slashed, then percent-encoded."""
    for special in ("\\", "'", '"'):
        text = text.replace(special, "\\" + special)
    return quote_plus(text).encode()

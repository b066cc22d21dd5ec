import io
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.comments import Origin
from moderation.feedback.store import Label
from moderation.imports import BrokenFile, Found, Unreadable, format_of
from moderation.imports.records import Status
from moderation.imports.wxr import CHUNK_BYTES, LONGEST_TAG_BYTES, DocumentType, NotAnExport, read
from tests.moderation.imports.exports import HEAD, TAIL, comment, post, wxr

BLOG = "https://unnamed.example"


def records(data, after=0):
    return list(read(io.BytesIO(data), BLOG, after))


def only(data):
    (record,) = records(data)
    return record


def before_the_break(data):
    """The records that stand before the break, and what is said of it."""
    found = []
    with pytest.raises(BrokenFile) as raised:
        found.extend(read_into(found, data))
    return found, str(raised.value)


def read_into(found, data):
    for record in read(io.BytesIO(data), BLOG, 0):
        found.append(record)
    return ()


def test_a_comment_comes_with_its_post():
    found = only(wxr(post(comment(12, parent=11, url="https://erika.example"))))

    assert found.position == 1
    assert found.status is Status.APPROVED
    taken = found.comment
    assert taken.text == "Ein freundlicher Kommentar, der 12."
    assert (taken.author, taken.email) == ("Erika Muster", "erika@example.com")
    assert (taken.url, taken.address) == ("https://erika.example", "203.0.113.7")
    assert (taken.permalink, taken.title) == ("https://blatt.example/7/", "Ein Beitrag")
    assert taken.context == ("Rathaus",)
    assert (taken.platform_id, taken.platform_post_id, taken.parent_id) == ("12", "7", "11")
    assert (taken.languages, taken.blog) == ("de-DE", "blatt.example")
    assert taken.submitted_at == datetime(2026, 2, 27, 12, tzinfo=UTC)
    assert taken.origin is Origin.IMPORT


def test_posts_keep_their_comments_apart():
    found = records(wxr(post(comment(1), comment(2)), post(comment(3), number=8), post(number=9)))

    assert [each.comment.platform_post_id for each in found] == ["7", "7", "8"]
    assert [each.position for each in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("approved", "status", "label"),
    [
        ("1", Status.APPROVED, None),
        ("0", Status.HELD, None),
        ("spam", Status.SPAM, Label.SPAM),
        ("trash", Status.TRASH, None),
        ("post-trashed", Status.HELD, None),
    ],
)
def test_the_spam_folder_becomes_labels(approved, status, label):
    found = only(wxr(post(comment(approved=approved))))

    assert (found.status, found.label) == (status, label)


def test_what_a_person_took_out_of_the_spam_folder_is_ham():
    found = only(wxr(post(comment(meta=[("akismet_user_result", "false")]))))

    assert found.label is Label.HAM


def test_the_plugins_own_guess_is_no_label():
    found = only(wxr(post(comment(meta=[("akismet_result", "false"), ("rating", "5")]))))

    assert found.label is None


def test_a_text_is_read_as_it_was_typed():
    shown = 'Müller &amp; Söhne, <a href="https://a.example" rel="nofollow ugc">hier</a>'

    found = only(wxr(post(comment(text=shown))))

    assert found.comment.text == 'Müller & Söhne, <a href="https://a.example">hier</a>'


def test_a_date_of_zeros_gives_way_to_the_next_best():
    zeros = "0000-00-00 00:00:00"

    local = only(wxr(post(comment(date_gmt=zeros))))
    posts = only(wxr(post(comment(date_gmt=zeros, date=zeros))))

    assert local.comment.submitted_at == datetime(2026, 2, 27, 13, tzinfo=UTC)
    assert posts.comment.submitted_at == datetime(2026, 1, 31, 9, tzinfo=UTC)


def test_a_comment_without_any_date_is_named():
    data = wxr(post(comment(1, date="", date_gmt=""), comment(2)))
    data = data.replace(b"2026-01-31 09:00:00", b"")

    found = records(data)

    assert found[0] == Unreadable(1, "it has no date")
    assert isinstance(found[1], Found)


def test_reading_goes_on_behind_a_position():
    data = wxr(post(comment(1), comment(2)), post(comment(3), number=8))

    assert [each.position for each in records(data, after=2)] == [3]


def test_characters_that_xml_forbids_become_spaces():
    found = only(wxr(post(comment(text="vor\x08her und \x1bnach\ufffeher"))))

    assert found.comment.text == "vor her und  nach her"


def test_bytes_that_are_no_utf_8_stop_nothing():
    data = wxr(post(comment(1, text="Gr@sse"), comment(2))).replace(b"Gr@sse", b"Gr\xfc\xdfe")

    found = records(data)

    assert found[0].comment.text == "Gr\ufffd\ufffde"
    assert len(found) == 2


def test_the_declared_encoding_counts():
    text = wxr(post(comment(text="Grüße"))).decode().replace("UTF-8", "ISO-8859-1", 1)

    found = only(text.encode("latin-1"))

    assert found.comment.text == "Grüße"


def test_an_unknown_encoding_is_read_as_utf_8():
    data = wxr(post(comment(text="Grüße"))).replace(b"UTF-8", b"rot13", 1)

    assert only(data).comment.text == "Grüße"


def test_utf_16_is_told_by_its_first_bytes():
    text = wxr(post(comment(text="Grüße"))).decode().replace("UTF-8", "UTF-16", 1)

    assert only(text.encode("utf-16")).comment.text == "Grüße"


def test_a_file_cut_in_the_middle_keeps_what_stands_before():
    data = wxr(post(*(comment(number) for number in range(1, 6))))

    found, said = before_the_break(data[: data.index(b"<wp:comment_id>4<")])

    assert [each.position for each in found] == [1, 2, 3]
    assert "after 3 comments" in said
    assert "line " in said


@given(st.integers(0, 100))
def test_wherever_a_file_is_cut_the_comments_before_are_whole(share):
    data = wxr(post(*(comment(number, text="äöü" * 9) for number in range(1, 9))))
    whole = records(data)
    end = len(data) * share // 100

    try:
        found = []
        read_into(found, data[:end])
    except BrokenFile:
        pass

    assert found == whole[: len(found)]


def test_an_entity_bomb_is_refused_unread():
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    head = HEAD.replace("<rss ", f"{bomb}<rss ", 1)

    with pytest.raises(DocumentType):
        records(wxr(post(comment(text="]]>&b;<![CDATA[")), head=head))


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>Not found</body></html>",
        b'<rss version="2.0"><channel><item><title>A feed</title></item></channel></rss>',
    ],
)
def test_another_document_is_no_export(data):
    with pytest.raises(NotAnExport):
        records(data)


def test_elements_nested_without_end_are_refused():
    found, said = before_the_break(wxr(post(comment(1)), "<a>" * 100_000))

    assert len(found) == 1
    assert "nested too deeply" in said


def test_a_tag_without_an_end_is_refused_before_it_fills_memory():
    found, said = before_the_break(
        wxr(post(comment(1)), f'<item a="{"x" * (LONGEST_TAG_BYTES + 2 * CHUNK_BYTES)}"/>')
    )

    assert len(found) == 1
    assert "without an end" in said


def test_memory_does_not_grow_with_the_file():
    def peak(posts):
        file = Endless(posts)
        tracemalloc.start()
        count = sum(1 for _ in read(file, BLOG, 0))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return count, used

    few, little = peak(40)
    many, much = peak(400)

    assert (few, many) == (400, 4000)
    assert much < 1.5 * little


class Endless(io.RawIOBase):
    """An export that is made as it is read."""

    def __init__(self, posts):
        self._pieces = self._made(posts)
        self._rest = b""

    def _made(self, posts):
        yield HEAD.encode()
        for number in range(1, posts + 1):
            comments = [comment(number * 10 + place) for place in range(10)]
            yield post(*comments, number=number, filler="Wort " * 4000).encode()
        yield TAIL.encode()

    def read(self, size=-1):
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


@given(st.binary(max_size=400))
def test_whatever_the_bytes_only_a_broken_file_is_said_to_be_broken(data):
    try:
        found = records(data)
    except BrokenFile:
        return
    assert found == []


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_a_comment_says_it_comes_out_whole(text):
    data = wxr(post(comment(1, text="MARK"), comment(2)))
    said = text.replace("]]>", "")

    found = records(data.replace(b"MARK", said.encode()))

    assert [each.position for each in found] == [1, 2]
    kept = [character for character in found[0].comment.text if character.isalpha()]
    assert len(kept) <= len(text)


def test_the_first_sign_tells_the_format():
    assert format_of(io.BytesIO(wxr())) == "wxr"
    assert format_of(io.BytesIO(b"\xef\xbb\xbf <rss>")) == "wxr"
    assert format_of(io.BytesIO(b'\n{"text": ""}')) == "jsonl"

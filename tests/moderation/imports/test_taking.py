import hashlib
import io
import itertools
from datetime import timedelta

import pytest

from moderation.imports import FORMATS, BrokenFile, Terms, store, take, taking
from moderation.imports.taking import AlreadyImporting, scored
from moderation.intake import Intake
from moderation.review import searching
from service import db
from service import store as chassis
from tests import factories
from tests.factories import NOW
from tests.moderation.imports.exports import comment, line, post, wxr

DAY = timedelta(days=1)


class Importing:
    """Imports files for a site on a database of its own."""

    def __init__(self, conn, site, scorer):
        self.conn = conn
        self.site = site
        self.scorer = scorer
        self.batches = []

    def terms(self, **changes):
        return Terms(
            **{
                "site": self.site,
                "scorer": self.scorer,
                "now": NOW,
                "oldest": NOW - 365 * DAY,
                "whole_addresses_since": NOW - 7 * DAY,
                **changes,
            }
        )

    async def run(self, data, kind="wxr", records=None, **changes):
        """Authors newly approved; ``records`` come in the place of those in ``data``."""
        sha256 = hashlib.sha256(data).digest()
        done = await store.start(self.conn, self.site.id, sha256, NOW)
        read = FORMATS[kind].read(io.BytesIO(data), self.site.url, done.position)
        return await take(
            self.conn, self.terms(**changes), sha256, records or read, self.batches.append
        )

    async def rows(self, table="comments", order="id"):
        return await self.conn.fetch(f"SELECT * FROM {table} ORDER BY {order}")

    async def one(self, statement):
        return await self.conn.fetchval(statement)


@pytest.fixture
async def importing(conn, scorer):
    return Importing(conn, await factories.site(conn), scorer)


async def test_a_comment_comes_in_under_its_own_date(importing):
    await importing.run(wxr(post(comment(text="a fine article"))))

    (row,) = await importing.rows()
    assert row["origin"] == "import"
    assert f"{row['received_at']:%Y-%m-%d %H:%M}" == "2026-02-27 12:00"
    assert row["submitted_at"] == row["received_at"]
    assert row["period"] == int(row["received_at"].timestamp()) // 21_600
    assert row["minute"] == int(row["received_at"].timestamp()) // 60
    assert row["id"].int >> 80 == int(row["received_at"].timestamp() * 1000)
    assert row["id"].version == 7
    assert not row["observed"]


async def test_what_came_in_is_found_by_its_words_though_newer_comments_were_indexed(
    importing, settings, monkeypatch
):
    monkeypatch.setattr(searching, "LATECOMERS", timedelta(0))
    await importing.run(wxr(post(comment(text="a new article"))))
    assert await searching.run(importing.conn, settings) == 1

    await importing.run(wxr(post(comment(text="an old one", date_gmt="2026-01-02 10:00:00"))))

    assert await searching.run(importing.conn, settings) == 1
    assert await importing.one("SELECT count(*)::int FROM comment_search") == 2


async def test_what_the_blog_did_stands_beside_what_the_model_says(importing):
    await importing.run(wxr(post(comment(text="spam, surely", approved="1"))))

    (row,) = await importing.rows()
    assert (row["action"], row["decided_by"], row["model"]) == ("approve", "import", "fake")
    assert row["probability"] > 0.99
    assert '"words"' in row["findings"]


async def test_nothing_of_it_counts_as_having_come_today(importing):
    await importing.run(wxr(post(comment())))

    assert await importing.rows("daily_counts", "day") == []
    assert await importing.rows("outbox") == []
    assert not (await importing.rows())[0]["counted"]


async def test_the_spam_folder_becomes_labels_as_old_as_the_comments(importing):
    await importing.run(
        wxr(post(comment(1, approved="spam"), comment(2), comment(3, approved="0")))
    )

    (label,) = await importing.rows("labels")
    assert (label["label"], label["source"], label["reporter"]) == ("spam", "import", None)
    assert f"{label['created_at']:%Y-%m-%d %H:%M}" == "2026-02-27 12:00"
    assert label["id"].int >> 80 == int(label["created_at"].timestamp() * 1000)


async def test_a_later_word_of_a_person_counts_more_than_the_folder(importing):
    await importing.run(wxr(post(comment(approved="spam"))))
    (row,) = await importing.rows()

    await factories.label(importing.conn, importing.site, row["id"], "ham")

    assert [label["label"] for label in await importing.rows("labels")] == ["spam", "ham"]


async def test_labels_can_be_left_out(importing):
    await importing.run(wxr(post(comment(approved="spam"))), with_labels=False)

    assert await importing.rows("labels") == []
    assert len(await importing.rows()) == 1


async def test_authors_of_approved_comments_are_known_from_now_on(importing):
    added = await importing.run(
        wxr(
            post(
                comment(1, author="Ada", email="ada@example.org"),
                comment(2, author="Ada", email="ada@example.org"),
                comment(3, author="Bob", email="bob@example.org", approved="0"),
                comment(4, author="No address", email=""),
            )
        )
    )

    assert added == 1
    (author,) = await importing.rows("approved_authors", "author_hash")
    assert f"{author['approved_at']:%Y-%m-%d}" == "2026-02-27"


@pytest.mark.parametrize(("spam_came", "known"), [("2026-02-26", 1), ("2026-02-28", 0)])
async def test_of_an_author_the_newest_comment_counts_wherever_it_stands(
    importing, spam_came, known
):
    approved = comment(1)
    spam = comment(2, approved="spam", date_gmt=f"{spam_came} 12:00:00")

    await importing.run(wxr(post(spam), post(approved, number=8)))

    assert len(await importing.rows("approved_authors", "author_hash")) == known


async def test_young_addresses_are_whole_and_old_ones_as_retention_leaves_them(importing):
    await importing.run(
        wxr(
            post(
                comment(1, address="203.0.113.7", date_gmt="2026-02-01 00:00:00"),
                comment(2, address="2001:db8:1:2:3::4", date_gmt="2026-02-02 00:00:00"),
                comment(3, address="203.0.113.7", date_gmt="2026-02-27 00:00:00"),
                comment(4, address="nonsense", date_gmt="2026-02-28 00:00:00"),
            )
        )
    )

    rows = await importing.rows()
    shown = [str(row["address"]) for row in rows]
    assert shown == ["203.0.113.0/24", "2001:db8:1:2::/64", "203.0.113.7", "None"]
    assert [row["address_hash"] is not None for row in rows] == [False, False, True, False]


async def test_addresses_of_young_spam_are_remembered(importing):
    old = comment(1, approved="spam", date_gmt="2026-02-01 00:00:00", address="203.0.113.1")
    young = comment(2, approved="spam", address="203.0.113.2")

    await importing.run(wxr(post(old, young, comment(3, address="203.0.113.3"))))

    (address,) = await importing.rows("spam_addresses", "address_hash")
    assert f"{address['labelled_at']:%Y-%m-%d}" == "2026-02-27"


async def test_what_retention_would_delete_does_not_come_in(importing):
    await importing.run(
        wxr(
            post(
                comment(1, date_gmt="2025-02-28 00:00:00"),
                comment(2, date_gmt="2025-03-02 00:00:00"),
            )
        )
    )

    (row,) = await importing.rows()
    assert row["platform_id"] == "2"
    assert (importing.batches[0].outlived, importing.batches[0].imported) == (1, 1)


async def test_a_date_that_cannot_be_right_is_named(importing):
    await importing.run(
        wxr(
            post(
                comment(1, date_gmt="2031-01-01 00:00:00"),
                comment(2, date_gmt="1931-01-01 00:00:00"),
            )
        )
    )

    assert await importing.rows() == []
    assert [each.position for each in importing.batches[0].unreadable] == [1, 2]


async def test_running_again_changes_nothing(importing):
    data = wxr(post(comment(1), comment(2, approved="spam")))
    await importing.run(data)
    before = await importing.rows()

    await importing.run(data)

    assert await importing.rows() == before
    (state,) = await importing.rows("imports", "position")
    assert (state["position"], state["imported"], state["labelled"]) == (2, 2, 1)
    assert state["finished_at"] == NOW


async def test_a_newer_export_brings_only_what_is_new(importing):
    await importing.run(wxr(post(comment(1), comment(2))))

    await importing.run(wxr(post(comment(1), comment(2), comment(3))))

    assert len(await importing.rows()) == 3
    assert (importing.batches[-1].imported, importing.batches[-1].known) == (1, 2)


async def test_two_comments_alike_in_all_but_their_number_both_come_in(importing):
    await importing.run(wxr(post(comment(1, text="ja"), comment(2, text="ja"))))

    assert len(await importing.rows()) == 2


async def test_lines_without_a_number_are_told_apart_by_what_they_say(importing):
    await importing.run(line(text="a") + line(text="a") + line(text="b"), "jsonl")

    assert sorted(row["text"] for row in await importing.rows()) == ["a", "b"]


async def test_what_came_as_a_check_already_is_known(importing, pool):
    """The blog was connected first and imported later."""
    taken = factories.comment(text="it's a fine article", address="203.0.113.7")
    intake = Intake(pool, importing.scorer)
    await intake.submit(taken, importing.site, None)
    await intake.close()
    (row,) = await importing.rows()
    at = f"{row['received_at']:%Y-%m-%d %H:%M:%S}"
    same = {"author": taken.author, "email": taken.email, "text": taken.text}
    now = {"now": row["received_at"]}

    await importing.run(wxr(post(comment(1, date_gmt=at, **same))), **now)
    await importing.run(wxr(post(comment(2, date_gmt="2026-01-01 00:00:00", **same))), **now)

    assert [batch.known for batch in importing.batches] == [1, 0]
    assert len(await importing.rows()) == 2


async def test_an_import_that_was_stopped_goes_on_where_it_ended(importing, monkeypatch):
    monkeypatch.setattr(taking, "BATCH_COMMENTS", 2)
    data = wxr(post(*(comment(number) for number in range(1, 8))))
    read = FORMATS["wxr"].read(io.BytesIO(data), "", 0)

    with pytest.raises(KeyboardInterrupt):
        await importing.run(data, records=interrupted(read, after=5))
    stopped = await importing.one("SELECT position FROM imports")
    importing.scorer.batches.clear()
    await importing.run(data)

    assert 2 <= stopped <= 4
    assert sum(importing.scorer.batches) == 7 - stopped
    assert len(await importing.rows()) == 7
    assert await importing.one("SELECT imported FROM imports") == 7


def interrupted(records, after):
    yield from itertools.islice(records, after)
    raise KeyboardInterrupt


async def test_a_file_cut_in_the_middle_leaves_what_stands_before(importing):
    data = wxr(post(*(comment(number) for number in range(1, 6))))
    cut = data[: data.index(b"<wp:comment_id>4<")]

    with pytest.raises(BrokenFile, match="after 3 comments"):
        await importing.run(cut)
    with pytest.raises(BrokenFile, match="after 3 comments"):
        await importing.run(cut)

    assert len(await importing.rows()) == 3
    assert len(await importing.rows("approved_authors", "author_hash")) == 1
    assert await importing.one("SELECT finished_at FROM imports") is None


async def test_the_whole_file_after_the_cut_one_brings_the_rest(importing):
    data = wxr(post(*(comment(number) for number in range(1, 6))))
    with pytest.raises(BrokenFile):
        await importing.run(data[: data.index(b"<wp:comment_id>4<")])

    await importing.run(data)

    assert len(await importing.rows()) == 5


async def test_a_row_that_the_database_refuses_is_refused_alone(importing):
    await importing.conn.execute(
        "ALTER TABLE comments ADD CONSTRAINT no_poison CHECK (text <> 'poison')"
    )

    await importing.run(
        wxr(post(*(comment(n, text="poison" if n == 4 else f"text {n}") for n in range(1, 8))))
    )

    assert len(await importing.rows()) == 6
    (refused,) = importing.batches[0].unreadable
    assert refused.position == 4
    assert await importing.one("SELECT refused FROM imports") == 1


async def test_two_imports_of_a_site_at_once_are_refused(importing, dsn):
    async with db.connected(dsn) as other:
        await chassis.try_lock(other, taking.LOCK | importing.site.id)

        with pytest.raises(AlreadyImporting):
            await importing.run(wxr(post(comment())))

    await importing.run(wxr(post(comment())))
    assert len(await importing.rows()) == 1


async def test_a_file_of_long_comments_is_cut_into_small_batches(importing, monkeypatch):
    monkeypatch.setattr(taking, "BATCH_CHARACTERS", 1000)
    data = wxr(post(*(comment(number, text="Wort " * 100) for number in range(1, 10))))

    await importing.run(data)

    assert [batch.seen for batch in importing.batches] == [2, 2, 2, 2, 1]


async def test_imported_comments_are_in_nobodys_way(importing, pool):
    """No burst and no copy is made of what stood on the blog for hours."""
    text = "the very same words under another post"
    await importing.run(
        wxr(
            post(
                *(
                    comment(n, text=text, date_gmt="2026-03-01 11:59:00", address="192.0.2.1")
                    for n in range(1, 9)
                )
            )
        )
    )
    intake = Intake(pool, importing.scorer)

    receipt = await intake.submit(factories.comment(text=text), importing.site, None)
    await intake.close()

    assert {finding.name for finding in receipt.verdict.findings} == {"words"}


def test_ids_follow_from_the_comment_and_the_site_alone(scorer):
    def ids(name):
        site = factories.unsaved_site(name=name)
        importing = Importing(None, site, scorer)
        read = FORMATS["wxr"].read(io.BytesIO(wxr(post(comment(1), comment(2)))), "", 0)
        return [row.id for batch in scored(read, importing.terms()) for row in batch.rows]

    assert ids("one") == ids("one")
    assert not set(ids("one")) & set(ids("other"))

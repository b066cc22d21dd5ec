import asyncio
import json

import pytest

from service.__main__ import main
from tests import factories
from tests.moderation.imports.exports import comment, line, post, wxr

JSON_NUMBERS = ("read", "imported", "known", "outlived", "refused", "labelled")


@pytest.fixture
async def site(conn, frozen_clock):
    return await factories.site(conn)


@pytest.fixture
def gatehouse(site, dsn, tmp_path, monkeypatch, capsys):
    """Runs a command on the test's database; its exit code, output and errors."""
    monkeypatch.setenv("GATEHOUSE_DATABASE_URL", dsn)
    monkeypatch.setenv("GATEHOUSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GATEHOUSE_SECRET_KEY", factories.MASTER_KEY)

    def run(*arguments):
        code = main(list(map(str, arguments)))
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def export(tmp_path):
    def write(data, name="export.xml"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def numbers(output):
    said = json.loads(output)
    return tuple(said[name] for name in JSON_NUMBERS)


def test_an_export_comes_in_and_is_counted(gatehouse, export):
    path = export(
        wxr(
            post(
                comment(1),
                comment(2, approved="spam", author="Somebody else"),
                comment(3, date_gmt="2020-01-01 00:00:00"),
            )
        )
    )

    code, said, _ = gatehouse("import", "blatt", path)

    assert code == 0
    lines = [each.split(maxsplit=1) for each in said.splitlines()]
    assert [number for number, _ in lines] == ["3", "2", "0", "1", "0", "1", "1"]
    assert "365 days" in lines[3][1]


def test_the_second_time_there_is_nothing_to_do(gatehouse, export):
    path = export(wxr(post(comment(1))))
    gatehouse("import", "blatt", path)

    code, said, _ = gatehouse("import", "blatt", path)

    assert code == 0
    assert "taken in on 2026-03-01: nothing to do" in said


def test_a_dry_run_counts_and_stores_nothing(gatehouse, export):
    path = export(wxr(post(comment(1), comment(2, approved="spam"))))

    code, said, _ = gatehouse("import", "blatt", path, "--dry-run", "--json")
    after = gatehouse("import", "blatt", path, "--json")

    assert (code, numbers(said)) == (0, (2, 2, 0, 0, 0, 1))
    assert numbers(after[1]) == (2, 2, 0, 0, 0, 1)


def test_lines_that_are_broken_are_named_and_the_exit_code_says_so(gatehouse, export):
    path = export(line(id=1) + b"broken\n" + line(id=3), "comments.jsonl")

    code, said, errors = gatehouse("import", "blatt", path, "--json")

    assert (code, numbers(said)) == (1, (3, 2, 0, 0, 1, 0))
    assert "gatehouse: line 2: it is not JSON" in errors


def test_of_many_broken_lines_the_first_are_named(gatehouse, export):
    path = export(line(id=1) + b"broken\n" * 50)

    _, _, errors = gatehouse("import", "blatt", path, "--format", "jsonl")

    assert errors.count("it is not JSON") == 20
    assert "30 more cannot be taken in" in errors


def test_a_file_cut_in_the_middle_says_where(gatehouse, export):
    data = wxr(post(comment(1), comment(2)))
    path = export(data[: data.index(b"<wp:comment_id>2<")])

    code, said, errors = gatehouse("import", "blatt", path, "--json")

    assert (code, numbers(said)) == (1, (1, 1, 0, 0, 0, 0))
    assert "breaks off at line" in errors
    assert "after 1 comments" in json.loads(said)["broken"]


def test_labels_can_be_left_out(gatehouse, export):
    path = export(wxr(post(comment(1, approved="spam"))))

    _, said, _ = gatehouse("import", "blatt", path, "--no-labels", "--json")

    assert numbers(said) == (1, 1, 0, 0, 0, 0)


def test_a_file_that_is_not_there_is_a_mistake_of_the_command(gatehouse, tmp_path):
    code, _, errors = gatehouse("import", "blatt", tmp_path / "none.xml")

    assert code == 2
    assert "cannot be opened" in errors


def test_a_site_that_is_not_there_is_said_to_be_missing(gatehouse, export):
    code, _, errors = gatehouse("import", "other", export(wxr()))

    assert code == 1
    assert "no site named other" in errors


def test_what_is_no_export_is_refused(gatehouse, export):
    code, _, errors = gatehouse("import", "blatt", export(b"<html></html>"))

    assert code == 1
    assert "no export of WordPress" in errors


async def test_the_trail_says_that_something_was_imported(gatehouse, export, conn, site):
    path = export(wxr(post(comment(1))))

    await asyncio.to_thread(gatehouse, "import", "blatt", path)

    entry = await conn.fetchrow("SELECT * FROM audit_trail WHERE action = 'comments.imported'")
    assert (entry["site_id"], entry["subject"]) == (site.id, "blatt")
    assert entry["details"] == {"imported": 1, "labelled": 0}


def test_the_report_shows_what_would_have_become_of_the_import(gatehouse, export):
    spam = {"author": "viagra-test-123", "approved": "1"}
    gatehouse("import", "blatt", export(wxr(post(comment(1), comment(2, **spam)))))

    code, said, _ = gatehouse("site", "observed", "blatt", "--json")
    _, shown, _ = gatehouse("site", "observed", "blatt")

    assert code == 0
    imported = json.loads(said)["imported"]
    assert sum(imported["approve"].values()) == 2
    assert "THE BLOG HAD" in shown

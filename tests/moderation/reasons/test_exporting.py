"""What the European transparency database gets: every required field, and nothing personal."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.reasons import administration
from moderation.reasons.administration import BadRule, UnknownRule
from moderation.reasons.exporting import COLUMNS, EVERYWHERE, csv_line
from service.tokens import Scope
from tests.moderation.reasons.conftest import issued
from tests.running import gatehouse

# As in its API's documentation.
REQUIRED = {
    *("decision_visibility", "decision_ground", "content_type", "category", "territorial_scope"),
    *("content_date", "application_date", "decision_facts", "source_type"),
    *("automated_detection", "automated_decision", "puid"),
}


async def listed(desk, conn, **query):
    headers = {"Authorization": f"Bearer {await issued(desk, conn, Scope.COMMENTS_READ)}"}
    async with desk.client.get(
        "/v1/statements-of-reasons", headers=headers, params=query
    ) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_statement_has_what_the_database_requires_and_nobody_in_it(desk, conn):
    await desk.comment(
        "maybe a needle", author="Needle", email="needle@example.org", languages="de"
    )
    await desk.decide("reject", *(await desk.refs()).values(), rule="attack", note="needle")

    page = await listed(desk, conn)

    (made,) = page["statements"]
    assert {name for name in REQUIRED if not made[name]} == set()
    assert made["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert made["incompatible_content_ground"] == "1: Persönliche Angriffe"
    assert made["content_language"] == "DE"
    assert made["category"] == "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    assert made["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,500}", made["puid"])
    assert "needle" not in json.dumps(page).lower()
    assert "blatt.example" not in json.dumps(page)


async def test_statements_come_page_by_page_and_those_taken_back_not_at_all(desk, conn):
    for number in range(4):
        await desk.comment(f"maybe {number}")
    refs = list((await desk.refs()).values())
    told = [(await desk.decide("reject", ref))[1] for ref in refs]
    await desk.undo(told[1]["batch"])

    first = await listed(desk, conn, limit=2)
    second = await listed(desk, conn, limit=2, cursor=first["next"])

    assert [len(first["statements"]), len(second["statements"])] == [2, 1]
    assert second["next"] is None


async def test_a_rule_of_law_names_the_law(desk, conn):
    law = administration.rule(
        "insult", "law", "§ 185 StGB", "ILLEGAL_OR_HARMFUL_SPEECH", {"de": ("Beleidigung", "So.")}
    )
    await administration.put(conn, "blatt", law)
    await desk.comment()
    await desk.decide("reject", *(await desk.refs()).values(), rule="insult")

    (made,) = (await listed(desk, conn))["statements"]

    assert made["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert made["illegal_content_legal_ground"] == "§ 185 StGB"


async def test_the_rules_that_ship_become_the_sites_own_with_its_first_change(desk, conn):
    shipped = [rule.code for rule in await administration.rules_of(conn, 1)]
    new = administration.rule("tone", "terms", "7", "OTHER_VIOLATION_TC", {"en": ("Tone", "So.")})

    await administration.put(conn, "blatt", new)
    await administration.remove(conn, "blatt", "attack")

    site_id = await administration.site_id_of(conn, "blatt")
    codes = [rule.code for rule in await administration.rules_of(conn, site_id)]
    assert codes == [*shipped[1:], "tone"]
    with pytest.raises(UnknownRule):
        await administration.remove(conn, "blatt", "attack")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"code": "Bad Code"}, "a-z"),
        ({"category": "NONE"}, "categories"),
        ({"clause": " "}, "clause"),
        ({"words": {}}, "language"),
        ({"words": {"fr": ("a", "b")}}, "language"),
        ({"words": {"de": ("", "b")}}, "title"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_a_sentence(fields, message):
    rule = {
        "code": "tone",
        "ground": "terms",
        "clause": "7",
        "category": "OTHER_VIOLATION_TC",
        "words": {"de": ("Ton", "So.")},
    }

    with pytest.raises(BadRule, match=message):
        administration.rule(**{**rule, **fields})


@given(st.lists(st.text().map(lambda text: text.replace("\0", "")), min_size=1, max_size=4))
def test_whatever_the_cells_they_come_back_and_none_is_a_formula(cells):
    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""), strict=True) if any(cells) else [
        cells
    ]  # fmt: skip

    for given_, found in zip(cells, row, strict=True):
        assert found.removeprefix("'") == given_.removeprefix("'")
        assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_everywhere_is_the_european_economic_area():
    assert len(set(EVERYWHERE)) == 30


def test_rules_and_reasons_on_the_command_line(reachable):
    folder = reachable / "rules"

    def run(*arguments):
        return gatehouse(folder, *arguments)

    run("site", "add", "https://blatt.example", "--name", "blatt", "--language", "de")
    bad = run(
        "rule", "put", "blatt", "tone", "--clause", "7", "--category", "NONE", "--en", "T", "S"
    )
    put = run("rule", "put", "blatt", "tone", "--clause", "7", "--en", "Tone", "It is rude.")
    rules = json.loads(run("rule", "list", "blatt", "--json").stdout)
    exported = run("reasons", "export", "blatt", "--since", "2026-01-01")
    as_json = run("reasons", "export", "blatt", "--format", "json")

    assert (bad.returncode, put.returncode) == (1, 0), put.stderr
    assert rules[-1]["words"] == {"en": ["Tone", "It is rude."]}
    assert exported.stdout.splitlines() == [",".join(COLUMNS)]
    assert json.loads(as_json.stdout) == {"statements": []}

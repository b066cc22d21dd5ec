"""The house rules that a machine can check."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

from service.settings import RULES

ROOT = Path(__file__).parents[1]
PACKAGES = ("service", "moderation", "classifiers", "consent", "migrations")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
STORES = [path for path in MODULES if path.name == "store.py"]
STATEMENT = re.compile(
    r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\(|"
    r"CREATE\s+(TABLE|INDEX|DATABASE)\s|DROP\s+(TABLE|INDEX)\s|ALTER\s+TABLE\s|COPY\s+\w+\s+FROM\s)"
)
EVENT = re.compile(r"^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$")
SPEAKING = {"debug", "info", "warning", "error", "exception", "critical"}
LONGEST_FILE = 400
LONG_FILES = {
    # A state machine over characters in one compiled function: numba sees one module at a time.
    "classifiers/scan.py",
}
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "npm" + "js", "crates" + ".io")


def named(path):
    return str(path.relative_to(ROOT))


def module_of(path):
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def statements():
    for path in STORES:
        for name, value in vars(module_of(path)).items():
            is_whole = name.isupper() and not name.startswith("_")  # those are parts of others
            if is_whole and isinstance(value, str) and STATEMENT.match(value):
                yield pytest.param(value, id=f"{named(path)}:{name}")


def of_each_module(test):
    return pytest.mark.parametrize("path", MODULES, ids=named)(test)


@pytest.mark.parametrize("statement", list(statements()))
async def test_postgresql_can_prepare_every_statement(conn, statement):
    """A typo, a renamed column or a missing migration fails here, not in production."""
    await conn.prepare(statement)


def test_there_are_statements_to_prepare():
    assert len(list(statements())) > 30


def constants(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


@of_each_module
def test_sql_lives_in_the_stores(path):
    if path.name != "store.py":
        assert not [node.value for node in constants(path) if STATEMENT.match(node.value)]


def spoken(path):
    """(line, event) of each call of ``log``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in SPEAKING
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
        ):
            yield node.lineno, node.args[0]


@of_each_module
def test_events_are_literals_of_the_form_thing_dot_happened(path):
    for line, event in spoken(path):
        assert isinstance(event, ast.Constant), f"line {line}: not a literal"
        assert EVENT.match(event.value), f"line {line}: {event.value}"


def test_every_event_stands_in_the_list_of_events_and_no_other():
    text = (ROOT / "docs/events.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    used = {event.value for path in MODULES for _, event in spoken(path)}
    used |= {"library.spoke"}  # by service.logs, for other libraries

    assert used == listed


@of_each_module
def test_only_the_clock_reads_the_time(path):
    if named(path) != "service/clock.py":
        text = path.read_text("utf-8")
        assert not re.search(r"\b(datetime\.(now|today)|utcnow|date\.today|time\.time)\(", text)


@of_each_module
def test_files_stay_readable(path):
    if named(path) not in LONG_FILES:
        assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@of_each_module
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))) is not None


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_no_tracked_file_names_a_package_registry():
    found = []
    for path in tracked():
        if path.is_file():
            text = path.read_bytes()
            found += [named(path) for host in REGISTRIES if host.encode() in text]

    assert found == []


def test_every_setting_is_documented():
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [name for name in RULES if f"`{name}`" not in readme] == []


INDEXES = """
    SELECT c.relname AS name, t.relname AS of, a.attname AS first
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_class AS t ON t.oid = i.indrelid
      JOIN pg_namespace AS n ON n.oid = t.relnamespace AND n.nspname = 'public'
      LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
"""
OF_THE_DEPLOYMENT = {
    "schema_migrations",
    "deployment",
    "site_revision",
    "sites",
    "jobs",
    "job_runs",
    "erasure_journals",
    "token_key",
    "model_key",
    "banner_files",
    "tokens",  # one may open several sites
    "users",
    "user_roles",
    "user_sessions",
    "sign_in_links",
    "waiting_notices",
}
FOUND_WITHOUT_A_SITE = {
    "key_lookups_are_unique": "a key is all that a client sends",
    "comment_search_words": "the site is one of the words",
    "mails_due": "mails are sent for all sites together",
    "deliveries_due": "deliveries are sent for all sites together",
}


async def test_whatever_belongs_to_a_site_is_found_by_its_site_first(conn):
    """A distributed PostgreSQL can then keep each site in one place."""
    others = [
        row["name"]
        for row in await conn.fetch(INDEXES)
        if row["of"] not in OF_THE_DEPLOYMENT
        and row["first"] != "site_id"
        and row["name"] not in FOUND_WITHOUT_A_SITE
    ]

    assert others == []

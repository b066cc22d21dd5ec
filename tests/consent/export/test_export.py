"""Exports: complete, harmless in a spreadsheet, and checked without trusting whoever made them."""

import asyncio
import csv
import hashlib
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent import checkpoints, merkle
from consent.checkpoints import Checkpoint, Signer
from consent.export import bundles, filters, recording, rows, table, verify
from consent.export.filters import BadFilter, filter_from
from consent.export.gaps import Gaps
from consent.export.recording import Exporter
from consent.export.store import Filter
from consent.export.table import COLUMNS
from consent.ledger import erasing, signing
from consent.merkle import Node
from service import signing as keys
from service.audit import ActorKind
from service.tokens import Scope
from service.tokens import administration as token_administration
from tests import factories
from tests.consent import notice_factory
from tests.running import gatehouse

AUDITOR = Exporter(ActorKind.OPERATOR, "Ada Auditor", "yearly review")


@pytest.fixture
async def full(conn, site, ledger, choice):
    """A log with some of everything."""
    written = []
    for number in range(12):
        subject = f"visitor-{number:04}"
        written.append(await ledger.append(site, choice("statistics", subject=subject)))
        if number % 3 == 0:
            written.append(await ledger.append(site, choice(subject=subject)))
        if number % 4 == 0:
            written.append(await ledger.append(site, choice("external", "social")))
        written.append(await ledger.append(site, choice()))
    async with conn.transaction():
        await erasing.erase(conn, site, "log", "visitor-0002", "gdpr.17.1.b")
    return written


async def export_to(path, conn, site, tmp_path, wanted=Filter(), cuts=()):  # noqa: B008
    made = await recording.record(
        conn, factories.SECRETS, tmp_path, site, "bundle", wanted, AUDITOR
    )
    await bundles.write(conn, factories.SECRETS, made, path, cuts=cuts)
    return made


@pytest.fixture
async def held(conn, site, full, tmp_path):
    """(key, checkpoint) that the auditor got a while before the export."""
    row = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)
    [verifier] = await signing.verifiers(conn, site.id)
    return verifier.vkey, row.note


@pytest.fixture
async def bundle(conn, site, held, ledger, choice, tmp_path):
    for _ in range(5):
        await ledger.append(site, choice("statistics"))
    path = tmp_path / "bundle.zip"
    await export_to(path, conn, site, tmp_path)
    return path


def checked(path, held):
    with verify.Bundle(path) as bundle:
        return verify.check(bundle, *held)


def files_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_bundle_is_checked_by_the_program_that_travels_in_it(bundle, held, tmp_path):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    (tmp_path / "held").write_text(held[1])

    done = subprocess.run(
        [sys.executable, "-I", "verify.py", ".", "--vkey", held[0], "--checkpoint", "../held"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "OK")
    assert checked(bundle, held)["held"] is True


async def test_a_bundle_holds_what_an_auditor_wants(bundle, edition):
    files = files_of(bundle)
    manifest = json.loads(files["manifest.json"])

    assert hashlib.sha256(files[f"notices/{edition.sha256}.json"]).hexdigest() == edition.sha256
    assert (
        edition.notice.texts["de"].body_html in files[f"notices/{edition.sha256}.de.html"].decode()
    )
    assert manifest["controllers"] == [notice_factory.CONTROLLER["name"]]
    assert (manifest["reason"], manifest["filtered"]) == ("yearly review", False)
    assert "does not prove that a person clicked" in " ".join(manifest["limits"])
    assert files["erased.csv"].count(b"\r\n") == 2
    assert files["events.jsonl"].count(b"\n") == manifest["rows"] == manifest["size"]
    last = json.loads(files["events.jsonl"].splitlines()[-1])
    assert (last["type"], last["detail"]["reason"]) == ("export_made", "yearly review")
    assert "Auditor" not in files["events.jsonl"].decode()


async def test_a_bundle_of_a_later_log_names_the_ones_that_it_leaves_out(
    conn, site, full, held, tmp_path
):
    await conn.execute("UPDATE consent_logs SET closed = 'behind'")
    origin = await signing.open_epoch(conn, factories.SECRETS, tmp_path, site)
    path = tmp_path / "later.zip"

    await export_to(path, conn, site, tmp_path)

    manifest = json.loads(files_of(path)["manifest.json"])
    assert (manifest["log"], manifest["epoch"]) == (origin, 2)
    assert manifest["logs_left_out"] == [origin.removesuffix("/epochs/2")]
    assert verify.verified(path, None, None) == 0


async def test_the_table_says_what_the_entries_say(bundle):
    files = files_of(bundle)
    table = list(csv.DictReader(io.StringIO(files["events.csv"].decode(), newline="")))
    leaves = [json.loads(line) for line in files["events.jsonl"].splitlines()]

    assert tuple(table[0]) == COLUMNS
    assert [row["event_type"] for row in table] == [leaf["type"] for leaf in leaves]
    erased = [row for row in table if row["subject_erased"] == "true"]
    assert len(erased) == 1


async def test_the_next_bundle_proves_that_it_extends_the_one_before(
    conn, site, bundle, held, tmp_path
):
    later = tmp_path / "later.zip"
    await export_to(later, conn, site, tmp_path)

    report = checked(later, held)

    before = checkpoints.parsed(files_of(bundle)["checkpoints/newest.txt"].decode())
    assert files_of(later)["checkpoints/previous.txt"] == files_of(bundle)["checkpoints/newest.txt"]
    assert report["checkpoints"] == 3
    assert before.size < report["size"]


@pytest.mark.parametrize(
    "given_",
    [
        {"type": "withdrawn"},
        {"purpose": "external", "state": "granted"},
        {"state": "withdrawn"},
        {"type": "given,refused", "to": "2099-01-01"},
        {"from": "2099-01-01"},
    ],
)
async def test_a_filtered_bundle_leads_to_the_same_root(conn, site, held, tmp_path, given_):
    path = tmp_path / "filtered.zip"
    cuts = (checkpoints.parsed(held[1]).size,)
    made = await export_to(path, conn, site, tmp_path, filter_from(given_), cuts)

    report = checked(path, held)

    assert report["entries"] < report["size"] == made.size
    for line in files_of(path)["events.jsonl"].splitlines():
        assert_wanted(json.loads(line), given_)


def assert_wanted(leaf, given_):
    if "type" in given_:
        assert leaf["type"] in given_["type"].split(",")
    if "purpose" in given_:
        assert leaf["decisions"][given_["purpose"]] == given_["state"]


async def test_a_filtered_bundle_that_does_not_reach_the_held_checkpoint_says_so(
    conn, site, held, ledger, choice, tmp_path
):
    for _ in range(20):
        await ledger.append(site, choice())
    path = tmp_path / "filtered.zip"
    await export_to(path, conn, site, tmp_path, Filter(types=("withdrawn",)))

    with pytest.raises(verify.Fault, match="not_covered"):
        checked(path, held)


@given(st.integers(1, 300), st.data())
def test_leaves_and_gaps_lead_to_the_root_whatever_is_left_out(size, data):
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    chosen = data.draw(st.sets(st.integers(0, size - 1)))
    cut = data.draw(st.integers(0, size))
    tree, gaps, cut_root = verify.Tree(), Gaps(size, [cut]), None

    def take(level, content):
        nonlocal cut_root
        tree.append(level, content)
        cut_root = tree.root() if tree.size == cut else cut_root

    def subtree(node):
        span = leaves[node.position << node.level : node.position + 1 << node.level]
        return node.level, merkle.root_of(span)

    for index in sorted(chosen):
        for node in gaps.before(index):
            take(*subtree(node))
        take(*subtree(Node(0, index)))
    for node in gaps.rest():
        take(*subtree(node))

    assert tree.root() == merkle.root_of(leaves)
    assert cut == 0 or cut_root == merkle.root_of(leaves[:cut])


# The drill.  First somebody who changes the files; then an operator who signs what they doctored.


@pytest.mark.parametrize("part", range(6))
async def test_any_flipped_bit_in_any_file_is_found(bundle, held, tmp_path, part):
    files = files_of(bundle)
    for number, name in enumerate(sorted(files)):
        if number % 6 == part:
            content = bytearray(files[name])
            content[len(content) // 2] ^= 1 << number % 8
            path = pack(tmp_path / "doctored.zip", {**files, name: bytes(content)})
            assert verify.verified(path, held[0], None) != 0, name


async def test_a_file_too_many_or_too_few_is_found(bundle, held, tmp_path):
    files = files_of(bundle)
    for changed in (
        {**files, "more.txt": b""},
        {n: c for n, c in files.items() if n != "erased.csv"},
    ):
        with pytest.raises(verify.Fault, match="files_differ"):
            checked(pack(tmp_path / "doctored.zip", changed), held)


@pytest.fixture
async def operator(conn, site, held):
    """Signs whatever it is given: the key is the operator's."""
    head = verify.checkpoint(held[1], [held[0]])
    key = await keys.in_use(conn, factories.SECRETS, site.id, head[0])
    return Signer(key.name, key.private)


def doctored(files, operator, **changes):
    """The files with these changes, digests and root and signatures made to fit."""
    files = {**files, **changes}
    manifest = json.loads(files["manifest.json"])
    leaves = files["events.jsonl"].splitlines()
    root = merkle.root_of(map(merkle.leaf_hash, leaves))
    note = Checkpoint(manifest["log"], len(leaves), root).signed([operator])
    files["checkpoints/newest.txt"] = note.encode()
    manifest |= {"size": len(leaves), "rows": len(leaves)}
    names = files.keys() - verify.UNSIGNED
    manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in names}
    raw = json.dumps(manifest).encode()
    text = f"{manifest['log']} export\n{hashlib.sha256(raw).hexdigest()}\n"
    signed = checkpoints.sign(text, [operator]).encode()
    return {**files, "manifest.json": raw, "manifest.note": signed}


def without_tail(files):
    leaves, table = files["events.jsonl"].splitlines(True), files["events.csv"].splitlines(True)
    return {"events.jsonl": b"".join(leaves[:10]), "events.csv": b"".join(table[:11])}


def reordered(files):
    leaves, table = files["events.jsonl"].splitlines(True), files["events.csv"].splitlines(True)
    leaves[3], leaves[4] = leaves[4], leaves[3]
    table[4], table[5] = table[5], table[4]
    return {"events.jsonl": b"".join(leaves), "events.csv": b"".join(table)}


def deleted(files):
    leaves, table = files["events.jsonl"].splitlines(True), files["events.csv"].splitlines(True)
    return {"events.jsonl": b"".join(leaves[:3] + leaves[4:]), "events.csv": b"".join(table)}


def forged_decision(files):
    return {
        name: files[name]
        .replace(b'"statistics":"refused"', b'"statistics":"granted"')
        .replace(b'""statistics"":""refused""', b'""statistics"":""granted""')
        for name in ("events.jsonl", "events.csv")
    }


def forged_table(files):
    return {"events.csv": files["events.csv"].replace(b"refused", b"given", 1)}


def swapped_text(files):
    name = next(n for n in files if n.startswith("notices/") and n.endswith(".json"))
    return {name: files[name].replace(b"Du entscheidest", b"Du stimmst zu")}


def mixed_up(files):
    leaves = files["events.jsonl"].replace(
        b"log.example/consent/blatt", b"log.example/consent/other"
    )
    return {"events.jsonl": leaves}


DRILL = [
    (without_tail, "tail_deleted"),
    (reordered, "entry_out_of_place"),
    (deleted, "entry_out_of_place"),
    (forged_decision, "table_differs|history_forged"),
    (forged_table, "table_differs"),
    (swapped_text, "notice_changed"),
    (mixed_up, "logs_mixed_up"),
]


@pytest.mark.parametrize(("change", "fault"), DRILL)
async def test_an_operator_who_signs_what_was_doctored_is_found_out(
    bundle, held, operator, tmp_path, change, fault
):
    files = files_of(bundle)
    assert checked(pack(tmp_path / "same.zip", doctored(files, operator)), held)
    path = pack(tmp_path / "doctored.zip", doctored(files, operator, **change(files)))

    with pytest.raises(verify.Fault) as found:
        checked(path, held)

    assert found.value.args[0] in fault.split("|")


async def test_an_operator_who_rewrites_history_whole_is_found_out(
    bundle, held, operator, tmp_path
):
    """Leaves, table, root, digests and signatures all fit; only what is held does not."""
    files = files_of(bundle)
    leaves = files["events.jsonl"].replace(b'"layer":"banner"', b'"layer":"signal"')
    lines = leaves.splitlines()
    table = files["events.csv"].replace(b",banner,", b",signal,")
    for old, new in zip(files["events.jsonl"].splitlines(), lines, strict=True):
        before, after = merkle.leaf_hash(old).hex(), merkle.leaf_hash(new).hex()
        table = table.replace(before.encode(), after.encode())
    changes = {"events.jsonl": leaves, "events.csv": table}
    path = pack(tmp_path / "doctored.zip", doctored(files, operator, **changes))

    assert checked(path, (held[0], None))  # the bundle by itself is consistent
    with pytest.raises(verify.Fault, match="history_forged"):
        checked(path, held)


async def test_a_checkpoint_of_somebody_else_is_no_checkpoint(bundle, held, tmp_path):
    files = files_of(bundle)
    name, seed = held[0].partition("+")[0], b"\x01" * 32
    stranger = Signer(name, Ed25519PrivateKey.from_private_bytes(seed))
    forged = checkpoints.parsed(held[1]).signed([stranger])

    with pytest.raises(verify.Fault, match="signature_wrong"):
        checked(bundle, (held[0], forged))
    with pytest.raises(verify.Fault, match="signature_wrong"):
        checked(pack(tmp_path / "x.zip", doctored(files, stranger)), held)


async def test_a_new_key_is_believed_if_the_held_one_vouches_for_it(
    conn, site, bundle, held, tmp_path
):
    await signing.rotate(conn, factories.SECRETS, tmp_path, site)
    later = tmp_path / "later.zip"
    await export_to(later, conn, site, tmp_path)

    assert checked(later, held)["key_held"] is True


@given(st.binary(max_size=200))
def test_whatever_the_bytes_they_are_no_export(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("export") / "bundle.zip"
    path.write_bytes(content)

    assert verify.verified(path, None, None) == 2


@given(st.text())
async def test_no_field_is_a_formula(field):
    assert not verify.guarded(field).startswith(verify.GUARDED)


@given(st.text())
def test_a_field_is_guarded_as_the_verifier_expects(value):
    line = f"{table.field(value)},x\r\n"

    assert next(csv.reader(io.StringIO(line, newline=""))) == [verify.guarded(value), "x"]


PARTS = st.one_of(st.none(), st.text(), st.sampled_from(["=1+1", "+1", "-1", "@x", "\t=1", "a,b"]))
NAMES = st.dictionaries(st.text(), st.sampled_from(["granted", "refused"]), max_size=3)
OPTIONAL = ("client_time", "action", "layer", "legal_basis", "jurisdiction", "valid_until")
NOTICED = ("kind", "version", "lang", "sha256", "text_sha256", "bundle_sha256")


@given(st.data())
def test_whatever_a_leaf_says_its_row_is_what_the_verifier_expects(data):
    """Also of a leaf that no code of ours would write: every field is one, and no formula."""
    notices = st.fixed_dictionaries(dict.fromkeys(NOTICED, PARTS))
    leaf = {
        **{name: data.draw(PARTS) for name in (*OPTIONAL, "previous", "subject_commitment")},
        **{name: data.draw(st.text()) for name in ("receipt", "type", "time", "site")},
        "seq": data.draw(st.integers(0, 2**53)),
        "notice": data.draw(st.one_of(st.none(), notices)),
        "decisions": data.draw(NAMES),
        "services": data.draw(NAMES),
        "signals": data.draw(st.sampled_from([{}, {"gpc": True, "dnt": False}])),
    }
    raw = verify.canonical(leaf)
    hashed = hashlib.sha256(b"\0" + raw).digest()

    text = table.header() + table.render([(leaf["seq"], raw.decode(), hashed, True)])

    [row] = csv.DictReader(io.StringIO(text, newline=""))
    verify.check_row(row, leaf, hashed)
    assert list(row) == list(COLUMNS)
    assert not [value for value in row.values() if value.startswith(verify.GUARDED)]


@pytest.mark.parametrize(
    "given_", [{"from": "yesterday"}, {"type": "x"}, {"state": "x"}, {"purpose": "\0"}]
)
def test_a_filter_that_is_none_is_refused(given_):
    with pytest.raises(BadFilter):
        filter_from(given_)


def test_a_day_is_its_beginning():
    assert (
        filters.filter_from({"from": "2026-11-24"}).since.isoformat() == "2026-11-24T00:00:00+00:00"
    )


async def test_memory_does_not_grow_with_the_log(conn, site, ledger, choice, tmp_path):
    await asyncio.gather(
        *(ledger.append(site, choice("statistics", subject=f"visitor-{n:04}")) for n in range(6000))
    )
    made = await recording.record(conn, factories.SECRETS, tmp_path, site, "csv", Filter(), AUDITOR)
    tracemalloc.start()
    total = 0
    async for part in rows.csv(conn, made):
        total += len(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert total > 2_000_000
    assert peak < total * 1.5


@pytest.fixture
async def reader(conn, site):
    token = await token_administration.add(
        conn, factories.SECRETS, name="auditor", scopes={Scope.CONSENT_READ}, site=site.name
    )
    return {"Authorization": f"Bearer {token.value}"}


async def test_an_auditor_reads_and_exports_and_the_trail_says_so(
    conn, full, reader, client, settings, tmp_path
):
    async with client.get("/v1/consent/entries?state=withdrawn", headers=reader) as response:
        leaves = [json.loads(line) for line in (await response.text()).splitlines()]
    for form in ("csv", "jsonl", "bundle"):
        async with client.get(
            f"/v1/consent/export?format={form}&reason=check", headers=reader
        ) as response:
            content = await response.read()
            assert response.status == 200
    path = tmp_path / "b.zip"
    path.write_bytes(content)

    actions = await conn.fetch("SELECT action FROM audit_trail WHERE actor_kind = 'token'")
    assert {leaf["type"] for leaf in leaves} == {"withdrawn"}
    assert verify.verified(path, None, None) == 0
    assert [row["action"] for row in actions] == ["consent.read", *["consent.exported"] * 3]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/consent/export?format=pdf", 400),
        ("/v1/consent/entries?after=x", 400),
        ("/v1/consent/entries?type=x", 400),
    ],
)
async def test_what_cannot_be_read_is_refused(full, reader, client, path, status):
    async with client.get(path, headers=reader) as response:
        assert response.status == status


@pytest.fixture
async def key(conn):
    return await factories.issue(conn, name="other")


async def test_a_site_key_reads_nothing(key, client):
    async with client.get(
        "/v1/consent/export", headers={"Authorization": f"Bearer {key}"}
    ) as response:
        assert response.status == 403


def test_a_bundle_is_exported_and_verified_by_command(tmp_path, dsn, conn, full):
    path = tmp_path / "bundle.zip"
    database = {"database_url": dsn, "secret_key": factories.MASTER_KEY}
    made = gatehouse(
        tmp_path, "consent", "export", "--site", "blatt", "--to", path, "--reason", "x", **database
    )
    checked_ = gatehouse(tmp_path, "consent", "verify", path, **database)
    whole = gatehouse(tmp_path, "consent", "ledger", "check", "--site", "blatt", **database)

    assert (made.returncode, checked_.returncode, whole.returncode) == (0, 0, 0), made.stderr
    assert checked_.stdout.endswith("OK\n")


async def test_periods_are_found_by_time(conn, frozen_clock, tmp_path):
    site = await factories.site(conn)
    await notice_factory.publish(conn, site)
    frozen_clock.advance(timedelta(days=10))
    made = await recording.record(
        conn, factories.SECRETS, tmp_path, site, "jsonl", Filter(since=frozen_clock()), AUDITOR
    )

    text = "".join([part async for part in rows.jsonl(conn, made)])

    assert [json.loads(line)["type"] for line in text.splitlines()] == ["export_made"]

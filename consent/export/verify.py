"""Check an export of the record of consent, without trusting whoever made it.

    python verify.py BUNDLE [--vkey KEY] [--checkpoint FILE]

BUNDLE is the ZIP file or the folder it was unpacked into.  KEY is the verification key and FILE a
checkpoint of the same log, both from before: only what you hold yourself tells you that nobody
rewrote everything since.  Needs Python 3.11 and the package ``cryptography``.  Exit code 0: what
was checked holds; 1: it does not; 2: it cannot be read.
"""

import argparse
import base64
import binascii
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST, SIGNED = "manifest.json", "manifest.note"
UNSIGNED = {MANIFEST, SIGNED}
BLOCK_BYTES = 1 << 20
HASH_BYTES = 32
UNHELD = "Checked against itself: only a key and a checkpoint held from before show more.\n"
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
GUARDED = ("=", "+", "-", "@", "\t", "\r")


class Fault(Exception):
    """Something does not hold; the first argument is its name."""


class Bundle:
    """The files of an export, in a ZIP file or a folder."""

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else None
        self._zip = None if self._folder else zipfile.ZipFile(path)
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()
        if self._zip:
            self._zip.close()

    def names(self) -> list[str]:
        if self._zip:
            return self._zip.namelist()
        found = (each for each in self._folder.rglob("*") if each.is_file())  # type: ignore[union-attr]
        return [each.relative_to(self._folder).as_posix() for each in found]  # type: ignore[arg-type]

    def open(self, name: str) -> IO[bytes]:
        try:
            file = self._zip.open(name) if self._zip else (self._folder / name).open("rb")  # type: ignore[operator]
        except (KeyError, OSError):
            raise Fault("file_missing", f"{name} is not in the bundle") from None
        self._files.append(file)
        return file

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()


class Tree:
    """An RFC 6962 tree that grows to the right by leaves, and by whole subtrees left out."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []  # (level, hash), the largest first

    def append(self, level: int, content: bytes) -> None:
        if self.size % (1 << level):
            raise Fault("proof_malformed", "a subtree stands where none can begin")
        self._edge.append((level, content))
        self.size += 1 << level
        while len(self._edge) > 1 and self._edge[-1][0] == self._edge[-2][0]:
            level, right = self._edge.pop()
            _, left = self._edge.pop()
            self._edge.append((level + 1, hashlib.sha256(b"\x01" + left + right).digest()))

    def root(self) -> bytes:
        if not self._edge:
            return hashlib.sha256(b"").digest()
        root = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def opened(note: str, vkeys: list[str]) -> str:
    """The text of a C2SP signed note that one of ``vkeys`` has signed."""
    text, mark, signatures = note.rpartition("\n\n")
    text += "\n"
    for vkey in vkeys if mark else []:
        name, _, rest = vkey.partition("+")
        key = decoded(rest.partition("+")[2])
        key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
        for line in signatures.splitlines():
            signature = decoded(line.removeprefix(f"\u2014 {name} "))
            if signature[:4] == key_id and signed(key[1:], signature[4:], text.encode()):
                return text
    raise Fault("signature_wrong", "no key that is trusted has signed this")


def signed(public: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def checkpoint(note: str, vkeys: list[str]) -> tuple[str, int, bytes]:
    origin, size, root = [*opened(note, vkeys).split("\n"), "", "", ""][:3]
    if not size.isdecimal() or len(decoded(root)) != HASH_BYTES:
        raise Fault("checkpoint_malformed", "a checkpoint cannot be read")
    return origin, int(size), decoded(root)


def check(bundle: Bundle, vkey: str | None, held: str | None) -> dict[str, Any]:
    """What was checked, as a report.  Raises ``Fault``."""
    inside = bundle.read("vkey.txt").decode().split()
    vkeys = [vkey] if vkey else inside
    trusted = [*vkeys, *(inside if vkey and has_successor(bundle, vkey, inside) else [])]
    manifest = signed_manifest(bundle, trusted)
    check_files(bundle, manifest)
    origin, size, root = checkpoint(bundle.read("checkpoints/newest.txt").decode(), trusted)
    if (origin, size) != (manifest["log"], manifest["size"]):
        raise Fault("logs_mixed_up", "the checkpoint is of another log, or of another time")
    wanted = {size: root, **known_roots(bundle, manifest, trusted, held)}
    report = check_entries(bundle, manifest, wanted, read_notices(bundle))
    return {**report, "log": origin, "size": size, "key_held": bool(vkey), "held": bool(held)}


def has_successor(bundle: Bundle, vkey: str, inside: list[str]) -> bool:
    """Whether the key that is held vouches for the later ones, by a checkpoint that both signed."""
    if vkey == inside[-1]:
        return False
    try:
        note = bundle.read("checkpoints/rotation.txt").decode()
        checkpoint(note, [vkey])
        checkpoint(note, [inside[-1]])
    except Fault:
        return False
    return True


def signed_manifest(bundle: Bundle, vkeys: list[str]) -> dict[str, Any]:
    raw = bundle.read(MANIFEST)
    said = opened(bundle.read(SIGNED).decode(), vkeys).split("\n")
    manifest: dict[str, Any] = json.loads(raw)
    if said[:2] != [f"{manifest.get('log')} export", hashlib.sha256(raw).hexdigest()]:
        raise Fault("manifest_changed", "the manifest is not the one that was signed")
    return manifest


def check_files(bundle: Bundle, manifest: dict[str, Any]) -> None:
    listed: dict[str, str] = manifest["files"]
    names = bundle.names()
    if len(names) != len(set(names)) or set(names) != listed.keys() | UNSIGNED:
        odd = sorted(set(names) ^ (listed.keys() | UNSIGNED)) or ["twice the same"]
        raise Fault("files_differ", f"files are missing or were added: {', '.join(odd[:5])}")
    for name, expected in listed.items():
        with bundle.open(name) as file:
            found = hashlib.sha256()
            while block := file.read(BLOCK_BYTES):
                found.update(block)
        if found.hexdigest() != expected:
            raise Fault("file_changed", f"{name} is not the file that was signed")


def known_roots(
    bundle: Bundle, manifest: dict[str, Any], vkeys: list[str], held: str | None
) -> dict[int, bytes]:
    """Sizes at which the log's root is known: from the export before, and from the auditor."""
    roots: dict[int, bytes] = {}
    notes = [bundle.read(name).decode() for name in manifest["earlier_checkpoints"]]
    for note, is_held in [*((note, False) for note in notes), *([(held, True)] if held else [])]:
        origin, size, root = checkpoint(note, vkeys)
        if origin != manifest["log"]:
            raise Fault("logs_mixed_up", "a checkpoint is of another log")
        if size > manifest["size"]:
            raise Fault("tail_deleted", f"the log had {size} entries and now has fewer")
        if roots.get(size, root) != root:
            raise Fault("history_forged", f"two checkpoints of {size} entries differ")
        if is_held or size not in roots:
            roots[size] = root
    return roots


def read_notices(bundle: Bundle) -> dict[str, dict[str, str]]:
    """By the digest of a notice, those of its texts by language."""
    notices = {}
    for name in bundle.names():
        if name.startswith("notices/") and name.endswith(".json"):
            content, digest = bundle.read(name), name[len("notices/") : -len(".json")]
            if hashlib.sha256(content).hexdigest() != digest:
                raise Fault("notice_changed", f"the text of notice {digest} was changed")
            texts = json.loads(content)["texts"]
            notices[digest] = {k: hashlib.sha256(canonical(texts[k])).hexdigest() for k in texts}
    return notices


def check_entries(
    bundle: Bundle,
    manifest: dict[str, Any],
    roots: dict[int, bytes],
    notices: dict[str, dict[str, str]],
) -> dict[str, Any]:
    """Leaves, gaps and table in one pass; memory does not grow with them."""
    tree, rows, last = Tree(), 0, ""
    reached: dict[int, bytes] = {0: tree.root()}
    gaps = subtrees(bundle) if manifest["filtered"] else iter(())
    gap = next(gaps, None)
    table = table_rows(bundle)
    for leaf in lines(bundle, "events.jsonl"):
        entry = parsed(leaf, manifest["log"])
        while gap is not None and tree.size < entry["seq"]:
            gap = skipped(tree, gap, gaps, roots, reached)
        if entry["seq"] != tree.size:
            raise Fault("entry_out_of_place", f"entry {tree.size} is missing or out of order")
        if entry["time"] < last:
            raise Fault("time_goes_back", f"entry {entry['seq']} is older than the one before")
        last = entry["time"]
        content = hashlib.sha256(b"\x00" + leaf).digest()
        tree.append(0, content)
        note_root(tree, roots, reached)
        check_notice(entry, notices)
        check_row(next(table, None), entry, content)
        rows += 1
    while gap is not None:
        gap = skipped(tree, gap, gaps, roots, reached)
    if next(table, None) is not None:
        raise Fault("table_differs", "events.csv has more rows than there are entries")
    if rows != manifest["rows"]:
        raise Fault("entry_out_of_place", f"{manifest['rows']} entries are promised, {rows} given")
    check_roots(tree, roots, reached)
    return {"entries": rows, "notices": len(notices), "checkpoints": len(roots)}


def skipped(
    tree: Tree,
    gap: tuple[int, bytes],
    gaps: Iterator[tuple[int, bytes]],
    roots: dict[int, bytes],
    reached: dict[int, bytes],
) -> tuple[int, bytes] | None:
    """Take up a subtree that was left out; the next one."""
    tree.append(*gap)
    note_root(tree, roots, reached)
    return next(gaps, None)


def note_root(tree: Tree, roots: dict[int, bytes], reached: dict[int, bytes]) -> None:
    if tree.size in roots:
        reached[tree.size] = tree.root()


def check_roots(tree: Tree, roots: dict[int, bytes], reached: dict[int, bytes]) -> None:
    if tree.size != max(roots):
        raise Fault("entry_out_of_place", f"the log has {max(roots)} entries, here are {tree.size}")
    for size, root in sorted(roots.items()):
        if size not in reached:
            raise Fault(
                "not_covered", f"the export does not reach the checkpoint of {size} entries"
            )
        if reached[size] != root:
            raise Fault(
                "history_forged", f"the first {size} entries are not those that were signed"
            )


def lines(bundle: Bundle, name: str) -> Iterator[bytes]:
    with bundle.open(name) as file:
        for line in io.BufferedReader(cast("io.RawIOBase", file), BLOCK_BYTES):
            yield line.removesuffix(b"\n")


def subtrees(bundle: Bundle) -> Iterator[tuple[int, bytes]]:
    for line in lines(bundle, "outside.txt"):
        level, _, digest = line.decode().partition(" ")
        content = bytes.fromhex(digest)
        if not level.isdecimal() or int(level) > 62 or len(content) != HASH_BYTES:  # noqa: PLR2004
            raise Fault("proof_malformed", "outside.txt cannot be read")
        yield int(level), content


def parsed(leaf: bytes, log: str) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(leaf)
    if entry.get("log") != log:
        raise Fault("logs_mixed_up", "an entry is of another log")
    return entry


def check_notice(entry: dict[str, Any], notices: dict[str, dict[str, str]]) -> None:
    named = entry["notice"]
    if named is None:
        return
    texts = notices.get(named["sha256"])
    if texts is None:
        raise Fault("notice_missing", f"the notice of entry {entry['seq']} is not in the bundle")
    if named["lang"] is not None and texts.get(named["lang"]) != named["text_sha256"]:
        raise Fault("notice_changed", f"entry {entry['seq']} was about another text")


def canonical(value: object) -> bytes:
    """RFC 8785 for what notices hold: names in ASCII, no floating-point numbers."""
    return ENCODER.encode(value).encode()


def table_rows(bundle: Bundle) -> Iterator[dict[str, str]]:
    with bundle.open("events.csv") as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))


def check_row(row: dict[str, str] | None, entry: dict[str, Any], content: bytes) -> None:
    if row is None:
        raise Fault("table_differs", "events.csv has fewer rows than there are entries")
    for column, expected in columns_of(entry, content).items():
        if row.get(column) != expected:
            raise Fault("table_differs", f"{column} of entry {entry['seq']} differs in events.csv")


def columns_of(entry: dict[str, Any], content: bytes) -> dict[str, str]:
    """What the table says of an entry; what is kept apart from the log is not compared."""
    notice, signals = entry["notice"] or {}, entry["signals"]
    same = ("client_time", "site", "action", "layer", "legal_basis", "jurisdiction", "valid_until")
    values = {
        **{name: entry[name] for name in same},
        **{f"notice_{name}": notice.get(name) for name in ("kind", "version", "lang", "sha256")},
        **{name: notice.get(name) for name in ("text_sha256", "bundle_sha256")},
        **{name: signals.get(name) for name in ("gpc", "dnt")},
        "index": entry["seq"],
        "receipt_id": entry["receipt"],
        "event_type": entry["type"],
        "server_time": entry["time"],
        "subject_pseudonym": entry.get("subject_commitment"),
        "previous_receipt": entry["previous"],
        "decisions_json": canonical(entry["decisions"]).decode(),
        "services_json": canonical(entry["services"]).decode(),
        "leaf_hash": content.hex(),
    }
    return {name: guarded(value) for name, value in values.items()}


def guarded(value: object) -> str:
    """As text, so that no spreadsheet takes it for a formula."""
    text = "" if value is None else value if isinstance(value, str) else str(value).lower()
    return f"'{text}" if text.startswith(GUARDED) else text


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an export of the record of consent.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--vkey", help="the verification key that you hold from before")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that you hold from before")
    args = parser.parse_args(argv)
    return verified(args.bundle, args.vkey, args.checkpoint)


def verified(path: Path, vkey: str | None, held: Path | None) -> int:
    """Check and say what was found; the exit code."""
    try:
        note = held.read_text("utf-8") if held else None
        with Bundle(path) as bundle:
            report = check(bundle, vkey, note)
    except Fault as fault:
        sys.stdout.write(f"FAILED {fault.args[0]}: {fault.args[1]}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        sys.stdout.write(f"FAILED unreadable: this is no export ({type(error).__name__})\n")
        return 2
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in report.items()))
    if not (report["key_held"] and report["held"]):
        sys.stdout.write(UNHELD)
    sys.stdout.write("OK\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

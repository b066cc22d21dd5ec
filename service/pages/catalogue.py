"""Makes the catalogues of translations: ``make translations``.

Sentences come from templates (``_("...")``), from code (``message("...")``) and from the first
lines of errors, which people read too.  New ones are added to every ``.po`` file for a translator
to fill in; what nobody says any more is taken out; then the ``.mo`` files are built.  Needs the
development packages.
"""

import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from service import errors
from service.accounts.administration import DEFAULT_LANGUAGE
from service.pages.frame import DOMAIN, OWN_NAMES, TRANSLATIONS

ROOT = Path(__file__).parents[2]
METHODS = [
    ("**/templates/**.html", "jinja2"),
    ("**/pages/**.py", "python"),
    ("**/waiting/**.py", "python"),
    # What administration refuses, it refuses people too.
    *((f"**/{name}.py", "python") for name in ("administration", "entries", "lists")),
    ("lists.py", "python"),
]
OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
# Errors that are raised with sentences of their own, which pages translate.
REFUSALS = ("BadEndpoint", "BadEntry", "BadSecret", "BadSite", "BadSiteSetting", "InvalidEntry")
CONFLICTS = ("WebhookExists",)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "message": None,
    **dict.fromkeys((*REFUSALS, *CONFLICTS)),
}
TEMPLATE_FOLDERS = ("service", "moderation", "consent")
# Packages whose errors are shown on pages.
ERROR_PACKAGES = (
    "service.accounts",
    "service.pages",
    "service.http",
    "service.db",
    "service.sites",
    "service.endpoints",
    "service.webhooks",
    "moderation.pages",
    "moderation.redress.limits",
    "consent.pages",
)


# Of every build, so that the same sentences make the same bytes.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


def sentences() -> Catalog:
    """Every sentence that a page may say, in the order of their spelling."""
    catalogue = Catalog(domain=DOMAIN, project="Gatehouse", fuzzy=False)
    found: set[str | tuple[str, ...]] = set()
    for folder in TEMPLATE_FOLDERS:
        for _, _, sentence, _, _ in extract_from_dir(
            str(ROOT / folder), METHODS, OPTIONS, KEYWORDS
        ):
            found.add(sentence if isinstance(sentence, str) else tuple(sentence))
    found.update(_titles())
    for sentence in sorted(found, key=str):
        if sentence:
            catalogue.add(sentence)
    return catalogue


def _titles() -> Iterator[str]:
    """First lines of errors that a page may meet."""
    for name in ERROR_PACKAGES:
        for module in _modules(importlib.import_module(name)):
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, errors.ServiceError):
                    yield value.__new__(value).title  # some say more when they are made


def _modules(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for each in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}."):
        yield importlib.import_module(each.name)


def po_file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def updated(language: str) -> Catalog:
    """The language's catalogue with exactly the sentences there are; untranslated where new."""
    old, new = read(language), Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    for sentence in sentences():
        if sentence.id:
            known = old.get(sentence.id)
            new.add(sentence.id, known.string if known else "")
    return new


def written(catalogue: Catalog) -> bytes:
    """Without the times and tools that would make every build differ."""
    file = io.BytesIO()
    write_po(file, catalogue, omit_header=False, width=100, no_location=True)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
    )
    body = file.getvalue().decode().split("\n\n", 1)[1]
    return f"{head}\n{body}".encode()


def built(po: bytes, language: str) -> bytes:
    """The ``.mo`` file of a ``.po`` file."""
    file = io.BytesIO()
    catalogue = read_po(io.BytesIO(po), locale=language, domain=DOMAIN)
    catalogue.creation_date = catalogue.revision_date = UNDATED
    write_mo(file, catalogue)
    return file.getvalue()


def translated_languages() -> list[str]:
    return [language for language in OWN_NAMES if language != DEFAULT_LANGUAGE]


def missing(catalogue: Catalog) -> list[str]:
    """Sentences without a translation."""
    return [str(each.id) for each in catalogue if each.id and not all(_strings(each))]


def _strings(message: Message) -> tuple[str, ...]:
    """One, or one for each plural form."""
    found = message.string
    return tuple(found) if isinstance(found, list | tuple) else (str(found or ""),)


def main() -> int:
    left = 0
    for language in translated_languages():
        catalogue = updated(language)
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(built(path.read_bytes(), language))
        for sentence in missing(catalogue):
            left += 1
            sys.stdout.write(f"{language}: {sentence}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

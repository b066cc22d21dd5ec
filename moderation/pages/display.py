"""Comments made safe to look at: text is never markup, links lead nowhere, tricks are visible."""

import re
import unicodedata
from collections.abc import Iterator

from markupsafe import Markup, escape

# Characters that nobody sees and that change what is seen: invisible ones, and those that turn
# the direction of the text around.
ODD = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
LINK = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.)(?P<rest>[^\s<>\"']{1,2000})", re.IGNORECASE
)
SHORT = {
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u00ad": "SHY",
    "\ufeff": "BOM",
}
LONGEST_RUN = 12  # of odd characters that are shown one by one


def shown(text: str) -> Markup:
    """``text`` as HTML: the same words in the same order, and nothing that does something."""
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in LINK.finditer(text):
        yield revealed(text[end : found.start()])
        yield Markup('<span class="link">{}</span>').format(revealed(defanged(found[0])))
        end = found.end()
    yield revealed(text[end:])


def defanged(address: str) -> str:
    """``https://spam.example/x`` becomes ``hxxps://spam[.]example/x``: to read, not to follow."""
    scheme, separator, rest = address.rpartition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() in {"http", "https"}:
        scheme = scheme[0] + "xx" + scheme[3:]
    return f"{scheme}{separator}{host.replace('.', '[.]')}{slash}{path}"


def revealed(text: str) -> Markup:
    """Escaped, with a label in the place of what nobody would see."""
    pieces, end = [], 0
    for run in _runs(text):
        pieces += [escape(text[end : run.start()]), _label(run[0])]
        end = run.end()
    return Markup("").join([*pieces, escape(text[end:])])


_RUNS = re.compile(f"(?:{ODD.pattern})+")
_JOINED = {"So", "Sk", "Mn"}  # what a joiner makes one picture of


def _runs(text: str) -> Iterator[re.Match[str]]:
    for run in _RUNS.finditer(text):
        if run[0] == "\u200d" and _joins(text, run.start()):
            continue  # families and flags of emoji
        yield run


def _joins(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before and after) and all(
        unicodedata.category(each) in _JOINED for each in (before, after)
    )


def _label(run: str) -> Markup:
    names = [SHORT.get(each, f"U+{ord(each):04X}") for each in run[:LONGEST_RUN]]
    if len(run) > LONGEST_RUN:
        names.append(f"+{len(run) - LONGEST_RUN}")
    return Markup('<span class="odd">{}</span>').format(" ".join(names))

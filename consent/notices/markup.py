"""Which markup a notice may contain: a small language that leaves nothing to a browser's taste.

Texts of notices are put into pages as HTML.  They are not cleaned, which would change what was
published, but refused unless every character is accounted for by this grammar.
"""

import re

TAGS = ("p", "ul", "ol", "li", "strong", "em", "h2", "h3", "h4", "dl", "dt", "dd")
_TOKEN = re.compile(
    r"(?P<text>[^<>&\x00-\x08\x0b\x0c\x0e-\x1f]+)"
    r"|(?P<entity>&(?:amp|lt|gt|quot|nbsp|shy|\#39);)"
    r"|(?P<void><br>)"
    rf"|<(?P<open>{'|'.join(TAGS)})>"
    r'|<(?P<link>a) href="(?:https?://|mailto:|/|\#)[^"<>\s\x00-\x1f]*">'
    rf"|</(?P<close>{'|'.join(TAGS)}|a)>"
)

_UNPLAIN = re.compile(r"[<>\x00-\x08\x0b\x0c\x0e-\x1f]|&(?=[#A-Za-z])")


def is_markup(text: str) -> bool:
    """Whether ``text`` is balanced markup of ``TAGS`` and links, and nothing else."""
    open_tags: list[str] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return False
        position = token.end()
        if tag := token["open"] or token["link"]:
            open_tags.append(tag)
        elif token["close"] and (not open_tags or open_tags.pop() != token["close"]):
            return False
    return not open_tags


def is_plain(text: str) -> bool:
    """Whether ``text`` means the same as text and as HTML."""
    return not _UNPLAIN.search(text)

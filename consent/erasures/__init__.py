"""The erasure journal: what was erased on request, kept outside the database.

A back-up brings back what was erased after it was made.  So every erasure is written into a file of
the data folder before it is acknowledged (``journal``), and applied again to a database that does
not know it yet (``reapplying``).  An entry is an id, never a text, a name or an address.
"""

from consent.erasures.journal import (
    FILE,
    Entry,
    ErasedComment,
    ErasedSite,
    Mark,
    append,
    entries,
    mark,
    record,
)

__all__ = [
    "FILE",
    "Entry",
    "ErasedComment",
    "ErasedSite",
    "Mark",
    "append",
    "entries",
    "mark",
    "record",
]

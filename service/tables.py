"""Tables for spreadsheets (CSV, RFC 4180) in which no field is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

# With these a spreadsheet begins to calculate (OWASP, "CSV injection").
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(rows: Iterable[Sequence[object]]) -> str:
    """One line for each row; None is an empty field, and only text can be taken for a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(field) for field in row] for row in rows])
    return out.getvalue()


def _harmless(field: object) -> object:
    return f"'{field}" if isinstance(field, str) and field.startswith(FORMULAS) else field

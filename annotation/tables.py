"""Tables as CSV files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _tame(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table (RFC 4180), its header first."""
    text = io.StringIO()
    csv.writer(text).writerows([_tame(value) for value in row] for row in chain([header], rows))
    return text.getvalue()

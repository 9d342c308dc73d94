"""Tables as CSV files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", " ", "'")


def spreadsheet_safe(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula: an apostrophe before it (S33). Numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table (RFC 4180), its header first."""
    text = io.StringIO()
    csv.writer(text).writerows([spreadsheet_safe(value) for value in row] for row in chain([header], rows))
    return text.getvalue()

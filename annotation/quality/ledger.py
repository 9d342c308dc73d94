"""What an operation counts for in the labour ledger. Pure: from the log's entries to numbers.

An operation counts once, for the engine of its first cell (“” where that was drawn by hand) and for that cell's class
(0 for none); each of its cells counts as created, changed or deleted for its own engine and class: those before the
operation, or after it where it is new. The cells of a run are proposals: no operation, no time. Active time is the time
between two operations of a person in a project, as long as that is at most PAUSE; a longer pause counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PAUSE = 120.0
"""Seconds."""


@dataclass(slots=True)
class Counts:
    """Of one operation and one engine."""

    operations: int = 0
    created: int = 0
    changed: int = 0
    deleted: int = 0
    proposed: int = 0
    runs: int = 0


def _kind_of(change: Mapping[str, Any]) -> tuple[str, int]:
    state = change["before"] or change["after"] or {}
    return str(state.get("provenance", {}).get("engine", "")), state.get("class_id") or 0


def counts_of(changes: Iterable[Mapping[str, Any]], *, is_run: bool, goes_on: bool) -> dict[tuple[str, int], Counts]:
    """For each engine and class what the operation's changes count for; ``changes`` as in Operation.changes. Of a run
    that comes in parts, those that are not the first ``goes_on``."""
    found: dict[tuple[str, int], Counts] = {}
    for number, change in enumerate(changes):
        counts = found.setdefault(_kind_of(change), Counts())
        if is_run:
            counts.proposed += change["before"] is None
            counts.runs += number == 0 and not goes_on
            continue
        counts.operations += number == 0
        counts.created += change["before"] is None
        counts.deleted += change["after"] is None
        counts.changed += change["before"] is not None and change["after"] is not None
    return found

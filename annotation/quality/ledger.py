"""What an operation counts for in the labour ledger. Pure: from the log's entries to numbers.

An operation counts once, for the engine of its first cell (“” where that was drawn by hand); each of its cells counts
as created, changed or deleted for its own engine. The cells of a run are proposals: no operation, no time. Active time
is the time between two operations of a person in a project, as long as that is at most PAUSE; a longer pause counts
nothing.
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


def _engine_of(change: Mapping[str, Any]) -> str:
    state = change["before"] or change["after"] or {}
    return str(state.get("provenance", {}).get("engine", ""))


def counts_of(changes: Iterable[Mapping[str, Any]], *, is_run: bool) -> dict[str, Counts]:
    """For each engine what the operation's changes count for; ``changes`` as in Operation.changes."""
    found: dict[str, Counts] = {}
    for number, change in enumerate(changes):
        counts = found.setdefault(_engine_of(change), Counts())
        if is_run:
            counts.proposed += change["before"] is None
            continue
        counts.operations += number == 0
        counts.created += change["before"] is None
        counts.deleted += change["after"] is None
        counts.changed += change["before"] is not None and change["after"] is not None
    return found

"""Adds what an operation counts for to the sums of its day, in the operation's own transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from annotation.database import execute_together
from annotation.models import DayWork, Operation
from annotation.quality.ledger import PAUSE, counts_of

# The time since the person's last operation counts where it is no longer than a pause: see annotation.quality.ledger.
_ADD = """
WITH gap AS (
    SELECT extract(epoch FROM %(at)s - max(last_at)) AS seconds FROM annotation_daywork
    WHERE project_id = %(project)s AND user_id = %(user)s
) INSERT INTO annotation_daywork AS work
    (project_id, user_id, day, engine, operations, created, changed, deleted, proposed, seconds, last_at)
SELECT %(project)s, %(user)s, %(day)s, %(engine)s, %(operations)s, %(created)s, %(changed)s, %(deleted)s, %(proposed)s,
    CASE WHEN %(timed)s AND gap.seconds BETWEEN 0 AND %(pause)s THEN gap.seconds ELSE 0 END, %(last_at)s FROM gap
ON CONFLICT (project_id, user_id, day, engine) DO UPDATE SET
    operations = work.operations + EXCLUDED.operations, created = work.created + EXCLUDED.created,
    changed = work.changed + EXCLUDED.changed, deleted = work.deleted + EXCLUDED.deleted,
    proposed = work.proposed + EXCLUDED.proposed, seconds = work.seconds + EXCLUDED.seconds,
    last_at = greatest(work.last_at, EXCLUDED.last_at)
"""


def counting(operation: Operation, *, is_run: bool) -> list[tuple[str, Any]]:
    """The statements that count the operation for its person; nobody's are not counted. ``is_run``: an engine found its
    cells."""
    if operation.actor_id is None:
        return []
    at = operation.created_at
    common = {
        "project": operation.image.project_id, "user": operation.actor_id, "day": at.date(), "at": at, "pause": PAUSE,
        "last_at": None if is_run else at,
    }  # fmt: skip
    found = counts_of(operation.changes, is_run=is_run)
    return [
        (_ADD, {**common, **asdict(counts), "engine": engine, "timed": number == 0 and not is_run})
        for number, (engine, counts) in enumerate(found.items())
    ]


def do_count_again() -> int:
    """Forget all sums and make them anew from the log. Returns how many operations there are."""
    DayWork.objects.all().delete()
    operations = Operation.objects.select_related("image", "part_of").order_by("created_at", "image_id", "clock")
    for operation in operations.iterator(chunk_size=500):
        statements = counting(operation, is_run=is_of_run(operation))
        if statements:
            execute_together(statements)
    return operations.count()


def is_of_run(operation: Operation) -> bool:
    """Whether an engine found the operation's cells: the run's first operation, or a further part of it."""
    first = operation.part_of or operation
    return first.kind == "run"

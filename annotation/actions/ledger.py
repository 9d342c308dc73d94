"""Adds what an operation counts for to the sums of its day, in the operation's own transaction."""

from __future__ import annotations

from django.db import connection

from annotation.models import DayWork, Operation
from annotation.quality.ledger import active_seconds, counts_of

_LAST = "SELECT max(last_at) FROM annotation_daywork WHERE project_id = %s AND user_id = %s"
_ADD = """
INSERT INTO annotation_daywork AS work
    (project_id, user_id, day, engine, operations, created, changed, deleted, proposed, seconds, last_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (project_id, user_id, day, engine) DO UPDATE SET
    operations = work.operations + EXCLUDED.operations, created = work.created + EXCLUDED.created,
    changed = work.changed + EXCLUDED.changed, deleted = work.deleted + EXCLUDED.deleted,
    proposed = work.proposed + EXCLUDED.proposed, seconds = work.seconds + EXCLUDED.seconds,
    last_at = greatest(work.last_at, EXCLUDED.last_at)
"""


def do_count(operation: Operation, *, is_run: bool) -> None:
    """Count the operation for its person; nobody's are not counted. ``is_run``: an engine found its cells."""
    if operation.actor_id is None:
        return
    at, project_id = operation.created_at, operation.image.project_id
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [project_id, operation.actor_id])
        [last] = cursor.fetchone()
        gap = None if last is None or is_run else (at - last).total_seconds()
        for number, (engine, counts) in enumerate(counts_of(operation.changes, is_run=is_run).items()):
            seconds = active_seconds(gap) if number == 0 else 0.0
            sums = [counts.operations, counts.created, counts.changed, counts.deleted, counts.proposed, seconds]
            cursor.execute(_ADD, [project_id, operation.actor_id, at.date(), engine, *sums, None if is_run else at])


def do_count_again() -> int:
    """Forget all sums and make them anew from the log. Returns how many operations there are."""
    DayWork.objects.all().delete()
    operations = Operation.objects.select_related("image", "part_of").order_by("created_at", "image_id", "clock")
    for operation in operations.iterator(chunk_size=500):
        do_count(operation, is_run=is_of_run(operation))
    return operations.count()


def is_of_run(operation: Operation) -> bool:
    """Whether an engine found the operation's cells: the run's first operation, or a further part of it."""
    first = operation.part_of or operation
    return first.kind == "run"

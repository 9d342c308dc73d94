"""Adds what an operation counts for to the sums of its image and day, in the operation's own transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from annotation.database import execute_together
from annotation.models import Image, ImageFigures, ImageTouch, ImageWork, Operation, Tally
from annotation.quality.ledger import PAUSE, counts_of

# The time since the person's last operation counts where it is no longer than a pause: see annotation.quality.ledger.
_ADD = """
WITH gap AS (
    SELECT 1000 * extract(epoch FROM %(at)s - max(last_at)) AS milliseconds FROM annotation_imagework
    WHERE project_id = %(project)s AND user_id = %(user)s AND day >= %(day)s - 1
) INSERT INTO annotation_imagework AS work
    (image_id, project_id, user_id, day, engine, label_class, operations, created, changed, deleted, proposed,
    runs, milliseconds, last_at)
SELECT %(image)s, %(project)s, %(user)s, %(day)s, %(engine)s, %(label_class)s, %(operations)s, %(created)s, %(changed)s,
    %(deleted)s, %(proposed)s, %(runs)s,
    CASE WHEN %(timed)s AND gap.milliseconds BETWEEN 0 AND 1000 * %(pause)s THEN round(gap.milliseconds) ELSE 0 END,
    %(last_at)s FROM gap
ON CONFLICT (image_id, user_id, day, engine, label_class) DO UPDATE SET
    operations = work.operations + EXCLUDED.operations, created = work.created + EXCLUDED.created,
    changed = work.changed + EXCLUDED.changed, deleted = work.deleted + EXCLUDED.deleted,
    proposed = work.proposed + EXCLUDED.proposed, runs = work.runs + EXCLUDED.runs,
    milliseconds = work.milliseconds + EXCLUDED.milliseconds, last_at = greatest(work.last_at, EXCLUDED.last_at)
"""


def counting(operation: Operation, *, is_run: bool) -> list[tuple[str, Any]]:
    """The statements that count the operation for its person; nobody's are not counted. ``is_run``: an engine found its
    cells."""
    if operation.actor_id is None:
        return []
    at = operation.created_at
    common = {
        "image": operation.image_id, "project": operation.image.project_id, "user": operation.actor_id,
        "day": at.date(), "at": at, "pause": PAUSE, "last_at": None if is_run else at,
    }  # fmt: skip
    found = counts_of(operation.changes, is_run=is_run, goes_on=operation.kind == "part")
    return [
        (
            _ADD,
            {
                **common,
                **asdict(counts),
                "engine": kind[0],
                "label_class": kind[1],
                "timed": number == 0 and not is_run,
            },
        )
        for number, (kind, counts) in enumerate(found.items())
    ]


def do_count_again() -> int:
    """Forget all sums and make them anew from the log; the dashboards' own are made when somebody looks, or within
    seconds. Returns how many operations there are."""
    for sums in (ImageWork, ImageFigures, Tally, ImageTouch):
        sums.objects.all().delete()
    operations = Operation.objects.select_related("image", "part_of").order_by("created_at", "image_id", "clock")
    for operation in operations.iterator(chunk_size=500):
        statements = counting(operation, is_run=is_of_run(operation))
        if statements:
            execute_together(statements)
    touched = Image.objects.values_list("pk", "project_id")
    ImageTouch.objects.bulk_create(
        (ImageTouch(image_id=image, project_id=project) for image, project in touched), batch_size=5000
    )
    return operations.count()


def is_of_run(operation: Operation) -> bool:
    """Whether an engine found the operation's cells: the run's first operation, or a further part of it."""
    first = operation.part_of or operation
    return first.kind == "run"

"""Keeps how far finished annotations of one image agree. Whatever is handed in, taken back, changed or deleted is found
by its clock and state within seconds, so that nothing that changes cells has to know of it."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from annotation.comparable import cells_of, fill_comparison, ratings_of
from annotation.events import send_figures_changed
from annotation.models import (
    Comparison,
    ComparisonKind,
    ComparisonSums,
    Consensus,
    Image,
    JobState,
)
from annotation.permissions import FINISHED_TWINS

AT_ONCE = 20
"""Images in one sweep; the others come with the next."""
# An annotation takes part as soon as it is handed in.
_STALE = """
WITH twins AS (
    SELECT id, twin_of_id, clock, status FROM annotation_image
    WHERE twin_of_id IS NOT NULL AND deleted_at IS NULL
), parts AS (
    SELECT twin_of_id AS image_id, id, clock FROM twins
    WHERE status = ANY(%(finished)s) AND NOT EXISTS (
        SELECT 1 FROM annotation_job AS job WHERE job.image_id = twins.id AND job.state = ANY(%(running)s))
), states AS (
    SELECT image_id, string_agg(id || ' ' || clock, ',' ORDER BY id) AS state FROM parts GROUP BY image_id
)
SELECT coalesce(states.image_id, kept.image_id), coalesce(states.state, '')
FROM states FULL JOIN annotation_consensus AS kept ON kept.image_id = states.image_id
WHERE coalesce(kept.state, '') <> coalesce(states.state, '')
LIMIT %(most)s
"""


def get_changed() -> list[tuple[UUID, str]]:
    """Images whose annotations are to be compared again, and the state that they are compared in."""
    asked: dict[str, Any] = {
        "finished": [state.value for state in FINISHED_TWINS],
        "running": [JobState.QUEUED.value, JobState.RUNNING.value],
        "most": AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STALE, asked)
        return [(image_id, state) for image_id, state in cursor.fetchall()]


def do_compare(image_id: UUID, state: str) -> None:
    """Compare those annotations of the image that ``state`` names. Cells are read before anything is locked: people may
    go on meanwhile, which the next sweep sees."""
    image = Image.objects.get(pk=image_id)
    ids = [UUID(part.split()[0]) for part in state.split(",") if part]
    parts = list(Image.objects.filter(pk__in=ids).select_related("assignee").order_by("created_at", "take", "pk"))
    parts.sort(key=lambda part: (part.assignee.username if part.assignee else "", part.take))
    annotated = list(zip(parts, cells_of(image, parts), strict=True))
    made: list[tuple[Comparison, list[ComparisonSums]]] = []
    for (one, cells), (other, others) in combinations(annotated, 2):
        times = [part.handed_in_at for part in (one, other) if part.handed_in_at]
        comparison = Comparison(
            image=image, project_id=image.project_id, kind=_kind(one, other), a=one, b=other,
            person_a_id=one.assignee_id, person_b_id=other.assignee_id,
            finished_at=max(times, default=None) or timezone.now(),
        )  # fmt: skip
        made.append((comparison, fill_comparison(comparison, cells, others)))
    ratings = ratings_of([cells for part, cells in annotated if part.take == 1])
    _keep(image, state, ratings, made)


def _kind(one: Image, other: Image) -> ComparisonKind:
    return ComparisonKind.AGAIN if one.assignee_id == other.assignee_id else ComparisonKind.PEOPLE


@transaction.atomic
def _keep(
    image: Image, state: str, ratings: list[list[int]], made: list[tuple[Comparison, list[ComparisonSums]]]
) -> None:
    Consensus.objects.get_or_create(image=image)
    kept = Consensus.objects.select_for_update().get(image=image)
    counted = Counter(tuple(sorted(rating)) for rating in ratings)
    kept.state, kept.ratings = state, [[list(rating), number] for rating, number in sorted(counted.items())]
    Comparison.objects.filter(image=image).delete()
    Comparison.objects.bulk_create([comparison for comparison, _ in made])
    ComparisonSums.objects.bulk_create([sums for _, all_sums in made for sums in all_sums], batch_size=1000)
    kept.save()
    send_figures_changed(image.project_id)

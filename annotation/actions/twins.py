"""Independent annotations: several people annotate the same pixels without seeing each other's cells.

Each person gets a twin of the image: a row of its own with its own cells, log and state, and the same files. The image
itself is closed to annotators meanwhile; what is taken over from the twins is written there.
"""

from __future__ import annotations

import uuid
from datetime import date
from uuid import UUID

from django.db import transaction

from annotation.actions.assignments import annotators_of
from annotation.actions.notifications import do_notify_assigned
from annotation.actions.workflow import OPEN, note_state
from annotation.errors import AppError, ErrorCode
from annotation.models import Image, ImageStatus, Project, User


@transaction.atomic
def do_make_twins(
    project: Project, actor: User, image_ids: list[UUID], *, people: list[int], due_on: date | None
) -> int:
    """A twin of each image for each of these people, who do not have one yet. Returns how many were made. The caller
    holds the project's row lock."""
    chosen = annotators_of(project, people)
    if not chosen:
        raise AppError(ErrorCode.BAD_REQUEST, "Choose the people who annotate these images.", status=422)
    rows = Image.objects.select_for_update(no_key=True).filter(project=project, deleted_at=None, twin_of=None)
    made: list[tuple[User, Image]] = []
    for image in rows.filter(pk__in=image_ids).order_by("created_at", "pk"):
        has = set(image.twins.filter(deleted_at=None).values_list("assignee_id", flat=True))
        made += [(person, _make(image, actor, person, due_on)) for person in chosen if person.pk not in has]
        if image.status in OPEN:
            note_state(image, actor, ImageStatus.IN_REVIEW, reason="Annotated independently by several people")
            image.save(update_fields=["status"])
    do_notify_assigned(actor, project, made)
    return len(made)


def _make(image: Image, actor: User, person: User, due_on: date | None) -> Image:
    twin = Image.objects.get(pk=image.pk)
    twin.pk, twin.twin_of, twin.status = uuid.uuid4(), image, ImageStatus.NEW
    twin.assignee, twin.reviewer, twin.due_on = person, None, due_on
    twin.clock, twin.next_label = 0, 1
    twin.save(force_insert=True)
    note_state(twin, actor, ImageStatus.ASSIGNED)
    twin.save(update_fields=["status"])
    return twin

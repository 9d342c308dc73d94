"""Independent annotations: several people annotate the same pixels without seeing each other's cells.

Each person gets a twin of the image: a row of its own with its own cells, log and state, and the same files. The image
itself is closed to annotators meanwhile; what is taken over from the twins is written there.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.actions.assignments import annotators_of
from annotation.actions.notifications import do_notify_assigned
from annotation.actions.workflow import OPEN, note_state
from annotation.errors import AppError, ErrorCode
from annotation.models import Image, ImageStatus, Project, User
from annotation.permissions import FINISHED_TWINS


@transaction.atomic
def do_make_twins(
    project: Project, actor: User, image_ids: list[UUID], *, people: list[int], due_on: date | None, again: bool = False
) -> int:
    """A twin of each image for each of these people, who do not have one yet; ``again``: also for who has handed in the
    last one, to see whether they agree with themselves. Returns how many were made. The caller holds the project's row
    lock."""
    chosen = annotators_of(project, people)
    if not chosen:
        raise AppError(ErrorCode.BAD_REQUEST, "Choose the people who annotate these images.", status=422)
    rows = Image.objects.select_for_update(no_key=True).filter(project=project, deleted_at=None, twin_of=None)
    made: list[tuple[User, Image]] = []
    for image in rows.filter(pk__in=image_ids).order_by("created_at", "pk"):
        takes = _takes(image, again=again)
        for person in chosen:
            if person.pk in takes and takes[person.pk] is None:
                continue
            twin = make_twin(image, assignee=person, due_on=due_on, take=takes.get(person.pk) or 1)
            note_state(twin, actor, ImageStatus.ASSIGNED)
            twin.save(update_fields=["status"])
            made.append((person, twin))
        if image.status in OPEN:
            note_state(image, actor, ImageStatus.IN_REVIEW, reason="Annotated independently by several people")
            image.save(update_fields=["status"])
    do_notify_assigned(actor, project, made)
    return len(made)


def _takes(image: Image, *, again: bool) -> dict[int | None, int | None]:
    """The number of the next twin of each person who has one already; none where there shall be none."""
    found: dict[int | None, int | None] = {}
    for twin in image.twins.filter(deleted_at=None).order_by("take"):
        found[twin.assignee_id] = twin.take + 1 if again and twin.status in FINISHED_TWINS else None
    return found


def make_twin(image: Image, *, take: int = 1, **said: Any) -> Image:
    """Another annotation of the image's pixels, empty and new. It stands where the image stands in lists."""
    twin = Image.objects.get(pk=image.pk)
    twin.pk, twin.twin_of, twin.take, twin.status = uuid.uuid4(), image, take, ImageStatus.NEW
    twin.assignee, twin.reviewer, twin.due_on, twin.handed_in_at = None, None, None, None
    twin.clock, twin.next_label = 0, 1
    for name, value in said.items():
        setattr(twin, name, value)
    twin.save(force_insert=True)
    Image.objects.filter(pk=twin.pk).update(created_at=image.created_at)
    return twin

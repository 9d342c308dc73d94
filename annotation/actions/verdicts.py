"""What reviewers say of single cells. Callers hold the image's row lock, so that no cell changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.errors import AppError, ErrorCode
from annotation.models import Annotation, Image, ImageStatus, Judgement, Role, User, Verdict
from annotation.permissions import ALLOWED, Action

REVIEWED = (ImageStatus.SUBMITTED, ImageStatus.IN_REVIEW)
"""The states in which reviewers judge cells."""


@transaction.atomic
def do_judge(image: Image, user: User, versions: dict[UUID, int], judgement: Judgement, *, reason: str = "") -> None:
    """Say the same of these cells, each in the version that the person saw. Raises STALE, and writes nothing, where one
    has changed since or is gone."""
    if image.status not in REVIEWED:
        message = "Cells are judged while an image waits for review or is in it. Start the review first."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
    rows = list(Annotation.objects.filter(image=image, deleted=False, pk__in=versions).only("version"))
    if len(rows) < len(versions) or any(row.version != versions[row.pk] for row in rows):
        message = "A cell changed while you looked at it. Look again, then decide."
        raise AppError(ErrorCode.STALE, message, status=409)
    _write(image, user, rows, judgement, reason.strip())


def note_fixes(image: Image, user: User | None, role: Role | None, cells: Iterable[Annotation]) -> None:
    """A reviewer changed these cells of an image that was handed in: their own work, marked as such."""
    if image.status in REVIEWED and role in ALLOWED[Action.REVIEW]:
        _write(image, user, [cell for cell in cells if not cell.deleted], Judgement.FIXED, "")


def _write(image: Image, user: User | None, cells: list[Annotation], judgement: Judgement, reason: str) -> None:
    now = timezone.now()
    verdicts = [
        Verdict(
            annotation_id=cell.pk,
            image=image,
            version=cell.version,
            judgement=judgement,
            reason=reason,
            actor=user,
            created_at=now,
        )
        for cell in cells
    ]
    Verdict.objects.bulk_create(
        verdicts,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["annotation"],
        update_fields=["version", "judgement", "reason", "actor", "created_at"],
    )

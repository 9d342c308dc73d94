"""“Find all cells”: one engine over one image, as a job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.actions.jobs import check_new_job, do_create_job, do_fail_job, do_finish_job, held_job
from annotation.actions.masks import Plane
from annotation.actions.operations import do_add_found_cells
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.models import Image, Job, JobKind, JobState, User
from annotation.protocol import Provenance
from inference.cards import CARDS, status_from_files
from inference.contracts import Part

_OPEN = (JobState.QUEUED, JobState.RUNNING)


def check_engine(name: str) -> None:
    """Raise unless the engine exists, finds all cells, and has its weights here."""
    finders = [card.name for card in CARDS.values() if "auto" in card.capabilities]
    if name not in finders:
        message = f"There is no engine “{name[:40]}” that finds all cells. Choose one of: {', '.join(finders)}."
        raise AppError(ErrorCode.BAD_REQUEST, message)
    status = status_from_files(name)
    if not status.available:
        raise AppError(ErrorCode.ENGINE, status.problem, status=409)


def check_run(user: User, image: Image, plane: Plane, *, engine: str) -> None:
    """Raise when the run cannot be done, is on its way already, or the person has too much waiting. Call it with the
    person's row locked, so that two requests at once count each other."""
    check_engine(engine)
    t, z = plane
    if not image.has_plane(t, z):
        raise AppError(ErrorCode.BAD_REQUEST, "The image has no such slice or frame.", status=422)
    runs = Job.objects.filter(kind=JobKind.SEGMENT, image_id=image.pk, user_id=user.pk, state__in=_OPEN)
    if runs.filter(params__engine=engine, params__t=t, params__z=z).exists():
        message = f"{CARDS[engine].title} is finding the cells of this plane for you already. Wait, or cancel that run."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
    check_new_job(user)


@transaction.atomic
def do_add_part(job_id: UUID, attempt: int, part: Part, *, provenance: Provenance) -> bool:
    """Write a part of what a run finds; what an earlier attempt wrote already is left alone. False when this attempt no
    longer holds the job, or the image was accepted meanwhile, which ends the run: nothing is written then."""
    job = held_job(job_id, attempt)
    if job is None:
        return False
    numbers = job.result.get("parts", [])
    if part.number in numbers:
        return True
    try:
        added = job.result.get("added", 0) + do_add_found_cells(job, part, provenance)
    except RefusedError as refusal:
        do_fail_job(job_id, attempt, message=refusal.message, permanent=True)
        return False
    found = job.result.get("found", 0) + len(part.cells)
    job.result = {"parts": [*numbers, part.number], "found": found, "added": added}
    job.message = f"{added:,} cells added so far"
    job.save(update_fields=["result", "message", "updated_at"])
    return True


@transaction.atomic
def do_finish_run(job_id: UUID, attempt: int, *, seconds: float) -> None:
    """All parts are written. Nothing happens when this attempt no longer holds the job."""
    job = held_job(job_id, attempt)
    if job is not None:
        found, added = job.result.get("found", 0), job.result.get("added", 0)
        result = {"found": found, "added": added, "seconds": round(seconds, 2)}
        do_finish_job(job_id, attempt, result=result, message=f"{found:,} cells found, {added:,} added")


@transaction.atomic
def do_create_run(user: User, image: Image, plane: Plane, *, engine: str, params: dict[str, Any]) -> Job:
    """A new run on a plane. ``params`` are inference.contracts.AutoParams as JSON, each of them optional."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_run(user, image, plane, engine=engine)
    contract = {"engine": engine, "params": params, "t": plane[0], "z": plane[1]}
    return do_create_job(JobKind.SEGMENT, project=image.project, user=user, image=image, params=contract)

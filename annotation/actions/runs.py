"""“Find all cells”: one engine over one image, as a job."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from annotation.actions.jobs import check_new_job, do_create_job
from annotation.errors import AppError, ErrorCode
from annotation.models import Image, Job, JobKind, JobState, User
from inference.cards import CARDS, status_from_files

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


def check_run(user: User, image: Image, *, engine: str) -> None:
    """Raise when the run cannot be done, is on its way already, or the person has too much waiting. Call it with the
    person's row locked, so that two requests at once count each other."""
    check_engine(engine)
    runs = Job.objects.filter(kind=JobKind.SEGMENT, image_id=image.pk, user_id=user.pk, state__in=_OPEN)
    if runs.filter(params__engine=engine).exists():
        message = f"{CARDS[engine].title} is finding the cells of this image for you already. Wait, or cancel that run."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
    check_new_job(user)


@transaction.atomic
def do_create_run(user: User, image: Image, *, engine: str, params: dict[str, Any]) -> Job:
    """A new run. ``params`` are inference.contracts.AutoParams as JSON, each of them optional."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_run(user, image, engine=engine)
    contract = {"engine": engine, "params": params}
    return do_create_job(JobKind.SEGMENT, project=image.project, user=user, image=image, params=contract)

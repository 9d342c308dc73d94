"""Measuring a project's cells in the background: only images whose cells have changed since."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from annotation.actions.jobs import StoppedError, check_new_job, do_create_job, do_finish_job, do_progress_or_stop
from annotation.datasets.measured import measure
from annotation.datasets.snapshots import image_records
from annotation.models import Image, ImageMeasures, Job, JobKind, JobState, Project, User


def open_measuring(project_id: UUID) -> Job | None:
    """The job that measures this project now or soon."""
    states = (JobState.QUEUED, JobState.RUNNING)
    return Job.objects.filter(project_id=project_id, kind=JobKind.MEASURE, state__in=states).first()


def unmeasured(project_id: UUID) -> QuerySet[Image]:
    """Images whose figures are missing or old; what never had a cell has none."""
    images = Image.objects.filter(project_id=project_id, deleted_at=None, twin_of=None, clock__gt=0)
    return images.exclude(measures__clock=F("clock"))


@transaction.atomic
def do_create_measuring(user: User, project: Project) -> Job:
    """A job for this, or the one that there is. The caller holds the project's row lock."""
    job = open_measuring(project.pk)
    if job is None:
        check_new_job(user)
        job = do_create_job(JobKind.MEASURE, project=project, user=user, params={})
    return job


def do_measure(job: Job) -> None:
    """Measure for a claimed job, and end the job."""
    waiting = list(unmeasured(job.project_id).values_list("pk", flat=True))
    cells = 0
    try:
        for done, image_id in enumerate(waiting):
            do_progress_or_stop(job, progress=done / len(waiting), message=f"{done:,} of {len(waiting):,} images")
            cells += _measure_image(image_id)
    except StoppedError:
        return
    result = {"images": len(waiting), "cells": cells}
    do_finish_job(job.pk, job.attempt, result=result, message=f"{cells:,} cells of {len(waiting):,} images measured")


def _measure_image(image_id: UUID) -> int:
    """How many cells it has, 0 for an image that was deleted meanwhile."""
    found = [(measure(record), record.clock) for record in image_records([image_id], between=lambda _done: None)]
    for table, clock in found:
        fields = {
            "clock": clock, "cells": len(table.places), "figures": table.figures.tobytes(),
            "places": table.places.tobytes(), "ids": table.ids,
        }  # fmt: skip
        ImageMeasures.objects.update_or_create(image_id=image_id, defaults=fields)
    return sum(len(table.places) for table, _ in found)

"""Background work: how far it is, and stopping it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router

from annotation.actions.jobs import check_cancel_job, do_cancel_job
from annotation.models import Job, JobKind, JobState
from annotation.permissions import Action, access_job
from annotation.views.api import person
from annotation.views.schemas import JobOut

router = Router()


def job_out(job: Job) -> JobOut:
    """What people see of a job."""
    ready = job.kind == JobKind.EXPORT and job.state == JobState.DONE
    return JobOut.model_validate(
        {
            "id": job.pk,
            "kind": job.kind,
            "state": job.state,
            "progress": job.progress,
            "message": job.message,
            "created_at": job.created_at.isoformat(),
            "params": job.params,
            "result": job.result,
            "download": f"/api/exports/{job.pk}/download" if ready else None,
        }
    )


@router.get("/jobs/{uuid:job_id}", response=JobOut)
def get_job(request: HttpRequest, job_id: UUID) -> JobOut:
    """How far it is."""
    return job_out(access_job(person(request), job_id, Action.VIEW))


@router.post("/jobs/{uuid:job_id}/cancel", response=JobOut)
def cancel_job(request: HttpRequest, job_id: UUID) -> JobOut:
    """Stop it: one's own, or as a manager anybody's. Nothing happens when it has ended."""
    with transaction.atomic():
        job = access_job(person(request), job_id, Action.ANNOTATE, lock=True)
        check_cancel_job(person(request), job)
        do_cancel_job(job)
    return job_out(job)

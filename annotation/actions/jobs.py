"""The life of a job: queued → running → done, failed or cancelled. Whoever runs it holds a lease under an attempt's
number; what an older attempt reports is refused (R13–R15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from annotation.actions.notifications import do_notify_ended
from annotation.actions.webhooks import do_tell_job
from annotation.errors import AppError, ErrorCode, forbidden
from annotation.events import send_job
from annotation.jobs import enqueue_job
from annotation.models import Image, Job, JobKind, JobState, Project, User
from annotation.permissions import ALLOWED, Action, role_of
from annotation.protocol import JobUpdate

LEASE = timedelta(seconds=60)
REQUEUE_AFTER = timedelta(seconds=30)
"""A job that is still queued after this time may have been lost by the broker and is sent again."""
MAX_ATTEMPTS = 3
MAX_RUNNING = 20
"""Unfinished jobs that one person may have, uploads aside (S37)."""
_OPEN = (JobState.QUEUED, JobState.RUNNING)


def check_new_job(user: User) -> None:
    """Raise when the person has too much waiting already."""
    heavy = Job.objects.filter(user_id=user.pk, state__in=_OPEN).exclude(kind=JobKind.IMPORT)
    if heavy.count() >= MAX_RUNNING:
        raise AppError(
            ErrorCode.BUSY,
            f"You have {MAX_RUNNING} jobs waiting or running. Wait until one has ended, or cancel one.",
            status=429,
        )


@transaction.atomic
def do_create_job(
    kind: JobKind, *, project: Project, user: User | None, image: Image | None = None, params: dict[str, Any]
) -> Job:
    """A new job, sent to its queue on commit."""
    job = Job.objects.create(kind=kind, project=project, image=image, user=user, params=params)
    enqueue_job(job)
    _tell(job)
    return job


def job_update(job: Job) -> JobUpdate:
    """What people in the image are told of a run."""
    update = {
        "type": "job",
        "job": job.pk,
        "kind": "segment",
        "engine": job.params["engine"],
        "state": job.state,
        "progress": job.progress,
        "message": job.message,
        "t": job.params.get("t", 0),
        "z": job.params.get("z", 0),
    }
    return JobUpdate.model_validate(update)


def _tell(job: Job) -> None:
    """Everybody in the image sees how a run of theirs comes along."""
    if job.kind == JobKind.SEGMENT and job.image_id is not None:
        send_job(job.image_id, job_update(job))


def held_job(job_id: UUID, attempt: int) -> Job | None:
    """The job, locked, if this attempt still runs it."""
    return Job.objects.select_for_update(no_key=True).filter(pk=job_id, attempt=attempt, state=JobState.RUNNING).first()


@transaction.atomic
def do_start_job(job_id: UUID) -> Job | None:
    """Claim a queued job. None when it was cancelled, has ended, or somebody else holds it: leave it alone then."""
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING, attempt=F("attempt") + 1, lease_until=timezone.now() + LEASE
    )
    if not claimed:
        return None
    job = Job.objects.select_related("project", "image", "user").get(pk=job_id)
    _tell(job)
    return job


@transaction.atomic
def do_progress_job(job_id: UUID, attempt: int, *, progress: float, message: str = "") -> bool:
    """Renew the lease and say how far it is. False: stop, it was cancelled or another attempt has taken over."""
    job = held_job(job_id, attempt)
    if job is None:
        return False
    job.progress, job.lease_until = min(max(progress, 0.0), 1.0), timezone.now() + LEASE
    if message:
        job.message = message
    job.save(update_fields=["progress", "message", "lease_until", "updated_at"])
    _tell(job)
    return True


class StoppedError(Exception):
    """The job was cancelled, or another attempt has taken over."""


def do_progress_or_stop(job: Job, *, progress: float, message: str = "") -> None:
    """The same for whoever works on the job. Raises StoppedError where it is to be stopped."""
    if not do_progress_job(job.pk, job.attempt, progress=progress, message=message):
        raise StoppedError


@transaction.atomic
def do_claim_attempt(job_id: UUID, attempt: int) -> bool:
    """Claim a queued job under the attempt number that it was sent with. False when it was claimed already."""
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED, attempt=attempt - 1).update(
        state=JobState.RUNNING, attempt=attempt, lease_until=timezone.now() + LEASE
    )
    if claimed:
        _tell(Job.objects.get(pk=job_id))
    return bool(claimed)


def do_renew_lease(job_id: UUID, attempt: int) -> bool:
    """Whoever runs it lives. False when it is no longer theirs."""
    held = Job.objects.filter(pk=job_id, attempt=attempt, state=JobState.RUNNING)
    return bool(held.update(lease_until=timezone.now() + LEASE))


def _end(job: Job, state: JobState, *, message: str) -> None:
    job.state, job.message, job.lease_until = state, message[:500], None
    if state == JobState.DONE:
        job.progress = 1.0
    job.save(update_fields=["state", "message", "progress", "result", "lease_until", "updated_at"])
    _tell(job)
    do_tell_job(job)
    do_notify_ended(job)


@transaction.atomic
def do_finish_job(job_id: UUID, attempt: int, *, result: dict[str, Any], message: str = "") -> bool:
    """The job is done. False when this attempt no longer holds it; its effects must then not be kept."""
    job = held_job(job_id, attempt)
    if job is None:
        return False
    job.result = result
    _end(job, JobState.DONE, message=message)
    return True


@transaction.atomic
def do_fail_job(job_id: UUID, attempt: int, *, message: str, permanent: bool) -> bool:
    """The attempt failed: for good, or to be tried again up to three times in all (R14)."""
    job = held_job(job_id, attempt)
    if job is None:
        return False
    if permanent or job.attempt >= MAX_ATTEMPTS:
        _end(job, JobState.FAILED, message=f"{message}{_kept(job)}")
    else:
        _requeue(job)
    return True


def _kept(job: Job) -> str:
    """What becomes of the cells that a run had added before it ended early."""
    added = int(job.result.get("added", 0)) if job.kind == JobKind.SEGMENT else 0
    if added == 0:
        return ""
    cells, them = ("1 cell", "it") if added == 1 else (f"{added:,} cells", "them")
    return f" {cells} found so far {'was' if added == 1 else 'were'} kept. Undo removes {them}."


def _requeue(job: Job) -> None:
    job.state, job.lease_until = JobState.QUEUED, None
    job.save(update_fields=["state", "lease_until", "updated_at"])
    enqueue_job(job)
    _tell(job)


def check_cancel_job(user: User, job: Job) -> None:
    """Raise unless it is the person's own job or they manage the project."""
    if job.user_id != user.pk and role_of(user, job.project_id) not in ALLOWED[Action.MANAGE]:
        raise forbidden("Only the person who started this, or a manager of the project, can stop it.")


@transaction.atomic
def do_cancel_job(job: Job) -> None:
    """Stop it, if it has not ended; whoever runs it hears of that at the next step. The caller holds the row's lock."""
    if job.state in _OPEN:
        kept = _kept(job)
        _end(job, JobState.CANCELLED, message=f"Stopped.{kept}" if kept else "Cancelled")


def do_sweep_jobs() -> int:
    """Send again what the broker or a worker lost; give up what was tried three times. Returns how many."""
    now = timezone.now()
    lost = Q(state=JobState.RUNNING, lease_until__lt=now) | Q(state=JobState.QUEUED, updated_at__lt=now - REQUEUE_AFTER)
    swept = 0
    for job_id in Job.objects.filter(lost).values_list("pk", flat=True)[:200]:
        with transaction.atomic():
            job = Job.objects.select_for_update(skip_locked=True, of=("self",)).filter(lost, pk=job_id).first()
            if job is None:
                continue
            swept += 1
            if job.state == JobState.RUNNING and job.attempt >= MAX_ATTEMPTS:
                message = "It was interrupted three times. Start it again, or ask for help."
                _end(job, JobState.FAILED, message=f"{message}{_kept(job)}")
            else:
                _requeue(job)
    return swept

"""Taking labels home: a job writes a zip file, which is kept for a week."""

from __future__ import annotations

import errno
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotation.actions.jobs import StoppedError, do_create_job, do_fail_job, do_finish_job, do_progress_or_stop
from annotation.actions.round_trips import kept_report, round_trip
from annotation.datasets.archive import Subject, Totals, write_archive
from annotation.datasets.names import split_name
from annotation.datasets.registry import get_exporter
from annotation.datasets.snapshots import (
    class_records,
    image_ids,
    image_records,
    snapshot_classes,
    snapshot_records,
)
from annotation.errors import AppError, ErrorCode, not_found
from annotation.models import Job, JobKind, JobState, Project, Snapshot, User

MAX_UNFINISHED = 2
"""Exports that one person may have at once (S37)."""
KEPT = timedelta(days=7)
PROGRESS_SECONDS = 0.5
_OPEN = (JobState.QUEUED, JobState.RUNNING)


def check_create_export(user: User, export_format: str) -> None:
    """Raise when there is no such format, or the person has two exports on the way. Call it with the person's row
    locked, so that two requests at once count each other."""
    get_exporter(export_format)
    if Job.objects.filter(user_id=user.pk, kind=JobKind.EXPORT, state__in=_OPEN).count() >= MAX_UNFINISHED:
        raise AppError(
            ErrorCode.BUSY,
            f"You have {MAX_UNFINISHED} exports on the way. Wait until one is done, or cancel one.",
            status=429,
        )


@transaction.atomic
def do_create_export(user: User, project: Project, *, export_format: str, snapshot: Snapshot | None = None) -> Job:
    """A new export of the project's present images and cells, or of those of one of its snapshots."""
    if snapshot is not None and snapshot.project_id != project.pk:
        raise not_found("snapshot")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_create_export(user, export_format)
    params = {"format": export_format}
    if snapshot is not None:
        params |= {"snapshot": str(snapshot.pk), "name": snapshot.name}
    return do_create_job(JobKind.EXPORT, project=project, user=user, params=params)


def do_run_export(job: Job) -> None:
    """Write the archive of a claimed job (do_start_job), and end the job. A full disk and a deleted project end it with
    their sentence; what is unexpected is the task's."""
    folder = Path(settings.EXPORTS)
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(f".{job.pk}.*.tmp"):
        left_over.unlink(missing_ok=True)
    temporary = folder / f".{job.pk}.{job.attempt}.tmp"
    try:
        totals = _write(job, temporary)
        _finish(job, temporary, totals, report=_round_trip(job, temporary))
    except StoppedError:
        return
    except AppError as error:
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        message = "The server's disk is full, so the export could not be written. Free some space, then export again."
        do_fail_job(job.pk, job.attempt, message=message, permanent=True)
    finally:
        temporary.unlink(missing_ok=True)


def _write(job: Job, temporary: Path) -> Totals:
    project = Project.objects.filter(pk=job.project_id, deleted_at=None).first()
    if project is None:
        raise AppError(ErrorCode.GONE, "The project was deleted.")
    snapshot = _snapshot(job)
    ids = image_ids(project.pk) if snapshot is None else []
    total = len(ids) if snapshot is None else snapshot.images
    told = 0.0

    def between(done: int) -> None:
        nonlocal told
        if done and time.monotonic() - told < PROGRESS_SECONDS:
            return
        told = time.monotonic()
        do_progress_or_stop(job, progress=done / total, message=f"{done} of {total} images")

    if snapshot is None:
        subject = Subject(project.pk, project.name, class_records(project.pk))
        images = image_records(ids, between=between)
    else:
        classes = list(snapshot_classes(snapshot).values())
        subject = Subject(project.pk, project.name, classes, (snapshot.name, snapshot.sha256))
        images = snapshot_records(snapshot, between=between)
    try:
        return write_archive(get_exporter(str(job.params["format"])), subject, images, temporary)
    finally:
        images.close()


def _snapshot(job: Job) -> Snapshot | None:
    key = job.params.get("snapshot")
    if key is None:
        return None
    snapshot = Snapshot.objects.filter(pk=key, ready=True).first()
    if snapshot is None:
        raise AppError(ErrorCode.GONE, "The snapshot was deleted.")
    return snapshot


def _round_trip(job: Job, archive: Path) -> dict[str, Any] | None:
    """What comes back of the archive of a snapshot, found out once for each format; None for what is not frozen."""
    snapshot, format_name = _snapshot(job), str(job.params["format"])
    if snapshot is None:
        return None

    def tell(_: float) -> None:
        do_progress_or_stop(job, progress=1.0, message="Reading it again")

    known = kept_report(snapshot.pk, format_name)
    if known is not None:
        return known
    report = round_trip(archive, format_name=format_name, snapshot=snapshot, on_progress=tell)
    with transaction.atomic():
        locked = Snapshot.objects.select_for_update(no_key=True).filter(pk=snapshot.pk).first()
        if locked is not None:
            locked.round_trips[format_name] = report
            locked.save(update_fields=["round_trips"])
    return report


def _finish(job: Job, temporary: Path, totals: Totals, *, report: dict[str, Any] | None) -> None:
    """The file appears whole or not at all, and only for the attempt that holds the job."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    name = download_name(job)
    result: dict[str, Any] = {
        "bytes": temporary.stat().st_size,
        "images": totals.images,
        "cells": totals.cells,
        "name": name,
    }
    if report is not None:
        result["round_trip"] = report
    with transaction.atomic():
        if not do_finish_job(job.pk, job.attempt, result=result, message=f"{totals.images} images"):
            raise StoppedError
        temporary.replace(job.archive_path)
        _sync_folder(job.archive_path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def download_name(job: Job) -> str:
    """What the browser calls the file."""
    stem, suffix = split_name(job.project.name)
    which = split_name(job.params.get("name", ""))[0] if "name" in job.params else f"{job.created_at:%Y-%m-%d}"
    return f"{stem}{suffix} {which} {job.params['format']}.zip"


def do_sweep_exports() -> int:
    """Remove exports after a week, and files that no job answers for. Returns how many files went."""
    old = Job.objects.filter(kind=JobKind.EXPORT, updated_at__lt=timezone.now() - KEPT).exclude(state__in=_OPEN)
    old.delete()
    folder = Path(settings.EXPORTS)
    files = [path for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    wanted = _wanted({key for path in files if (key := _job_of(path)) is not None})
    gone = [path for path in files if path.name not in wanted]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _job_of(path: Path) -> UUID | None:
    try:
        return UUID(path.name.lstrip(".").split(".")[0])
    except ValueError:
        return None


def _wanted(ids: set[UUID]) -> set[str]:
    """The names of the files that these jobs may have now."""
    names = set()
    for job in Job.objects.filter(pk__in=ids, kind=JobKind.EXPORT, state__in=[JobState.DONE, JobState.RUNNING]):
        names.add(job.archive_path.name)
        if job.state == JobState.RUNNING:
            names.add(f".{job.pk}.{job.attempt}.tmp")
    return names

"""Files on their way in: announced, received in parts, then handed to the importer (R35)."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from annotation.actions.jobs import do_cancel_job, do_create_job
from annotation.errors import AppError, ErrorCode
from annotation.imaging.refusals import size_text
from annotation.imaging.storage import free_bytes, old_leftovers, remove
from annotation.models import Job, JobKind, JobState, Project, Upload, UploadState, User
from annotation.models.images import first_wish
from annotation.permissions import Action, access_project, access_upload

PART_BYTES = 8 * 1024**2
"""The most that one request may carry."""
MAX_UNFINISHED = 1000
STALE = timedelta(hours=24)
KEEP_FAILED = timedelta(days=7)
"""What waits for an answer is kept as long."""
ABANDONED = timedelta(minutes=1)
"""How long a finished job may take to be told of on its upload."""


def clean_name(name: str) -> str:
    """The last part of a path, without control characters, at most 255 letters: a label for people, never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter if letter.isprintable() else "_" for letter in last).strip()[:255]


def check_new_upload(user: User, *, name: str, size: int) -> None:
    """Raise unless a file of this name and size (bytes) may begin to come in."""
    if not name:
        raise AppError(ErrorCode.BAD_REQUEST, "A file without a name cannot be uploaded. Give it one.")
    if size <= 0:
        raise AppError(ErrorCode.BAD_REQUEST, f"{name} is empty. Check the file and upload it again.")
    if size > settings.UPLOAD_BYTES:
        raise AppError(
            ErrorCode.TOO_LARGE,
            f"{name} has {size_text(size)}; at most {size_text(settings.UPLOAD_BYTES)} may be uploaded. Crop it or "
            "save it compressed.",
            status=413,
        )
    open_states = (UploadState.RECEIVING, UploadState.DECODING, UploadState.ASKING)
    if Upload.objects.filter(user_id=user.pk, state__in=open_states).count() >= MAX_UNFINISHED:
        raise AppError(
            ErrorCode.BUSY, f"You have {MAX_UNFINISHED:,} unfinished uploads. Finish or remove some first.", status=429
        )
    check_disk(size)


def disk_full() -> AppError:
    """No more files until there is room."""
    return AppError(
        ErrorCode.DISK_FULL,
        "The server's disk is nearly full, so it takes no more files. Ask whoever runs it to make room.",
        status=507,
    )


def check_disk(size: int) -> None:
    """Raise when ``size`` bytes more, on top of what is already announced, would eat into the reserve (S15)."""
    folder = Path(settings.UPLOADS)
    folder.mkdir(parents=True, exist_ok=True)
    announced = Upload.objects.filter(state=UploadState.RECEIVING).aggregate(left=Sum(F("size") - F("received")))
    if free_bytes(folder) < size + (announced["left"] or 0):
        raise disk_full()


@transaction.atomic
def do_create_upload(
    user: User, project_id: UUID, *, name: str, size: int, for_dataset: bool = False, wish: dict[str, Any] | None = None
) -> Upload:
    """Announce a file, of an image or of annotations. Several may have the same name. ``wish``: see the model."""
    project, _ = access_project(user, project_id, Action.UPLOAD)
    name = clean_name(name)
    check_new_upload(user, name=name, size=size)
    said = {**first_wish(), **(wish or {})}
    return Upload.objects.create(project=project, user=user, name=name, size=size, for_dataset=for_dataset, wish=said)


@transaction.atomic
def do_append_part(user: User, upload_id: UUID, *, offset: int, part: bytes) -> Upload:
    """Store the next part. One that does not begin where the last ended changes nothing: the answer's ``received``
    says where to go on, so a part that is sent twice does no harm."""
    upload = access_upload(user, upload_id, lock=True)
    if upload.state != UploadState.RECEIVING or offset != upload.received:
        return upload
    _check_part(upload, part)
    _write(upload.path, part, offset=offset)
    upload.received += len(part)
    if upload.received == upload.size and upload.for_dataset:
        # It waits until somebody has it read.
        upload.state = UploadState.DONE
    elif upload.received == upload.size:
        upload.state = UploadState.DECODING
        do_create_job(JobKind.IMPORT, project=upload.project, user=user, params={"upload": str(upload.pk)})
    upload.save(update_fields=["received", "state", "updated_at"])
    return upload


def _check_part(upload: Upload, part: bytes) -> None:
    if not part:
        raise AppError(ErrorCode.BAD_REQUEST, "This part of the file is empty. Send the bytes from “received” on.")
    if len(part) > PART_BYTES:
        raise AppError(
            ErrorCode.TOO_LARGE, f"A part may have at most {size_text(PART_BYTES)}. Send smaller parts.", status=413
        )
    if upload.received + len(part) > upload.size:
        raise AppError(ErrorCode.BAD_REQUEST, f"{upload.name} is longer than announced. Remove it and upload it again.")
    if free_bytes(upload.path.parent) < len(part):
        raise disk_full()


def _write(path: Path, part: bytes, *, offset: int) -> None:
    """On disk when it returns. What an interrupted request left behind ``offset`` is overwritten."""
    try:
        with path.open("r+b" if offset else "wb") as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError as error:
        raise AppError(
            ErrorCode.CONFLICT, "What was received of this file is gone. Remove it and upload it again.", status=409
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise disk_full() from error
        raise


def import_job_of(upload: Upload) -> Job | None:
    """The job that turns the upload into an image, the newest if there were several."""
    jobs = Job.objects.filter(kind=JobKind.IMPORT, project_id=upload.project_id, params__upload=str(upload.pk))
    return jobs.order_by("-created_at").first()


@transaction.atomic
def do_delete_upload(user: User, upload_id: UUID) -> None:
    """Forget it, stop its import. The image of one that is done stays."""
    upload = access_upload(user, upload_id, lock=True)
    job = import_job_of(upload) if upload.state == UploadState.DECODING else None
    if job is not None:
        do_cancel_job(Job.objects.select_for_update(of=("self",)).get(pk=job.pk))
    paths = upload.path, upload.previews
    upload.delete()
    transaction.on_commit(lambda: remove(*paths))


def do_fail_upload(upload: Upload, message: str) -> None:
    """It will not become an image; its bytes are not kept."""
    Upload.objects.filter(pk=upload.pk).update(
        state=UploadState.FAILED, message=message[:500], updated_at=timezone.now()
    )
    transaction.on_commit(lambda: remove(upload.path, upload.previews))


def do_sweep_uploads() -> int:
    """Remove what nobody goes on with, and tell of imports whose job has ended without them. Returns how many."""
    now = timezone.now()
    stale = Upload.objects.filter(state__in=(UploadState.RECEIVING, UploadState.DONE), updated_at__lt=now - STALE)
    kept = (UploadState.FAILED, UploadState.ASKING)
    failed = Upload.objects.filter(state__in=kept, updated_at__lt=now - KEEP_FAILED)
    swept = stale.delete()[0] + failed.delete()[0] + _fail_abandoned()
    _remove_orphans(before=(now - STALE).timestamp())
    return swept


def _remove_orphans(*, before: float) -> None:
    old = list(old_leftovers(before))
    kept = {str(pk) for pk in Upload.objects.values_list("pk", flat=True)} if old else set[str]()
    for path in old:
        if path.name.partition(".")[0] not in kept:
            remove(path)


def _fail_abandoned() -> int:
    """Uploads whose import was cancelled or given up."""
    failed = 0
    for upload in Upload.objects.filter(state=UploadState.DECODING, updated_at__lt=timezone.now() - ABANDONED)[:200]:
        job = import_job_of(upload)
        if job is not None and job.state in (JobState.FAILED, JobState.CANCELLED):
            with transaction.atomic():
                do_fail_upload(upload, f"{upload.name} was not imported: {job.message}. Upload it again.")
            failed += 1
    return failed


def unfinished_uploads(user: User, project_id: UUID) -> list[Upload]:
    """What this person has under way in the project, and what failed, oldest first."""
    project: Project = access_project(user, project_id, Action.UPLOAD)[0]
    uploads = Upload.objects.filter(project=project, user_id=user.pk, for_dataset=False).exclude(state=UploadState.DONE)
    return list(uploads.order_by("created_at"))

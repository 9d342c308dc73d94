"""From a file to an image: decode, keep its files under names of ours, make the row."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from annotation.actions.jobs import do_fail_job, do_finish_job, do_progress_job, do_start_job
from annotation.actions.uploads import check_new_upload, clean_name, disk_full, do_fail_upload
from annotation.errors import AppError, ErrorCode
from annotation.imaging.decode import OnTick, decode
from annotation.imaging.measure import Decoded
from annotation.imaging.source import STACKS, About
from annotation.imaging.storage import free_bytes, place_folder, remove, staging_folder
from annotation.models import Image, Job, JobState, Project, Upload, UploadState, User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Read:
    """A decoded file, its files still in the staging folder."""

    staged: Path
    decoded: Decoded
    file_bytes: int
    file_sha256: str


class _LeaseLostError(Exception):
    """Somebody else has this import now, or it was cancelled."""


def _read(path: Path, staged: Path, *, name: str, on_tick: OnTick = lambda _share: None, **choice: Any) -> _Read:
    """Decode into ``staged`` and put the original beside it. ``path`` stays as it is. ``choice``: see ``decode``."""
    decoded = decode(path, staged, name=name, on_tick=on_tick, **choice)
    for name in ("result.json", "progress"):
        (staged / name).unlink(missing_ok=True)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    original = staged / f"original{decoded.kind.suffix}"
    try:
        os.link(path, original)
    except OSError:
        shutil.copyfile(path, original)
    return _Read(staged, decoded, path.stat().st_size, digest)


def _axes(what: Decoded) -> dict[str, Any]:
    """The image's fields that its pixels decide on."""
    about = what.about
    z_um, y_um, x_um = about.pixel_um
    named = zip(about.channels, what.colours, what.ranges, strict=True)
    return {
        "width": about.width,
        "height": about.height,
        "channels": about.size_c,
        "size_t": about.size_t,
        "size_z": about.size_z,
        "rgb": about.rgb,
        "dtype": about.dtype,
        "channel_info": [
            {"name": channel.name, "colour": colour, "low": low, "high": high} for channel, colour, (low, high) in named
        ],
        "pixel_um_x": x_um,
        "pixel_um_y": y_um,
        "pixel_um_z": z_um,
        "time_step": about.time_step,
    }


def _make_image(image_id: UUID, read: _Read, *, project: Project, user: User | None, name: str) -> Image:
    """The row, and its files in place. The caller is in a transaction that may still fail: a repetition then replaces
    the files by equal ones."""
    what = read.decoded
    image = Image(
        id=image_id,
        project=project,
        name=name,
        **_axes(read.decoded),
        file_suffix=what.kind.suffix,
        file_bytes=read.file_bytes,
        file_sha256=read.file_sha256,
        pixels_sha256=what.pixels_sha256,
        created_by=user,
    )
    place_folder(read.staged, image.folder)
    image.save(force_insert=True)
    return image


def do_import_file(
    path: Path,
    *,
    project: Project,
    user: User,
    name: str,
    series: int = 0,
    stack_as: str = STACKS[0],
    on_read: Callable[[About], None] = lambda _about: None,
) -> Image:
    """An image from a file on this machine, for commands. ``series`` and ``stack_as``: see ``decode``; ``on_read`` is
    told what the file says of itself. Raises AppError with a sentence; ``path`` is only read."""
    name = clean_name(name)
    check_new_upload(user, name=name, size=path.stat().st_size)
    with staging_folder() as staged, staging_folder() as copies:
        copy = copies / "original"
        shutil.copyfile(path, copy)
        read = _read(copy, staged, name=name, series=series, stack_as=stack_as)
        with transaction.atomic():
            image = _make_image(uuid4(), read, project=project, user=user, name=name)
    on_read(read.decoded.about)
    return image


def do_import_upload(job_id: UUID) -> None:
    """Do an import job, if it is still to be done. Whatever goes wrong ends in a sentence on the upload."""
    job = do_start_job(job_id)
    if job is None:
        return
    upload = Upload.objects.select_related("project", "user").filter(pk=job.params["upload"]).first()
    if upload is None or upload.state != UploadState.DECODING:
        do_fail_job(job.pk, job.attempt, message="The upload was removed.", permanent=True)
        return
    try:
        _import(job, upload)
    except AppError as error:
        with transaction.atomic():
            if _locked(upload) and do_fail_job(job.pk, job.attempt, message=error.message, permanent=True):
                do_fail_upload(upload, error.message)
    except _LeaseLostError:
        logger.info("The import of upload %s went to somebody else or was cancelled", upload.pk)


def _locked(upload: Upload) -> bool:
    """Whether the upload still waits for its image; its row is then locked."""
    waiting = Upload.objects.filter(pk=upload.pk, state=UploadState.DECODING)
    return waiting.select_for_update(of=("self",), no_key=True).first() is not None


def do_fail_import(job_id: UUID) -> None:
    """An import broke in a way that nobody foresaw: it is tried again, and given up after the third time."""
    job = Job.objects.filter(pk=job_id, state=JobState.RUNNING).first()
    if job is not None:
        message = "Something went wrong on the server while the image was imported"
        do_fail_job(job.pk, job.attempt, message=message, permanent=False)


def _check_present(upload: Upload) -> None:
    if upload.project.deleted_at is not None:
        raise AppError(ErrorCode.NOT_FOUND, f"The project was deleted before {upload.name} was imported.")
    if not upload.path.is_file() or upload.path.stat().st_size != upload.size:
        raise AppError(ErrorCode.UNREADABLE, f"What was received of {upload.name} is gone. Upload it again.")


def _import(job: Job, upload: Upload) -> None:
    def renew(share: float) -> None:
        # Pixels take more room than the file that they came in.
        if free_bytes(upload.path.parent) < 0:
            raise disk_full()
        if not do_progress_job(job.pk, job.attempt, progress=share, message=f"Reading {upload.name}"):
            raise _LeaseLostError

    _check_present(upload)
    with staging_folder() as staged:
        read = _read(upload.path, staged, name=upload.name, on_tick=renew)
        renew(1.0)
        message = " ".join(read.decoded.about.notes)
        with transaction.atomic():
            # Both rows are locked from here on, in the order in which a removal locks them: no other attempt writes
            # these files.
            if not _locked(upload) or not do_finish_job(
                job.pk, job.attempt, result={"image": str(upload.pk)}, message=message
            ):
                raise _LeaseLostError
            image = _make_image(upload.pk, read, project=upload.project, user=upload.user, name=upload.name)
            upload.state, upload.image, upload.message = UploadState.DONE, image, message
            upload.save(update_fields=["state", "image", "message", "updated_at"])
            transaction.on_commit(lambda: remove(upload.path))

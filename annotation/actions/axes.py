"""What an image's planes are, said once more: its original is read again, as long as nothing has been annotated."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction

from annotation.actions.jobs import (
    StoppedError,
    check_new_job,
    do_create_job,
    do_fail_job,
    do_finish_job,
    do_progress_or_stop,
)
from annotation.actions.reading import Ready, do_place, read
from annotation.errors import AppError, ErrorCode
from annotation.imaging.source import Choice, order_of
from annotation.imaging.storage import staging_folder
from annotation.models import Image, Job, JobKind, JobState, Region, User

logger = logging.getLogger(__name__)


def check_untouched(image: Image) -> None:
    """Raise where something hangs on the image's planes as they are. The caller holds its row lock."""
    jobs = Job.objects.filter(image=image, state__in=(JobState.QUEUED, JobState.RUNNING))
    if image.clock or Region.objects.filter(image=image).exists() or image.twins.exists() or image.twin_of_id:
        raise _refused(f"{image.name} has been annotated, so its planes stay as they are. Upload the file once more.")
    if jobs.exclude(kind=JobKind.REREAD).exists():
        raise _refused(f"Somebody is finding cells in {image.name}. Wait until that has ended, or cancel it.")


def _refused(sentence: str) -> AppError:
    return AppError(ErrorCode.CONFLICT, sentence, status=409)


@transaction.atomic
def do_create_rereading(user: User, image: Image, *, planes: str) -> Job:
    """A job that reads the image's original with its planes as ``planes`` says (see imaging.source.Choice). The caller
    holds the image's row lock."""
    check_untouched(image)
    count = image.reading.get("planes_in_file", 0)
    if not count:
        raise _refused(f"{image.name} has one plane, or says itself what its planes are.")
    try:
        order_of(planes, count)
    except ValueError as why:
        raise AppError(ErrorCode.BAD_REQUEST, f"{image.name} has {count:,} planes: {why}.", status=422) from why
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_new_job(user)
    return do_create_job(JobKind.REREAD, project=image.project, user=user, image=image, params={"planes": planes})


def do_reread_image(job: Job) -> None:
    """Read for a claimed job, and end the job."""
    try:
        _reread(job)
    except AppError as error:
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
    except StoppedError:
        logger.info("The reading of image %s went to somebody else or was cancelled", job.image_id)


def _reread(job: Job) -> None:
    image = job.image
    assert image is not None  # noqa: S101 - it is made with one

    def tell(share: float) -> None:
        do_progress_or_stop(job, progress=share, message=f"Reading {image.name}")

    choice = Choice(series=image.reading["series"], planes=job.params["planes"], overrule=True)
    with staging_folder() as staged:
        ready = read(
            image.original_path, staged, name=image.name, sha256=image.file_sha256, choice=choice, on_tick=tell
        )
        assert isinstance(ready, Ready)  # noqa: S101 - nobody is asked
        with transaction.atomic():
            locked = Image.objects.select_for_update(no_key=True).get(pk=image.pk)
            check_untouched(locked)
            do_place(ready)
            if not do_finish_job(job.pk, job.attempt, result={"image": str(image.pk)}):
                raise StoppedError
            _become(locked, ready.fields)


def _become(image: Image, fields: dict[str, Any]) -> None:
    """Another reading in the same row."""
    for name, value in fields.items():
        setattr(image, name, value)
    image.save(update_fields=list(fields))

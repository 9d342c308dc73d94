"""From a file to images: read it, ask where it leaves something open, make the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from annotation.actions.adding import LABELS_FORMAT
from annotation.actions.jobs import (
    StoppedError,
    do_create_job,
    do_fail_job,
    do_finish_job,
    do_progress_or_stop,
    do_start_job,
)
from annotation.actions.reading import Ready, do_make_image, do_read_image, read, sha256_of
from annotation.actions.uploads import check_new_upload, clean_name, disk_full, do_fail_upload
from annotation.errors import AppError, ErrorCode
from annotation.imaging.source import HOLDS, WITHOUT_LABELS, Choice, Question
from annotation.imaging.storage import free_bytes, place_folder, remove, staging_folder
from annotation.models import Image, Job, JobKind, JobState, Project, Upload, UploadState, User

logger = logging.getLogger(__name__)


def do_import_file(
    path: Path,
    *,
    project: Project,
    user: User,
    name: str,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    on_read: Callable[[Ready], None] = lambda _ready: None,
) -> Image:
    """An image from a file on this machine, for commands. ``on_read`` is told what was read. Raises AppError with a
    sentence; ``path`` is only read."""
    name = clean_name(name)
    check_new_upload(user, name=name, size=path.stat().st_size)
    return do_read_image(
        path, image_id=uuid4(), project=project, user=user, name=name, choice=choice, on_read=on_read
    )  # fmt: skip


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
        _Import(job, upload).run()
    except AppError as error:
        with transaction.atomic():
            if _locked(upload) and do_fail_job(job.pk, job.attempt, message=error.message, permanent=True):
                do_fail_upload(upload, error.message)
    except StoppedError:
        logger.info("The import of upload %s went to somebody else or was cancelled", upload.pk)


def _locked(upload: Upload) -> bool:
    """Whether the upload still waits for its images; its row is then locked."""
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


class _Import:
    """One attempt at an upload's import."""

    def __init__(self, job: Job, upload: Upload) -> None:
        self.job, self.upload = job, upload
        self.done, self.count = 0, 1

    def run(self) -> None:
        """Read what is wanted, or ask. Nothing is kept unless all of it is."""
        upload = self.upload
        _check_present(upload)
        sha256 = sha256_of(upload.path)
        wanted: list[int] | None = upload.wish["series"]
        planes: str = upload.wish["planes"]
        with ExitStack() as stack:
            series = (wanted or [0])[0]
            choice = Choice(series=series, planes=planes)
            staged = stack.enter_context(staging_folder())
            first = read(
                upload.path, staged, name=upload.name, sha256=sha256, choice=choice, ask=upload.wish["ask"],
                on_tick=self._renew,
            )  # fmt: skip
            if isinstance(first, Question):
                self._ask(first, staged)
                return
            found = {series: first}
            numbers = range(len(first.series) or 1) if wanted is None else wanted
            self.count = len(numbers)
            for number in numbers:
                if number not in found:
                    self.done += 1
                    folder = stack.enter_context(staging_folder())
                    again = Choice(series=number, planes=planes)
                    ready = read(
                        upload.path, folder, name=upload.name, sha256=sha256, choice=again, on_tick=self._renew
                    )
                    assert isinstance(ready, Ready)  # noqa: S101 - nobody is asked twice
                    found[number] = ready
            self._finish(found)

    def _renew(self, share: float) -> None:
        # Pixels take more room than the file that they came in.
        if free_bytes(self.upload.path.parent) < 0:
            raise disk_full()
        share = (self.done + share) / self.count
        do_progress_or_stop(self.job, progress=share, message=f"Reading {self.upload.name}")

    def _end(self, result: dict[str, object], *, message: str = "") -> None:
        """Within a transaction: the job ends here, or what is written is not kept. Both rows are locked from here on,
        in the order in which a removal locks them: no other attempt writes these files."""
        if not _locked(self.upload) or not do_finish_job(self.job.pk, self.job.attempt, result=result, message=message):
            raise StoppedError

    def _ask(self, question: Question, staged: Path) -> None:
        upload = self.upload
        self._renew(1.0)
        with transaction.atomic():
            self._end({"asking": True})
            (staged / "result.json").unlink(missing_ok=True)
            place_folder(staged, upload.previews)
            upload.state, upload.question = UploadState.ASKING, asdict(question)
            upload.save(update_fields=["state", "question", "updated_at"])

    def _finish(self, found: dict[int, Ready]) -> None:
        upload = self.upload
        self._renew(1.0)
        several = len(found) > 1
        # With several, what was not imported is what nobody wanted.
        said = dict.fromkeys(note for ready in found.values() for note in ready.notes)
        unsaid = [note for note in said if several and note.startswith(HOLDS)]
        unsaid += [WITHOUT_LABELS] * bool(upload.wish["labels"])
        message = " ".join(note for note in said if note not in unsaid)[:500]
        ids = [upload.pk, *(uuid5(upload.pk, str(number)) for number in list(found)[1:])]
        with transaction.atomic():
            self._end({"image": str(upload.pk), "images": [str(each) for each in ids]}, message=message)
            for image_id, (number, ready) in zip(ids, found.items(), strict=True):
                name = f"{upload.name} {ready.series[number]}"[:255] if several else upload.name
                image = do_make_image(image_id, ready, project=upload.project, user=upload.user, name=name)
                if upload.wish["labels"] and image.reading["labels"]:
                    params = {"labels_of": str(image.pk), "name": name, "format": LABELS_FORMAT}
                    do_create_job(JobKind.ADD, project=upload.project, user=upload.user, params=params)
            upload.state, upload.image_id, upload.message = UploadState.DONE, upload.pk, message
            upload.save(update_fields=["state", "image", "message", "updated_at"])
            transaction.on_commit(lambda: remove(upload.path, upload.previews))

"""What people say of files that leave something open: for one of them or for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from annotation.actions.jobs import do_create_job
from annotation.errors import AppError, ErrorCode, not_found
from annotation.imaging.source import order_of, preview_name
from annotation.models import JobKind, Upload, UploadState, User
from annotation.permissions import access_upload

MOST = 1000
"""Files in one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``series``: the numbers of the images that are wanted, None for all. ``planes``: as in imaging.source.Choice.
    ``labels``: whether label images beside the image become cells."""

    series: tuple[int, ...] | None = (0,)
    planes: str = ""
    labels: bool = False


def _check(upload: Upload, answer: Answer) -> None:
    if upload.state != UploadState.ASKING:
        raise AppError(ErrorCode.CONFLICT, f"{upload.name} is not waiting for an answer.", status=409)
    count = len(upload.question["series"])
    wanted = answer.series
    if wanted is not None and (not wanted or len(set(wanted)) < len(wanted) or not set(wanted) <= set(range(count))):
        raise _refused(f"Choose at least one of the {count:,} images in {upload.name}.")
    if not upload.question["planes"]:
        return
    try:
        order_of(answer.planes, upload.question["planes"])
    except ValueError as why:
        raise _refused(f"{upload.name} has {upload.question['planes']:,} planes: {why}.") from why


def _refused(sentence: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, sentence, status=422)


@transaction.atomic
def do_answer(user: User, uploads: Sequence[UUID], answer: Answer) -> list[Upload]:
    """Have these files read as somebody says. All of them, or none where the answer does not fit one."""
    if not 0 < len(set(uploads)) <= MOST:
        raise _refused(f"Answer for one file at least, and for {MOST:,} at most.")
    # In one order, so that two answers at once do not wait for each other.
    return [_answered(user, upload_id, answer) for upload_id in sorted(set(uploads))]


def _answered(user: User, upload_id: UUID, answer: Answer) -> Upload:
    upload = access_upload(user, upload_id, lock=True)
    _check(upload, answer)
    planes = answer.planes if upload.question["planes"] else ""
    series = None if answer.series is None else list(answer.series)
    upload.wish = {"ask": False, "series": series, "planes": planes, "labels": answer.labels}
    upload.state = UploadState.DECODING
    upload.save(update_fields=["wish", "state", "updated_at"])
    do_create_job(JobKind.IMPORT, project=upload.project, user=user, params={"upload": str(upload.pk)})
    return upload


def preview_of(upload: Upload, number: int) -> bytes:
    """The picture of image ``number`` of a file that waits for an answer, WebP. Raises AppError where there is none."""
    asked = upload.question["series"] if upload.state == UploadState.ASKING else []
    if not 0 <= number < len(asked) or not asked[number]["preview"]:
        raise not_found("preview")
    return (upload.previews / preview_name(number)).read_bytes()

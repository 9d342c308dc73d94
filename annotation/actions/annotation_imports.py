"""Annotations from other programs: read behind walls, and shown before anything is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from annotation.actions.audit import do_audit
from annotation.actions.findings import Findings, Line, Picture, Progress, kept_findings, run_reader
from annotation.actions.jobs import (
    StoppedError,
    check_new_job,
    do_create_job,
    do_fail_job,
    do_finish_job,
    do_progress_or_stop,
)
from annotation.actions.label_classes import do_create_class
from annotation.actions.masks import Room
from annotation.datasets.readers.registry import READERS
from annotation.errors import AppError, ErrorCode
from annotation.imaging.storage import remove
from annotation.models import AuditKind, Image, Job, JobKind, JobState, LabelClass, Project, Upload, UploadState, User

MOST_LISTED = 300
"""Images and problems that a report names."""


@dataclass(slots=True)
class Report:
    """What a file would add. ``images`` are {"id", "name", "cells", "covered", "new"}, ``covered`` being the cells that
    would be left out because others have their place, ``new`` whether the image would come with them; ``new_count`` are
    these, with those that have no cells; they have no id yet. ``problems`` are {"name", "problem"} of planes that are
    left out."""

    format: str
    cells: int = 0
    covered: int = 0
    image_count: int = 0
    new_count: int = 0
    images: list[dict[str, Any]] = field(default_factory=list)
    problem_count: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)
    unknown_classes: list[str] = field(default_factory=list)


def check_format(name: str) -> None:
    """Raise unless the format is read; empty is for finding out."""
    if name and name not in READERS:
        known = ", ".join(READERS)
        raise AppError(ErrorCode.BAD_REQUEST, f"Cytomark does not read “{name[:40]}”. Choose one of: {known}.")


@transaction.atomic
def do_create_reading(user: User, project: Project, *, upload: Upload, format_name: str) -> Job:
    """A job that looks into an uploaded file. Nothing is added yet."""
    check_format(format_name)
    if not upload.for_dataset or upload.state != UploadState.DONE or upload.project_id != project.pk:
        raise AppError(ErrorCode.CONFLICT, "This file has not arrived yet. Upload it first.", status=409)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_new_job(user)
    params = {"upload": str(upload.pk), "format": format_name, "name": upload.name}
    return do_create_job(JobKind.READ, project=project, user=user, params=params)


@transaction.atomic
def do_create_adding(user: User, reading: Job, *, make_classes: bool = False) -> Job:
    """A job that adds what another one has read. Classes that the project does not have are made before, if they are
    wanted; the caller holds its row lock then."""
    if reading.kind != JobKind.READ or reading.state != JobState.DONE:
        raise AppError(ErrorCode.CONFLICT, "This file has not been read to its end.", status=409)
    if not kept_findings(reading.pk).cells.is_file():
        raise gone()
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_new_job(user)
    if make_classes:
        do_make_classes(user, reading.project, reading.result["unknown_classes"])
    params = {"read": str(reading.pk), "name": reading.params["name"], "format": reading.result["format"]}
    return do_create_job(JobKind.ADD, project=reading.project, user=user, params=params)


def do_make_classes(user: User, project: Project, names: list[str]) -> None:
    """Those of the names that the project does not have by now."""
    known = classes_of(project.pk)
    for name in names:
        if name.casefold() not in known:
            label_class = do_create_class(project, name)
            known[name.casefold()] = label_class.pk
            do_audit(user, AuditKind.CLASS_CREATED, project=project, subject=label_class.name)


def gone() -> AppError:
    """What was read is not there any more."""
    sentence = "What was read is kept for a day, and that is over. Upload the file again."
    return AppError(ErrorCode.GONE, sentence, status=410)


def read_file(
    path: Path, findings: Findings, *, project: Project, name: str, format_name: str, on_progress: Progress
) -> Report:
    """What the file would add to the project; it is in ``findings`` then. Raises AppError with a sentence."""
    images = list(Image.objects.filter(project=project, deleted_at=None, twin_of=None))
    result = run_reader(
        path, findings, images=images, name=name, format_name=format_name, on_progress=on_progress, with_pictures=True
    )
    report = Report(str(result["format"])[:40])
    for plane in result["planes"]:
        if plane["problem"]:
            report.problem_count += 1
            report.problems.append({"name": str(plane["name"])[:255], "problem": str(plane["problem"])[:300]})
    del report.problems[MOST_LISTED:]
    _count(report, findings, project, images, name=name)
    return report


def _count(report: Report, findings: Findings, project: Project, images: list[Image], *, name: str) -> None:
    pictures = findings.known()[1]
    new = {image.pk: image for image in map(Picture.as_image, pictures)}
    report.new_count = len(new)
    known = classes_of(project.pk)
    unknown = Counter[str]()
    for image, lines in findings.by_image([*images, *new.values()], name=name):
        covered = _covered(image, lines)
        report.cells += len(lines)
        report.covered += covered
        report.image_count += 1
        _list(report, image, cells=len(lines), covered=covered, is_new=new.pop(image.pk, None) is not None)
        unknown.update(line.class_name for line in lines if line.class_name and line.class_name.casefold() not in known)
    for image in new.values():
        _list(report, image, cells=0, covered=0, is_new=True)
    report.unknown_classes = [one for one, _ in unknown.most_common(50)]


def _list(report: Report, image: Image, *, cells: int, covered: int, is_new: bool) -> None:
    if len(report.images) < MOST_LISTED:
        image_id = "" if is_new else str(image.pk)
        report.images.append(
            {"id": image_id, "name": image.name, "cells": cells, "covered": covered, "new": is_new}
        )  # fmt: skip


def _covered(image: Image, lines: list[Line]) -> int:
    """How many have less than half of their pixels free of the image's cells and of each other."""
    room, covered = Room(image, [(line.plane, line.mask) for line in lines]), 0
    for line in lines:
        free = room.free_part(line.plane, line.mask)
        if 2 * free.area >= line.mask.area:
            room.take(line.plane, free)
        else:
            covered += 1
    return covered


def classes_of(project_id: UUID) -> dict[str, int]:
    """Keys of the project's classes by their names in small letters."""
    known = LabelClass.objects.filter(project_id=project_id, deleted_at=None)
    return {name.casefold(): key for name, key in known.values_list("name", "pk")}


def telling(job: Job) -> Progress:
    """What says how far the job is. Raises StoppedError where it is somebody else's by now."""

    def tell(share: float) -> None:
        do_progress_or_stop(job, progress=share, message=f"{job.params['name']}")

    return tell


def do_read_annotations(job: Job) -> None:
    """Read for a claimed job, and end the job."""
    upload = Upload.objects.filter(pk=job.params["upload"]).first()
    findings = kept_findings(job.pk)
    try:
        if upload is None or not upload.path.is_file():
            raise gone()
        report = read_file(
            upload.path, findings, project=job.project, name=upload.name, format_name=job.params["format"],
            on_progress=telling(job),
        )  # fmt: skip
    except StoppedError:
        remove(findings.folder)
        return
    except AppError as error:
        remove(findings.folder)
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
        return
    message = f"{report.cells:,} cells for {report.image_count:,} images"
    if report.new_count:
        message += f", {report.new_count:,} new images"
    do_finish_job(job.pk, job.attempt, result=asdict(report), message=message)

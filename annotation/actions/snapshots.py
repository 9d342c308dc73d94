"""Freezing a project: a job reads everything in one transaction's view, while people go on working."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from annotation.actions.jobs import (
    StoppedError,
    check_new_job,
    do_create_job,
    do_fail_job,
    do_finish_job,
    do_progress_or_stop,
)
from annotation.actions.projects import check_name
from annotation.datasets.base import ClassRecord, ImageRecord
from annotation.datasets.frozen import content_hash, freeze, of_classes, within_regions
from annotation.datasets.names import Names
from annotation.datasets.snapshots import class_records, image_record, one_moment
from annotation.errors import AppError, ErrorCode
from annotation.models import Image, Job, JobKind, JobState, LabelClass, Project, Snapshot, SnapshotImage, User

PROGRESS_SECONDS = 0.5
_OPEN = (JobState.QUEUED, JobState.RUNNING)
Tell = Callable[[float, str], None]


def _taken(name: str) -> AppError:
    sentence = f"There is a snapshot “{name}” already. Snapshots never change: choose another name."
    return AppError(ErrorCode.CONFLICT, sentence, status=409)


def check_new_snapshot(user: User, project: Project, *, name: str, class_ids: list[int] | None) -> None:
    """Raise when the name is taken, a class is not the project's, or the person has too much waiting."""
    if Snapshot.objects.filter(project=project, name=name, ready=True).exists():
        raise _taken(name)
    wanted = set(class_ids or []) - {0}
    if LabelClass.objects.filter(project=project, pk__in=wanted).count() < len(wanted):
        raise AppError(ErrorCode.BAD_REQUEST, "One of the classes is not in this project. Reload the page.")
    check_new_job(user)


@transaction.atomic
def do_create_snapshot(user: User, project: Project, *, name: str, selection: dict[str, Any]) -> Job:
    """A job that freezes what ``selection`` (views.schemas.SelectionIn as JSON) chooses."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    name = check_name(name, "snapshot")
    check_new_snapshot(user, project, name=name, class_ids=selection["classes"])
    params = {"name": name, "selection": selection}
    return do_create_job(JobKind.SNAPSHOT, project=project, user=user, params=params)


def do_make_snapshot(job: Job) -> None:
    """Freeze for a claimed job, and end the job."""
    Snapshot.objects.filter(pk=job.pk, ready=False).delete()
    try:
        with _told(job) as tell:
            _write(job, tell)
        _finish(job)
    except StoppedError:
        return
    except AppError as error:
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
    finally:
        Snapshot.objects.filter(pk=job.pk, ready=False).delete()


@contextmanager
def _told(job: Job) -> Generator[Tell, None, None]:
    """Tell of the progress on another connection: what this one's transaction writes is not seen before its end, and
    its view of the job is as old as itself."""
    last = 0.0

    def tell(share: float, message: str) -> None:
        nonlocal last
        if share and time.monotonic() - last < PROGRESS_SECONDS:
            return
        last = time.monotonic()
        beside.submit(do_progress_or_stop, job, progress=share, message=message).result()

    with ThreadPoolExecutor(1) as beside:
        try:
            yield tell
        finally:
            beside.submit(connections.close_all).result()


def _chosen(project: Project, selection: dict[str, Any]) -> list[Image]:
    images = Image.objects.filter(project=project, deleted_at=None, twin_of=None).select_related("split")
    if selection["states"]:
        images = images.filter(status__in=selection["states"])
    if selection["splits"]:
        images = images.filter(split__split__in=selection["splits"])
    if selection["complete_only"]:
        images = images.filter(regions__isnull=False).distinct()
    return list(images)


@transaction.atomic
def _write(job: Job, tell: Tell) -> None:
    """The snapshot, not ready yet. Everything that is read is of the moment at which this begins."""
    one_moment(read_only=False)
    project = Project.objects.filter(pk=job.project_id, deleted_at=None).first()
    if project is None:
        raise AppError(ErrorCode.GONE, "The project was deleted.")
    selection = job.params["selection"]
    images, classes = _chosen(project, selection), {one.id: one for one in class_records(project.pk)}
    if not images:
        raise AppError(ErrorCode.CONFLICT, "No image fits what was chosen. Choose other states, splits or regions.")
    # Whoever asked is a member now or was: a deleted account leaves nobody.
    snapshot = Snapshot.objects.create(
        pk=job.pk, project=project, name=job.params["name"], selection=selection, created_by_id=job.user_id
    )
    names, hashes, cells = Names(), list[str](), 0
    for position, image in enumerate(images):
        tell(position / len(images), f"{position} of {len(images)} images")
        record = _selected(image_record(image, names, number=position + 1), selection)
        frozen = freeze(record, pixels_sha256=image.pixels_sha256)
        classes = {**frozen.classes, **classes}
        SnapshotImage.objects.create(
            snapshot=snapshot, image=image, position=position, header=frozen.header, cells=frozen.cells,
            count=frozen.count, sha256=frozen.sha256,
        )  # fmt: skip
        hashes.append(frozen.sha256)
        cells += frozen.count
    _describe(snapshot, _ordered(project, classes), hashes, cells=cells)


def _ordered(project: Project, classes: dict[int, ClassRecord]) -> list[ClassRecord]:
    """The project's order; classes that are deleted and that cells still have are among them."""
    order = LabelClass.objects.filter(project=project).values_list("pk", flat=True)
    return [classes[key] for key in order if key in classes]


def _selected(record: ImageRecord, selection: dict[str, Any]) -> ImageRecord:
    if selection["complete_only"]:
        record = within_regions(record)
    if selection["classes"] is not None:
        record = of_classes(record, frozenset(selection["classes"]))
    return record


def _describe(snapshot: Snapshot, classes: list[ClassRecord], hashes: list[str], *, cells: int) -> None:
    snapshot.classes = [{"id": one.id, "name": one.name, "colour": one.colour} for one in classes]
    snapshot.sha256 = content_hash(classes, hashes)
    snapshot.images, snapshot.cells = len(hashes), cells
    snapshot.save()


@transaction.atomic
def _finish(job: Job) -> None:
    """It is shown with the end of the job, or not at all."""
    snapshot = Snapshot.objects.get(pk=job.pk)
    if Snapshot.objects.filter(project_id=job.project_id, name=snapshot.name, ready=True).exists():
        raise _taken(snapshot.name)
    snapshot.ready, snapshot.created_at = True, timezone.now()
    snapshot.save(update_fields=["ready", "created_at"])
    result = {"snapshot": str(snapshot.pk), "images": snapshot.images, "cells": snapshot.cells}
    message = f"{snapshot.images:,} images, {snapshot.cells:,} cells"
    if not do_finish_job(job.pk, job.attempt, result=result, message=message):
        transaction.set_rollback(True)


def do_sweep_snapshots() -> int:
    """Remove what interrupted jobs left. Returns how many."""
    unready = Snapshot.objects.filter(ready=False)
    held = Job.objects.filter(pk__in=unready.values("pk"), state__in=_OPEN).values_list("pk", flat=True)
    return unready.exclude(pk__in=list(held)).delete()[0]


def do_delete_snapshot(snapshot: Snapshot) -> None:
    """Away with it; images and cells stay. What was exported of it stays as long as exports do."""
    snapshot.delete()

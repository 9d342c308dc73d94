"""Annotations from other programs: read behind walls, shown before anything is done, then added image by image."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from pydantic import ValidationError

from annotation.actions.jobs import (
    StoppedError,
    check_new_job,
    do_create_job,
    do_fail_job,
    do_finish_job,
    do_progress_or_stop,
)
from annotation.actions.masks import Room, check_inside
from annotation.actions.operations import NewCell, do_add_cells
from annotation.datasets.readers.found import Target
from annotation.datasets.readers.program import CELLS
from annotation.datasets.readers.registry import READERS
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.imaging.containment import Limits
from annotation.imaging.decode import run_program
from annotation.imaging.storage import staging_folder
from annotation.models import Image, Job, JobKind, JobState, LabelClass, Project, Upload, UploadState, User
from annotation.protocol import Mask, Provenance
from inference.rle import Rle

LABELS_FORMAT = "ome-zarr"
"""In which labels come beside an image."""
PROGRAM = "annotation.datasets.readers.program"
MOST_LISTED = 300
"""Images and problems that a report names."""
_BYTES_PER_SECOND = 200_000
_LIMITS = {"memory_bytes": 4 * 1024**3, "file_bytes": 4 * 1024**3}
Progress = Callable[[float], None]


@dataclass(slots=True)
class Report:
    """What a file would add. ``images`` are {"id", "name", "cells", "covered"}, ``covered`` being the cells that would
    be left out because others have their place; ``problems`` are {"name", "problem"} of planes that are left out."""

    format: str
    cells: int = 0
    covered: int = 0
    image_count: int = 0
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
def do_create_adding(user: User, reading: Job) -> Job:
    """A job that adds what another one has read."""
    if reading.kind != JobKind.READ or reading.state != JobState.DONE:
        raise AppError(ErrorCode.CONFLICT, "This file has not been read to its end.", status=409)
    if not kept_cells(reading.pk).is_file():
        raise _gone()
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_new_job(user)
    params = {"read": str(reading.pk), "name": reading.params["name"], "format": reading.result["format"]}
    return do_create_job(JobKind.ADD, project=reading.project, user=user, params=params)


def _gone() -> AppError:
    sentence = "What was read is kept for a day, and that is over. Upload the file again."
    return AppError(ErrorCode.GONE, sentence, status=410)


def kept_cells(job_id: UUID) -> Path:
    """Where the cells that a job has read wait to be added; swept with old uploads."""
    return Path(settings.UPLOADS) / f"{job_id}{Path(CELLS).suffix}"


def _images(project: Project) -> list[Image]:
    return list(Image.objects.filter(project=project, deleted_at=None, twin_of=None))


def run_reader(
    path: Path, target: Path, *, images: list[Image], name: str, format_name: str, on_progress: Progress
) -> dict[str, Any]:
    """Read the file at ``path`` in a process of its own and put the cells, unchecked, into ``target``. Raises AppError
    with a sentence."""
    seconds = 60 + path.stat().st_size // _BYTES_PER_SECOND
    limits = Limits(**_LIMITS, cpu_seconds=seconds, seconds=2.0 * seconds)
    with staging_folder() as folder, staging_folder() as beside:
        options = beside / "options.json"
        targets = [asdict(_target(number, image)) for number, image in enumerate(images)]
        said = {"images": targets, "limits": asdict(limits), "name": name, "format": format_name}
        options.write_text(json.dumps(said))
        command = [sys.executable, "-E", "-s", "-B", "-m", PROGRAM, str(path), str(folder), str(options)]
        result = run_program(
            command, folder, name=name, on_tick=on_progress, seconds=limits.seconds, advice="Import it in parts."
        )
        cells = folder / CELLS
        if cells.is_symlink() or not cells.is_file():
            raise _untrue(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(cells, target)
    return result


def read_file(
    path: Path, target: Path, *, project: Project, name: str, format_name: str, on_progress: Progress
) -> Report:
    """What the file would add to the project; its cells are in ``target`` then. Raises AppError with a sentence."""
    images = _images(project)
    result = run_reader(path, target, images=images, name=name, format_name=format_name, on_progress=on_progress)
    return _report(result, target, images, name=name)


def _target(number: int, image: Image) -> Target:
    return Target(number, image.name, image.file_sha256, image.height, image.width, image.size_t, image.size_z)


def _untrue(name: str) -> AppError:
    sentence = f"{name} could not be read. Choose its format, or export it again from the program that it came from."
    return AppError(ErrorCode.UNREADABLE, sentence, status=422)


@dataclass(slots=True)
class Line:
    """A cell of an image, number ``image`` of those that were asked about."""

    image: int
    plane: tuple[int, int]
    class_name: str
    mask: Rle
    number: int | None = None
    parent: int | None = None


def _line(text: bytes, images: list[Image]) -> Line:
    """A cell as the program wrote it; nothing that it says is believed. Raises ValueError and its relatives."""
    index, t, z, name, (top, left, height, width), counts, number, parent = json.loads(text)
    mask = Mask(top=top, left=left, height=height, width=width, counts=counts).to_rle()
    if not (isinstance(index, int) and 0 <= index < len(images) and isinstance(name, str)):
        raise ValueError("a cell of no image")
    image = images[index]
    check_inside(mask, image)
    if not (isinstance(t, int) and isinstance(z, int) and 0 <= t < image.size_t and 0 <= z < image.size_z):
        raise ValueError("a cell of no plane")
    for said in (number, parent):
        if said is not None and not isinstance(said, int):
            raise ValueError("a number that is none")
    return Line(index, (t, z), name, mask, number, parent)


def lines_by_image(path: Path, images: list[Image], *, name: str) -> Iterator[tuple[Image, list[Line]]]:
    """Each image with its cells as run_reader left them, checked: one image's are in memory at a time."""
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    with path.open("rb") as file:
        at = 0
        try:
            for text in file:
                places[_line(text, images).image].append((at, len(text)))
                at += len(text)
        except (ValueError, TypeError, ValidationError, AppError) as error:
            raise _untrue(name) from error
        for index in sorted(places):
            lines = []
            for start, length in places[index]:
                file.seek(start)
                lines.append(_line(file.read(length), images))
            yield images[index], lines


def _report(result: dict[str, Any], path: Path, images: list[Image], *, name: str) -> Report:
    report = Report(str(result["format"])[:40])
    for plane in result["planes"]:
        if plane["problem"]:
            report.problem_count += 1
            report.problems.append({"name": str(plane["name"])[:255], "problem": str(plane["problem"])[:300]})
    del report.problems[MOST_LISTED:]
    known = _classes(images[0].project_id) if images else {}
    unknown = Counter[str]()
    for image, lines in lines_by_image(path, images, name=name):
        covered = _covered(image, lines)
        report.cells += len(lines)
        report.covered += covered
        report.image_count += 1
        if len(report.images) < MOST_LISTED:
            report.images.append({"id": str(image.pk), "name": image.name, "cells": len(lines), "covered": covered})
        unknown.update(line.class_name for line in lines if line.class_name and line.class_name.casefold() not in known)
    report.unknown_classes = [one for one, _ in unknown.most_common(50)]
    return report


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


def _classes(project_id: UUID) -> dict[str, int]:
    known = LabelClass.objects.filter(project_id=project_id, deleted_at=None)
    return {name.casefold(): key for name, key in known.values_list("name", "pk")}


def _telling(job: Job) -> Progress:
    def tell(share: float) -> None:
        do_progress_or_stop(job, progress=share, message=f"{job.params['name']}")

    return tell


def do_read_annotations(job: Job) -> None:
    """Read for a claimed job, and end the job."""
    upload = Upload.objects.filter(pk=job.params["upload"]).first()
    target = kept_cells(job.pk)
    try:
        if upload is None or not upload.path.is_file():
            raise _gone()
        report = read_file(
            upload.path, target, project=job.project, name=upload.name, format_name=job.params["format"],
            on_progress=_telling(job),
        )  # fmt: skip
    except StoppedError:
        target.unlink(missing_ok=True)
        return
    except AppError as error:
        target.unlink(missing_ok=True)
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
        return
    message = f"{report.cells:,} cells for {report.image_count:,} images"
    do_finish_job(job.pk, job.attempt, result=asdict(report), message=message)


def _new_cells(lines: list[Line], classes: dict[str, int]) -> list[NewCell]:
    """Objects keep their cells over planes; an object whose mother is not in the file has none."""
    numbers = {line.number for line in lines}
    return [
        NewCell(
            line.plane, line.mask, classes.get(line.class_name.casefold()), line.number,
            line.parent if line.parent in numbers and line.parent != line.number else None,
        )
        for line in lines
    ]  # fmt: skip


def add_read(
    path: Path, *, project: Project, user: User | None, job_id: UUID, format_name: str, on_progress: Progress
) -> tuple[int, int]:
    """Add the cells that were read, one step of undo for each image. Returns the numbers of cells and images."""
    images, classes, cells, touched = _images(project), _classes(project.pk), 0, 0
    provenance = Provenance(source="auto", engine="import", preprocessing=format_name)
    for image, lines in lines_by_image(path, images, name="The file"):
        on_progress(touched / max(1, len(images)))
        new = _new_cells(lines, classes)
        try:
            cells += do_add_cells(image.pk, user, new, operation_id=uuid5(job_id, str(image.pk)), provenance=provenance)
        except RefusedError as refusal:
            raise AppError(refusal.code, f"{image.name}: {refusal.message}", status=409) from refusal
        touched += 1
    return cells, touched


def _add_labels(job: Job) -> tuple[int, int]:
    """The labels that came with an image, onto that image, in one step of undo."""
    image = Image.objects.filter(pk=job.params["labels_of"], deleted_at=None).first()
    if image is None:
        raise _gone()
    # Labels belong to the image in whose folder they lie, whatever people call it.
    image.name = image.reading["labels"][0].rpartition("labels/")[0].rstrip("/").rpartition("/")[2]
    provenance = Provenance(source="auto", engine="import", preprocessing=LABELS_FORMAT)
    cells = 0
    with staging_folder() as folder:
        found = folder / CELLS
        run_reader(
            image.original_path, found, images=[image], name=job.params["name"], format_name=LABELS_FORMAT,
            on_progress=_telling(job),
        )  # fmt: skip
        for _, lines in lines_by_image(found, [image], name=job.params["name"]):
            new = _new_cells(lines, _classes(job.project_id))
            cells += do_add_cells(image.pk, job.user, new, operation_id=job.pk, provenance=provenance)
    return cells, int(cells > 0)


def _add_kept(job: Job) -> tuple[int, int]:
    """What another job has read."""
    path = kept_cells(UUID(job.params["read"]))
    if not path.is_file():
        raise _gone()
    return add_read(
        path,
        project=job.project,
        user=job.user,
        job_id=job.pk,
        format_name=job.params["format"],
        on_progress=_telling(job),
    )


def do_add_annotations(job: Job) -> None:
    """Add for a claimed job, and end the job."""
    try:
        cells, images = _add_labels(job) if "labels_of" in job.params else _add_kept(job)
    except StoppedError:
        return
    except AppError as error:
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
        return
    result = {"cells": cells, "images": images}
    do_finish_job(job.pk, job.attempt, result=result, message=f"{cells:,} cells added to {images:,} images")

"""Adding what was found in a file of annotations: its pictures become images, its cells one step of undo on each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from annotation.actions.annotation_imports import MOST_LISTED, classes_of, gone, telling
from annotation.actions.findings import Findings, Line, Picture, Progress, kept_findings, run_reader
from annotation.actions.jobs import StoppedError, do_fail_job, do_finish_job
from annotation.actions.operations import NewCell, do_add_cells
from annotation.actions.reading import do_read_image
from annotation.actions.uploads import check_disk
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.imaging.storage import staging_folder
from annotation.models import Image, Job, Project, User
from annotation.protocol import Provenance

LABELS_FORMAT = "ome-zarr"
"""In which labels come beside an image."""


@dataclass(slots=True)
class Added:
    """How many cells came to how many images, how many of these are new, and {"name", "problem"} of those that could
    not be read."""

    cells: int = 0
    images: int = 0
    new_images: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Adding:
    """Of what, to which project, by whom. ``id`` names the work, which is done once however often it is begun."""

    id: UUID
    project: Project
    user: User | None
    format_name: str
    on_progress: Progress


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


def add_found(findings: Findings, adding: Adding) -> Added:
    """Make the images, then add the cells, one step of undo for each image."""
    ids, pictures = findings.known()
    there = Image.objects.filter(deleted_at=None).in_bulk(ids)
    added = Added()
    images: list[Image | None] = [there.get(key) for key in ids]
    for number, picture in enumerate(pictures):
        share = 0.5 * number / len(pictures)
        adding.on_progress(share)
        images.append(_image(findings, number, picture, adding, added, share=share))
    classes = classes_of(adding.project.pk)
    provenance = Provenance(source="auto", engine="import", preprocessing=adding.format_name)
    for image, lines in findings.by_image(images, name="The file"):
        adding.on_progress((0.5 if pictures else 0) + added.images / (2 if pictures else 1) / max(1, len(images)))
        new, operation_id = _new_cells(lines, classes), uuid5(adding.id, str(image.pk))
        try:
            added.cells += do_add_cells(image.pk, adding.user, new, operation_id=operation_id, provenance=provenance)
        except RefusedError as refusal:
            raise AppError(refusal.code, f"{image.name}: {refusal.message}", status=409) from refusal
        added.images += 1
    return added


def _image(
    findings: Findings, number: int, picture: Picture, adding: Adding, added: Added, *, share: float
) -> Image | None:
    """The picture as an image, which may have been made before; None, and why is noted, where it cannot be read."""
    image_id, path = uuid5(adding.id, f"picture {number}"), findings.picture(number)
    image = Image.objects.filter(pk=image_id).first()
    if image is None:
        try:
            image = _made(image_id, path, picture, adding, share=share)
        except AppError as error:
            if error.code == ErrorCode.DISK_FULL:
                raise
            added.problems.append({"name": picture.name, "problem": error.message})
            return None
    added.new_images += 1
    return image


def _made(image_id: UUID, path: Path, picture: Picture, adding: Adding, *, share: float) -> Image:
    check_disk(path.stat().st_size)
    # Whoever was given this work meanwhile is waited for, and then it is theirs.
    return do_read_image(
        path, image_id=image_id, project=adding.project, user=adding.user, name=picture.name,
        on_read=lambda _ready: adding.on_progress(share),
    )  # fmt: skip


def _add_labels(job: Job) -> Added:
    """The labels that came with an image, onto that image, in one step of undo."""
    image = Image.objects.filter(pk=job.params["labels_of"], deleted_at=None).first()
    if image is None:
        raise gone()
    # Labels belong to the image in whose folder they lie, whatever people call it.
    image.name = image.reading["labels"][0].rpartition("labels/")[0].rstrip("/").rpartition("/")[2]
    provenance = Provenance(source="auto", engine="import", preprocessing=LABELS_FORMAT)
    added = Added()
    with staging_folder() as folder:
        found = Findings(folder)
        run_reader(
            image.original_path, found, images=[image], name=job.params["name"], format_name=LABELS_FORMAT,
            on_progress=telling(job),
        )  # fmt: skip
        for _, lines in found.by_image([image], name=job.params["name"]):
            new = _new_cells(lines, classes_of(job.project_id))
            added.cells += do_add_cells(image.pk, job.user, new, operation_id=job.pk, provenance=provenance)
    added.images = int(added.cells > 0)
    return added


def _add_kept(job: Job) -> Added:
    """What another job has read."""
    findings = kept_findings(UUID(job.params["read"]))
    if not findings.cells.is_file():
        raise gone()
    return add_found(findings, Adding(job.pk, job.project, job.user, job.params["format"], telling(job)))


def do_add_annotations(job: Job) -> None:
    """Add for a claimed job, and end the job."""
    try:
        added = _add_labels(job) if "labels_of" in job.params else _add_kept(job)
    except StoppedError:
        return
    except AppError as error:
        do_fail_job(job.pk, job.attempt, message=error.message, permanent=True)
        return
    do_finish_job(job.pk, job.attempt, result=_result(added), message=summary(added))


def _result(added: Added) -> dict[str, Any]:
    return {**asdict(added), "problems": added.problems[:MOST_LISTED]}


def summary(added: Added) -> str:
    """In a sentence."""
    text = f"{added.cells:,} cells added to {added.images:,} images"
    if added.new_images:
        text += f", {added.new_images:,} images made"
    if added.problems:
        text += f"; {len(added.problems):,} pictures could not be read, the first: {added.problems[0]['problem']}"
    return text[:500]

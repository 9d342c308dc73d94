"""Images and their cells without holding a project in memory: as they are, each as of one moment, or of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, RegionRecord, VerdictRecord
from annotation.datasets.frozen import thawed
from annotation.datasets.names import Names, split_name
from annotation.datasets.pixels import StoredPixels, axes_of
from annotation.geometry import Bounds
from annotation.models import Annotation, Image, LabelClass, Operation, Region, Snapshot, SnapshotImage

CHUNK = 500
"""Cells that are fetched at once."""


def class_records(project_id: UUID) -> list[ClassRecord]:
    """The project's present classes in its order."""
    classes = LabelClass.objects.filter(project_id=project_id, deleted_at=None)
    return [_class_record(one) for one in classes]


def image_ids(project_id: UUID) -> list[UUID]:
    """The project's present images, oldest first."""
    return list(Image.objects.filter(project_id=project_id, deleted_at=None, twin_of=None).values_list("pk", flat=True))


def image_records(ids: list[UUID], *, between: Callable[[int], None]) -> Generator[ImageRecord, None, None]:
    """Each image with its cells, one database snapshot for each. ``between`` is told how many are done, outside of any
    transaction of ours; it may raise to stop. An image that was deleted meanwhile is left out."""
    names = Names()
    for done, image_id in enumerate(ids):
        between(done)
        with transaction.atomic():
            one_moment()
            image = Image.objects.filter(pk=image_id, deleted_at=None).select_related("split").first()
            if image is not None:
                yield image_record(image, names, number=done + 1)


def snapshot_records(snapshot: Snapshot, *, between: Callable[[int], None]) -> Generator[ImageRecord, None, None]:
    """The same of a snapshot, whatever became of its images since."""
    classes = snapshot_classes(snapshot)
    for done, part_id in enumerate(snapshot.parts.order_by("position").values_list("pk", flat=True)):
        between(done)
        part = SnapshotImage.objects.select_related("image").get(pk=part_id)
        yield thawed(part, classes, number=done + 1)


def snapshot_classes(snapshot: Snapshot) -> dict[int, ClassRecord]:
    """The classes by id, in their order."""
    return {one["id"]: ClassRecord(one["id"], one["name"], one["colour"]) for one in snapshot.classes}


def one_moment(*, read_only: bool = True) -> None:
    """All that this transaction reads is of one moment; the isolation can only be chosen at its start."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ {'ONLY' if read_only else 'WRITE'}")


def image_record(image: Image, names: Names, *, number: int) -> ImageRecord:
    """An image with its cells as they are now; its split is loaded."""
    live = Annotation.objects.filter(image_id=image.pk, deleted=False)
    last = Operation.objects.filter(image_id=image.pk).order_by("-clock").values_list("created_at", flat=True).first()
    stem, suffix = split_name(image.name)
    return ImageRecord(
        id=image.pk,
        number=number,
        name=image.name,
        stem=names.take(stem),
        suffix=suffix,
        height=image.height,
        width=image.width,
        file_sha256=image.file_sha256,
        clock=image.clock,
        changed_at=last or image.created_at,
        largest_label=live.aggregate(largest=Max("label"))["largest"] or 0,
        cells=_cell_records(image.pk),
        pixels=StoredPixels(image),
        axes=axes_of(image),
        regions=_regions(image),
        split=image.split.split if hasattr(image, "split") else "",
        status=image.status,
    )


def _regions(image: Image) -> tuple[RegionRecord, ...]:
    return tuple(
        RegionRecord(Bounds(region.top, region.left, region.bottom, region.right), t=region.t, z=region.z)
        for region in Region.objects.filter(image_id=image.pk)
    )


def _cell_records(image_id: UUID) -> Iterator[CellRecord]:
    cells = Annotation.objects.filter(image_id=image_id, deleted=False).order_by("t", "z", "label")
    for cell in cells.select_related("label_class", "created_by", "verdict__actor").iterator(chunk_size=CHUNK):
        yield CellRecord(
            id=cell.pk,
            label=cell.label,
            mask=cell.rle,
            label_class=_class_record(cell.label_class) if cell.label_class else None,
            provenance=cell.provenance,
            created_by=cell.created_by.username if cell.created_by else "",
            t=cell.t,
            z=cell.z,
            parent=cell.parent,
            verdict=_verdict(cell),
        )


def _verdict(cell: Annotation) -> VerdictRecord | None:
    """Of the cell as it is: what was said of an older version is over."""
    said = getattr(cell, "verdict", None)
    if said is None or said.version != cell.version:
        return None
    return VerdictRecord(said.judgement, said.reason, said.actor.username if said.actor else "")


def _class_record(one: LabelClass) -> ClassRecord:
    return ClassRecord(one.pk, one.name, one.colour)

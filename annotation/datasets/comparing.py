"""Two snapshots side by side: which images and cells came, went and changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotation.datasets.base import CellRecord
from annotation.datasets.frozen import thawed_cells
from annotation.datasets.snapshots import snapshot_classes
from annotation.geometry import Bounds, bounds_around, raster_of
from annotation.models import Snapshot, SnapshotImage
from inference.rle import Rle

MOST_CELLS = 200
"""Changed cells that are named for each image."""


def iou(one: Rle, other: Rle) -> float:
    """Shared pixels over all pixels of two masks of one image; 1 for equal masks."""
    if one == other:
        return 1.0
    if not Bounds(one.top, one.left, one.bottom, one.right).meets(other):
        return 0.0
    around = bounds_around([one, other])
    shared = int((raster_of(one, around) & raster_of(other, around)).sum())
    return shared / (one.area + other.area - shared)


@dataclass(slots=True)
class ImageDifference:
    """What differs in an image that both have. ``changed`` are {"label", "iou", "class_changed", "object_changed"}: the
    overlap of old and new mask, whether the class is another, and whether it is part of another object or came from
    another one; the first MOST_CELLS of them, ``changed_count`` in all."""

    id: UUID
    name: str
    added: int = 0
    removed: int = 0
    changed_count: int = 0
    changed: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """Names of images that one of both has alone, and what differs in the others. ``same`` is their number."""

    added: list[str]
    removed: list[str]
    changed: list[ImageDifference]
    same: int


def compare(old: Snapshot, new: Snapshot) -> Difference:
    """What the newer has that the older has not, and so on. Only images whose hashes differ are opened."""
    before = {part["image_id"]: part for part in _heads(old)}
    after = {part["image_id"]: part for part in _heads(new)}
    shared = [key for key in after if key in before]
    differing = [key for key in shared if before[key]["sha256"] != after[key]["sha256"]]
    return Difference(
        added=[after[key]["header"]["name"] for key in after if key not in before],
        removed=[before[key]["header"]["name"] for key in before if key not in after],
        changed=[_compare_image(before[key]["pk"], old, after[key]["pk"], new) for key in differing],
        same=len(shared) - len(differing),
    )


def _heads(snapshot: Snapshot) -> list[Any]:
    return list(snapshot.parts.order_by("position").values("pk", "image_id", "sha256", "header"))


def _cells(part_id: int, snapshot: Snapshot) -> dict[UUID, CellRecord]:
    part = SnapshotImage.objects.get(pk=part_id)
    return {cell.id: cell for cell in thawed_cells(part, snapshot_classes(snapshot))}


def _compare_image(old_id: int, old: Snapshot, new_id: int, new: Snapshot) -> ImageDifference:
    before, after = _cells(old_id, old), _cells(new_id, new)
    part = SnapshotImage.objects.only("image_id", "header").get(pk=new_id)
    found = ImageDifference(part.image_id, part.header["name"])
    found.added = len(after.keys() - before.keys())
    found.removed = len(before.keys() - after.keys())
    for key, cell in after.items():
        was = before.get(key)
        if was is None:
            continue
        other_class = (was.label_class and was.label_class.id) != (cell.label_class and cell.label_class.id)
        other_object = (was.label, was.parent) != (cell.label, cell.parent)
        if was.mask != cell.mask or other_class or other_object:
            found.changed_count += 1
            if len(found.changed) < MOST_CELLS:
                overlap = round(iou(was.mask, cell.mask), 4)
                found.changed.append(
                    {"label": cell.label, "iou": overlap, "class_changed": other_class, "object_changed": other_object}
                )
    return found

"""What comes back of an export: the archive is read again, and every cell compared with the one in the snapshot."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from annotation.actions.findings import Findings, Line, Progress, run_reader
from annotation.datasets.base import CellRecord
from annotation.datasets.frozen import thawed_cells
from annotation.datasets.readers.registry import READERS
from annotation.datasets.snapshots import snapshot_classes
from annotation.errors import AppError
from annotation.imaging.storage import staging_folder
from annotation.models import Image, Snapshot, SnapshotImage
from inference.rle import decode, paste

MOST_CELLS = 200_000
"""Snapshots with more cells are not read again: it would take longer than the export."""
WORST = 20
"""Cells that did not come back as they were, that are named."""


def round_trip(archive: Path, *, format_name: str, snapshot: Snapshot, on_progress: Progress) -> dict[str, Any]:
    """{"measured", "cells", "exact", "missing", "median", "lowest", "classes", "worst"}: how many cells there are, come
    back pixel by pixel, do not come back; the overlap (IoU) of the others with what they were, 0 for missing ones; how
    many have their class again. {"measured": False, "why"} where the format holds no masks, or it was not done."""
    if format_name not in READERS:
        return {"measured": False, "why": "There are no masks in this format."}
    if snapshot.cells > MOST_CELLS:
        return {"measured": False, "why": f"Only exports of up to {MOST_CELLS:,} cells are read again."}
    parts = list(snapshot.parts.order_by("position").select_related("image").defer("cells"))
    images = [_as_it_was(part) for part in parts]
    found = _Comparison(snapshot)
    with staging_folder() as folder:
        findings = Findings(folder)
        try:
            run_reader(
                archive, findings, images=images, name="The archive", format_name=format_name, on_progress=on_progress
            )
            ids = {image.pk: part.pk for image, part in zip(images, parts, strict=True)}
            for image, lines in findings.by_image(images, name="The archive"):
                found.compare(ids.pop(image.pk), image, lines)
        except AppError as error:
            return {"measured": False, "why": error.message}
    for part_id in ids.values():
        found.miss(part_id)
    return found.report()


def _as_it_was(part: SnapshotImage) -> Image:
    """The image under the name that it had."""
    image = part.image
    image.name = part.header["name"]
    return image


class _Comparison:
    def __init__(self, snapshot: Snapshot) -> None:
        self._classes = snapshot_classes(snapshot)
        self._overlaps: list[float] = []
        self._worst: list[dict[str, Any]] = []
        self._same_class = 0

    def miss(self, part_id: int) -> None:
        """Nothing came back of this image."""
        part, cells = self._cells(part_id)
        for cell in cells:
            self._note(part, cell, 0.0)

    def _cells(self, part_id: int) -> tuple[SnapshotImage, Iterator[CellRecord]]:
        part = SnapshotImage.objects.get(pk=part_id)
        return part, thawed_cells(part, self._classes)

    def compare(self, part_id: int, image: Image, lines: list[Line]) -> None:
        """Each of the image's cells with what overlaps it most."""
        part, cells = self._cells(part_id)
        found, were = defaultdict(list), defaultdict(list)
        for line in lines:
            found[line.plane].append(line)
        for cell in cells:
            were[(cell.t, cell.z)].append(cell)
        for plane, some in were.items():
            self._compare_plane(part, some, found[plane], (image.height, image.width))

    def _compare_plane(
        self, part: SnapshotImage, cells: list[CellRecord], lines: list[Line], size: tuple[int, int]
    ) -> None:
        numbers_hw = np.zeros(size, np.uint32)
        for number, cell in enumerate(cells, start=1):
            paste(cell.mask, numbers_hw, number)
        best: dict[int, tuple[float, str]] = {}
        for line in lines:
            mask = line.mask
            under = numbers_hw[mask.top : mask.bottom, mask.left : mask.right][decode(mask)]
            numbers, pixels = np.unique(under, return_counts=True)
            for number, shared in zip(numbers.tolist(), pixels.tolist(), strict=True):
                if number:
                    overlap = shared / (mask.area + cells[number - 1].mask.area - shared)
                    best[number] = max(best.get(number, (0.0, "")), (overlap, line.class_name))
        for number, cell in enumerate(cells, start=1):
            overlap, name = best.get(number, (0.0, ""))
            self._same_class += overlap > 0 and name == (cell.label_class.name if cell.label_class else "")
            self._note(part, cell, overlap)

    def _note(self, part: SnapshotImage, cell: CellRecord, overlap: float) -> None:
        self._overlaps.append(overlap)
        if overlap < 1:
            self._worst.append({"image": part.header["name"], "label": cell.label, "iou": round(overlap, 4)})
            self._worst = sorted(self._worst, key=lambda row: row["iou"])[:WORST]

    def report(self) -> dict[str, Any]:
        """See round_trip."""
        overlaps = self._overlaps
        return {
            "measured": True,
            "cells": len(overlaps),
            "exact": sum(overlap == 1 for overlap in overlaps),
            "missing": sum(overlap == 0 for overlap in overlaps),
            "median": round(statistics.median(overlaps), 4) if overlaps else 1.0,
            "lowest": round(min(overlaps, default=1.0), 4),
            "classes": self._same_class,
            "worst": self._worst,
        }


def kept_report(snapshot_id: UUID, format_name: str) -> dict[str, Any] | None:
    """What was found out already: the same snapshot gives the same archive."""
    found = Snapshot.objects.values_list("round_trips", flat=True).get(pk=snapshot_id).get(format_name)
    return found if isinstance(found, dict) else None

"""The cells of an image's annotations as instance images, so that they can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.geometry import Bounds, bounds_around, raster_of
from annotation.models import Annotation, Comparison, ComparisonSums, Image
from annotation.quality.agreement import (
    Match,
    Overlaps,
    boundary_distances,
    kappa_of_confusion,
    match,
    of_cells,
    overlaps_of,
    sums_of,
)
from inference import rle


@dataclass(frozen=True, slots=True)
class Cells:
    """One annotation of an image: an instance image with the rows' positions plus one. Planes lie one below the other,
    the same ones for all annotations that are compared, so that cells of different planes never meet."""

    labels_hw: NDArray[np.int32]
    rows: list[Annotation]

    @property
    def classes(self) -> NDArray[np.int64]:
        """Of each cell, 0 for none."""
        return np.array([row.label_class_id or 0 for row in self.rows], np.int64)


def cells_of(image: Image, others: Iterable[Image]) -> list[Cells]:
    """All live cells of these annotations of the image's pixels."""
    found = [list(Annotation.objects.filter(image=one, deleted=False).order_by("label", "pk")) for one in others]
    planes = sorted({(row.t, row.z) for rows in found for row in rows})
    return [Cells(_stacked(image, rows, planes), rows) for rows in found]


def _stacked(image: Image, rows: list[Annotation], planes: list[tuple[int, int]]) -> NDArray[np.int32]:
    labels_hw = np.zeros((image.height * len(planes), image.width), np.int32)
    for number, row in enumerate(rows, start=1):
        top = image.height * planes.index((row.t, row.z))
        rle.paste(row.rle, labels_hw[top : top + image.height], number)
    return labels_hw


def fill_comparison(comparison: Comparison, a: Cells, b: Cells) -> list[ComparisonSums]:
    """What the figures of B against A follow from: of all cells, and of those of each class."""
    overlaps = overlaps_of(a.labels_hw, b.labels_hw)
    matches = match(overlaps)
    classes_a, classes_b = a.classes, b.classes
    confusion = Counter((int(classes_a[one.of_a]), int(classes_b[one.of_b])) for one in matches)
    comparison.confusion = [[*pair, number] for pair, number in sorted(confusion.items())]
    comparison.kappa = kappa_of_confusion(comparison.confusion)
    found = [_sums(comparison, ComparisonSums.ALL, overlaps, _boundary(matches, a.rows, b.rows))]
    for label in sorted({*classes_a.tolist(), *classes_b.tolist()}):
        keep_a, keep_b = classes_a == label, classes_b == label
        of_class = of_cells(overlaps, keep_a, keep_b)
        rows = [
            [row for row, kept in zip(one.rows, keep, strict=True) if kept] for one, keep in ((a, keep_a), (b, keep_b))
        ]
        found.append(_sums(comparison, label, of_class, _boundary(match(of_class), *rows)))
    return found


def _kept(rows: list[Annotation], keep: NDArray[np.bool_]) -> list[Annotation]:
    return [row for row, kept in zip(rows, keep, strict=True) if kept]


def _sums(comparison: Comparison, label_class: int, overlaps: Overlaps, boundary: float) -> ComparisonSums:
    sums = sums_of(overlaps)
    return ComparisonSums(
        comparison=comparison,
        label_class=label_class,
        cells_a=sums.cells_a,
        cells_b=sums.cells_b,
        hits=list(sums.hits),
        iou=sums.iou,
        shared=sums.shared,
        union=sums.union,
        boundary=boundary,
    )


def _boundary(matches: list[Match], rows_a: list[Annotation], rows_b: list[Annotation]) -> float:
    return sum(_apart(rows_a[one.of_a], rows_b[one.of_b]) for one in matches)


def _apart(one: Annotation, other: Annotation) -> float:
    """Mean distance of two cells' outlines, in a crop that has both with a pixel around."""
    box = bounds_around([one.rle, other.rle])
    around = Bounds(box.top - 1, box.left - 1, box.bottom + 1, box.right + 1)
    return boundary_distances(raster_of(one.rle, around), raster_of(other.rle, around))[0]


TOUCHING = 0.1
"""Cells with at least this IoU are one question, though they are not the same."""
AGREED = 0.9


@dataclass(frozen=True, slots=True)
class Difference:
    """What A and B say of one cell; one of them may have none. ``error`` is how far they are apart, 0 to 1: one minus
    the IoU, at least a half where they name other classes."""

    a: Annotation | None
    b: Annotation | None
    iou: float
    error: float

    @property
    def agrees(self) -> bool:
        """Nobody needs to look at it."""
        return self.error <= 1 - AGREED


def differences_of(image: Image, one: Image, other: Image) -> list[Difference]:
    """All cells of two annotations of the image, in pairs where they meet, those first that are furthest apart."""
    a, b = cells_of(image, [one, other])
    overlaps = overlaps_of(a.labels_hw, b.labels_hw)
    pairs = match(overlaps)
    left_a, left_b = np.ones(overlaps.areas_a.size, bool), np.ones(overlaps.areas_b.size, bool)
    for pair in pairs:
        left_a[pair.of_a], left_b[pair.of_b] = False, False
    places_a, places_b = np.flatnonzero(left_a), np.flatnonzero(left_b)
    for pair in match(of_cells(overlaps, left_a, left_b), TOUCHING):
        pairs.append(Match(int(places_a[pair.of_a]), int(places_b[pair.of_b]), pair.iou))
        left_a[places_a[pair.of_a]], left_b[places_b[pair.of_b]] = False, False
    found = [_difference(a.rows[pair.of_a], b.rows[pair.of_b], pair.iou) for pair in pairs]
    found += [Difference(a.rows[place], None, 0, 1) for place in np.flatnonzero(left_a)]
    found += [Difference(None, b.rows[place], 0, 1) for place in np.flatnonzero(left_b)]
    return sorted(found, key=lambda difference: (-difference.error, *_place(difference)))


def _difference(a: Annotation, b: Annotation, iou: float) -> Difference:
    other_class = a.label_class_id != b.label_class_id
    return Difference(a, b, iou, max(1 - iou, 0.5 if other_class else 0.0))


def _place(difference: Difference) -> tuple[int, int, int, int]:
    cell = difference.a or difference.b
    assert cell is not None  # noqa: S101 - one of both is there
    return cell.t, cell.z, cell.top, cell.left


def ratings_of(everybody: list[Cells]) -> list[list[int]]:
    """For each cell that three or more people all found, by the first person's: everybody's class of it."""
    if len(everybody) < 3:
        return []
    first, *others = everybody
    found = [{one.of_a: one.of_b for one in match(overlaps_of(first.labels_hw, one.labels_hw))} for one in others]
    common = set.intersection(*({*pairs} for pairs in found))
    return [
        [
            first.rows[cell].label_class_id or 0,
            *(one.rows[pairs[cell]].label_class_id or 0 for one, pairs in zip(others, found, strict=True)),
        ]
        for cell in sorted(common)
    ]

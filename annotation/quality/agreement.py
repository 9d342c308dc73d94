"""How far two annotations of one plane agree. Pure functions over instance images (row, column; 0 is background).

Cells are matched one to one among the pairs whose IoU reaches a threshold: as many pairs as can be, and of those the
largest total IoU (Cellpose's way). Figures that have nothing to count are 1: both say that there is nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Labels = NDArray[np.integer]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU 0.5, 0.55 … 0.95."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The cells of A and B, by ascending label, with their areas, and the pairs that share pixels: pair k is cell
    ``of_a[k]`` and cell ``of_b[k]`` (positions, from 0) with ``shared[k]`` pixels."""

    labels_a: Ints
    labels_b: Ints
    areas_a: Ints
    areas_b: Ints
    of_a: Ints
    of_b: Ints
    shared: Ints

    @property
    def ious(self) -> Floats:
        """Of each pair."""
        union = self.areas_a[self.of_a] + self.areas_b[self.of_b] - self.shared
        found: Floats = self.shared / union
        return found


def _cells(labels_hw: Labels) -> tuple[Ints, Ints, Ints]:
    """Labels, areas, and for each pixel the cell's position plus one (0 for background)."""
    labels, inverse, counts = np.unique(labels_hw.ravel(), return_inverse=True, return_counts=True)
    background = int(labels.size > 0 and labels[0] == 0)
    place = inverse.astype(np.int64) + (1 - background)
    return labels[background:].astype(np.int64), counts[background:].astype(np.int64), place


def overlaps_of(a_hw: Labels, b_hw: Labels) -> Overlaps:
    """The pairs of cells that share pixels. Both images have one shape. Memory grows with the pixels, not with the
    product of the cells."""
    labels_a, areas_a, place_a = _cells(a_hw)
    labels_b, areas_b, place_b = _cells(b_hw)
    both = (place_a > 0) & (place_b > 0)
    width = labels_b.size + 1
    codes, shared = np.unique(place_a[both] * width + place_b[both], return_counts=True)
    return Overlaps(
        labels_a, labels_b, areas_a, areas_b, codes // width - 1, codes % width - 1, shared.astype(np.int64)
    )


@dataclass(frozen=True, slots=True)
class Match:
    """One cell of A and one of B, by position, that are taken for the same."""

    of_a: int
    of_b: int
    iou: float


def match(overlaps: Overlaps, threshold: float = 0.5) -> list[Match]:
    """The best one-to-one matching among pairs with IoU ≥ ``threshold``. Only cells that compete for each other are
    weighed against each other, so that twenty thousand cells are no square of that."""
    ious = overlaps.ious
    good = np.flatnonzero(ious >= threshold)
    of_a, of_b, iou = overlaps.of_a[good], overlaps.of_b[good], ious[good]
    size_a, size = overlaps.areas_a.size, overlaps.areas_a.size + overlaps.areas_b.size
    graph = coo_array((np.ones(good.size), (of_a, of_b + size_a)), shape=(size, size))
    _, group_of = connected_components(graph, directed=False)
    groups = group_of[of_a]
    order = np.argsort(groups, kind="stable")
    found: list[Match] = []
    for group in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if group.size:
            found += _assign(of_a[group], of_b[group], iou[group])
    return sorted(found, key=lambda one: one.of_a)


def _assign(of_a: Ints, of_b: Ints, iou: Floats) -> list[Match]:
    """Within one group of cells that compete: most pairs, then the largest total IoU."""
    cells_a, rows = np.unique(of_a, return_inverse=True)
    cells_b, cols = np.unique(of_b, return_inverse=True)
    gain = np.zeros((cells_a.size, cells_b.size))
    gain[rows, cols] = 1 + iou / (2 * min(gain.shape))
    value = np.zeros_like(gain)
    value[rows, cols] = iou
    chosen = zip(*linear_sum_assignment(-gain), strict=True)
    return [Match(int(cells_a[i]), int(cells_b[j]), float(value[i, j])) for i, j in chosen if gain[i, j]]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures of one pair of annotations, each 0 to 1. ``ap`` is TP / (TP + FP + FN) at IoU 0.5, ``ap_mean`` its mean
    over THRESHOLDS, ``pq`` panoptic quality (IoU above 0.5), ``aji`` the aggregated Jaccard index (Kumar 2017) with A
    as the truth."""

    cells_a: int
    cells_b: int
    matched: int
    ap: float
    ap_mean: float
    f1: float
    pq: float
    aji: float


@dataclass(frozen=True, slots=True)
class Sums:
    """What the figures of one or many pairs of annotations follow from: added up, they are those of all pairs. ``hits``
    are the cells matched at each of THRESHOLDS, ``iou`` is the sum over those matched above 0.5, ``shared`` and
    ``union`` are the pixels that the aggregated Jaccard index counts."""

    cells_a: int
    cells_b: int
    hits: tuple[int, ...]
    iou: float
    shared: int
    union: int


def sums_of(overlaps: Overlaps) -> Sums:
    """Of one pair of annotations."""
    by_threshold = [match(overlaps, threshold) for threshold in THRESHOLDS]
    shared, union = jaccard_pixels(overlaps)
    return Sums(
        cells_a=overlaps.areas_a.size,
        cells_b=overlaps.areas_b.size,
        hits=tuple(len(found) for found in by_threshold),
        iou=sum(one.iou for one in by_threshold[0] if one.iou > 0.5),
        shared=shared,
        union=union,
    )


def figures_of(sums: Sums) -> Agreement:
    """The figures that follow from them."""
    total = sums.cells_a + sums.cells_b
    precisions = [_share(hits, total - hits) for hits in sums.hits]
    return Agreement(
        cells_a=sums.cells_a,
        cells_b=sums.cells_b,
        matched=sums.hits[0],
        ap=precisions[0],
        ap_mean=sum(precisions) / len(precisions),
        f1=_share(2 * sums.hits[0], total),
        pq=_share(2 * sums.iou, total),
        aji=_share(sums.shared, sums.union),
    )


def agreement(overlaps: Overlaps) -> Agreement:
    """All figures of a pair of annotations."""
    return figures_of(sums_of(overlaps))


def of_cells(overlaps: Overlaps, keep_a: NDArray[np.bool_], keep_b: NDArray[np.bool_]) -> Overlaps:
    """As if only these cells of A and B were there (one truth value for each, by position)."""
    pairs = keep_a[overlaps.of_a] & keep_b[overlaps.of_b]
    place_a, place_b = np.cumsum(keep_a) - 1, np.cumsum(keep_b) - 1
    return Overlaps(
        overlaps.labels_a[keep_a],
        overlaps.labels_b[keep_b],
        overlaps.areas_a[keep_a],
        overlaps.areas_b[keep_b],
        place_a[overlaps.of_a[pairs]],
        place_b[overlaps.of_b[pairs]],
        overlaps.shared[pairs],
    )


def jaccard_pixels(overlaps: Overlaps) -> tuple[int, int]:
    """(shared, union) of Kumar et al. 2017: every cell of A takes the cell of B with the largest IoU; what nobody took
    counts against."""
    ious = overlaps.ious
    best = np.full(overlaps.areas_a.size, -1, np.int64)
    for pair in np.argsort(ious, kind="stable"):
        best[overlaps.of_a[pair]] = pair
    taken = best[best >= 0]
    shared = int(overlaps.shared[taken].sum())
    used = np.zeros(overlaps.areas_b.size, bool)
    used[overlaps.of_b[taken]] = True
    union = int(overlaps.areas_a.sum() + overlaps.areas_b[overlaps.of_b[taken]].sum()) - shared
    return shared, union + int(overlaps.areas_b[~used].sum())


def boundary_distances(a_hw: NDArray[np.bool_], b_hw: NDArray[np.bool_]) -> tuple[float, float]:
    """(mean, largest) distance in pixels between the outlines of two masks, both ways: the average symmetric surface
    distance and the Hausdorff distance. Outlines are the pixels of a mask with a 4-neighbour outside of it. Neither
    mask is empty."""
    lines = [mask & ~binary_erosion(mask) for mask in (a_hw, b_hw)]
    there = distance_transform_edt(~lines[1])[lines[0]]
    back = distance_transform_edt(~lines[0])[lines[1]]
    both = np.concatenate([there, back])
    return float(both.mean()), float(both.max())


def kappa_of_confusion(confusion: Iterable[tuple[int, int, int]]) -> float | None:
    """Cohen's kappa of rows (class by one, class by the other, how often); null where there are none."""
    table: Counter[tuple[int, int]] = Counter()
    for one, other, number in confusion:
        table[one, other] += number
    total = table.total()
    if not total:
        return None
    seen = sum(number for (one, other), number in table.items() if one == other) / total
    sides = [Counter[int](), Counter[int]()]
    for pair, number in table.items():
        for side, label in zip(sides, pair, strict=True):
            side[label] += number
    chance = sum(number * sides[1][label] for label, number in sides[0].items()) / total**2
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)


def cohens_kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """Agreement of two people's classes of the same cells beyond chance; 1 where chance alone would agree."""
    found = kappa_of_confusion((one, other, 1) for one, other in zip(first, second, strict=True))
    return 1.0 if found is None else found


def fleiss_kappa(ratings: Sequence[Sequence[int]]) -> float:
    """The same for several people: ``ratings`` has a row for each cell with everybody's class of it, at least two."""
    if not ratings:
        return 1.0
    classes = sorted({rating for row in ratings for rating in row})
    counts = np.array([[list(row).count(one) for one in classes] for row in ratings], float)
    people = counts.sum(axis=1)
    seen = ((counts**2).sum(axis=1) - people) / (people * (people - 1))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return 1.0 if chance == 1 else float((seen.mean() - chance) / (1 - chance))

"""Agreement figures equal those of reference implementations, or of a version that counts everything."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from cellpose import metrics
from skimage.metrics import hausdorff_distance
from sklearn.metrics import cohen_kappa_score

from annotation.quality.agreement import (
    THRESHOLDS,
    agreement,
    boundary_distances,
    cohens_kappa,
    fleiss_kappa,
    match,
    overlaps_of,
)


def scene(seed: int, *, cells: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Discs, and the same moved, resized, left out or new: (row, column), 0 is background."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:90, :110]
    a_hw, b_hw = np.zeros((90, 110), np.int32), np.zeros((90, 110), np.int32)
    for label in range(1, cells + 1):
        row, col, radius = rng.uniform(5, 85), rng.uniform(5, 105), rng.uniform(3, 9)
        a_hw[(rows - row) ** 2 + (cols - col) ** 2 < radius**2] = label
        if rng.random() > 0.2:
            moved = rng.normal(0, 1.5, 3)
            inside = (rows - row - moved[0]) ** 2 + (cols - col - moved[1]) ** 2 < max(radius + moved[2], 2) ** 2
            b_hw[inside] = 100 + 3 * label
    return a_hw, b_hw


def compact(labels_hw: np.ndarray) -> np.ndarray:
    return np.unique(labels_hw, return_inverse=True)[1].reshape(labels_hw.shape)


@pytest.mark.parametrize("seed", range(12))
def test_precision_equals_cellpose_at_every_threshold(seed: int) -> None:
    a_hw, b_hw = scene(seed)
    overlaps = overlaps_of(a_hw, b_hw)
    ap, hits, *_ = metrics.average_precision(compact(a_hw), compact(b_hw), threshold=list(THRESHOLDS))
    assert [len(match(overlaps, threshold)) for threshold in THRESHOLDS] == list(hits)
    found = agreement(overlaps)
    assert found.ap == pytest.approx(ap[0], abs=1e-6)
    assert found.ap_mean == pytest.approx(ap.mean(), abs=1e-6)
    total = found.cells_a + found.cells_b
    assert found.f1 == pytest.approx(2 * hits[0] / total)


@pytest.mark.parametrize("seed", range(6))
def test_pq_and_aji_equal_what_is_counted_cell_by_cell(seed: int) -> None:
    a_hw, b_hw = scene(seed)
    cells_a, cells_b = ([x_hw == label for label in np.unique(x_hw)[1:]] for x_hw in (a_hw, b_hw))
    iou = np.array([[(a & b).sum() / (a | b).sum() for b in cells_b] for a in cells_a])
    found = agreement(overlaps_of(a_hw, b_hw))
    assert found.pq == pytest.approx(iou[iou > 0.5].sum() / ((len(cells_a) + len(cells_b)) / 2))
    shared, union, used = 0, 0, set()
    for cell, row in zip(cells_a, iou, strict=True):
        best = int(row.argmax())
        if row[best] == 0:
            union += cell.sum()
            continue
        shared, union = shared + (cell & cells_b[best]).sum(), union + (cell | cells_b[best]).sum()
        used.add(best)
    union += sum(cell.sum() for index, cell in enumerate(cells_b) if index not in used)
    assert found.aji == pytest.approx(shared / union)


@pytest.mark.parametrize("seed", range(20))
def test_low_thresholds_match_as_many_as_any_assignment_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a_hw, b_hw = rng.integers(0, 5, (6, 6)), rng.integers(0, 5, (6, 6))
    overlaps = overlaps_of(a_hw, b_hw)
    iou = np.zeros((overlaps.areas_a.size, overlaps.areas_b.size))
    iou[overlaps.of_a, overlaps.of_b] = overlaps.ious
    wide = iou if iou.shape[0] <= iou.shape[1] else iou.T
    tries = [[wide[i, j] for i, j in enumerate(order)] for order in permutations(range(wide.shape[1]), wide.shape[0])]
    best = max((sum(v >= 0.1 for v in one), sum(v for v in one if v >= 0.1)) for one in tries)
    found = match(overlaps, 0.1)
    assert (len(found), sum(one.iou for one in found)) == (best[0], pytest.approx(best[1]))


def test_nothing_agrees_with_nothing_and_with_something_not_at_all() -> None:
    nothing, something = np.zeros((5, 5), int), np.eye(5, dtype=int)
    assert agreement(overlaps_of(nothing, nothing)).aji == agreement(overlaps_of(nothing, nothing)).ap == 1
    found = agreement(overlaps_of(nothing, something))
    assert (found.ap, found.f1, found.pq, found.aji) == (0, 0, 0, 0)
    full = np.ones((3, 3), int)
    assert agreement(overlaps_of(full, full * 7)).pq == 1


@pytest.mark.parametrize("seed", range(5))
def test_boundary_distances_equal_scikit_image_and_every_pair_of_pixels(seed: int) -> None:
    a_hw, b_hw = (labels_hw > 0 for labels_hw in scene(seed, cells=8))
    mean, largest = boundary_distances(a_hw, b_hw)

    def outline(mask_hw: np.ndarray) -> np.ndarray:
        padded = np.pad(mask_hw, 1)
        inside = padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
        return mask_hw & ~inside

    lines = [np.argwhere(outline(mask_hw)) for mask_hw in (a_hw, b_hw)]
    apart = np.sqrt(((lines[0][:, None] - lines[1][None]) ** 2).sum(axis=2))
    nearest = np.concatenate([apart.min(axis=1), apart.min(axis=0)])
    assert mean == pytest.approx(nearest.mean())
    assert largest == pytest.approx(hausdorff_distance(outline(a_hw), outline(b_hw)))


@pytest.mark.parametrize("seed", range(8))
def test_kappas_equal_scikit_learn_and_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 60)
    people = [np.where(rng.random(60) < 0.3, rng.integers(0, 4, 60), truth).tolist() for _ in range(3)]
    assert cohens_kappa(people[0], people[1]) == pytest.approx(cohen_kappa_score(people[0], people[1]))
    ratings = list(zip(*people, strict=True))
    pairs = [one == other for row in ratings for i, one in enumerate(row) for other in row[:i]]
    flat = np.array(people).ravel()
    chance = sum((flat == one).mean() ** 2 for one in range(4))
    assert fleiss_kappa(ratings) == pytest.approx((np.mean(pairs) - chance) / (1 - chance))


def test_kappas_of_one_class_alone_are_one() -> None:
    assert cohens_kappa([2, 2], [2, 2]) == fleiss_kappa([[2, 2, 2]]) == cohens_kappa([], []) == fleiss_kappa([]) == 1

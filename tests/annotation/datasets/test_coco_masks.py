"""Our run lengths, row by row in a box, become COCO's, column by column in the whole image."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from annotation.datasets.coco import column_counts, compressed
from inference.rle import Rle, encode

SIDES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)


@given(hnp.arrays(np.bool_, SIDES).filter(lambda mask: mask.any()))
def test_pycocotools_decodes_what_we_encode(mask_hw: np.ndarray) -> None:
    height, width = mask_hw.shape
    found = coco_mask.decode(compressed(encode(mask_hw), height=height, width=width))
    assert np.array_equal(found.astype(bool), mask_hw)


@given(hnp.arrays(np.bool_, SIDES).filter(lambda mask: mask.any()))
def test_the_text_is_the_one_that_pycocotools_makes(mask_hw: np.ndarray) -> None:
    """Canonical: no empty runs, so that equal masks are equal texts."""
    height, width = mask_hw.shape
    expected = coco_mask.encode(np.asfortranarray(mask_hw.astype(np.uint8)))
    assert compressed(encode(mask_hw), height=height, width=width)["counts"] == expected["counts"].decode()


@given(st.integers(0, 50), st.integers(0, 90))
def test_a_small_box_in_a_wide_image_lies_where_it_was(top: int, left: int) -> None:
    mask_hw = np.zeros((60, 100), bool)
    mask_hw[top : top + 10, left : left + 7] = True
    mask_hw[top, left] = False
    found = coco_mask.decode(compressed(encode(mask_hw), height=60, width=100))
    assert np.array_equal(found.astype(bool), mask_hw)


def test_the_cost_is_that_of_the_box_not_of_the_image() -> None:
    """A frame of ten thousand million pixels would not fit."""
    counts = column_counts(Rle(70_000, 90_000, 2, 2, (0, 4)), height=100_000, width=100_000)
    assert counts.tolist() == [90_000 * 100_000 + 70_000, 2, 99_998, 2, 100_000**2 - 90_001 * 100_000 - 70_002]

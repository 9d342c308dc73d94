"""The generated images that other tests stand on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from inference.training.synthetic import fluorescence, tissue


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_seed_gives_one_image(dtype: type[np.integer]) -> None:
    first = fluorescence(3, height=90, width=140, cells=12, dtype=dtype)
    again = fluorescence(3, height=90, width=140, cells=12, dtype=dtype)
    other = fluorescence(4, height=90, width=140, cells=12, dtype=dtype)
    assert first[0].dtype == dtype
    assert first[0].shape == first[1].shape == (90, 140)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_labels_have_no_gaps_and_the_cells_asked_for() -> None:
    _, labels_hw = fluorescence(1, height=256, width=256, cells=30)
    assert labels_hw.dtype == np.int32
    assert np.array_equal(np.unique(labels_hw), np.arange(31))


def test_nuclei_are_brighter_than_the_ground_and_some_touch() -> None:
    image_hw, labels_hw = fluorescence(2, height=256, width=256, cells=40)
    assert image_hw[labels_hw > 0].mean() > 3 * image_hw[labels_hw == 0].mean()
    assert ndimage.label(labels_hw > 0)[1] < 40


def test_tissue_nuclei_are_darker_than_the_ground() -> None:
    image_hwc, labels_hw = tissue(2, height=120, width=160, cells=20)
    assert image_hwc.shape == (120, 160, 3)
    assert image_hwc[labels_hw > 0].mean() < image_hwc[labels_hw == 0].mean() - 30


@pytest.mark.parametrize("seed", range(12))
def test_crowded_images_of_any_seed_can_be_made(seed: int) -> None:
    _, labels_hw = fluorescence(seed, height=60, width=90, cells=60)
    assert 10 < labels_hw.max() <= 60


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8 or uint16"):
        fluorescence(0, height=8, width=8, cells=1, dtype=np.float32)


@pytest.mark.parametrize("seed", [5, 8])
def test_cells_that_lie_beside_the_image_are_left_out(seed: int) -> None:
    _, labels_hw = fluorescence(seed, height=512, width=640, cells=60)
    assert labels_hw.max() > 0

"""Tiles cover everything, and their results come together as one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.tiling import Blend, Tile, batches, taper, tile_starts, tiles


@given(length=st.integers(1, 3000), size=st.integers(16, 300), overlap=st.floats(0.05, 0.4))
def test_tiles_cover_the_axis_and_stay_inside(length: int, size: int, overlap: float) -> None:
    starts = tile_starts(length, size=size, overlap=overlap)
    assert starts[0] == 0
    assert starts[-1] == max(0, length - size)
    for one, next_one in pairwise(starts):
        assert one < next_one <= one + size


def test_batches_keep_order_and_lose_nothing() -> None:
    everything = tiles(300, 500, size=64, overlap=0.1)
    groups = list(batches(everything, 7))
    assert [tile for group in groups for tile in group] == everything
    assert {len(group) for group in groups[:-1]} == {7}


@given(height=st.integers(1, 90), width=st.integers(1, 120), margin=st.integers(0, 9))
def test_pieces_of_an_array_blend_into_the_array(height: int, width: int, margin: int) -> None:
    """Also where tiles stick out on all sides."""
    whole = np.random.default_rng(0).normal(size=(2, height, width)).astype(np.float32)
    padded = np.pad(whole, ((0, 0), (margin, margin + 32), (margin, margin + 32)))
    blend = Blend(channels=2, height=height, width=width, size=32)
    for tile in tiles(height + 2 * margin, width + 2 * margin, size=32, overlap=0.1):
        piece = padded[:, tile.top : tile.top + 32, tile.left : tile.left + 32]
        blend.add(Tile(tile.top - margin, tile.left - margin), piece)
    assert np.allclose(blend.result(), whole, atol=1e-5)


def test_a_tile_weighs_least_at_its_border() -> None:
    weights = taper(256)
    assert weights[128, 128] > 0.99
    assert weights[0, 128] < 0.1
    assert np.allclose(weights, weights.T)
    assert np.allclose(weights, weights[::-1, ::-1])

"""Pictures that look nearly the same, by perceptual hashes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NEAR = 4
"""Bits of 64 in which near-duplicates may differ."""
_AT_ONCE = 500


def near_pairs(looks: Sequence[int], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of all pairs of different kinds whose hashes (64 bits, signed) are near each other."""
    bits, names = np.array(looks, np.int64).view(np.uint64), np.array(kinds)
    found: list[tuple[int, int]] = []
    for start in range(0, len(bits), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        near = np.bitwise_count(bits[block, None] ^ bits[None]) <= NEAR
        near &= (names[block, None] != names[None]) & (np.arange(len(bits))[block, None] < np.arange(len(bits))[None])
        rows, cols = np.nonzero(near)
        found += zip((rows + start).tolist(), cols.tolist(), strict=True)
    return found

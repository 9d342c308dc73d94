"""Compiled loops, made ready before somebody waits for them."""

from __future__ import annotations

import numpy as np

from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams
from inference.dynamics import walk


def compile_kernels() -> None:
    """Let every loop that clicks and thresholds need run once, on almost nothing: the first time on a machine it is
    compiled (some seconds), later read from beside the source or from the user's cache folder."""
    zeros, ones = np.zeros((2, 8, 8), np.float32), np.ones((8, 8), np.float32)
    find_cells(FlowMaps(zeros, ones, 8, 8), AutoParams(diameter=4), Rules())
    walk(zeros, ones > 0, ones[0], ones[0])

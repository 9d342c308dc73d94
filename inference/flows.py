"""Flows between pixels and cells, after Cellpose (Stringer et al. 2021, Nature Methods 18:100).

A flow field is float32 (2, row, column): for each pixel of a cell the unit step, in rows and columns, towards the
middle of its cell. Targets come from heat that is fed in at each cell's centre and diffuses inside the cell;
cells are found again by letting every pixel walk along the field and gathering those which meet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.dynamics import walk

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]

_NEIGHBOURS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def _own_neighbours(labels_hw: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat positions of the cells' pixels, and (9, pixels) which of these are the neighbours in the same cell;
    a neighbour outside of it is the number of pixels, one past the end."""
    padded = np.pad(labels_hw, 1)
    flat = padded.ravel()
    places = np.flatnonzero(flat)
    compact = np.full(flat.size, places.size, np.int64)
    compact[places] = np.arange(places.size)
    table = np.empty((len(_NEIGHBOURS), places.size), np.int64)
    for index, (row, col) in enumerate(_NEIGHBOURS):
        there = places + row * padded.shape[1] + col
        table[index] = np.where(flat[there] == flat[places], compact[there], places.size)
    return places, table


def _centres(labels_hw: Labels) -> NDArray[np.int64]:
    """For each cell the index, among the cells' pixels in reading order, of the pixel nearest to its mean."""
    rows, cols = np.nonzero(labels_hw)
    _, cell = np.unique(labels_hw[rows, cols], return_inverse=True)
    count = np.bincount(cell)
    mean_row = np.bincount(cell, rows) / count
    mean_col = np.bincount(cell, cols) / count
    distance = (rows - mean_row[cell]) ** 2 + (cols - mean_col[cell]) ** 2
    order = np.lexsort((distance, cell))
    return order[np.concatenate(([0], np.cumsum(count)[:-1]))]


def _longest(labels_hw: Labels) -> int:
    """Largest height plus width of a cell, in pixels."""
    found = [where for where in ndimage.find_objects(labels_hw) if where is not None]
    return max((sum(side.stop - side.start for side in where) for where in found), default=0)


def flow_targets(labels_hw: Labels) -> Floats:
    """Unit flows (2, row, column) of an instance image (0 = background); 0 outside of cells."""
    flow = np.zeros((2, *labels_hw.shape), np.float32)
    if not labels_hw.any():
        return flow
    _, table = _own_neighbours(labels_hw)
    heat = np.zeros(table.shape[1] + 1)
    centres = _centres(labels_hw)
    for _ in range(2 * _longest(labels_hw)):
        heat[centres] += 1
        heat[:-1] = heat[table].sum(axis=0) / len(_NEIGHBOURS)
    heat = np.log1p(heat)
    steps = np.stack([heat[table[2]] - heat[table[1]], heat[table[4]] - heat[table[3]]])
    length = np.hypot(steps[0], steps[1])
    flow[:, labels_hw > 0] = steps / np.maximum(length, 1e-60)
    return flow


def labels_at(labels_hw: Labels, flow: Floats, rows_hw: Floats, cols_hw: Floats) -> Labels:
    """Labels of places between the pixels (in pixels of ``labels_hw``, the first pixel's centre at 0): where a
    short walk along the flow leads, so that borders are smooth where the places lie closer than the pixels."""
    rows_hw, cols_hw = (np.ascontiguousarray(axis_hw, np.float32) for axis_hw in (rows_hw, cols_hw))
    rows, cols = walk(flow, None, rows_hw.ravel(), cols_hw.ravel(), steps=3)
    return labels_hw[np.rint(rows).astype(np.intp), np.rint(cols).astype(np.intp)].reshape(rows_hw.shape)


def flow_errors(labels_hw: Labels, flow: Floats) -> NDArray[np.float64]:
    """For each label 0…max the mean squared difference between the flow that its shape would have and ``flow``;
    0 for the background."""
    apart_hw = ((flow_targets(labels_hw) - flow) ** 2).sum(axis=0) / 2
    count = np.bincount(labels_hw.ravel())
    total = np.bincount(labels_hw.ravel(), apart_hw.ravel())
    errors: NDArray[np.float64] = total / np.maximum(count, 1)
    errors[0] = 0
    return errors


def drop_doubtful(labels_hw: Labels, flow: Floats, *, flow_error: float) -> tuple[Labels, NDArray[np.float64]]:
    """Labels without the cells whose flow error exceeds ``flow_error`` (0: none is dropped), and all errors."""
    errors = flow_errors(labels_hw, flow)
    keep = errors <= flow_error if flow_error > 0 else np.ones(errors.size, bool)
    return np.where(keep[labels_hw], labels_hw, 0).astype(np.int32), errors

"""Flows between pixels and cells, after Cellpose (Stringer et al. 2021, Nature Methods 18:100).

A flow field is float32 (2, row, column): for each pixel of a cell the unit step, in rows and columns, towards the
middle of its cell. Targets come from heat that is fed in at each cell's centre and diffuses inside the cell;
cells are found again by letting every pixel walk along the field and gathering those which meet.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]

_NEIGHBOURS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
_WALK_STEPS = 8
_DOUBLINGS = 5
_SEED_PIXELS = 10


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


def _walk(flow: Floats, rows_hw: Floats, cols_hw: Floats, steps: int) -> tuple[Floats, Floats]:
    """Positions after ``steps`` unit steps along the flow, read between pixels linearly."""
    planes = [np.ascontiguousarray(plane, np.float32) for plane in flow]
    rows_hw, cols_hw = np.ascontiguousarray(rows_hw), np.ascontiguousarray(cols_hw)
    height, width = flow.shape[1:]
    for _ in range(steps):
        down, right = (cv2.remap(p, cols_hw, rows_hw, cv2.INTER_LINEAR) for p in planes)
        rows_hw = np.clip(rows_hw + down, 0, height - 1)
        cols_hw = np.clip(cols_hw + right, 0, width - 1)
    return rows_hw, cols_hw


def _nearest(rows_hw: Floats, cols_hw: Floats, width: int) -> NDArray[np.int64]:
    """Flat index of the pixel nearest to each position."""
    return np.rint(rows_hw).astype(np.int64) * width + np.rint(cols_hw).astype(np.int64)


def _sinks(flow: Floats, inside_hw: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat index of the pixel at which each pixel arrives. A few true steps first; their ends are then chained
    by doubling, which walks hundreds of steps for the price of a handful."""
    height, width = inside_hw.shape
    rows_hw = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    cols_hw = np.broadcast_to(np.arange(width, dtype=np.float32)[None], (height, width))
    rows_hw, cols_hw = _walk(flow * inside_hw, rows_hw, cols_hw, _WALK_STEPS)
    end: NDArray[np.int64] = _nearest(rows_hw, cols_hw, width).ravel()
    for _ in range(_DOUBLINGS):
        end = end[end]
    return end


def _gather(meeting_hw: NDArray[np.int64]) -> Labels:
    """Cells from the number of pixels that meet at each place: peaks, grown over their own foot."""
    peak_hw = ndimage.maximum_filter(meeting_hw, size=5)
    seeds_hw = (meeting_hw == peak_hw) & (meeting_hw >= _SEED_PIXELS)
    labels_hw: Labels = ndimage.label(seeds_hw, np.ones((3, 3)))[0].astype(np.int32)
    foot_hw = meeting_hw > 2
    for _ in range(5):
        grown_hw = ndimage.maximum_filter(labels_hw, size=3)
        labels_hw = np.where((labels_hw == 0) & foot_hw, grown_hw, labels_hw)
    return labels_hw


def follow_flows(flow: Floats, inside_hw: NDArray[np.bool_]) -> Labels:
    """Instance labels of the pixels in ``inside_hw``: those that walk to one place are one cell. Numbers are
    distinct, not without gaps; a pixel that meets too few others stays 0."""
    if not inside_hw.any():
        return np.zeros(inside_hw.shape, np.int32)
    end = _sinks(flow, inside_hw)
    meeting = np.bincount(end[inside_hw.ravel()], minlength=end.size).reshape(inside_hw.shape)
    labels_hw = _gather(meeting).ravel()[end].reshape(inside_hw.shape)
    return np.where(inside_hw, labels_hw, 0).astype(np.int32)


def labels_at(labels_hw: Labels, flow: Floats, rows_hw: Floats, cols_hw: Floats) -> Labels:
    """Labels of places between the pixels (in pixels of ``labels_hw``, the first pixel's centre at 0): where a
    short walk along the flow leads, so that borders are smooth where the places lie closer than the pixels."""
    rows_hw, cols_hw = _walk(flow, rows_hw, cols_hw, 3)
    return labels_hw.ravel()[_nearest(rows_hw, cols_hw, labels_hw.shape[1])]


def flow_errors(labels_hw: Labels, flow: Floats) -> NDArray[np.float64]:
    """For each label 0…max the mean squared difference between the flow that its shape would have and ``flow``;
    0 for the background."""
    apart_hw = ((flow_targets(labels_hw) - flow) ** 2).sum(axis=0) / 2
    count = np.bincount(labels_hw.ravel())
    total = np.bincount(labels_hw.ravel(), apart_hw.ravel())
    errors: NDArray[np.float64] = total / np.maximum(count, 1)
    errors[0] = 0
    return errors


def tidy(labels_hw: Labels, *, min_area: float) -> Labels:
    """The largest part of each cell, holes filled, cells under ``min_area`` pixels dropped, numbers 1…n."""
    tidy_hw = np.zeros_like(labels_hw)
    count = 0
    for label, where in enumerate(ndimage.find_objects(labels_hw), start=1):
        if where is None:
            continue
        parts_hw, number = ndimage.label(labels_hw[where] == label)
        if number > 1:
            parts_hw = parts_hw == 1 + np.argmax(np.bincount(parts_hw.ravel())[1:])
        mask_hw = ndimage.binary_fill_holes(parts_hw)
        free_hw = mask_hw & ((labels_hw[where] == 0) | (labels_hw[where] == label))
        if free_hw.sum() < max(min_area, 1):
            continue
        count += 1
        tidy_hw[where][free_hw] = count
    return tidy_hw


def drop_doubtful(labels_hw: Labels, flow: Floats, *, flow_error: float) -> tuple[Labels, NDArray[np.float64]]:
    """Labels without the cells whose flow error exceeds ``flow_error`` (0: none is dropped), and all errors."""
    errors = flow_errors(labels_hw, flow)
    keep = errors <= flow_error if flow_error > 0 else np.ones(errors.size, bool)
    return np.where(keep[labels_hw], labels_hw, 0).astype(np.int32), errors


def basin(
    flow: Floats, cell_hw: NDArray[np.floating], point: tuple[int, int], *, threshold: float = 0.0
) -> NDArray[np.bool_]:
    """The pixels that flow to where the pixel ``point`` (row, column) flows. ``cell_hw`` is the cell logit; where the
    point's own is under ``threshold``, the threshold gives way to it."""
    inside_hw = cell_hw > min(threshold, float(cell_hw[point]) - 0.5)
    labels_hw = follow_flows(flow, inside_hw)
    label = labels_hw[point]
    return (labels_hw == label) if label else np.zeros(labels_hw.shape, bool)

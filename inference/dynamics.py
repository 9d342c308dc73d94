"""Pixels walk along a flow field, and those that meet are one cell: Cellpose's dynamics (Stringer et al. 2021, Nature
Methods 18:100; ``cellpose.dynamics`` 4.2), compiled.

A pixel that has arrived stops, so that a walk of 200 steps costs about 20; the places reached are the same to 1e-3
pixels. Kernels release the interpreter's lock and start no threads of their own: safe in forked and threaded workers.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]

STEPS = 200
_STILL = np.float32(1e-4)
_SEED_PIXELS = 10
_FOOT_PIXELS = 2
_PEAK = 2
_GROW = 5


@njit(nogil=True, cache=True)
def _walk(field: Floats, rows: Floats, cols: Floats, steps: int, still: np.float32) -> None:
    """Move places (n,) in place: ``field`` (row + 1, column + 1, 2), read linearly, its last row and column repeated.
    A walk ends when it stands still or goes to and fro between two places."""
    last_row, last_col = np.float32(field.shape[0] - 2), np.float32(field.shape[1] - 2)
    zero, one = np.float32(0), np.float32(1)
    for index in range(rows.size):
        row, col = rows[index], cols[index]
        before_row, before_col = np.float32(-9), np.float32(-9)
        for step in range(1, steps + 1):
            top, left = int(row), int(col)
            low, right = row - np.float32(top), col - np.float32(left)
            high, near = one - low, one - right
            a, b, c, d = high * near, high * right, low * near, low * right
            down = a * field[top, left, 0] + b * field[top, left + 1, 0]
            down += c * field[top + 1, left, 0] + d * field[top + 1, left + 1, 0]
            across = a * field[top, left, 1] + b * field[top, left + 1, 1]
            across += c * field[top + 1, left, 1] + d * field[top + 1, left + 1, 1]
            new_row, new_col = min(max(row + down, zero), last_row), min(max(col + across, zero), last_col)
            if abs(new_row - row) + abs(new_col - col) < still:
                break
            if abs(new_row - before_row) + abs(new_col - before_col) < still:
                if (steps - step) % 2 == 0:
                    row, col = new_row, new_col
                break
            before_row, before_col = row, col
            row, col = new_row, new_col
        rows[index], cols[index] = row, col


@njit(nogil=True, cache=True)
def _seeds(meeting_hw: Labels, least: int, reach: int) -> NDArray[np.int64]:
    """Flat places where more than ``least`` pixels meet, and none more within ``reach``; most crowded last."""
    height, width = meeting_hw.shape
    found = []
    for row in range(height):
        for col in range(width):
            here = meeting_hw[row, col]
            if here <= least:
                continue
            highest = True
            for r in range(max(row - reach, 0), min(row + reach + 1, height)):
                for c in range(max(col - reach, 0), min(col + reach + 1, width)):
                    highest = highest and meeting_hw[r, c] <= here
            if highest:
                found.append(row * width + col)
    places = np.array(found, dtype=np.int64) if len(found) else np.empty(0, np.int64)
    count = np.empty(places.size, np.int64)
    for index in range(places.size):
        count[index] = meeting_hw[places[index] // width, places[index] % width]
    return places[np.argsort(count, kind="mergesort")]


@njit(nogil=True, cache=True)
def _joined(rows: Floats, cols: Floats, apart: float) -> NDArray[np.int64]:
    """For each seed (most crowded last) the most crowded one that it joins: one closer than ``apart`` that joins
    none itself, or itself."""
    order = np.argsort(rows)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    head = np.full(rows.size, -1, np.int64)
    for seed in range(rows.size - 1, -1, -1):
        if head[seed] >= 0:
            continue
        head[seed] = seed
        for way in (-1, 1):
            at = rank[seed] + way
            while 0 <= at < order.size and abs(rows[order[at]] - rows[seed]) < apart:
                other = order[at]
                away = (rows[other] - rows[seed]) ** 2 + (cols[other] - cols[seed]) ** 2
                if head[other] < 0 and away < apart * apart:
                    head[other] = seed
                at += way
    return head


@njit(nogil=True, cache=True)
def _grown(meeting_hw: Labels, seeds: NDArray[np.int64], head: NDArray[np.int64], foot: int, rounds: int) -> Labels:
    """Labels of the seeds, each grown ``rounds`` times to its eight neighbours where more than ``foot`` pixels meet;
    a contested place goes to the more crowded seed."""
    height, width = meeting_hw.shape
    labels_hw = np.zeros((height, width), np.int32)
    side = 2 * rounds + 1
    for index in range(seeds.size):
        top, left = seeds[index] // width - rounds, seeds[index] % width - rounds
        own = np.zeros((side, side), np.bool_)
        own[rounds, rounds] = True
        for reach in range(1, rounds + 1):
            before = own.copy()
            for r in range(rounds - reach, rounds + reach + 1):
                for c in range(rounds - reach, rounds + reach + 1):
                    row, col = top + r, left + c
                    if row < 0 or col < 0 or row >= height or col >= width or meeting_hw[row, col] <= foot:
                        continue
                    own[r, c] = before[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2].any()
        for r in range(side):
            for c in range(side):
                if own[r, c]:
                    labels_hw[top + r, left + c] = head[index] + 1
    return labels_hw


def walk(
    flow: Floats, inside_hw: Mask | None, rows: Floats, cols: Floats, *, steps: int = STEPS
) -> tuple[Floats, Floats]:
    """Where places (n,) arrive after ``steps`` steps along ``flow`` (2, row, column), which counts as 0 outside of
    ``inside_hw``. Places are in pixels, the first pixel's centre at 0."""
    height, width = flow.shape[1:]
    field = np.zeros((height + 1, width + 1, 2), np.float32)
    for axis in (0, 1):
        np.multiply(flow[axis], True if inside_hw is None else inside_hw, out=field[:height, :width, axis])
    rows, cols = rows.astype(np.float32), cols.astype(np.float32)
    _walk(field, rows, cols, steps, _STILL)
    return rows, cols


def follow_flows(flow: Floats, inside_hw: Mask, *, apart: float = 0.0, steps: int = STEPS) -> Labels:
    """Instance labels of the pixels in ``inside_hw``: those that walk to one place are one cell. Numbers are
    distinct, not without gaps; a pixel that meets too few others stays 0.

    ``apart`` (pixels): of places closer than that, all join the most crowded one. It is what a diameter means for a
    kept field, half of it being the distance at which the middles of two cells are told apart at least."""
    starts = np.flatnonzero(inside_hw)
    labels_hw = np.zeros(inside_hw.shape, np.int32)
    if starts.size == 0:
        return labels_hw
    width = inside_hw.shape[1]
    rows, cols = walk(flow, inside_hw, *(axis.astype(np.float32) for axis in np.divmod(starts, width)), steps=steps)
    ends = np.rint(rows).astype(np.int64) * width + np.rint(cols).astype(np.int64)
    meeting_hw = np.bincount(ends, minlength=inside_hw.size).astype(np.int32).reshape(inside_hw.shape)
    seeds = _seeds(meeting_hw, _SEED_PIXELS, _PEAK)
    head = np.arange(seeds.size)
    if apart > 0:
        seed_rows, seed_cols = np.divmod(seeds, width)
        head = _joined(seed_rows.astype(np.float32), seed_cols.astype(np.float32), float(apart))
    grown_hw = _grown(meeting_hw, seeds, head, _FOOT_PIXELS, _GROW)
    labels_hw.ravel()[starts] = grown_hw.ravel()[ends]
    return labels_hw

"""Pixels walk along a flow field, and those that meet are one cell: Cellpose's dynamics (Stringer et al. 2021, Nature
Methods 18:100; ``cellpose.dynamics`` 4.2), compiled.

A pixel that has arrived stops, so that a walk of 200 steps costs about ten. Kernels release the interpreter's lock and
start no threads of their own: safe in forked and threaded workers.
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


@njit(nogil=True, cache=True, inline="always")
def _next(field: Floats, row: np.float32, col: np.float32) -> tuple[np.float32, np.float32]:
    """One step along ``field`` (row + 1, column + 1, 2), read linearly, its last row and column being of no account."""
    top, left = int(row), int(col)
    low, right = row - np.float32(top), col - np.float32(left)
    high, near = np.float32(1) - low, np.float32(1) - right
    a, b, c, d = high * near, high * right, low * near, low * right
    down = a * field[top, left, 0] + b * field[top, left + 1, 0]
    down += c * field[top + 1, left, 0] + d * field[top + 1, left + 1, 0]
    across = a * field[top, left, 1] + b * field[top, left + 1, 1]
    across += c * field[top + 1, left, 1] + d * field[top + 1, left + 1, 1]
    last_row, last_col = np.float32(field.shape[0] - 2), np.float32(field.shape[1] - 2)
    zero = np.float32(0)
    return min(max(row + down, zero), last_row), min(max(col + across, zero), last_col)


@njit(nogil=True, cache=True)
def _walk(field: Floats, rows: Floats, cols: Floats, steps: int) -> None:
    """Move places (n,) in place."""
    for index in range(rows.size):
        row, col = rows[index], cols[index]
        for _ in range(steps):
            row, col = _next(field, row, col)
        rows[index], cols[index] = row, col


@njit(nogil=True, cache=True)
def _catch(around: NDArray[np.int64], end: np.int64) -> None:
    """Let those that come into these pixels, as far as nobody else's, arrive at ``end``."""
    for row in range(around.shape[0]):
        for col in range(around.shape[1]):
            if around[row, col] < 0:
                around[row, col] = end


@njit(nogil=True, cache=True)
def _arrivals(
    field: Floats, starts: NDArray[np.int64], steps: int, still: np.float32, seed: int
) -> tuple[NDArray[np.int64], Labels]:
    """The pixel at which each pixel of ``starts`` arrives (flat, of row × column), and how many arrive at each. A walk
    ends when it stands still or goes to and fro between two places, or one pixel off a place where more than ``seed``
    have arrived: such a place is the middle of a cell, and the last pixel is what takes longest."""
    height, width = field.shape[0] - 1, field.shape[1] - 1
    meeting_hw = np.zeros((height, width), np.int32)
    middle = np.full((height + 2, width + 2), -1, np.int64)
    ends = np.empty(starts.size, np.int64)
    for index in range(starts.size):
        row, col = np.float32(starts[index] // width), np.float32(starts[index] % width)
        old_row, old_col = np.float32(-9), np.float32(-9)
        end = np.int64(-1)
        for step in range(1, steps + 1):
            new_row, new_col = _next(field, row, col)
            end = middle[int(new_row + np.float32(1.5)), int(new_col + np.float32(1.5))]
            if end >= 0 or abs(new_row - row) + abs(new_col - col) < still:
                break
            if abs(new_row - old_row) + abs(new_col - old_col) < still:
                if (steps - step) % 2 == 0:
                    row, col = new_row, new_col
                break
            old_row, old_col = row, col
            row, col = new_row, new_col
        if end < 0:
            end = int(row + np.float32(0.5)) * width + int(col + np.float32(0.5))
        ends[index] = end
        at_row, at_col = end // width, end % width
        meeting_hw[at_row, at_col] += 1
        if meeting_hw[at_row, at_col] == seed + 1:
            _catch(middle[at_row : at_row + 3, at_col : at_col + 3], end)
    return ends, meeting_hw


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


def _field(flow: Floats, inside_hw: Mask | None) -> Floats:
    """The flow as the kernels read it."""
    height, width = flow.shape[1:]
    field = np.zeros((height + 1, width + 1, 2), np.float32)
    for axis in (0, 1):
        np.multiply(flow[axis], True if inside_hw is None else inside_hw, out=field[:height, :width, axis])
    return field


def walk(
    flow: Floats, inside_hw: Mask | None, rows: Floats, cols: Floats, *, steps: int = STEPS
) -> tuple[Floats, Floats]:
    """Where places (n,) arrive after ``steps`` steps along ``flow`` (2, row, column), which counts as 0 outside of
    ``inside_hw``. Places are in pixels, the first pixel's centre at 0."""
    rows, cols = rows.astype(np.float32), cols.astype(np.float32)
    _walk(_field(flow, inside_hw), rows, cols, steps)
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
    ends, meeting_hw = _arrivals(_field(flow, inside_hw), starts, steps, _STILL, _SEED_PIXELS)
    seeds = _seeds(meeting_hw, _SEED_PIXELS, _PEAK)
    head = np.arange(seeds.size)
    if apart > 0:
        seed_rows, seed_cols = np.divmod(seeds, width)
        head = _joined(seed_rows.astype(np.float32), seed_cols.astype(np.float32), float(apart))
    grown_hw = _grown(meeting_hw, seeds, head, _FOOT_PIXELS, _GROW)
    labels_hw.ravel()[starts] = grown_hw.ravel()[ends]
    return labels_hw

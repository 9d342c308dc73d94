"""What a negative click takes from a basin that a positive one wants."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.dynamics import walk
from inference.field_prompts import Mask, Places
from inference.flows import Floats

_TWO_MIDDLES = 3.0
_CLEARLY = 0.5
_LEAST_LEFT = 0.4
_PARTING = 0.3
_NO_PARTING = 0.6


def parts_at(mask_hw: Mask, places: Places) -> Mask:
    """The parts of a mask (edge neighbours) that hold one of the places."""
    _, parts_hw = cv2.connectedComponents(mask_hw.view(np.uint8), connectivity=4)
    held = np.unique(parts_hw[places[:, 0], places[:, 1]])
    found: Mask = np.isin(parts_hw, held[held > 0])
    return found


def split(mask_hw: Mask, flow: Floats, cell_hw: Floats, *, wanted: Places, unwanted: Places) -> Mask:
    """The part of one basin's mask that belongs to the ``wanted`` places and not to the ``unwanted`` one (1, 2): the
    pixels that flow to where the wanted ones flow, if these are two places; or else those of a higher cell logit, if
    that tells the two apart; or else those on this side of where the flow parts on the line between them."""
    found_hw = _by_middle(mask_hw, flow, wanted, unwanted)
    if found_hw is None:
        found_hw = _by_logit(mask_hw, cell_hw, wanted, unwanted)
    return _by_line(mask_hw, flow, wanted, unwanted) if found_hw is None else found_hw


def _by_middle(mask_hw: Mask, flow: Floats, wanted: Places, unwanted: Places) -> Mask | None:
    """Basins of one label may have two middles that are near each other."""
    pixels = np.argwhere(mask_hw)
    starts = np.concatenate([pixels, wanted, unwanted]).astype(np.float32)
    ends = np.column_stack(walk(flow, mask_hw, starts[:, 0], starts[:, 1]))
    ends, kept, other = ends[: len(pixels)], ends[len(pixels) : -1], ends[-1:]
    if _nearest(kept, other).min() < _TWO_MIDDLES:
        return None
    found_hw = mask_hw.copy()
    found_hw[mask_hw] = _nearest(ends, kept) < _nearest(ends, other)
    return found_hw


def _nearest(places: NDArray[np.generic], others: NDArray[np.generic]) -> NDArray[np.float64]:
    """Distance of each place to the nearest of the others."""
    rows, cols = places.T.astype(np.float64)
    nearest = np.full(len(places), np.inf)
    for row, col in others.tolist():
        nearest = np.minimum(nearest, np.hypot(rows - row, cols - col))
    return nearest


def _by_logit(mask_hw: Mask, cell_hw: Floats, wanted: Places, unwanted: Places) -> Mask | None:
    """A higher threshold leaves the rim out."""
    limit = float(cell_hw[tuple(unwanted[0])])
    if limit > float(cell_hw[wanted[:, 0], wanted[:, 1]].min()) - _CLEARLY:
        return None
    found_hw = parts_at(mask_hw & (cell_hw > limit), wanted)
    return found_hw if found_hw.sum() >= _LEAST_LEFT * mask_hw.sum() else None


def _by_line(mask_hw: Mask, flow: Floats, wanted: Places, unwanted: Places) -> Mask:
    """This side of the place, on the line from the nearest wanted to the unwanted place, where the flow parts."""
    away = np.hypot(*(wanted - unwanted).T)
    near = wanted[np.argmin(away)].astype(float)
    share = _parting(flow, near, unwanted[0].astype(float))
    pixels = np.argwhere(mask_hw)
    found_hw = mask_hw.copy()
    found_hw[mask_hw] = share * _nearest(pixels, unwanted) > (1 - share) * _nearest(pixels, wanted)
    return found_hw


def _parting(flow: Floats, start: NDArray[np.float64], stop: NDArray[np.float64]) -> float:
    """How far along a line the flow turns most from backwards to forwards, 0 to 1."""
    length = float(np.hypot(*(stop - start)))
    at = np.linspace(0, 1, max(int(length) + 1, 5))
    rows, cols = np.rint(start + at[:, None] * (stop - start)).astype(int).T
    forward = flow[:, rows, cols].T @ ((stop - start) / max(length, 1e-6))
    turn = forward[2:] - forward[:-2]
    best = int(np.argmax(turn))
    return float(np.clip(at[best + 1], 0.2, 0.8)) if turn[best] > _PARTING else _NO_PARTING

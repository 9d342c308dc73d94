"""Cells from prompts, read off a kept flow field: a prompt means the basins under it, that is, the pixels that flow to
one place.

Basins (labels of the whole field, follow_flows at BASIN_LOGIT) are found once an image; a prompt only looks at a window
around itself. A positive click means the basin under it, further ones join theirs; a scribble the basins under it; a
box all basins that lie in it for the most part, as one mask (``cells_in_box`` gives them one by one); a mask the basins
that it covers for the most part. Negative clicks and scribbles take basins away, and cut one that is wanted too
(inference.cuts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from inference.cells import FlowMaps
from inference.contracts import Box, MaskResult, Prompts
from inference.cuts import parts_at, split
from inference.dynamics import follow_flows
from inference.field_prompts import FieldPrompts, Mask, Places, Region, field_prompts
from inference.flows import Floats, Labels
from inference.labels import fill_holes
from inference.rle import EMPTY, Rle, decode, encode

BASIN_LOGIT = -1.0
"""Basins reach as far down as this, so that faint cells have one, too."""
FAINTEST = -4.0
"""Where the cell logit is under this there is no cell to click on."""
CANDIDATE_LOGITS = (0.0, BASIN_LOGIT, 1.5)
"""Thresholds of the candidates; the first is the one that finds all cells, too."""
_MOSTLY = 0.5
_STROKE_SHARE = 0.1
_SAME = 0.97
_REACH = 128
_FAINT_REACH = 48


@dataclass(frozen=True, slots=True)
class _View:
    """A window of the field; ``wanted`` are the labels that are meant."""

    region: Region
    labels_hw: Labels
    cell_hw: Floats
    flow: Floats
    wanted: tuple[int, ...]


def predict_basin(maps: FlowMaps, basins_hw: Labels, prompts: Prompts) -> list[MaskResult]:
    """Up to three masks, best first: at the usual threshold, a wider and a tighter one where they differ. Empty where
    the prompt means no cell. ``prompts`` are checked before (engines.prompts)."""
    asked = field_prompts(maps, prompts)
    view = _look(maps, basins_hw, asked)
    planes = [_meant(view, asked, threshold) for threshold in CANDIDATE_LOGITS]
    first_hw = next((plane_hw for plane_hw in planes if plane_hw.any()), None)
    if first_hw is None:
        return []
    chance = float(_chance(view.cell_hw[first_hw]).mean())
    results: list[MaskResult] = []
    for plane_hw, likeness in _different(planes):
        mask = _without(_to_image(plane_hw, maps, view.region), prompts)
        if mask.area:
            results.append(MaskResult(mask, chance * likeness))
    return sorted(results, key=lambda result: -result.score)


def cells_in_box(maps: FlowMaps, basins_hw: Labels, box: Box) -> list[MaskResult]:
    """The cells of which most lies in the box, one by one, by label; each with its mean probability."""
    asked = field_prompts(maps, Prompts(box=box))
    view = _look(maps, basins_hw, asked)
    results = []
    for label in _labels_in_box(view.labels_hw, view.cell_hw, view.region, asked.box):
        plane_hw = _meant(replace(view, wanted=(label,)), asked, CANDIDATE_LOGITS[0])
        mask = _to_image(plane_hw, maps, view.region)
        if mask.area:
            results.append(MaskResult(mask, float(_chance(view.cell_hw[plane_hw]).mean())))
    return results


def _chance(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float32)


def _look(maps: FlowMaps, basins_hw: Labels, asked: FieldPrompts) -> _View:
    """The window that holds all that is meant."""
    extent, reach = asked.extent, _REACH
    height, width = maps.cell_hw.shape
    while True:
        region = extent.grown(reach, maps)
        labels_hw, cell_hw = basins_hw[region.slices], maps.cell_hw[region.slices].astype(np.float32)
        wanted = _wanted(labels_hw, cell_hw, region, asked)
        whole = region == Region(0, 0, height, width)
        if whole or not set(wanted) & _on_edge(labels_hw, region, height, width):
            break
        reach *= 2
    flow = maps.flow[(slice(None), *region.slices)].astype(np.float32)
    view = _View(region, labels_hw, cell_hw, flow, wanted)
    return _cropped(_with_faint(view, region.local(asked.clicks)), maps, asked)


def _cropped(view: _View, maps: FlowMaps, asked: FieldPrompts) -> _View:
    """As much of the window as the prompt and all that it means fill, and a pixel around."""
    rows, cols = (np.flatnonzero(_among(view.labels_hw, view.wanted).any(axis=axis)) for axis in (1, 0))
    near, whole = asked.extent, view.region
    if rows.size:
        near = Region(
            min(near.top, whole.top + int(rows[0])), min(near.left, whole.left + int(cols[0])),
            max(near.bottom, whole.top + int(rows[-1]) + 1), max(near.right, whole.left + int(cols[-1]) + 1),
        )  # fmt: skip
    region = near.grown(1, maps)
    rows_of = slice(region.top - whole.top, region.bottom - whole.top)
    cols_of = slice(region.left - whole.left, region.right - whole.left)
    flow = np.ascontiguousarray(view.flow[:, rows_of, cols_of])
    return _View(region, view.labels_hw[rows_of, cols_of], view.cell_hw[rows_of, cols_of], flow, view.wanted)


def _among(labels_hw: Labels, wanted: Sequence[int]) -> Mask:
    """Pixels of the labels."""
    if len(wanted) == 1:
        return np.asarray(labels_hw == wanted[0])
    return np.isin(labels_hw, wanted)


def _on_edge(labels_hw: Labels, region: Region, height: int, width: int) -> set[int]:
    """Labels at those edges of the window that are not edges of the field."""
    sides = [
        (region.top > 0, labels_hw[0]), (region.bottom < height, labels_hw[-1]),
        (region.left > 0, labels_hw[:, 0]), (region.right < width, labels_hw[:, -1]),
    ]  # fmt: skip
    return {int(label) for inner, side in sides if inner for label in np.unique(side)}


def _wanted(labels_hw: Labels, cell_hw: Floats, region: Region, asked: FieldPrompts) -> tuple[int, ...]:
    """Labels that the positive prompts mean, ascending."""
    clicks = region.local(asked.clicks)
    labels = set(labels_hw[clicks[:, 0], clicks[:, 1]].tolist())
    for stroke in asked.strokes:
        rows, cols = region.local(stroke).T
        found, count = np.unique(labels_hw[rows, cols], return_counts=True)
        labels |= set(found[count >= _STROKE_SHARE * len(stroke)].tolist())
    labels |= set(_labels_in_box(labels_hw, cell_hw, region, asked.box))
    labels |= set(_labels_in_mask(labels_hw, cell_hw, region, asked))
    return tuple(sorted(labels - {0}))


def _labels_in_box(labels_hw: Labels, cell_hw: Floats, region: Region, box: Region | None) -> list[int]:
    """Labels of which most lies in the box; or else, the one that fits it best."""
    if box is None:
        return []
    inside_hw = np.zeros(labels_hw.shape, bool)
    inside_hw[box.top - region.top : box.bottom - region.top, box.left - region.left : box.right - region.left] = True
    return _covered(labels_hw, cell_hw, inside_hw)


def _labels_in_mask(labels_hw: Labels, cell_hw: Floats, region: Region, asked: FieldPrompts) -> list[int]:
    if asked.mask_hw is None or asked.mask_region is None:
        return []
    inside_hw = np.zeros(labels_hw.shape, bool)
    rows, cols = asked.mask_region.slices
    inside_hw[rows.start - region.top : rows.stop - region.top, cols.start - region.left : cols.stop - region.left] = (
        asked.mask_hw
    )
    return _covered(labels_hw, cell_hw, inside_hw)


def _covered(labels_hw: Labels, cell_hw: Floats, inside_hw: Mask) -> list[int]:
    """Labels of which most is inside; where there is none, the one with the best IoU."""
    sure_hw = np.where(cell_hw > CANDIDATE_LOGITS[0], labels_hw, 0)
    found, inverse = np.unique(sure_hw, return_inverse=True)
    area = np.bincount(inverse.ravel())
    inner = np.bincount(inverse.ravel()[inside_hw.ravel()], minlength=found.size)
    cells = found > 0
    mostly = cells & (inner > _MOSTLY * area)
    if mostly.any():
        return [int(label) for label in found[mostly]]
    fit = np.where(cells, inner / (area + np.count_nonzero(inside_hw) - inner), 0)
    best = int(np.argmax(fit))
    return [int(found[best])] if fit[best] > 0 else []


def _with_faint(view: _View, clicks: Places) -> _View:
    """A click where the cell logit is too low for a basin finds one at a lower threshold, among what has none."""
    labels_hw = view.labels_hw
    wanted = set(view.wanted)
    for row, col in clicks.tolist():
        logit = float(view.cell_hw[row, col])
        if labels_hw[row, col] or logit < FAINTEST:
            continue
        rows, cols = (slice(max(at - _FAINT_REACH, 0), at + _FAINT_REACH) for at in (row, col))
        free_hw = (labels_hw[rows, cols] == 0) & (view.cell_hw[rows, cols] > logit - 0.5)
        found_hw = follow_flows(np.ascontiguousarray(view.flow[:, rows, cols]), free_hw)
        label = found_hw[row - rows.start, col - cols.start]
        if label:
            labels_hw = labels_hw.copy()
            fresh = int(labels_hw.max()) + 1
            labels_hw[rows, cols][found_hw == label] = fresh
            wanted.add(fresh)
    return replace(view, labels_hw=labels_hw, wanted=tuple(sorted(wanted)))


def _meant(view: _View, asked: FieldPrompts, threshold: float) -> Mask:
    """The mask at a threshold on the cell logit, which gives way to positive places."""
    for row, col in view.region.local(asked.clicks).tolist():
        if view.labels_hw[row, col] in view.wanted:
            threshold = min(threshold, float(view.cell_hw[row, col]) - 0.5)
    mask_hw: Mask = fill_holes(_among(view.labels_hw, view.wanted) & (view.cell_hw > threshold))
    said = _said(view, asked, mask_hw)
    negatives = _negatives(view, asked)
    for row, col in negatives.tolist():
        if mask_hw[row, col]:
            mask_hw = _less(mask_hw, view, said, np.array([[row, col]]))
    mask_hw[negatives[:, 0], negatives[:, 1]] = False
    places = np.concatenate([said, _highest(view, mask_hw, without=said)])
    return parts_at(mask_hw, places)


def _said(view: _View, asked: FieldPrompts, mask_hw: Mask) -> Places:
    """Positive places that lie on the mask."""
    places = np.concatenate([view.region.local(group) for group in (asked.clicks, *asked.strokes)])
    return np.asarray(places[mask_hw[places[:, 0], places[:, 1]]])


def _highest(view: _View, mask_hw: Mask, *, without: Places) -> Places:
    """Of each wanted basin in the mask that has none of the places ``without``, that with the highest cell logit."""
    held = set(view.labels_hw[without[:, 0], without[:, 1]].tolist())
    rest = [label for label in view.wanted if label not in held]
    if not rest:
        return np.empty((0, 2), np.int64)
    rest_hw = mask_hw & _among(view.labels_hw, rest)
    labels, logits = view.labels_hw[rest_hw], view.cell_hw[rest_hw]
    order = np.lexsort((-logits, labels))
    _, first = np.unique(labels[order], return_index=True)
    places: Places = np.argwhere(rest_hw)[order[first]]
    return places


def _less(mask_hw: Mask, view: _View, said: Places, unwanted: Places) -> Mask:
    """The mask without the basin of a negative place, or without that place's side of it where the basin is wanted for
    certain: a positive place lies in it, or it is the only one."""
    own_hw: Mask = view.labels_hw == view.labels_hw[tuple(unwanted[0])]
    wanted = said[own_hw[said[:, 0], said[:, 1]]]
    if not len(wanted):
        others_hw = mask_hw & ~own_hw
        if others_hw.any():
            return np.asarray(others_hw)
        wanted = _highest(view, mask_hw & own_hw, without=said)
    if not len(wanted) or (wanted == unwanted).all(axis=1).any():
        return mask_hw
    side_hw = split(mask_hw & own_hw, view.flow, view.cell_hw, wanted=wanted, unwanted=unwanted)
    return np.asarray((mask_hw & ~own_hw) | side_hw)


def _negatives(view: _View, asked: FieldPrompts) -> Places:
    """Negative places in the window, those of a stroke in the order of their rows."""
    places = np.concatenate([np.empty((0, 2), np.int64), *map(view.region.local, asked.negatives)])
    return places[((places >= 0) & (places < view.labels_hw.shape)).all(axis=1)]


def _different(planes: Sequence[Mask]) -> list[tuple[Mask, float]]:
    """Masks that are not empty and unlike those before, each with its IoU with the first."""
    chosen: list[tuple[Mask, float]] = []
    for plane_hw in planes:
        if plane_hw.any() and all(_likeness(plane_hw, other_hw) < _SAME for other_hw, _ in chosen):
            chosen.append((plane_hw, _likeness(plane_hw, chosen[0][0]) if chosen else 1.0))
    return chosen


def _likeness(one_hw: Mask, other_hw: Mask) -> float:
    return float(np.count_nonzero(one_hw & other_hw) / np.count_nonzero(one_hw | other_hw))


def _to_image(plane_hw: Mask, maps: FlowMaps, region: Region) -> Rle:
    """A mask of the window in the pixels of the image, read linearly between those of the field."""
    if maps.cell_hw.shape == (maps.height, maps.width):
        return encode(plane_hw, top=region.top, left=region.left)
    rows, cols = np.flatnonzero(plane_hw.any(axis=1)), np.flatnonzero(plane_hw.any(axis=0))
    if rows.size == 0:
        return EMPTY
    top, left = (
        max(int((first - 1) / ratio), 0)
        for first, ratio in zip((region.top + rows[0], region.left + cols[0]), (maps.down, maps.across), strict=True)
    )
    bottom = min(int(np.ceil((region.top + rows[-1] + 2) / maps.down)), maps.height)
    right = min(int(np.ceil((region.left + cols[-1] + 2) / maps.across)), maps.width)
    row, col = (top + 0.5) * maps.down - 0.5 - region.top, (left + 0.5) * maps.across - 0.5 - region.left
    matrix = np.array([[maps.across, 0, col], [0, maps.down, row]])
    signed = np.where(plane_hw, np.float32(1), np.float32(-1))
    large = cv2.warpAffine(
        signed, matrix, (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return encode(np.asarray(large) > 0, top=top, left=left)


def _without(mask: Rle, prompts: Prompts) -> Rle:
    """The mask less the very pixels of negative clicks."""
    pixels_hw = decode(mask)
    for point in prompts.points:
        row, col = int(point.row) - mask.top, int(point.col) - mask.left
        if not point.positive and 0 <= row < mask.height and 0 <= col < mask.width:
            pixels_hw[row, col] = False
    return mask if pixels_hw.sum() == mask.area else encode(pixels_hw, top=mask.top, left=mask.left)

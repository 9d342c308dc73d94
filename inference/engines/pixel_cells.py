"""From logits of pixel classes to cells: watershed where there is a boundary class, connected regions where not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn

from inference import torch_runtime
from inference.contracts import AutoParams, Segmentation
from inference.flows import Floats, Labels
from inference.halo import in_tiles, padded, resized, scaled
from inference.labels import tidy

TILE, HALO = 512, 96
_SURE = 0.5
_LEVELS = 255


def class_logits(
    network: nn.Module,
    planes_chw: Floats,
    *,
    scale: float,
    logits: int,
    stride: int,
    progress: Callable[[float], None] = lambda _: None,
) -> Floats:
    """Logits (class, row, column), the background first, of ``unit_rgb`` planes, at the planes' own size though the
    network sees them ``scale`` times as large. ``progress`` is told the share done before each tile, and may raise."""

    def run(rows: slice, cols: slice) -> Floats:
        tile_chw = padded(seen[:, rows, cols], stride)
        with torch.inference_mode():
            found = network(torch.from_numpy(tile_chw)[None].to(torch_runtime.place(network)))[0]
        return np.asarray(found.float().cpu().numpy(), np.float32)

    seen = scaled(planes_chw, scale)
    found = in_tiles(run, seen.shape[1:], channels=logits, tile=TILE, halo=HALO, progress=progress)
    return resized(found.astype(np.float32), *planes_chw.shape[1:])


def _chances(logits_chw: Floats) -> Floats:
    """Softmax over the classes."""
    powers = np.exp(logits_chw - logits_chw.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0), np.float32)


def _foreground(logits_chw: Floats, threshold: float) -> NDArray[np.bool_]:
    """Where the logit of “anything but background” is above the threshold."""
    fore_hw = np.logaddexp.reduce(logits_chw[1:], axis=0) - logits_chw[0]
    return np.asarray(fore_hw > threshold, bool)


def _watershed(inside_hw: Floats, fore_hw: NDArray[np.bool_]) -> Labels:
    """Cells grown in the foreground from where the chance of a cell's inside is sure; a piece of foreground without
    such a place is one cell."""
    seeds_hw, count = ndimage.label((inside_hw > _SURE) & fore_hw)
    pieces_hw, _ = ndimage.label(fore_hw)
    empty = np.setdiff1d(np.unique(pieces_hw), np.append(np.unique(pieces_hw[seeds_hw > 0]), 0))
    lonely_hw = np.isin(pieces_hw, empty)
    markers_hw = np.where(lonely_hw, count + pieces_hw, seeds_hw).astype(np.int32)
    markers_hw[~fore_hw] = -1
    height_hw = np.round((1 - inside_hw) * _LEVELS).astype(np.uint8)
    grown_hw = ndimage.watershed_ift(height_hw, markers_hw)
    return np.where(fore_hw & (grown_hw > 0), grown_hw, 0).astype(np.int32)


def _mean_by_label(labels_hw: Labels, values_hw: Floats) -> tuple[float, ...]:
    count = np.bincount(labels_hw.ravel())
    total = np.bincount(labels_hw.ravel(), values_hw.ravel())
    return tuple(float(min(max(mean, 0.0), 1.0)) for mean in total[1:] / np.maximum(count[1:], 1))


def cells_by_boundary(logits_chw: Floats, params: AutoParams) -> Segmentation:
    """Cells from logits of background, inside and boundary; scores are the mean chance of not being background."""
    fore_hw = _foreground(logits_chw, params.cell_probability or 0.0)
    chances = _chances(logits_chw)
    labels_hw = tidy(_watershed(chances[1], fore_hw), min_area=params.min_area)
    return Segmentation(labels_hw, _mean_by_label(labels_hw, 1 - chances[0]))


def cells_by_class(logits_chw: Floats, params: AutoParams, classes: tuple[str, ...]) -> Segmentation:
    """Each connected region of a class, from logits of the background and of ``classes``; scores are the mean chance of
    the region's class."""
    fore_hw = _foreground(logits_chw, params.cell_probability or 0.0)
    class_hw = np.where(fore_hw, 1 + np.argmax(logits_chw[1:], axis=0), 0)
    regions_hw, count = np.zeros(class_hw.shape, np.int32), 0
    for number in range(1, len(classes) + 1):
        found_hw, more = ndimage.label(class_hw == number)
        regions_hw = np.where(found_hw > 0, found_hw + count, regions_hw).astype(np.int32)
        count += more
    labels_hw = tidy(regions_hw, min_area=params.min_area)
    # A region's first pixel in reading order is its own, never a hole that was filled.
    labels, first = np.unique(labels_hw, return_index=True)
    numbers = class_hw.ravel()[first[labels > 0]]
    best_hw = _chances(logits_chw)[1:].max(axis=0)
    return Segmentation(labels_hw, _mean_by_label(labels_hw, best_hw), tuple(classes[n - 1] for n in numbers))


def find_cells_in_classes(
    logits_chw: Floats, params: AutoParams, *, classes: tuple[str, ...], boundary: bool
) -> Segmentation:
    """Cells by watershed with a ``boundary`` class, else connected regions with the names of their classes."""
    if boundary:
        return cells_by_boundary(logits_chw, params)
    return cells_by_class(logits_chw, params, classes)

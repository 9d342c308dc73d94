"""From logits of pixel classes to cells: watershed where there is a boundary class, connected regions where not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
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

TILE, HALO = 768, 128
_SURE = 0.5
_LEVELS, _CLIFF = 100, 255


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
    pieces_hw, pieces = ndimage.label(fore_hw)
    lonely = np.ones(pieces + 1, bool)
    lonely[np.unique(pieces_hw[seeds_hw > 0])] = False
    markers_hw = np.where(lonely[pieces_hw], count + pieces_hw, seeds_hw).astype(np.int32)
    ground = count + pieces + 1
    markers_hw[~fore_hw] = ground
    # OpenCV orders by the step of height from pixel to pixel: one from the background is larger than all others. It
    # spoils the outermost pixels, so that there is a border for it.
    height_hw = np.where(fore_hw, np.round((1 - inside_hw) * _LEVELS), _CLIFF).astype(np.uint8)
    padded_hw = cv2.copyMakeBorder(height_hw, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=_CLIFF)
    grown_hw = cv2.copyMakeBorder(markers_hw, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=ground)
    cv2.watershed(cv2.merge([padded_hw] * 3), grown_hw)
    labels_hw = np.where((grown_hw < 0) | (grown_hw == ground), 0, grown_hw).astype(np.float32)
    # The lines between cells go to a neighbour: exact, as float32 counts to 16 million.
    widened_hw = cv2.dilate(labels_hw, np.ones((3, 3), np.uint8))
    labels_hw = np.where(labels_hw > 0, labels_hw, widened_hw)[1:-1, 1:-1]
    return np.where(fore_hw, labels_hw, 0).astype(np.int32)


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

"""Microscopy-like images with known masks, from a seed: for tests, the demo project and rehearsals.

Nothing here pretends to be real data: nuclei are wobbly ellipses, blurred by a point spread function and
covered by shot and read noise (fluorescence), or purple bodies on pink tissue (stained section).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import ndimage

FloatArray = NDArray[np.float32]
_TOUCHING_SHARE = 0.3
_TRIES_PER_CELL = 60


@dataclass(frozen=True, slots=True)
class _Cell:
    """One ellipse with a wobbling radius; lengths in pixels, ``angle`` in radians."""

    row: float
    col: float
    radius: float
    stretch: float
    angle: float
    wobble: float
    phase: float


def _draw_shape(rng: np.random.Generator, row: float, col: float, radius: float) -> _Cell:
    return _Cell(
        row=row,
        col=col,
        radius=radius * float(rng.uniform(0.85, 1.2)),
        stretch=float(rng.uniform(0.75, 1.0)),
        angle=float(rng.uniform(0, np.pi)),
        wobble=float(rng.uniform(0.0, 0.06)),
        phase=float(rng.uniform(0, 2 * np.pi)),
    )


def _raster(cell: _Cell, height: int, width: int) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Window of the image that holds the cell, and the cell's pixels in it."""
    reach = int(np.ceil(cell.radius * 1.2)) + 1
    rows = slice(*np.clip([int(cell.row) - reach, int(cell.row) + reach + 1], 0, height).tolist())
    cols = slice(*np.clip([int(cell.col) - reach, int(cell.col) + reach + 1], 0, width).tolist())
    row_hw, col_hw = np.mgrid[rows, cols]
    dy, dx = row_hw + 0.5 - cell.row, col_hw + 0.5 - cell.col
    along = np.cos(cell.angle) * dy + np.sin(cell.angle) * dx
    across = (np.cos(cell.angle) * dx - np.sin(cell.angle) * dy) / cell.stretch
    edge = cell.radius * (1 + cell.wobble * np.cos(3 * np.arctan2(across, along) + cell.phase))
    return (rows, cols), np.hypot(along, across) <= edge


def _propose(rng: np.random.Generator, placed: list[_Cell], shape_hw: tuple[int, int], radius: float) -> _Cell:
    """A place for the next cell: anywhere, or at the side of one that is there so that the two touch."""
    if placed and rng.random() < _TOUCHING_SHARE:
        friend = placed[int(rng.integers(len(placed)))]
        angle, distance = rng.uniform(0, 2 * np.pi), (friend.radius + radius) * 0.95
        row, col = friend.row + distance * np.sin(angle), friend.col + distance * np.cos(angle)
    else:
        row, col = rng.uniform(0, shape_hw[0]), rng.uniform(0, shape_hw[1])
    return _draw_shape(rng, float(row), float(col), radius)


def _scatter(rng: np.random.Generator, *, height: int, width: int, cells: int) -> NDArray[np.int32]:
    """Label image (row, column), int32, with up to ``cells`` cells: fewer where the image is too full."""
    labels_hw = np.zeros((height, width), np.int32)
    placed: list[_Cell] = []
    fair_share = np.sqrt(height * width / max(cells, 1))
    radius = float(np.clip(0.3 * fair_share, 3.0, 14.0))
    for _ in range(cells * _TRIES_PER_CELL):
        if len(placed) == cells:
            break
        cell = _propose(rng, placed, (height, width), radius)
        where, mask = _raster(cell, height, width)
        inside = int(mask.sum())
        if inside < 12 or np.count_nonzero(labels_hw[where][mask]) > 0.08 * inside:
            continue
        placed.append(cell)
        window = labels_hw[where]
        window[mask & (window == 0)] = len(placed)
    return labels_hw


def _texture(rng: np.random.Generator, shape_hw: tuple[int, int], sigma: float) -> FloatArray:
    """Smooth noise around 0 with standard deviation about 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape_hw), sigma, mode="reflect")
    scaled: FloatArray = (noise / max(float(noise.std()), 1e-6)).astype(np.float32)
    return scaled


def fluorescence(
    seed: int, *, height: int, width: int, cells: int, dtype: DTypeLike = np.uint8
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.int32]]:
    """Bright nuclei on a dark ground, some of them touching.

    Returns ``image_hw`` (``dtype``: uint8 or uint16) and ``labels_hw`` (int32, 0 = background, nuclei 1…n with no
    gaps). Equal arguments give equal arrays. Raises ValueError for any other dtype.
    """
    kind = np.dtype(dtype)
    if kind not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise ValueError(f"A generated image is uint8 or uint16, not {kind}.")
    rng = np.random.default_rng(seed)
    labels_hw = _scatter(rng, height=height, width=width, cells=cells)
    level = np.concatenate(([0.0], rng.uniform(0.45, 1.0, int(labels_hw.max())))).astype(np.float32)
    light_hw = level[labels_hw] * (1 + 0.12 * _texture(rng, labels_hw.shape, 2.0))
    light_hw = ndimage.gaussian_filter(light_hw, 0.9) + 0.06 + 0.015 * _texture(rng, labels_hw.shape, 25.0)
    photons_hw = rng.poisson(np.clip(light_hw, 0, None) * 180) / 180
    image_hw = np.clip(photons_hw + rng.normal(0, 0.012, labels_hw.shape), 0, 1.25) / 1.25
    scale = 230 if kind == np.uint8 else 42_000
    return np.round(image_hw * scale).astype(kind), labels_hw


def tissue(seed: int, *, height: int, width: int, cells: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Purple nuclei on pink tissue: ``image_hwc`` (RGB, uint8) and ``labels_hw`` as in ``fluorescence``."""
    rng = np.random.default_rng(seed)
    labels_hw = _scatter(rng, height=height, width=width, cells=cells)
    pink, purple = np.array([226.0, 178.0, 206.0]), np.array([104.0, 66.0, 142.0])
    depth = np.concatenate(([0.0], rng.uniform(0.7, 1.0, int(labels_hw.max()))))
    stain_hw = ndimage.gaussian_filter(depth[labels_hw], 0.8)
    stain_hw = stain_hw * (1 + 0.12 * _texture(rng, labels_hw.shape, 1.5))
    ground_hw = 14 * _texture(rng, labels_hw.shape, 5.0) * (1 - np.clip(stain_hw, 0, 1))
    image_hwc = pink + stain_hw[..., None] * (purple - pink) + ground_hw[..., None]
    image_hwc = image_hwc + rng.normal(0, 4, image_hwc.shape)
    return np.round(np.clip(image_hwc, 0, 255)).astype(np.uint8), labels_hw

"""Planes in tiles that see beyond their border: what a network answers for a pixel then does not depend on the tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.errors import EngineError, EngineErrorCode

Floats = NDArray[np.float32]
Span = tuple[int, int, int, int]
"""(read from, read to, keep from, keep to) along one axis."""

MOST_PIXELS = 256_000_000


def halo_spans(length: int, *, tile: int, halo: int) -> Iterator[Span]:
    """Spans of at most ``tile`` pixels that read ``halo`` pixels more than they keep, where there are any. Starts are
    multiples of whatever divides both."""
    if length <= tile:
        yield 0, length, 0, length
        return
    core = tile - 2 * halo
    for start in range(0, length, core):
        stop = min(start + core, length)
        yield max(start - halo, 0), min(stop + halo, length), start, stop


def halo_tiles(shape: tuple[int, ...], *, tile: int, halo: int) -> list[tuple[Span, Span]]:
    """Row span and column span of every tile of a plane (row, column)."""
    cols = list(halo_spans(shape[1], tile=tile, halo=halo))
    return [(row, col) for row in halo_spans(shape[0], tile=tile, halo=halo) for col in cols]


def padded(planes_chw: Floats, stride: int) -> Floats:
    """The planes with zeros below and on the right, up to multiples of ``stride``."""
    down, across = (-side % stride for side in planes_chw.shape[1:])
    return np.pad(planes_chw, ((0, 0), (0, down), (0, across)))


def resized(planes_chw: Floats, height: int, width: int) -> Floats:
    """Each plane at the new size; averaged where it shrinks, linear where it grows."""
    if planes_chw.shape[1:] == (height, width):
        return planes_chw
    way = cv2.INTER_AREA if height < planes_chw.shape[1] else cv2.INTER_LINEAR
    return np.stack(
        [np.asarray(cv2.resize(plane, (width, height), interpolation=way), np.float32) for plane in planes_chw]
    )


def scaled(planes_chw: Floats, scale: float) -> Floats:
    """The planes ``scale`` times as large, at least 1 × 1. Raises EngineError(REQUEST_INVALID) beyond MOST_PIXELS."""
    height, width = (max(round(side * scale), 1) for side in planes_chw.shape[1:])
    if height * width > MOST_PIXELS:
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID,
            f"With that cell diameter the image would have {height:,} × {width:,} pixels. Give another one.",
            permanent=True,
        )
    return resized(planes_chw, height, width)


def in_tiles(
    run: Callable[[slice, slice], Floats],
    shape: tuple[int, ...],
    *,
    channels: int,
    tile: int,
    halo: int,
    progress: Callable[[float], None],
) -> NDArray[np.float16]:
    """What ``run`` answers (channel, row, column) for the rows and columns of each tile, as one array (``channels``,
    row, column) of a plane of ``shape``; an answer may be larger than its tile, below and on the right. ``progress``
    is told the share done before each tile and may raise."""
    out_chw = np.zeros((channels, *shape), np.float16)
    places = halo_tiles(shape, tile=tile, halo=halo)
    for number, ((r0, r1, top, bottom), (c0, c1, left, right)) in enumerate(places):
        progress(number / len(places))
        answer_chw = run(slice(r0, r1), slice(c0, c1))
        out_chw[:, top:bottom, left:right] = answer_chw[:, top - r0 : bottom - r0, left - c0 : right - c0]
    return out_chw

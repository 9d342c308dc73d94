"""Planes that are too large to be worked on at once: smaller copies, parts that stand for them, and cells window by
window. Nothing here holds more than a band or a window of the plane, which lies on disk (inference.planes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inference.contracts import Box, MaskResult, Part, Segmentation
from inference.engines.base import Image, Progress
from inference.memory import with_less_memory
from inference.neighbourhoods import LARGEST_HALO, in_order, is_cut, owns
from inference.parts import part_of
from inference.tiling import Window, blocks

LARGE_PIXELS = 4096**2
BLOCK, HALO = 1024, 128
"""Pixels: the side of a window's own part, and what it sees around it."""
_BAND_BLOCKS = 64
_SAMPLES = 4

Find = Callable[[Image], Segmentation]
"""All cells of a part of a plane, seen as the whole plane is."""


def is_large(height: int, width: int) -> bool:
    """Whether a plane is worked on in windows."""
    return height * width > LARGE_PIXELS


def shrunk(image: Image) -> Image:
    """The image where it is not large; otherwise a copy of at most LARGE_PIXELS pixels, each the mean of a square."""
    height, width = image.shape[:2]
    if not is_large(height, width):
        return image
    side = int(np.ceil(np.sqrt(height * width / LARGE_PIXELS)))
    small = np.empty((-(-height // side), -(-width // side), *image.shape[2:]), image.dtype)
    for top in range(0, small.shape[0], _BAND_BLOCKS):
        rows = image[top * side : (top + _BAND_BLOCKS) * side]
        small[top : top + _BAND_BLOCKS] = _means(rows, side)
    return small


def _means(rows: Image, side: int) -> NDArray[np.float64]:
    """Means of squares, those at the far borders of what there is, rounded."""
    sums: NDArray[np.float64] = rows.astype(np.float64)
    for axis in (0, 1):
        starts = np.arange(0, rows.shape[axis], side)
        counts = np.diff(np.append(starts, rows.shape[axis]))
        shape = [-1 if each == axis else 1 for each in range(rows.ndim)]
        sums = np.add.reduceat(sums, starts, axis=axis) / counts.reshape(shape)
    return np.rint(sums)


def cut_out(image: Image, window: Window) -> Image:
    """The pixels of a window, in memory."""
    part = image[window.top : window.bottom, window.left : window.right]
    return cast(Image, np.ascontiguousarray(part))


def sample_windows(image: Image) -> list[Window]:
    """Some windows of a large plane in which there is most to be seen: those with the largest spread of values."""
    height, width = image.shape[:2]
    small = shrunk(image)
    small = small if small.ndim == 2 else small.max(axis=2)
    down, across = small.shape[0] / height, small.shape[1] / width
    found = blocks(height, width, most=BLOCK)
    spreads = [
        float(
            small[
                int(each.top * down) : max(int(each.bottom * down), 1),
                int(each.left * across) : max(int(each.right * across), 1),
            ].std()
        )
        for each in found
    ]
    return [found[number] for number in np.argsort(spreads)[::-1][:_SAMPLES]]


def median_over_samples(image: Image, of: Callable[[Image], float]) -> float:
    """What is to be asked of the parts of a large plane in which there is most to be seen: the median answer."""
    return float(np.median([of(cut_out(image, window)) for window in sample_windows(image)]))


def parts_in_windows(
    image: Image, find: Find, *, first: Box | None = None, progress: Progress | None = None
) -> Iterator[Part]:
    """The cells of a large plane, block by block, those of ``first`` at the beginning. A cell belongs to the block in
    which the middle of its box lies; where one reaches out of what was seen around the block, more is looked at."""
    plane = Window(0, 0, *image.shape[:2])
    found = blocks(plane.height, plane.width, most=BLOCK)
    tell = progress or (lambda _: None)
    for done, number in enumerate(in_order(found, first)):
        tell(done / len(found))
        yield Part(number, tuple(_cells(image, found[number], find, plane)))
    tell(1.0)


def _cells(image: Image, block: Window, find: Find, plane: Window) -> list[MaskResult]:
    halo = HALO
    while True:
        window = block.grown(halo, within=plane)
        result = with_less_memory(partial(find, cut_out(image, window)))
        found = part_of(0, result).cells
        cells = [replace(cell, mask=cell.mask.moved(down=window.top, across=window.left)) for cell in found]
        own = [cell for cell in cells if owns(block, cell)]
        if halo >= LARGEST_HALO or not any(is_cut(cell, window, plane) for cell in own):
            return own
        halo *= 2

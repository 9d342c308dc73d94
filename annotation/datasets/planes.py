"""Images plane by plane: which planes an export has, what is on them, and how they look."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from annotation.datasets.base import CellRecord, ChannelRecord, ImageRecord
from inference.rle import paste

MAX_UINT16 = 65_535


@dataclass(frozen=True, slots=True)
class PlaneRecord:
    """Slice ``z`` of frame ``t`` with its cells, which can be read once. No other plane of the export has ``stem``."""

    t: int
    z: int
    stem: str
    cells: Iterator[CellRecord]


def plane_stem(image: ImageRecord, t: int, z: int) -> str:
    """NAME, or NAME_t000_z000 in stacks."""
    return f"{image.stem}_t{t:03}_z{z:03}" if image.axes.is_stack else image.stem


def planes_of(image: ImageRecord) -> Iterator[PlaneRecord]:
    """The planes with cells; where no plane has any, the one that is shown first."""
    found = False
    for (t, z), cells in groupby(image.cells, key=lambda cell: (cell.t, cell.z)):
        found = True
        yield PlaneRecord(t, z, plane_stem(image, t, z), cells)
    if not found:
        yield PlaneRecord(0, image.axes.shown_z, plane_stem(image, 0, image.axes.shown_z), iter(()))


def every_plane(image: ImageRecord) -> Iterator[PlaneRecord]:
    """All planes of all frames, frames first, with the cells that they have."""
    waiting = groupby(image.cells, key=lambda cell: (cell.t, cell.z))
    key, cells = next(waiting, ((-1, -1), iter(())))
    for t in range(image.axes.size_t):
        for z in range(image.axes.size_z):
            here = (t, z) == key
            yield PlaneRecord(t, z, plane_stem(image, t, z), cells if here else iter(()))
            if here:
                key, cells = next(waiting, ((-1, -1), iter(())))


def label_dtype(image: ImageRecord) -> type[np.uint16 | np.uint32]:
    """uint16, or uint32 where a label does not fit."""
    return np.uint32 if image.largest_label > MAX_UINT16 else np.uint16


def labels_of(image: ImageRecord, cells: Iterable[CellRecord]) -> NDArray[Any]:
    """labels_hw of the image's size: 0 is background, a cell's pixels have its label."""
    labels_hw = np.zeros((image.height, image.width), label_dtype(image))
    for cell in cells:
        paste(cell.mask, labels_hw, cell.label)
    return labels_hw


def picture_of(image: ImageRecord, t: int, z: int) -> NDArray[np.uint8]:
    """The plane as people first see it, 8 bits: grey (row, column) of one channel, else RGB (row, column, 3), channels
    in their colours added up."""
    plane_chw, channels = image.pixels.plane_chw(t, z), image.axes.channels
    if image.axes.rgb and plane_chw.dtype == np.uint8:
        return np.ascontiguousarray(np.moveaxis(plane_chw, 0, -1), dtype=np.uint8)
    if len(channels) == 1:
        grey_hw: NDArray[np.uint8] = np.rint(255 * _share(plane_chw[0], channels[0])).astype(np.uint8)
        return grey_hw
    sum_hwc = np.zeros((*plane_chw.shape[1:], 3), np.float32)
    for channel, plane_hw in zip(channels, plane_chw, strict=True):
        colour = np.frombuffer(bytes.fromhex(channel.colour[1:]), np.uint8).astype(np.float32)
        sum_hwc += _share(plane_hw, channel)[..., None] * colour
    picture_hwc: NDArray[np.uint8] = np.rint(np.clip(sum_hwc, 0, 255)).astype(np.uint8)
    return picture_hwc


def _share(plane_hw: NDArray[Any], channel: ChannelRecord) -> NDArray[np.float32]:
    """0 at the channel's low and below, 1 at its high and above. An 8-bit plane keeps its own values."""
    low, high = (0.0, 255.0) if plane_hw.dtype == np.uint8 else (channel.low, channel.high)
    values_hw = np.nan_to_num(plane_hw.astype(np.float32))
    share_hw: NDArray[np.float32] = np.clip((values_hw - np.float32(low)) / np.float32(max(high - low, 1e-12)), 0, 1)
    return share_hw


def png(values: NDArray[Any], *, palette: bytes | None = None) -> bytes:
    """A PNG of grey (uint8 or uint16), RGB, or with a palette (uint8, three bytes a colour)."""
    picture = Pillow.fromarray(values)
    if palette is not None:
        picture = picture.convert("L")
        picture.putpalette(palette)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=4)
    return file.getvalue()

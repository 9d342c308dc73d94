"""Nikon ND2 (of 2010 and later). Runs in the decoder: no Django.

Each position of the stage is a series. Source: the nd2 library, 0.12 (https://github.com/tlambert03/nd2).
"""

from __future__ import annotations

from math import isfinite
from typing import Any, BinaryIO

import nd2
import numpy as np
from numpy.typing import NDArray

from annotation.imaging.readers.arrays import PlanesSource
from annotation.imaging.readers.bounded import BoundedFile
from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.refusals import check_dimensions, damaged, unsupported
from annotation.imaging.source import DTYPES, About, Channel, series_named

_AXES = {"TimeLoop": "T", "NETimeLoop": "T", "XYPosLoop": "P", "ZStackLoop": "Z"}
_MAX_SAMPLES = 1024


def open_nd2(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> PlanesSource:
    """One position. Raises RefusalError."""
    with damaged_where_it_breaks():
        images: Any = nd2.ND2File(BoundedFile(file, file_bytes, whole=True))  # type: ignore[arg-type]
        attributes = images.attributes
        check_dimensions(attributes.widthPx or 0, attributes.heightPx, limit_pixels=limit_pixels)
        if attributes.compressionType == "lossy":
            raise unsupported("is compressed with loss in a way that is not read")
        loops = [(_AXES.get(loop.type, "?"), int(loop.count)) for loop in images.experiment]
        counts = dict(loops)
        if len(counts) < len(loops):
            raise unsupported("has several loops over the same axis")
        if not 0 <= series < counts.get("P", 1):
            raise damaged(f"it has no series {series + 1}")
        about = _about(images, counts, series)

        def load(t: int, z: int) -> NDArray[Any]:
            at = {"T": t, "Z": z, "P": series}
            number = 0
            for axis, count in loops:
                number = number * count + at.get(axis, 0)
            return _channels_first(images.read_frame(number), attributes, rgb=about.rgb)

        return PlanesSource(about, load)


def _channels_first(frame: NDArray[Any], attributes: Any, *, rgb: bool) -> NDArray[Any]:
    """(channel, row, column) of a frame, whose axes of length 1 the library leaves out."""
    channels = attributes.channelCount or 1
    samples = attributes.componentCount // channels
    frame_chws = frame.reshape(channels, attributes.heightPx, attributes.widthPx, samples)
    if rgb:
        # The file has blue first.
        return np.moveaxis(frame_chws[0, ..., 2::-1], -1, 0)
    return np.moveaxis(frame_chws, -1, 1).reshape(channels * samples, attributes.heightPx, attributes.widthPx)


def _about(images: Any, counts: dict[str, int], series: int) -> About:
    attributes = images.attributes
    samples = attributes.componentCount
    if not 1 <= samples <= _MAX_SAMPLES or images.dtype.name not in DTYPES:
        raise unsupported("stores its pixels in a way that is not read")
    rgb = (attributes.channelCount or 1) == 1 and samples in (3, 4)
    size_c = 3 if rgb else samples
    said = images.metadata.channels or []
    fits = not rgb and len(said) == size_c
    channels = tuple(_channel(each.channel) for each in said) if fits else (Channel(),) * size_c
    notes = []
    if counts.get("P", 1) > 1:
        notes.append(f"It holds {counts['P']:,} positions; only position {series + 1} was imported.")
    if counts.get("?", 1) > 1:
        notes.append(f"Only the first step of a loop over {counts['?']:,} was imported.")
    frames = int(np.prod([float(count) for count in counts.values()]))
    if attributes.sequenceCount < frames:
        notes.append(f"Only {attributes.sequenceCount:,} of its {frames:,} frames were recorded; the others are black.")
    return About(
        size_t=counts.get("T", 1),
        size_c=size_c,
        size_z=counts.get("Z", 1),
        height=int(attributes.heightPx),
        width=int(attributes.widthPx),
        dtype=images.dtype.name,
        channels=channels,
        rgb=rgb,
        pixel_um=_pixel_um(said),
        time_step=_time_step(images.experiment),
        notes=tuple(notes),
        series=series_named([f"position {number + 1}" for number in range(counts.get("P", 1))]),
    )


def _channel(said: Any) -> Channel:
    red, green, blue = (int(value) & 255 for value in said.color[:3])
    return Channel(str(said.name)[:80], f"#{red:02x}{green:02x}{blue:02x}")


def _pixel_um(said: list[Any]) -> tuple[float | None, float | None, float | None]:
    """(z, y, x), those that were calibrated."""
    if not said:
        return None, None, None
    volume = said[0].volume
    x, y, z = (
        float(size) if known and isfinite(size) and size > 0 else None
        for size, known in zip(volume.axesCalibration, volume.axesCalibrated, strict=True)
    )
    return z, y, x


def _time_step(loops: list[Any]) -> float | None:
    """Seconds between two times, where all are alike: as planned, or else as measured on average."""
    for loop in loops:
        if loop.type == "TimeLoop":
            planned, measured = loop.parameters.periodMs, loop.parameters.periodDiff.avg
            step = planned if planned > 0 else measured
            return step / 1000 if isfinite(step) and step > 0 else None
    return None

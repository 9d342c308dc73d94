"""Zeiss CZI, through libCZI. Runs in the decoder: no Django.

Each scene is a series; rows are put together from the tiles that they cross. The library opens the file by its name.
Source: https://zeiss.github.io/libczi (6.1), and the metadata that ZEN writes (ImageDocument).
"""

from __future__ import annotations

from math import isfinite
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from pylibCZIrw import czi

from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.readers.xml import parse_xml
from annotation.imaging.refusals import check_dimensions, damaged, unsupported
from annotation.imaging.source import About, Channel, series_named

_DTYPES = {"Gray8": "uint8", "Gray16": "uint16", "Gray32Float": "float32", "Bgr24": "uint8", "Bgr48": "uint16"}
_CACHE = czi.CacheOptions(type=czi.CacheType.Standard, max_memory_usage=256 * 1024**2, max_sub_block_count=4096)
_OTHER_AXES = {"R": "rotations", "I": "illuminations", "H": "phases", "V": "views", "B": "blocks"}
_MAX_CHANNELS = 1024


def open_czi(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> CziSource:  # noqa: ARG001
    """One scene of the file, or all of it where it has no scenes. Raises RefusalError."""
    with damaged_where_it_breaks():
        reader = czi.CziReader(file.name, cache_options=_CACHE)
        scenes = sorted(reader.scenes_bounding_rectangle_no_pyramid.items())
        if not 0 <= series < max(len(scenes), 1):
            raise damaged(f"it has no series {series + 1}")
        scene, place = scenes[series] if scenes else (None, reader.total_bounding_rectangle_no_pyramid)
        check_dimensions(place.w, place.h, limit_pixels=limit_pixels)
        about = _about(reader, place, scenes=len(scenes), scene=scene)
        box = reader.total_bounding_box_no_pyramid
        starts = {axis: int(box[axis][0]) for axis in "TZC" if axis in box}
        return CziSource(reader, about, scene=scene, corner_xy=(place.x, place.y), starts=starts)


class CziSource:
    """A Source. ``starts``: the numbers of the first time, plane and channel, where those are not zero."""

    def __init__(
        self, reader: Any, about: About, *, scene: int | None, corner_xy: tuple[int, int], starts: dict[str, int]
    ) -> None:
        self.about = about
        self._reader = reader
        self._scene = scene
        self._corner_xy = corner_xy
        self._starts = starts

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        with damaged_where_it_breaks(reason="its pixels cannot be decoded"):
            if self.about.rgb:
                bgr_hwc = self._band(start, stop, T=t, Z=z)
                return np.ascontiguousarray(np.moveaxis(bgr_hwc[..., ::-1], -1, 0))
            bands = [self._band(start, stop, T=t, Z=z, C=c)[..., 0] for c in range(self.about.size_c)]
            return np.stack(bands)

    def _band(self, start: int, stop: int, **at: int) -> NDArray[Any]:
        x, y = self._corner_xy
        plane = {axis: number + self._starts.get(axis, 0) for axis, number in at.items()}
        band: NDArray[Any] = self._reader.read(
            roi=(x, y + start, self.about.width, stop - start), plane=plane, scene=self._scene
        )
        return band


def _about(reader: Any, place: Any, *, scenes: int, scene: int | None) -> About:
    box = reader.total_bounding_box_no_pyramid
    sizes = {axis: int(box[axis][1] - box[axis][0]) if axis in box else 1 for axis in "TZC"}
    if min(sizes.values()) < 1 or sizes["C"] > _MAX_CHANNELS:
        raise ValueError("sizes")
    kinds = {reader.get_channel_pixel_type(channel) for channel in range(sizes["C"])}
    rgb = any(kind.startswith("Bgr") for kind in kinds)
    if len(kinds) > 1 or (rgb and sizes["C"] > 1):
        raise unsupported("has channels of different sorts")
    kind = kinds.pop()
    if kind not in _DTYPES:
        raise unsupported(f"stores {kind} values")
    said = parse_xml(reader.raw_metadata, "metadata")
    notes = [f"Only the first of its {box[axis][1] - box[axis][0]} {name} was imported."
             for axis, name in _OTHER_AXES.items() if axis in box and box[axis][1] - box[axis][0] > 1]  # fmt: skip
    if scenes > 1:
        notes.append(f"It holds {scenes:,} scenes; only scene {(scene or 0) + 1} was imported.")
    size_c = 3 if rgb else sizes["C"]
    return About(
        size_t=sizes["T"],
        size_c=size_c,
        size_z=sizes["Z"],
        height=int(place.h),
        width=int(place.w),
        dtype=_DTYPES[kind],
        channels=(Channel(),) * 3 if rgb else _channels(said, size_c),
        rgb=rgb,
        pixel_um=(_length(said, "Z"), _length(said, "Y"), _length(said, "X")),
        time_step=_positive(said.findtext("./Metadata/Information/Image/Dimensions/T/Positions/Interval/Increment")),
        notes=tuple(notes),
        series=series_named([f"scene {number + 1}" for number in range(scenes)]),
    )


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if isfinite(value) and value > 0 else None


def _length(said: ElementTree.Element, axis: str) -> float | None:
    """Micrometres; the file has metres."""
    metres = _positive(said.findtext(f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value"))
    return None if metres is None else metres * 1e6


def _channels(said: ElementTree.Element, count: int) -> tuple[Channel, ...]:
    """Names and colours, of the acquisition or else of how it is shown; nothing where their number does not fit."""
    taken = said.findall("./Metadata/Information/Image/Dimensions/Channels/Channel")
    shown = said.findall("./Metadata/DisplaySetting/Channels/Channel")
    names = [channel.get("Name", "") for channel in (taken if len(taken) == count else shown)]
    colours = [_colour(channel.findtext("Color")) for channel in (shown if len(shown) == count else taken)]
    if len(names) != count:
        names = [""] * count
    if len(colours) != count:
        colours = [""] * count
    return tuple(Channel(name[:80], colour) for name, colour in zip(names, colours, strict=True))


def _colour(text: str | None) -> str:
    """#rrggbb of #aarrggbb or #rrggbb."""
    digits = (text or "").strip().lstrip("#").lower()
    return f"#{digits[-6:]}" if len(digits) in (6, 8) and set(digits) <= set("0123456789abcdef") else ""

"""Leica LIF. Runs in the decoder: no Django.

Each image is a series; what its XML refers to in other files is never opened (S9).
Source: the liffile library, 2026.2.16 (https://github.com/cgohlke/liffile).
"""

from __future__ import annotations

import struct
from math import isfinite
from typing import Any, BinaryIO

import numpy as np
from liffile import LifFile
from numpy.typing import NDArray

from annotation.imaging.readers.arrays import PlanesSource
from annotation.imaging.readers.bounded import BoundedFile
from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.readers.xml import MAX_XML_BYTES, parse_xml
from annotation.imaging.refusals import check_dimensions, cut_off, damaged, unsupported
from annotation.imaging.source import DTYPES, About, Channel, series_named

_HEAD = struct.Struct("<IIBI")
_MAX_CHANNELS = 1024
_AXES = {"1": "X", "2": "Y", "3": "Z", "4": "T"}
_UNITS = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3, "inch": 25_400.0, "s": 1.0, "ms": 1e-3, "min": 60.0}
"""Micrometres, or seconds where the axis is time."""
_COLOURS = {"red": "#ff0000", "green": "#00ff00", "blue": "#0000ff", "cyan": "#00ffff", "magenta": "#ff00ff",
            "yellow": "#ffff00", "gray": "#ffffff", "grey": "#ffffff"}  # fmt: skip
_DESCRIPTION = "./Data/Image/ImageDescription"


def open_lif(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> PlanesSource:
    """One image of the file. Raises RefusalError."""
    _check_header(file, file_bytes=file_bytes)
    file.seek(0)
    with damaged_where_it_breaks():
        bounded: Any = BoundedFile(file, file_bytes)
        lif: Any = LifFile(bounded, squeeze=False)
        for parent in lif.xml_element.iter("Children"):
            for reference in parent.findall("Reference"):
                parent.remove(reference)
        images = [image for image in lif.images if not image.is_flim]
        if not images:
            raise unsupported("holds no image")
        if not 0 <= series < len(images):
            raise damaged(f"it has no series {series + 1}")
        image = images[series]
        sizes = {axis: int(size) for axis, size in image.sizes.items()}
        check_dimensions(sizes.get("X", 0), sizes.get("Y", 1), limit_pixels=limit_pixels)
        if image.nbytes > image.memory_block.size or image.memory_block.offset + image.nbytes > file_bytes:
            raise cut_off(file_bytes)
        about = _about(image, sizes, names=[str(each.name) for each in images])
        frame_axes = [axis for axis in image.frames.frame_dims if axis in sizes]

        def load(t: int, z: int) -> NDArray[Any]:
            at = {axis: number for axis, number in (("T", t), ("Z", z)) if axis in sizes}
            if about.rgb:
                return np.moveaxis(_image_yxs(image.frame(**at), frame_axes), -1, 0)
            channels = [{"C": c} for c in range(about.size_c)] if "C" in sizes else [{}]
            return np.stack([image.frame(**at, **channel).reshape(about.height, about.width) for channel in channels])

        return PlanesSource(about, load)


def _image_yxs(frame: NDArray[Any], axes: list[str]) -> NDArray[Any]:
    return frame.transpose([axes.index(axis) for axis in "YXS"])


def _check_header(file: BinaryIO, *, file_bytes: int) -> None:
    """The XML is looked at before the library parses it (S25)."""
    file.seek(0)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise cut_off(file_bytes)
    letters = _HEAD.unpack(head)[3]
    if letters > MAX_XML_BYTES:
        raise damaged("its header is larger than 32 MB")
    data = file.read(2 * letters)
    if len(data) < 2 * letters:
        raise cut_off(file_bytes)
    with damaged_where_it_breaks():
        parse_xml(data.decode("utf-16-le"), "header")


def _about(image: Any, sizes: dict[str, int], *, names: list[str]) -> About:
    if not {"X", "Y"} <= set(sizes) or image.dtype.name not in DTYPES:
        raise unsupported("holds an image that is not made of rows and columns of plain numbers")
    samples = sizes.get("S", 1)
    if samples not in (1, 3) or (samples == 3 and sizes.get("C", 1) > 1) or sizes.get("C", 1) > _MAX_CHANNELS:
        raise unsupported("has channels of different sorts")
    size_c = 3 if samples == 3 else sizes.get("C", 1)
    steps = _steps(image.xml_element)
    notes = [f"Only the first of its {size:,} {axis} positions was imported."
             for axis, size in sizes.items() if axis not in "TCZYXS" and size > 1]  # fmt: skip
    if len(names) > 1:
        notes.append(f"It holds {len(names):,} images; only “{str(image.name)[:80]}” was imported.")
    return About(
        size_t=sizes.get("T", 1),
        size_c=size_c,
        size_z=sizes.get("Z", 1),
        height=sizes["Y"],
        width=sizes["X"],
        dtype=image.dtype.name,
        channels=(Channel(),) * 3 if samples == 3 else _channels(image.xml_element, size_c),
        rgb=samples == 3,
        pixel_um=(steps.get("Z"), steps.get("Y"), steps.get("X")),
        time_step=steps.get("T"),
        notes=tuple(notes),
        series=series_named(names),
    )


def _steps(element: Any) -> dict[str, float]:
    """Micrometres, seconds for T, between two neighbours; the file says how far the first is from the last."""
    found = {}
    for axis in element.findall(f"{_DESCRIPTION}/Dimensions/DimensionDescription"):
        name, number = _AXES.get(axis.get("DimID", "")), int(axis.get("NumberOfElements", 1))
        unit = _UNITS.get(axis.get("Unit", ""))
        length = abs(float(axis.get("Length", "nan")))
        if name and unit and number > 1 and isfinite(length) and length > 0:
            found[name] = unit * length / (number - 1)
    return found


def _channels(element: Any, count: int) -> tuple[Channel, ...]:
    said = element.findall(f"{_DESCRIPTION}/Channels/ChannelDescription")
    if len(said) != count:
        return (Channel(),) * count
    said.sort(key=lambda each: int(each.get("BytesInc", 0)))
    return tuple(Channel(_dye(each), _COLOURS.get(each.get("LUTName", "").lower(), "")) for each in said)


def _dye(channel: Any) -> str:
    """What the channel shows, where somebody has said so."""
    for said in channel.findall("./ChannelProperty"):
        if said.findtext("Key") == "DyeName" or said.get("Key") == "DyeName":
            return str(said.findtext("Value") or said.get("Value") or "")[:80]
    return ""

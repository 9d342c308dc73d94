"""Small LIF files: a header of XML, then blocks of memory. Source: the liffile library's reader
(github.com/cgohlke/liffile)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from math import prod

import numpy as np

_DIMENSIONS = {"X": 1, "Y": 2, "Z": 3, "T": 4, "M": 10}


@dataclass
class Image:
    """``pixels`` as they lie in the file, ``axes`` theirs (C for channels, S for colours); ``luts`` by channel."""

    name: str
    pixels: np.ndarray
    axes: str
    luts: tuple[str, ...] = ("Gray",)
    lengths: dict[str, tuple[float, str]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)


def _element(number: int, image: Image) -> str:
    sizes = {**dict(zip(image.axes, image.pixels.shape, strict=True)), **image.changed}
    strides = {axis: prod([sizes[inner] for inner in image.axes[at + 1 :]]) * image.pixels.dtype.itemsize
               for at, axis in enumerate(image.axes)}  # fmt: skip
    bits = image.pixels.dtype.itemsize * 8
    step = strides.get("S", strides.get("C", 0))
    channels = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="{n + 1 if "S" in image.axes else 0}" Resolution="{bits}" '
        f'NameOfMeasuredQuantity="" Min="0" Max="1" Unit="" LUTName="{lut}" IsLUTInverted="0" BytesInc="{n * step}" '
        f'BitInc="0"><ChannelProperty><Key>DyeName</Key><Value>dye {n}</Value></ChannelProperty></ChannelDescription>'
        for n, lut in enumerate(image.luts)
    )
    dimensions = "".join(
        f'<DimensionDescription DimID="{_DIMENSIONS[axis]}" NumberOfElements="{sizes[axis]}" Origin="0" '
        f'Length="{image.lengths.get(axis, (0, ""))[0]}" Unit="{image.lengths.get(axis, (0, "m"))[1]}" '
        f'BitInc="0" BytesInc="{strides[axis]}"/>'
        for axis in reversed(image.axes)
        if axis in _DIMENSIONS
    )
    return (
        f'<Element Name="{image.name}" UniqueID="{number}"><Data><Image><ImageDescription>'
        f"<Channels>{channels}</Channels><Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
        f'<Memory Size="{image.pixels.nbytes}" MemoryBlockID="MemBlock_{number}"/></Element>'
    )


def lif(images: list[Image], *, before: str = "", references: str = "") -> bytes:
    """``before`` stands before the XML, ``references`` among the images."""
    elements = "".join(_element(number, image) for number, image in enumerate(images))
    xml = (
        f'{before}<LMSDataContainerHeader Version="2"><Element Name="cells"><Children>{references}{elements}</Children>'
        "</Element></LMSDataContainerHeader>"
    ).encode("utf-16-le")
    content = struct.pack("<IIBI", 0x70, len(xml) + 5, 0x2A, len(xml) // 2) + xml
    for number, image in enumerate(images):
        name = f"MemBlock_{number}".encode("utf-16-le")
        content += struct.pack("<IIBQBI", 0x70, 0, 0x2A, image.pixels.nbytes, 0x2A, len(name) // 2) + name
        content += image.pixels.tobytes()
    return content

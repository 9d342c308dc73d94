"""OME-XML, as far as it says what a file's planes are: axes, channels, sizes, and which directory of the TIFF holds
which plane. Runs in the decoder: no Django.

Source: the OME schema of June 2016 (https://www.openmicroscopy.org/Schemas/Documentation/Generated/OME-2016-06/ome.html).
File names in it are never followed (S9); a document type or entities are refused (S25).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from xml.etree import ElementTree

from annotation.imaging.readers.xml import children, parse_xml
from annotation.imaging.refusals import damaged
from annotation.imaging.source import Channel

_MICROMETRES = {
    "m": 1e6, "cm": 1e4, "mm": 1e3, "µm": 1.0, "μm": 1.0, "um": 1.0, "nm": 1e-3, "pm": 1e-6, "Å": 1e-4, "in": 25_400.0
}  # fmt: skip
_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_WHITE = -1


@dataclass(frozen=True)
class OmeImage:
    """One series. ``pages`` (t, z, channel group) → directory of the file; a group is a channel, or the samples of one
    page where those are several. Empty where planes lie in other files."""

    name: str
    size_t: int
    size_c: int
    size_z: int
    samples: int
    channels: tuple[Channel, ...]
    pixel_um: tuple[float | None, float | None, float | None]
    time_step: float | None
    pages: dict[tuple[int, int, int], int]


def looks_like_ome(text: str) -> bool:
    """Whether a page's description is OME-XML."""
    return text.lstrip().startswith(("<?xml", "<OME", "<ome")) and text.rstrip().endswith("OME>")


def parse_ome(text: str) -> list[OmeImage]:
    """The series in order. Raises RefusalError."""
    root = parse_xml(text, "OME-XML")
    try:
        own = root.get("UUID", "")
        return [_image(image, own) for image in children(root, "Image")]
    except (ValueError, KeyError, TypeError, StopIteration) as why:
        raise damaged("its OME-XML cannot be understood") from why


def _image(image: ElementTree.Element, own: str) -> OmeImage:
    pixels = next(children(image, "Pixels"))
    sizes = {axis: int(pixels.attrib[f"Size{axis}"]) for axis in "TCZ"}
    if min(sizes.values()) < 1 or sizes["C"] > 1024 or sizes["T"] * sizes["Z"] > 1_000_000:
        raise ValueError("sizes")
    channels = list(children(pixels, "Channel"))
    samples = max([int(channel.get("SamplesPerPixel", 1)) for channel in channels], default=1)
    named = tuple(Channel(channel.get("Name", "")[:80], _colour(channel)) for channel in channels)
    return OmeImage(
        name=image.get("Name", "")[:120],
        size_t=sizes["T"],
        size_c=sizes["C"],
        size_z=sizes["Z"],
        samples=samples,
        channels=named if len(named) == sizes["C"] else (),
        pixel_um=(_length(pixels, "Z"), _length(pixels, "Y"), _length(pixels, "X")),
        time_step=_scaled(pixels, "TimeIncrement", _SECONDS, "s"),
        pages=_pages(pixels, sizes, groups=max(1, sizes["C"] // samples), own=own),
    )


def _colour(channel: ElementTree.Element) -> str:
    """#rrggbb of a signed RGBA number; nothing where the file keeps to its default."""
    colour = int(channel.get("Color", _WHITE))
    return "" if colour == _WHITE else f"#{(colour & 0xFFFFFFFF) >> 8:06x}"


def _scaled(pixels: ElementTree.Element, name: str, units: dict[str, float], default: str) -> float | None:
    factor = units.get(pixels.get(f"{name}Unit", default))
    value = float(pixels.get(name, "nan"))
    return value * factor if factor is not None and isfinite(value) and value > 0 else None


def _length(pixels: ElementTree.Element, axis: str) -> float | None:
    return _scaled(pixels, f"PhysicalSize{axis}", _MICROMETRES, "µm")


def _places(order: str, sizes: dict[str, int], groups: int) -> list[tuple[int, int, int]]:
    """(t, z, channel group) in the order in which planes follow each other."""
    counts = {"T": sizes["T"], "Z": sizes["Z"], "C": groups}
    fast, middle, slow = tuple(order[2:])
    found = []
    for third in range(counts[slow]):
        for second in range(counts[middle]):
            for first in range(counts[fast]):
                at = {fast: first, middle: second, slow: third}
                found.append((at["T"], at["Z"], at["C"]))
    return found


def _pages(
    pixels: ElementTree.Element, sizes: dict[str, int], *, groups: int, own: str
) -> dict[tuple[int, int, int], int]:
    order = pixels.get("DimensionOrder", "XYCZT")
    if sorted(order) != sorted("XYCZT") or not order.startswith("XY"):
        raise ValueError("dimension order")
    places = _places(order, sizes, groups)
    position = {place: number for number, place in enumerate(places)}
    found: dict[tuple[int, int, int], int] = {}
    for block in children(pixels, "TiffData"):
        uuid = next(children(block, "UUID"), None)
        if uuid is not None and (uuid.text or "").strip() != own:
            continue
        first = tuple(int(block.get(name, 0)) for name in ("FirstT", "FirstZ", "FirstC"))
        start, page = position[(first[0], first[1], first[2])], int(block.get("IFD", 0))
        count = int(block.get("PlaneCount", 1 if "IFD" in block.attrib else len(places) - start))
        for step in range(min(count, len(places) - start)):
            found[places[start + step]] = page + step
    return found if len(found) == len(places) else {}

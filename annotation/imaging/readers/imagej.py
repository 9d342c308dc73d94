"""What Fiji writes into a TIFF's description. Runs in the decoder: no Django.

Source: ij.io.TiffDecoder and ij.io.FileInfo of ImageJ 1.54; planes follow each other as channel, slice, frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

_MICROMETRES = {"micron": 1.0, "microns": 1.0, "um": 1.0, "µm": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4}


@dataclass(frozen=True)
class Hyperstack:
    """Sizes, the micrometres of one unit of length (None where that is pixels), the distance of two slices in units and
    of two frames in seconds. ``guessed``: it tells how many planes there are and not what they are."""

    images: int
    size_t: int
    size_c: int
    size_z: int
    unit_um: float | None
    spacing: float | None
    time_step: float | None
    guessed: bool


def parse_imagej(text: str) -> Hyperstack | None:
    """None where the description is not ImageJ's, or contradicts itself."""
    if not text.startswith("ImageJ="):
        return None
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    try:
        images = int(said.get("images", 1))
        sizes = [int(said.get(name, 1)) for name in ("frames", "channels", "slices")]
        numbers = [float(said.get(name, "nan")) for name in ("spacing", "finterval")]
    except ValueError:
        return None
    size_t, size_c, size_z = sizes
    guessed = sizes == [1, 1, 1] and images > 1
    if min(sizes) < 1 or size_t * size_c * size_z != images:
        if sizes != [1, 1, 1]:
            return None
        # A plain stack names the number of its images alone.
        size_z = images
    spacing, interval = (number if isfinite(number) and number > 0 else None for number in numbers)
    return Hyperstack(
        images, size_t, size_c, size_z, _MICROMETRES.get(said.get("unit", "")), spacing, interval, guessed
    )

"""Whole slides of Aperio (SVS) and Hamamatsu (NDPI), through OpenSlide. Runs in the decoder: no Django.

Both are TIFFs with their own ideas of tiles and colours. Their labels and overviews, which may show a patient's name,
are not read. The library opens the file by its name.
Source: https://openslide.org/formats/aperio, https://openslide.org/formats/hamamatsu.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, BinaryIO

import numpy as np
import openslide
from numpy.typing import NDArray
from PIL import Image

from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.refusals import check_dimensions, damaged
from annotation.imaging.source import About, Channel

_COLUMNS = 4096
"""Pixels are fetched in parts of this width: four bytes for each come beside the three that are kept."""


def open_slide(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> SlideSource:  # noqa: ARG001
    """The slide at its highest magnification. Raises RefusalError."""
    if series:
        raise damaged(f"it has no series {series + 1}")
    with damaged_where_it_breaks(openslide.OpenSlideError):
        slide: Any = openslide.OpenSlide(file.name)
        width, height = slide.dimensions
        check_dimensions(width, height, limit_pixels=limit_pixels)
        return SlideSource(slide)


class SlideSource:
    """A Source."""

    def __init__(self, slide: Any) -> None:
        self._slide = slide
        said = slide.properties
        self._background = f"#{said.get(openslide.PROPERTY_NAME_BACKGROUND_COLOR, 'ffffff')}"
        width, height = slide.dimensions
        self.about = About(
            size_t=1,
            size_c=3,
            size_z=1,
            height=int(height),
            width=int(width),
            dtype="uint8",
            channels=(Channel(),) * 3,
            rgb=True,
            pixel_um=(
                None,
                _positive(said.get(openslide.PROPERTY_NAME_MPP_Y)),
                _positive(said.get(openslide.PROPERTY_NAME_MPP_X)),
            ),
        )

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        del t, z
        rows_chw = np.empty((3, stop - start, self.about.width), np.uint8)
        with damaged_where_it_breaks(openslide.OpenSlideError, reason="its pixels cannot be decoded"):
            for left in range(0, self.about.width, _COLUMNS):
                right = min(left + _COLUMNS, self.about.width)
                part = self._slide.read_region((left, start), 0, (right - left, stop - start))
                # Where the scanner saw nothing, the slide is transparent.
                shown = Image.new("RGB", part.size, self._background)
                shown.paste(part, mask=part.getchannel("A"))
                rows_chw[:, :, left:right] = np.moveaxis(np.asarray(shown), -1, 0)
        return rows_chw


def _positive(text: str | None) -> float | None:
    value = float(text or "nan")
    return value if isfinite(value) and value > 0 else None

"""TIFF, BigTIFF, OME-TIFF and what Fiji writes, as series with named axes. Runs in the decoder: no Django.

Pages are read one by one and never as tifffile's series, which may name other files: those are never opened (S9).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, TypeVar

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.imaging.readers.imagej import Hyperstack, parse_imagej
from annotation.imaging.readers.ome import OmeImage, looks_like_ome, parse_ome
from annotation.imaging.readers.tiff_header import count_planes
from annotation.imaging.readers.tiff_pages import PageReader, check_page, is_rgb, sample_count, stored_dtype
from annotation.imaging.refusals import NAME, RefusalError, cut_off, damaged
from annotation.imaging.source import STACKS, About, Channel, Choice, order_of, places_of, series_named

R = TypeVar("R")
_FORMATS: dict[str, Any] = dict.fromkeys(
    ("is_ome", "is_lsm", "is_scanimage", "is_ndpi", "is_stk", "is_micromanager", "is_ndtiff", "is_imagej"), False
)
_BROKEN = (
    tifffile.TiffFileError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    ArithmeticError,
    RuntimeError,
    OSError,
    struct.error,
)
_CENTIMETRES, _INCHES = 3, 2
_ELSEWHERE = "It names other files, which are not read; only the planes in this one were imported."


@dataclass(frozen=True)
class _Stack:
    """A series: what is known of it, and for each (t, z) the pages that hold its channels, each with the bytes to
    its pixels are shifted by."""

    about: About
    pages: dict[tuple[int, int], list[tuple[int, int]]]


def open_tiff(file: BinaryIO, *, file_bytes: int, limit_pixels: int, choice: Choice) -> TiffSource:
    """One series of the file, its planes as the file says or as was chosen. Raises RefusalError."""
    planes = count_planes(file, file_bytes=file_bytes)
    file.seek(0)

    def opened() -> TiffSource:
        tiff = tifffile.TiffFile(file, name="upload.tif", _multifile=False, **_FORMATS)
        # All directories as pages of their own: frames that share the first one's tags would hide differences.
        tiff.pages.useframes = False
        pages = [tiff.pages[number] for number in range(planes)]
        for page in pages:
            check_page(page, file_bytes=file_bytes, limit_pixels=limit_pixels)
        stack = _stack_of(pages, choice, file_bytes=file_bytes)
        if choice.overrule and stack.about.planes:
            stack = _recut(pages, stack, choice.planes)
        return TiffSource(file, pages, stack)

    return _understood(opened)


def _understood(reading: Callable[[], R]) -> R:
    """What the library stumbles over is a damaged file."""
    try:
        return reading()
    except RefusalError:
        raise
    except _BROKEN as why:
        raise damaged("its pixels cannot be decoded") from why


class TiffSource:
    """A Source."""

    def __init__(self, file: BinaryIO, pages: list[Any], stack: _Stack) -> None:
        self.about = stack.about
        self._file = file
        self._pages = pages
        self._places = stack.pages
        self._open: tuple[tuple[int, int], list[PageReader]] = ((-1, -1), [])

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        if self._open[0] != (t, z):
            readers = [PageReader(self._file, self._pages[page], shift=shift) for page, shift in self._places[t, z]]
            self._open = (t, z), readers
        return _understood(lambda: np.concatenate([reader.rows(start, stop) for reader in self._open[1]]))


def _stack_of(pages: list[Any], choice: Choice, *, file_bytes: int) -> _Stack:
    text, series = pages[0].description, choice.series
    notes: list[str] = []
    if looks_like_ome(text):
        images = parse_ome(text)
        if not 0 <= series < max(len(images), 1):
            raise damaged(f"it has no series {series + 1}")
        if images and images[series].pages:
            stack = _of_ome(pages, images[series])
            return replace(stack, about=replace(stack.about, **_of_several(images, series)))
        notes.append(_ELSEWHERE)
    said = parse_imagej(text)
    if said is not None and said.images > 1:
        stack = _of_imagej(pages, said, file_bytes=file_bytes)
        return _recut(pages, stack, choice.planes or STACKS[0]) if said.guessed else stack
    if series:
        raise damaged(f"it has no series {series + 1}")
    return _plain_stack(pages, notes, planes=choice.planes or STACKS[0])


def _of_several(images: list[OmeImage], series: int) -> dict[str, Any]:
    """What the description says of a file with more than one series."""
    names = series_named([image.name for image in images])
    said = (f"It holds {len(images):,} series; only “{names[series]}” was imported.",) if series < len(names) else ()
    return {"series": names, "notes": said}


def _about(page: Any, *, size_t: int, size_c: int, size_z: int, **more: Any) -> About:
    channels = more.pop("channels", ()) or tuple(Channel() for _ in range(size_c))
    return About(
        size_t=size_t,
        size_c=size_c,
        size_z=size_z,
        height=int(page.imagelength),
        width=int(page.imagewidth),
        dtype=stored_dtype(page),
        channels=channels,
        rgb=is_rgb(page) and size_c == 3,
        **more,
    )


def _check_alike(pages: list[Any]) -> None:
    sorts = {(page.imagelength, page.imagewidth, stored_dtype(page), sample_count(page)) for page in pages}
    if len(sorts) > 1:
        raise damaged("its planes differ in size or kind")


def _of_ome(pages: list[Any], image: OmeImage) -> _Stack:
    used = sorted(set(image.pages.values()))
    if used[-1] >= len(pages):
        raise damaged("its OME-XML tells of more planes than there are")
    _check_alike([pages[number] for number in used])
    samples = sample_count(pages[used[0]])
    groups = 1 + max(group for _, _, group in image.pages)
    size_c = samples * groups
    about = _about(
        pages[used[0]],
        size_t=image.size_t,
        size_c=size_c,
        size_z=image.size_z,
        channels=image.channels if len(image.channels) == size_c else (),
        pixel_um=image.pixel_um,
        time_step=image.time_step,
        planes=len(used) if len(used) > 1 else 0,
    )
    places = {
        (t, z): [(image.pages[t, z, group], 0) for group in range(groups)]
        for t in range(image.size_t)
        for z in range(image.size_z)
    }
    return _Stack(about, places)


def _pixel_um(page: Any, unit_um: float | None) -> tuple[float | None, float | None]:
    """Height and width of a pixel by the resolution tags; ``unit_um`` is what a unit without a name means."""
    unit = {_CENTIMETRES: 1e4, _INCHES: 25_400.0}.get(int(getattr(page, "resolutionunit", 1) or 1), unit_um)
    found: list[float | None] = []
    for name in ("YResolution", "XResolution"):
        tag = page.tags.get(name)
        count, length = tag.value if tag is not None and isinstance(tag.value, tuple) else (0, 1)
        found.append(unit * length / count if unit and count and length else None)
    return found[0], found[1]


def _of_imagej(pages: list[Any], said: Hyperstack, *, file_bytes: int) -> _Stack:
    _check_alike(pages)
    page = pages[0]
    behind = len(pages) == 1
    samples = sample_count(page)
    if not behind and len(pages) != said.images:
        raise damaged(f"its description tells of {said.images:,} planes, and it has {len(pages):,}")
    plane_bytes = int(page.nbytes)
    if behind and page.dataoffsets[0] + plane_bytes * said.images > file_bytes:
        raise cut_off(file_bytes)
    spacing = None if said.spacing is None or said.unit_um is None else said.spacing * said.unit_um
    about = _about(
        page,
        size_t=said.size_t,
        size_c=said.size_c * samples,
        size_z=said.size_z,
        pixel_um=(spacing, *_pixel_um(page, said.unit_um)),
        time_step=said.time_step,
        guessed=said.guessed,
        planes=said.images,
    )
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for number in range(said.images):
        rest, _channel = divmod(number, said.size_c)
        t, z = divmod(rest, said.size_z)
        places.setdefault((t, z), []).append((0, number * plane_bytes) if behind else (number, 0))
    return _Stack(about, places)


_NAMED = {"z": "slices in z", "t": "frames in time", "c": "channels"}


def _plain_stack(pages: list[Any], notes: list[str], *, planes: str) -> _Stack:
    """Planes without a word about their axes are what the person says, or slices. Other sizes than the first's are
    previews, and left out."""
    first = pages[0]

    def sort(page: Any) -> tuple[Any, ...]:
        return page.imagelength, page.imagewidth, stored_dtype(page), sample_count(page)

    alike = [number for number, page in enumerate(pages) if sort(page) == sort(first)]
    if len(alike) < len(pages):
        notes.append(f"{len(pages) - len(alike):,} of its planes have another size or kind and were left out.")
    about = _about(first, size_t=1, size_c=sample_count(first), size_z=1, notes=tuple(notes), guessed=len(alike) > 1)
    stack = _Stack(about, {(0, at): [(number, 0)] for at, number in enumerate(alike)})
    return _recut(pages, stack, planes) if len(alike) > 1 else stack


def _recut(pages: list[Any], stack: _Stack, planes: str) -> _Stack:
    """The same planes, in the order in which they lie in the file, as somebody says that they are."""
    about = stack.about
    listed = sorted({page for group in stack.pages.values() for page in group})
    try:
        order = order_of(planes, len(listed))
    except ValueError as why:
        raise RefusalError(f"{NAME} has {len(listed):,} planes: {why}. Say what they are once more.") from why
    sizes = {"t": 1, "c": 1, "z": 1} | dict(order)
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for page, at in sorted(zip(listed, places_of(order), strict=True), key=lambda pair: pair[1]["c"]):
        places.setdefault((at["t"], at["z"]), []).append(page)
    notes = about.notes
    if about.guessed:
        said = _NAMED.get(planes) or ", ".join(f"{size:,} {_NAMED[axis]}" for axis, size in order)
        notes = (*notes, f"It does not say what its {len(listed):,} planes are; they were taken as {said}.")
    first = pages[listed[0][0]]
    size_c = sample_count(first) * sizes["c"]
    channels = about.channels if len(about.channels) == size_c else tuple(Channel() for _ in range(size_c))
    changed = replace(
        about,
        size_t=sizes["t"],
        size_c=size_c,
        size_z=sizes["z"],
        channels=channels,
        rgb=is_rgb(first) and size_c == 3,
        notes=notes,
        planes=len(listed),
    )
    return _Stack(changed, places)

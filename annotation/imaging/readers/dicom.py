"""DICOM: single images, stacks of frames, and whole slides in tiles. Runs in the decoder: no Django.

Only the tags that describe pixels are read. Source: DICOM PS3.3 (2024c), C.7.6.3, C.7.6.16, C.8.12 and PS3.10, 7.1.
"""

from __future__ import annotations

import struct
from math import isfinite
from typing import Any, BinaryIO

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import BytesLengthException, InvalidDicomError

from annotation.imaging.readers.arrays import PlanesSource
from annotation.imaging.readers.bounded import BoundedFile
from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.readers.dicom_frames import MAX_FRAMES, SYNTAXES, Frames, Shape
from annotation.imaging.refusals import check_dimensions, cut_off, damaged, unsupported
from annotation.imaging.source import About, Channel, Source

_TAGS = [
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "PixelRepresentation", "NumberOfFrames", "PixelSpacing", "SpacingBetweenSlices", "SliceThickness",
    "FrameTime", "FrameIncrementPointer", "TotalPixelMatrixColumns", "TotalPixelMatrixRows",
    "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths", "DimensionOrganizationType",
    "SharedFunctionalGroupsSequence", "RescaleSlope", "RescaleIntercept", "PatientName", "PatientID",
]  # fmt: skip
_FRAME_TIME = 0x00181063
_MAX_META = 1024**2
_LONG = (b"OB", b"OW", b"UN", b"UT", b"SQ", b"OF", b"OD", b"OL", b"UC", b"UR")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")


def open_dicom(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> Source:
    """The file's image. Raises RefusalError."""
    if series:
        raise damaged(f"it has no series {series + 1}")
    syntax = _syntax(file, file_bytes=file_bytes)
    if syntax not in SYNTAXES:
        raise unsupported(f"is packed in a way that is not read ({syntax[:40]})")
    file.seek(0)
    with damaged_where_it_breaks(InvalidDicomError, BytesLengthException):
        bounded: Any = BoundedFile(file, file_bytes)
        tags: Any = list(_TAGS)
        said: Any = pydicom.dcmread(bounded, stop_before_pixels=True, specific_tags=tags)
        shape = _shape(said)
        check_dimensions(shape.columns, shape.rows, limit_pixels=limit_pixels)
        count = int(said.get("NumberOfFrames") or 1)
        if not 1 <= count <= MAX_FRAMES:
            raise damaged("it tells of an absurd number of frames")
        frames = Frames(file, syntax, shape, count, file_bytes=file_bytes)
        if int(said.get("TotalPixelMatrixColumns") or 0):
            return _slide(said, shape, frames, count, limit_pixels=limit_pixels)
        return _stack(said, shape, frames, count)


def _syntax(file: BinaryIO, *, file_bytes: int) -> str:
    """How the file is packed, from its own first tags: before a library that would unpack it sees it."""
    file.seek(132)
    head = file.read(_MAX_META)
    at = 0
    while at + 12 <= len(head):
        group, element, kind = struct.unpack_from("<HH2s", head, at)
        if group != 2:
            break
        long = kind in _LONG
        length = struct.unpack_from("<I" if long else "<H", head, at + (8 if long else 6))[0]
        start = at + (12 if long else 8)
        if element == 0x10:
            return head[start : start + length].decode("ascii", "replace").rstrip("\0 ")
        at = start + length
    if 132 + at >= file_bytes:
        raise cut_off(file_bytes)
    raise damaged("it does not say how it is packed")


def _shape(said: Any) -> Shape:
    samples, bits = int(said.get("SamplesPerPixel") or 1), int(said.BitsAllocated)
    colours = str(said.get("PhotometricInterpretation") or "MONOCHROME2")
    if (samples, colours in _COLOURS) not in ((1, False), (3, True)) or colours == "PALETTE COLOR":
        raise unsupported(f"stores its colours as {colours[:40]}")
    if bits not in (8, 16, 32):
        raise unsupported(f"stores {bits} bits for each value")
    dtype = np.dtype(f"{'i' if int(said.get('PixelRepresentation') or 0) else 'u'}{bits // 8}")
    planar = samples == 3 and int(said.get("PlanarConfiguration") or 0) == 1
    return Shape(int(said.Rows), int(said.Columns), samples, dtype, planar, colours)


class _Values:
    """Stored values as those that are shown: unused bits cleared, 0 black, colours red, green, blue."""

    def __init__(self, said: Any, shape: Shape) -> None:
        self._bits = int(said.get("BitsStored") or shape.dtype.itemsize * 8)
        if not 1 <= self._bits <= shape.dtype.itemsize * 8:
            raise ValueError("bits")
        self._shape = shape

    def of(self, frame_hws: NDArray[Any]) -> NDArray[Any]:
        """(sample, row, column)"""
        shape = self._shape
        values = np.moveaxis(frame_hws, -1, 0).astype(shape.dtype)
        spare = shape.dtype.itemsize * 8 - self._bits
        if spare:
            values = (values << spare) >> spare
        if shape.colours == "MONOCHROME1":
            highest = 2 ** (self._bits - 1) - 1 if shape.dtype.kind == "i" else 2**self._bits - 1
            lowest = -(2 ** (self._bits - 1)) if shape.dtype.kind == "i" else 0
            values = (highest + lowest - values.astype(np.int64)).astype(shape.dtype)
        return values


def _common(said: Any, shape: Shape) -> dict[str, Any]:
    rgb = shape.samples == 3
    measures = _first(_first(said.get("SharedFunctionalGroupsSequence")).get("PixelMeasuresSequence"))
    spacing = said.get("PixelSpacing") or measures.get("PixelSpacing") or (None, None)
    depth = said.get("SpacingBetweenSlices") or measures.get("SpacingBetweenSlices")
    depth = depth or said.get("SliceThickness") or measures.get("SliceThickness")
    notes = []
    if float(said.get("RescaleSlope") or 1) != 1 or float(said.get("RescaleIntercept") or 0) != 0:
        notes.append("Its values are as they were stored: slope and intercept were not applied.")
    if said.get("PatientName") or said.get("PatientID"):
        notes.append("The original, which can be downloaded, names a patient.")
    return {
        "dtype": shape.dtype.name,
        "rgb": rgb,
        "pixel_um": (_micrometres(depth), _micrometres(spacing[0]), _micrometres(spacing[1])),
        "notes": tuple(notes),
    }


def _first(sequence: Any) -> Any:
    return sequence[0] if sequence else {}


def _micrometres(millimetres: Any) -> float | None:
    value = float(millimetres or 0) * 1000
    return value if isfinite(value) and value > 0 else None


def _check_colours(shape: Shape, frames: Frames) -> None:
    if shape.colours.startswith("YBR") and not frames.gives_rgb:
        raise unsupported(f"stores its colours as {shape.colours}")


def _stack(said: Any, shape: Shape, frames: Frames, count: int) -> Source:
    """Frames are times where the file says how long one lasts, slices otherwise."""
    _check_colours(shape, frames)
    timed = count > 1 and said.get("FrameIncrementPointer") == _FRAME_TIME
    time_step = float(said.get("FrameTime") or 0) / 1000 if timed else 0.0
    about = About(
        size_t=count if timed else 1,
        size_c=shape.samples,
        size_z=1 if timed else count,
        height=shape.rows,
        width=shape.columns,
        channels=(Channel(),) * shape.samples,
        time_step=time_step if isfinite(time_step) and time_step > 0 else None,
        **_common(said, shape),
    )
    values = _Values(said, shape)
    return PlanesSource(about, lambda t, z: values.of(frames.read(t + z)))


def _slide(said: Any, shape: Shape, frames: Frames, count: int, *, limit_pixels: int) -> Source:
    _check_colours(shape, frames)
    if said.get("DimensionOrganizationType") != "TILED_FULL":
        raise unsupported("is a slide whose tiles lie in no fixed order")
    about = About(
        size_t=1,
        size_c=shape.samples * int(said.get("NumberOfOpticalPaths") or 1),
        size_z=int(said.get("TotalPixelMatrixFocalPlanes") or 1),
        height=int(said.TotalPixelMatrixRows),
        width=int(said.TotalPixelMatrixColumns),
        channels=(Channel(),) * (shape.samples * int(said.get("NumberOfOpticalPaths") or 1)),
        **_common(said, shape),
    )
    check_dimensions(about.width, about.height, limit_pixels=limit_pixels)
    if about.size_c not in (1, 3) or (about.rgb and about.size_c != 3):
        raise unsupported("is a slide with several optical paths")
    source = TilesSource(about, shape, frames, _Values(said, shape))
    if source.tiles != count:
        raise damaged("it has another number of tiles than its size needs")
    return source


class TilesSource:
    """A slide whose frames are tiles from left to right, then from top to bottom, then plane by plane."""

    def __init__(self, about: About, shape: Shape, frames: Frames, values: _Values) -> None:
        self.about = about
        self._shape = shape
        self._frames = frames
        self._values = values
        self._across = -(-about.width // shape.columns)
        self._down = -(-about.height // shape.rows)
        self._kept: dict[tuple[int, int], NDArray[Any]] = {}

    @property
    def tiles(self) -> int:
        """How many frames the slide needs."""
        return self._across * self._down * self.about.size_z

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        del t
        high = self._shape.rows
        wanted = range(start // high, -(-stop // high))
        # Rows come from top to bottom: only the row of tiles that the next ones may begin in is kept.
        self._kept = {place: row for place, row in self._kept.items() if place[0] == z and place[1] in wanted}
        with damaged_where_it_breaks(reason="its pixels cannot be decoded"):
            rows = [self._row(z, number) for number in wanted]
        first = wanted[0] * high
        return np.concatenate(rows, axis=1)[:, start - first : stop - first]

    def _row(self, z: int, number: int) -> NDArray[Any]:
        if (z, number) not in self._kept:
            begin = (z * self._down + number) * self._across
            tiles = [self._values.of(self._frames.read(begin + across)) for across in range(self._across)]
            self._kept[z, number] = np.concatenate(tiles, axis=2)[:, :, : self.about.width]
        return self._kept[z, number]

"""The rows of one TIFF page, decoding no more than they need. Runs in the decoder: no Django."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.imaging.refusals import check_dimensions, cut_off, damaged, too_large, unsupported
from annotation.imaging.source import DTYPES

MAX_SAMPLES = 64
MAX_ROW_BYTES = 768 * 1024**2
"""What one row of tiles, or one strip, may take when it is decoded."""
_COMPRESSIONS = {1, 5, 7, 8, 32773, 32946, 33003, 33005, 34712, 50000}
"""None, LZW, JPEG, Deflate (two numbers), PackBits, JPEG 2000 (three numbers), Zstandard."""
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_NONE, _JPEG = 1, 7
_WIDER = {"float16": "float32", "float64": "float32", "bool": "uint8"}


def check_page(page: Any, *, file_bytes: int, limit_pixels: int) -> None:
    """Everything that can be refused from the header alone."""
    if not isinstance(page, tifffile.TiffPage):
        raise damaged("it holds no plane")
    check_dimensions(page.imagewidth, page.imagelength, limit_pixels=limit_pixels)
    _check_sort(page)
    if not _rows_are_plain(page) and _row_bytes(page) > MAX_ROW_BYTES:
        raise too_large(
            "would take more memory than this server gives to one image", "Save it with tiles, or uncompressed."
        )
    ends = (start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=False) if count)
    if max(ends, default=0) > file_bytes:
        raise cut_off(file_bytes)


def _check_sort(page: Any) -> None:
    if page.samplesperpixel > MAX_SAMPLES or page.imagedepth > 1:
        raise unsupported("stores more samples for each pixel than a plane has")
    if page.dtype is None or stored_dtype(page) not in DTYPES:
        name = "an unusual number format" if page.dtype is None else f"{page.dtype.name} values"
        raise unsupported(f"stores {name}")
    if page.compression not in _COMPRESSIONS:
        raise unsupported(f"is compressed with method {int(page.compression)}")
    colours = page.photometric
    if (colours == _YCBCR and page.compression != _JPEG) or colours > _YCBCR:
        raise unsupported("stores its colours in a way that is not grey, palette or RGB")


def stored_dtype(page: Any) -> str:
    """What the page's numbers become."""
    if page.photometric == _PALETTE:
        return "uint8"
    name = "bool" if page.bitspersample == 1 else page.dtype.name
    return _WIDER.get(name, name)


def is_rgb(page: Any) -> bool:
    """Whether the page is one colour image."""
    return bool((page.photometric in (_RGB, _YCBCR) and page.samplesperpixel >= 3) or page.photometric == _PALETTE)


def sample_count(page: Any) -> int:
    """Channels that a page gives: three for colour, without alpha otherwise."""
    if is_rgb(page):
        return 3
    alpha = page.samplesperpixel > 1 and page.extrasamples[-1:] == (2,)
    return int(page.samplesperpixel) - int(alpha)


def _across(page: Any) -> int:
    return -(-int(page.imagewidth) // int(page.tilewidth)) if page.is_tiled else 1


def _segment_rows(page: Any) -> int:
    return int(page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength))


def _row_bytes(page: Any) -> float:
    """Bytes of one row of segments; a tile may be larger than its image, and whole tiles are decoded."""
    segment: float = float(np.prod(page.chunks, dtype=np.float64)) * np.dtype(page.dtype).itemsize
    return segment * _across(page)


def _rows_are_plain(page: Any) -> bool:
    """Whether a row's bytes are its numbers."""
    return (
        page.compression == _NONE
        and not page.is_tiled
        and page.fillorder == 1
        and page.predictor == 1
        and page.bitspersample == 8 * np.dtype(page.dtype).itemsize
    )


class PageReader:
    """Rows of one page, asked for from top to bottom. ``shift`` bytes are added to where the page says its pixels are:
    ImageJ writes one directory for many planes that lie behind each other."""

    def __init__(self, file: BinaryIO, page: Any, *, shift: int = 0) -> None:
        self._file = file
        self._page = page
        self._shift = shift
        self._decoded: dict[int, NDArray[Any]] = {}

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """(sample, row, column), the page's stored dtype."""
        page = self._page
        high = _segment_rows(page)
        wanted = range(start // high, -(-stop // high))
        # Rows come from top to bottom: only the row of segments that the next ones may begin in is kept.
        self._decoded = {number: part for number, part in self._decoded.items() if number in wanted}
        if _rows_are_plain(page):
            rows_rws = np.concatenate([self._plain(number, start, stop) for number in wanted], axis=1)
        else:
            parts = [self._segments(number) for number in wanted]
            first = wanted[0] * high
            rows_rws = np.concatenate(parts, axis=1)[:, start - first : stop - first]
        return self._channels(rows_rws)

    def _plain(self, number: int, start: int, stop: int) -> NDArray[Any]:
        """The asked rows of strip ``number``, (separate sample, row, column, sample)."""
        page, high = self._page, _segment_rows(self._page)
        low, end = max(start, number * high), min(stop, (number + 1) * high)
        dtype = np.dtype(page.parent.byteorder + page.dtype.char)
        row_bytes = page.imagewidth * page.shaped[-1] * dtype.itemsize
        planes = []
        for separate in range(page.shaped[0]):
            strip = separate * -(-page.imagelength // high) + number
            self._file.seek(page.dataoffsets[strip] + self._shift + (low - number * high) * row_bytes)
            data = self._file.read((end - low) * row_bytes)
            if len(data) < (end - low) * row_bytes:
                raise damaged("a strip is shorter than its rows")
            planes.append(np.frombuffer(data, dtype).reshape(end - low, page.imagewidth, page.shaped[-1]))
        return np.stack(planes)

    def _segments(self, number: int) -> NDArray[Any]:
        """Row ``number`` of the page's tiles or strips, (separate sample, row, column, sample)."""
        if number not in self._decoded:
            page, high = self._page, _segment_rows(self._page)
            rows = min(high, page.imagelength - number * high)
            whole = np.zeros((page.shaped[0], rows, page.imagewidth, page.shaped[-1]), page.dtype)
            down = -(-page.imagelength // high)
            for separate in range(page.shaped[0]):
                for across in range(_across(page)):
                    self._put(whole, (separate * down + number) * _across(page) + across)
            self._decoded[number] = whole
        return self._decoded[number]

    def _put(self, whole: NDArray[Any], index: int) -> None:
        page = self._page
        offset, count = page.dataoffsets[index] + self._shift, page.databytecounts[index]
        if count == 0:
            return
        self._file.seek(offset)
        tables = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader} if page.compression == _JPEG else {}
        part, (separate, _, _row, column, _), _ = page.decode(self._file.read(count), index, **tables)
        part_rws = part[0]
        into = whole[separate, :, column : column + part_rws.shape[1]]
        high = min(into.shape[0], part_rws.shape[0])
        into[:high] = part_rws[:high, : into.shape[1]]

    def _channels(self, rows_srws: NDArray[Any]) -> NDArray[Any]:
        """(separate sample, row, column, sample) → (channel, row, column)."""
        page = self._page
        if page.photometric == _PALETTE:
            colours: NDArray[np.uint8] = (np.asarray(page.colormap, np.uint16) >> 8).astype(np.uint8)
            picked: NDArray[np.uint8] = colours[:, rows_srws[0, ..., 0]]
            return picked
        channels: NDArray[Any] = rows_srws[..., 0] if rows_srws.shape[0] > 1 else np.moveaxis(rows_srws[0], -1, 0)
        return _numbers(page, channels[: sample_count(page)])


def _numbers(page: Any, channels: NDArray[Any]) -> NDArray[Any]:
    """In the stored dtype and the machine's byte order; 0 is black, as every viewer shows such files."""
    if page.bitspersample == 1:
        channels = np.where(channels, np.uint8(255), np.uint8(0))
    native: NDArray[Any] = np.ascontiguousarray(channels, dtype=stored_dtype(page))
    if page.photometric == _WHITE_IS_ZERO and native.dtype.kind == "u":
        highest = 255 if page.bitspersample == 1 else 2**page.bitspersample - 1
        native = np.subtract(highest, native, dtype=native.dtype)
    return native

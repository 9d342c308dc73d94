"""An image of a snapshot as it is kept: a header in JSON, and a line of JSON for each cell, packed with zlib.

The hash is of what is said, not of how it is packed.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from annotation.datasets.base import CellRecord, ClassRecord, ImageRecord, RegionRecord, VerdictRecord
from annotation.datasets.pixels import StoredPixels, axes_of
from annotation.errors import AppError, ErrorCode
from annotation.geometry import Bounds
from annotation.models import SnapshotImage
from inference.rle import Rle

_BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is kept of an image. ``classes`` are those that its cells have."""

    header: dict[str, Any]
    cells: bytes
    count: int
    sha256: str
    classes: dict[int, ClassRecord]


def _canonical(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def _header(image: ImageRecord, pixels_sha256: str) -> dict[str, Any]:
    return {
        "id": str(image.id),
        "name": image.name,
        "stem": image.stem,
        "suffix": image.suffix,
        "height": image.height,
        "width": image.width,
        "file_sha256": image.file_sha256,
        "pixels_sha256": pixels_sha256,
        "clock": image.clock,
        "changed_at": image.changed_at.isoformat(),
        "status": image.status,
        "split": image.split,
        "regions": [{"t": region.t, "z": region.z, **asdict(region.box)} for region in image.regions],
    }


_UNHASHED = ("largest", "clock", "changed_at")
"""How the cells came to be what they are is not what they are."""


def _digest_of(header: dict[str, Any]) -> hashlib._Hash:
    said = {key: value for key, value in header.items() if key not in _UNHASHED}
    return hashlib.sha256(_canonical(said) + b"\n")


def _line(cell: CellRecord) -> bytes:
    mask = cell.mask
    row = [
        cell.label, str(cell.id), cell.t, cell.z, [mask.top, mask.left, mask.height, mask.width], list(mask.counts),
        cell.label_class.id if cell.label_class else None, dict(cell.provenance), cell.created_by,
        cell.parent, asdict(cell.verdict) if cell.verdict else None,
    ]  # fmt: skip
    return _canonical(row) + b"\n"


def freeze(image: ImageRecord, *, pixels_sha256: str) -> Frozen:
    """Read the image's cells and pack them."""
    header = _header(image, pixels_sha256)
    digest, packer, packed = _digest_of(header), zlib.compressobj(6), list[bytes]()
    count, largest, classes = 0, 0, dict[int, ClassRecord]()
    for cell in image.cells:
        line = _line(cell)
        digest.update(line)
        packed.append(packer.compress(line))
        count, largest = count + 1, max(largest, cell.label)
        if cell.label_class:
            classes[cell.label_class.id] = cell.label_class
    packed.append(packer.flush())
    return Frozen({**header, "largest": largest}, b"".join(packed), count, digest.hexdigest(), classes)


def _lines(packed: bytes) -> Iterator[bytes]:
    """The lines again, some at a time."""
    unpacker, rest, waiting = zlib.decompressobj(), b"", packed
    while waiting or not unpacker.eof:
        rest += unpacker.decompress(waiting, _BLOCK)
        waiting = unpacker.unconsumed_tail
        *whole, rest = rest.split(b"\n")
        yield from whole


def _damaged() -> AppError:
    sentence = "What is kept of this snapshot is damaged on the server's disk. Ask your administrator for a backup."
    return AppError(ErrorCode.INTERNAL, sentence, status=500)


def thawed_cells(part: SnapshotImage, classes: dict[int, ClassRecord]) -> Iterator[CellRecord]:
    """The cells again, in the order in which they were kept. Raises AppError where they are not what was hashed, at the
    end."""
    digest = _digest_of(part.header)
    try:
        for line in _lines(bytes(part.cells)):
            digest.update(line + b"\n")
            label, key, t, z, (top, left, height, width), counts, *rest = json.loads(line)
            class_id, provenance, maker, parent, verdict = rest
            mask = Rle(top, left, height, width, tuple(counts))
            one = None if class_id is None else classes[class_id]
            yield CellRecord(
                UUID(key),
                label,
                mask,
                one,
                provenance,
                maker,
                t=t,
                z=z,
                parent=parent,
                verdict=VerdictRecord(**verdict) if verdict else None,
            )
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise _damaged() from error
    if digest.hexdigest() != part.sha256:
        raise _damaged()


def thawed(part: SnapshotImage, classes: dict[int, ClassRecord], *, number: int) -> ImageRecord:
    """The image as it was; its pixels, which never change, are where they always are."""
    header = part.header
    regions = [
        RegionRecord(Bounds(*(each[side] for side in ("top", "left", "bottom", "right"))), t=each["t"], z=each["z"])
        for each in header["regions"]
    ]
    return ImageRecord(
        id=UUID(header["id"]),
        number=number,
        **{key: header[key] for key in ("name", "stem", "suffix", "height", "width", "file_sha256", "clock")},
        changed_at=datetime.fromisoformat(header["changed_at"]),
        largest_label=header["largest"],
        cells=thawed_cells(part, classes),
        pixels=StoredPixels(part.image),
        axes=axes_of(part.image),
        regions=tuple(regions),
        split=header["split"],
        status=header["status"],
    )


def content_hash(classes: Iterable[ClassRecord], parts: Iterable[str]) -> str:
    """The hash of a whole snapshot, of its classes and of its images' hashes in their order."""
    return hashlib.sha256(_canonical([[asdict(one) for one in classes], list(parts)])).hexdigest()


def within_regions(image: ImageRecord) -> ImageRecord:
    """The same with the cells alone whose box has its centre in a region of their plane."""

    def kept(cell: CellRecord) -> bool:
        row, col = cell.mask.top + cell.mask.height / 2, cell.mask.left + cell.mask.width / 2
        return any(
            (region.t, region.z) == (cell.t, cell.z)
            and region.box.top <= row < region.box.bottom
            and region.box.left <= col < region.box.right
            for region in image.regions
        )

    return replace(image, cells=(cell for cell in image.cells if kept(cell)))


def of_classes(image: ImageRecord, classes: frozenset[int]) -> ImageRecord:
    """The same with the cells of these classes alone; 0 stands for cells without a class."""
    wanted = (cell for cell in image.cells if (cell.label_class.id if cell.label_class else 0) in classes)
    return replace(image, cells=wanted)

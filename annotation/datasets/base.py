"""What every format of export has in common: what goes in, where it is written, and the one method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol
from uuid import UUID

from inference.rle import Rle


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A class of the project; ``id`` is the database's."""

    id: int
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class CellRecord:
    """One cell as the database has it, on slice ``z`` of frame ``t``. ``label`` is its number in the image, 1 or more,
    not necessarily dense."""

    id: UUID
    label: int
    mask: Rle
    label_class: ClassRecord | None
    provenance: Mapping[str, Any]
    created_by: str
    t: int = 0
    z: int = 0


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image at one moment. ``name`` is the person's word and never a path; ``stem`` and ``suffix`` are safe and no
    other image of the export has the same stem. ``cells`` can be read once: frame by frame, slice by slice, in
    ascending order of label."""

    id: UUID
    number: int
    name: str
    stem: str
    suffix: str
    height: int
    width: int
    file_sha256: str
    clock: int
    changed_at: datetime
    largest_label: int
    cells: Iterator[CellRecord]
    size_t: int = 1
    size_z: int = 1

    @property
    def planes(self) -> int:
        """Slices of all frames together."""
        return self.size_t * self.size_z


class Sink(Protocol):
    """Where files go, one after another."""

    def file(self, path: str, *, compress: bool) -> AbstractContextManager[IO[bytes]]:
        """Open the next file for writing; it is complete when the context ends. ``path`` uses forward slashes."""


class Exporter(Protocol):
    """One format. ``layout`` tells people which files there are and what is in them."""

    name: str
    title: str
    layout: str

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Write all images. Each image's cells have to be read before the next image is asked for, and memory must not
        grow with the number of images."""

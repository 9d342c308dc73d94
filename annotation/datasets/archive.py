"""The zip file of an export: what the format writes, README.txt and manifest.json.

The same state gives the same bytes: order is fixed, and no clock is read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from annotation.datasets.base import CellRecord, ClassRecord, Exporter, ImageRecord, Sink
from annotation.datasets.documents import pretty
from annotation.datasets.planes import png
from annotation.datasets.regions import Partly, partly_of
from inference.cards import CARDS

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: the first that zip knows."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What went into an archive."""

    images: int
    cells: int


@dataclass(slots=True)
class Subject:
    """What is exported. ``classes`` are the project's present ones, in its order."""

    project_id: UUID
    project_name: str
    classes: list[ClassRecord]
    snapshot: tuple[str, str] | None = None
    """Its name and its hash."""


@dataclass(slots=True)
class _Tally:
    """Counts what passes by on its way to the exporter."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    partly: list[Partly] = field(default_factory=list)
    """Planes that are not annotated everywhere."""
    cells: int = 0
    engines: set[str] = field(default_factory=set)
    changed_at: datetime | None = None

    def images(self, images: Iterable[ImageRecord]) -> Iterator[ImageRecord]:
        for image in images:
            before = self.cells
            yield replace(image, cells=self._counted(image.cells))
            self.rows.append(_manifest_row(image, cells=self.cells - before))
            places = sorted({(region.t, region.z) for region in image.regions})
            self.partly += [partly_of(image, t, z) for t, z in places]
            self.changed_at = max(self.changed_at or image.changed_at, image.changed_at)

    def _counted(self, cells: Iterator[CellRecord]) -> Iterator[CellRecord]:
        for cell in cells:
            self.cells += 1
            engine = cell.provenance.get("engine")
            if engine:
                self.engines.add(str(engine))
            yield cell


def _manifest_row(image: ImageRecord, *, cells: int) -> dict[str, Any]:
    return {
        "id": str(image.id),
        "name": image.name,
        "stem": image.stem,
        "sha256": image.file_sha256,
        "width": image.width,
        "height": image.height,
        "frames": image.axes.size_t,
        "slices": image.axes.size_z,
        "pixel_um": dict(zip("zyx", image.axes.pixel_um, strict=True)),
        "status": image.status,
        "split": image.split,
        "regions": [{"t": region.t, "z": region.z, **asdict(region.box)} for region in image.regions],
        "clock": image.clock,
        "cells": cells,
    }


class ZipSink:
    """Writes files of an archive with fixed times and permissions."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def file(self, path: str, *, compress: bool) -> Generator[IO[bytes], None, None]:
        """The next file; large ones too, as their size is not known beforehand."""
        entry = zipfile.ZipInfo(path, date_time=_EARLIEST)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        entry.create_system, entry.external_attr = 3, 0o100644 << 16
        with self._archive.open(entry, "w", force_zip64=True) as target:
            yield target


def write_archive(exporter: Exporter, subject: Subject, images: Iterable[ImageRecord], target: Path) -> Totals:
    """Write the whole archive to ``target``, which is a new file."""
    tally = _Tally()
    with target.open("xb") as file, zipfile.ZipFile(file, "w") as archive:
        sink = ZipSink(archive)
        exporter.write(tally.images(images), sink, classes=subject.classes)
        _write_ignored(sink, tally)
        with sink.file("manifest.json", compress=True) as manifest:
            manifest.write(_manifest(exporter, subject, tally))
        with sink.file("README.txt", compress=True) as readme:
            readme.write(_readme(exporter, subject, tally).encode())
    return Totals(len(tally.rows), tally.cells)


def _write_ignored(sink: Sink, tally: _Tally) -> None:
    for plane in tally.partly:
        with sink.file(f"ignore/{plane.stem}.png", compress=False) as file:
            file.write(png(plane.outside().astype("uint8") * 255))


def _manifest(exporter: Exporter, subject: Subject, tally: _Tally) -> bytes:
    content = {
        "format": exporter.name,
        "project": {"id": str(subject.project_id), "name": subject.project_name},
        "snapshot": {"name": subject.snapshot[0], "sha256": subject.snapshot[1]} if subject.snapshot else None,
        "changed_at": tally.changed_at.isoformat() if tally.changed_at else None,
        "cells": tally.cells,
        "engines": sorted(tally.engines),
        "images": tally.rows,
    }
    return pretty(content)


def _readme(exporter: Exporter, subject: Subject, tally: _Tally) -> str:
    name = " ".join(subject.project_name.split())
    changed = tally.changed_at.strftime("%Y-%m-%d %H:%M:%S UTC") if tally.changed_at else "never"
    return (
        f"{exporter.title} export of the Cytomark project “{name}”\n\n{_frozen(subject)}"
        f"Images: {len(tally.rows)}\nCells: {tally.cells}\nLast change contained: {changed}\n\n"
        f"{exporter.layout}\n"
        "manifest.json    every image with its own name, the SHA-256 of its file, and the number of changes (clock)\n"
        "                 that its cells had seen. NAME is the image's name without what some computers cannot\n"
        "                 store; where two images have the same name, the later one has a number. A stack's planes\n"
        "                 are NAME_t000_z000 (frame and slice from 0) where a file holds one plane only.\n"
        f"{_IGNORED if tally.partly else ''}\n"
        f"Where masks came from\n{_licences(tally.engines)}"
    )


def _frozen(subject: Subject) -> str:
    if subject.snapshot is None:
        return ""
    return f"Snapshot: {' '.join(subject.snapshot[0].split())}\nSHA-256 of its content: {subject.snapshot[1]}\n"


_IGNORED = (
    "ignore/NAME.png  255 where an image that has regions “complete here” may have cells that nobody annotated: leave\n"
    "                 these pixels out of training and of scores. Images without this file have no such regions; of a\n"
    "                 stack that has some, planes without this file have no complete part.\n"
)


def _licences(engines: set[str]) -> str:
    if not engines:
        return "All masks were drawn by hand.\n"
    lines = ["Masks that were not drawn by hand came from:"]
    for name in sorted(engines):
        card = CARDS.get(name)
        lines.append(f"- {card.title}: {card.licence}. {card.notice}" if card else f"- {' '.join(name.split())}")
    lines.append("Whether a licence of weights reaches the masks made with them is for you to judge.")
    return "\n".join(lines) + "\n"

"""What was found in a file of annotations: cells, and the pictures that came with them. It waits in a folder until
somebody wants it; nothing that the reader says is believed."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, Field, ValidationError

from annotation.actions.masks import check_inside
from annotation.actions.uploads import clean_name, disk_full
from annotation.datasets.readers.found import Target
from annotation.datasets.readers.pictures import FOLDER, Bounds
from annotation.datasets.readers.program import CELLS
from annotation.errors import AppError, ErrorCode
from annotation.imaging.containment import Limits
from annotation.imaging.decode import run_program
from annotation.imaging.storage import free_bytes, staging_folder
from annotation.models import Image
from annotation.protocol import Mask
from inference.rle import Rle

PROGRAM = "annotation.datasets.readers.program"
_BYTES_PER_SECOND = 200_000
_LIMITS = {"memory_bytes": 4 * 1024**3, "file_bytes": 4 * 1024**3}
_IMAGES = "images.json"
_Size = Annotated[int, Field(ge=1, lt=2**31)]
Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


class Picture(BaseModel):
    """A picture that came with the annotations, and the size that its reader found."""

    name: str
    height: _Size
    width: _Size
    size_t: _Size
    size_z: _Size

    def as_image(self) -> Image:
        """The image that it would be, without its files."""
        return Image(**self.model_dump())


@dataclass(slots=True)
class Line:
    """A cell of an image, number ``image`` of those that were asked about."""

    image: int
    plane: tuple[int, int]
    class_name: str
    mask: Rle
    number: int | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The folder of one reading: cells, the ids of the images that they may belong to, and the pictures, whose numbers
    go on after those of the images."""

    folder: Path

    @property
    def cells(self) -> Path:
        """A line for each cell, unchecked."""
        return self.folder / CELLS

    def picture(self, number: int) -> Path:
        """The file of picture ``number``, the first being 0."""
        return self.folder / FOLDER / str(number)

    def known(self) -> tuple[list[UUID], list[Picture]]:
        """The images that were there, and the pictures that came along."""
        said = json.loads((self.folder / _IMAGES).read_text())
        return [UUID(key) for key in said["images"]], [Picture(**row) for row in said["pictures"]]

    def keep(self, images: list[Image], pictures: list[Picture]) -> None:
        """Note what the numbers of the cells' images mean."""
        said = {"images": [str(image.pk) for image in images], "pictures": [each.model_dump() for each in pictures]}
        (self.folder / _IMAGES).write_text(json.dumps(said))

    def by_image(self, images: Sequence[Image | None], *, name: str) -> Iterator[tuple[Image, list[Line]]]:
        """Each image with its cells, checked: one image's are in memory at a time. ``images`` are those that were there
        and then the pictures'; None for one that is no more. Raises AppError."""
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        with self.cells.open("rb") as file:
            at = 0
            try:
                for text in file:
                    places[_line(text, images).image].append((at, len(text)))
                    at += len(text)
            except (ValueError, TypeError, ValidationError, AppError) as error:
                raise _untrue(name) from error
            for index in sorted(places):
                lines = []
                for start, length in places[index]:
                    file.seek(start)
                    lines.append(_line(file.read(length), images))
                image = images[index]
                if image is not None:
                    yield image, lines


def kept_findings(job_id: UUID) -> Findings:
    """What a job has read, which waits to be added; swept with old uploads."""
    return Findings(Path(settings.UPLOADS) / f"{job_id}.found")


def run_reader(
    path: Path,
    findings: Findings,
    *,
    images: list[Image],
    name: str,
    format_name: str,
    on_progress: Progress,
    with_pictures: bool = False,
) -> dict[str, Any]:
    """Read the file at ``path`` in a process of its own; ``findings.folder`` is made. With pictures, those that belong
    to none of the images are kept too. Raises AppError with a sentence."""
    seconds = 60 + path.stat().st_size // _BYTES_PER_SECOND
    limits = Limits(**_LIMITS, cpu_seconds=seconds, seconds=2.0 * seconds)
    with staging_folder() as folder, staging_folder() as beside:
        options = beside / "options.json"
        targets = [asdict(_target(number, image)) for number, image in enumerate(images)]
        bounds = asdict(_bounds(folder)) if with_pictures else None
        said = {
            "images": targets, "limits": asdict(limits), "name": name, "format": format_name, "pictures": bounds,
        }  # fmt: skip
        options.write_text(json.dumps(said))
        command = [sys.executable, "-E", "-s", "-B", "-m", PROGRAM, str(path), str(folder), str(options)]

        def tick(share: float) -> None:
            if free_bytes(folder) < 0:
                raise disk_full()
            on_progress(share)

        result = run_program(
            command, folder, name=name, on_tick=tick, seconds=limits.seconds, advice="Import it in parts."
        )
        pictures = _checked(folder, result, name=name)
        findings.folder.mkdir(parents=True, exist_ok=True)
        for part in (CELLS, FOLDER):
            if (folder / part).exists():
                shutil.rmtree(findings.folder / part, ignore_errors=True)
                shutil.move(folder / part, findings.folder / part)
        findings.keep(images, pictures)
    return result


def _bounds(folder: Path) -> Bounds:
    return Bounds(
        pixels=settings.IMAGE_PIXELS, values=settings.IMAGE_VALUES, whole_bytes=max(0, free_bytes(folder)) // 2
    )


def _target(number: int, image: Image) -> Target:
    return Target(number, image.name, image.file_sha256, image.height, image.width, image.size_t, image.size_z)


def _checked(folder: Path, result: dict[str, Any], *, name: str) -> list[Picture]:
    """The pictures as they are named; their files are plain ones, and so is that of the cells."""
    try:
        pictures = [Picture(**{**row, "name": clean_name(row["name"])}) for row in result["pictures"]]
        files = [folder / CELLS, *(folder / FOLDER / str(number) for number in range(len(pictures)))]
        if (folder / FOLDER).is_symlink() or not all(stat.S_ISREG(path.lstat().st_mode) for path in files):
            raise ValueError("something that is no file")
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise _untrue(name) from error
    return pictures


def _untrue(name: str) -> AppError:
    sentence = f"{name} could not be read. Choose its format, or export it again from the program that it came from."
    return AppError(ErrorCode.UNREADABLE, sentence, status=422)


def _line(text: bytes, images: Sequence[Image | None]) -> Line:
    """A cell as the program wrote it; nothing that it says is believed. Raises ValueError and its relatives."""
    index, t, z, name, (top, left, height, width), counts, number, parent = json.loads(text)
    mask = Mask(top=top, left=left, height=height, width=width, counts=counts).to_rle()
    if not (isinstance(index, int) and 0 <= index < len(images) and isinstance(name, str)):
        raise ValueError("a cell of no image")
    if not (isinstance(t, int) and isinstance(z, int)):
        raise ValueError("a cell of no plane")
    image = images[index]
    if image is not None:
        check_inside(mask, image)
        if not image.has_plane(t, z):
            raise ValueError("a cell of no plane")
    for said in (number, parent):
        if said is not None and not isinstance(said, int):
            raise ValueError("a number that is none")
    return Line(index, (t, z), name, mask, number, parent)

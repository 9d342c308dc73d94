"""Pictures that came with annotations: which one a label means, and how large it is. Runs behind walls: no Django."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from annotation.datasets.readers.found import FoundPlane, Target, Targets, part, plain_stem, split_plane
from annotation.datasets.readers.labels import label_tiffs, tiff_planes
from annotation.datasets.readers.shapes import BROKEN
from annotation.imaging.readers.archive import Archive
from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.readers.registry import open_source
from annotation.imaging.refusals import RefusalError, damaged, too_large

FOLDER = "pictures"
"""Where they are put, each called by its number."""
MOST = 10_000
_ENDING = re.compile(r"\.(tiff?|png|jpe?g|webp)\Z", re.IGNORECASE)
_ZARR = re.compile(r"((?:.*/)?[^/]+\.zarr)/(?!labels/)")
_FRAME = re.compile(r"((?:.*/)?\d\d)/t\d{3,5}\.tif\Z")
# What lies in these folders, or is called so, says where cells are, or is meant for nobody.
_NO_PICTURE = re.compile(
    r"(\A|/)(labels|masks|ignore|SegmentationObject|SegmentationClass|\d\d_(GT|ST|RES)|__MACOSX)/"
    r"|(_masks|_flows)\.[a-z]+\Z|(\A|/)\.",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bounds:
    """Of one picture, in pixels of a plane and in values; of all together, in bytes."""

    pixels: int
    values: int
    whole_bytes: int


class Pictures:
    """The pictures of an archive of a format. Those that are asked for lie in ``folder``/pictures afterwards and are
    targets for cells, numbered from ``first`` on."""

    def __init__(self, archive: Archive, format_: str, folder: Path, *, first: int, bounds: Bounds) -> None:
        self._folder, self._first, self._bounds = folder / FOLDER, first, bounds
        labels = set(label_tiffs(archive)) if format_ in ("label-tiff", "ome-tiff") else set[str]()
        self._writers = _writers(archive, without=labels)
        self._places: dict[tuple[str, int | None, int | None], list[str]] = defaultdict(list)
        for name in self._writers:
            stem, t, z = split_plane(plain_stem(_label(name)))
            self._places[stem.casefold(), t, z].append(name)
        self._found: dict[str, Target | RefusalError] = {}
        self._bytes = 0
        self.taken: list[Target] = []

    def find(self, plane: FoundPlane) -> tuple[Target, FoundPlane] | None:
        """The picture that the plane is about, and the plane as it lies in it; None where there is none. Raises
        RefusalError where it cannot become an image."""
        stem = split_plane(plain_stem(plane.name))[0].casefold()
        single = self._places.get((stem, plane.t, plane.z), [])
        names = single or self._places.get((stem, None, None), [])
        if len(names) > 1:
            raise RefusalError("several pictures in the file have this name")
        if not names:
            return None
        return self._take(names[0]), FoundPlane(plane.name, plane.cells) if single else plane

    def take_rest(self, targets: Targets) -> Iterator[tuple[str, str]]:
        """Take those without annotations that the project does not have. Gives name and reason of each that cannot
        become an image."""
        for name in self._writers:
            if name not in self._found and targets.find(_label(name))[0] is None:
                try:
                    self._take(name)
                except RefusalError as error:
                    yield _label(name), error.sentence

    def _take(self, name: str) -> Target:
        if name not in self._found:
            self._found[name] = self._extracted(name)
        found = self._found[name]
        if isinstance(found, RefusalError):
            raise found
        return found

    def _extracted(self, name: str) -> Target | RefusalError:
        if len(self.taken) == MOST:
            return too_large(f"holds more than {MOST:,} new pictures", "Import it in parts.")
        path = self._folder / str(len(self.taken))
        path.parent.mkdir(exist_ok=True)
        try:
            with damaged_where_it_breaks(*BROKEN, SyntaxError, reason="it cannot be understood"):
                self._writers[name](path)
                target = self._measured(name, path)
        except RefusalError as error:
            path.unlink(missing_ok=True)
            return error
        self.taken.append(target)
        return target

    def _measured(self, name: str, path: Path) -> Target:
        size, bounds = path.stat().st_size, self._bounds
        if self._bytes + size > bounds.whole_bytes:
            raise too_large("holds more pictures than the server has room for", "Import it in parts.")
        with path.open("rb") as file:
            _, source = open_source(file, file_bytes=size, limit_pixels=bounds.pixels, limit_values=bounds.values)
            about = source.about
        self._bytes += size
        number = self._first + len(self.taken)
        return Target(number, _label(name)[:255], "", about.height, about.width, about.size_t, about.size_z)


def _label(name: str) -> str:
    """What the image is called: the last part, but of a film in frames its folder."""
    frames = _FRAME.match(name)
    if not frames:
        return name.rpartition("/")[2]
    folder, _, number = frames[1].rpartition("/")
    return folder.rpartition("/")[2] or number


def _writers(archive: Archive, *, without: set[str]) -> dict[str, Callable[[Path], None]]:
    """For each picture by its part's name (the first part's, where it has several) what puts it into a file."""
    found: dict[str, Callable[[Path], None]] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(archive.names) - without):
        many = _FRAME.match(name) or _ZARR.match(name)
        if many and not _NO_PICTURE.search(many[1]):
            groups[many[1]].append(name)
        elif _ENDING.search(name) and not _NO_PICTURE.search(name):
            found[name] = partial(_write_part, archive, name)
    for folder, names in groups.items():
        if folder.endswith(".zarr"):
            found[folder] = partial(_write_zarr, archive, folder, names)
        else:
            found[names[0]] = partial(_write_film, archive, names)
    return found


def _write_part(archive: Archive, name: str, path: Path) -> None:
    path.write_bytes(part(archive, name))


def _write_zarr(archive: Archive, folder: str, names: list[str], path: Path) -> None:
    """A zip of its own, without compression, so that it can be read in place."""
    with zipfile.ZipFile(path, "w") as target:
        for name in names:
            target.writestr(name.removeprefix(f"{folder}/"), part(archive, name))


def _write_film(archive: Archive, names: list[str], path: Path) -> None:
    """Frames of the Cell Tracking Challenge as one OME-TIFF, TZYX."""
    first = _slices(archive, names[0])

    def pages() -> Iterator[NDArray[Any]]:
        for name in names:
            slices_zhw = _slices(archive, name)
            if slices_zhw.shape != first.shape or slices_zhw.dtype != first.dtype:
                raise damaged("its frames are not of one size and type")
            yield from slices_zhw

    shape = (len(names), *first.shape)
    with path.open("wb") as file:
        tifffile.imwrite(file, pages(), shape=shape, dtype=first.dtype, ome=True, metadata={"axes": "TZYX"})


def _slices(archive: Archive, name: str) -> NDArray[Any]:
    """(slice, row, column) of one frame."""
    slices_zhw: NDArray[Any] = tiff_planes(part(archive, name))[0]
    return np.ascontiguousarray(slices_zhw)

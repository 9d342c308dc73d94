"""What readers of annotations find, and to which images it belongs. Runs behind walls: no Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from annotation.imaging.readers.archive import Archive
from annotation.imaging.readers.zarr_arrays import read_json
from annotation.imaging.refusals import RefusalError
from inference.rle import Rle

UNKNOWN = "no image of the project has this name"
MOST_LISTS = 128 * 1024**2
"""Bytes of a JSON file that has a row for each image, or for each object."""
MOST_PART = 1024**3
"""Bytes of one file inside an archive."""
_PLANE = re.compile(r"_t(\d{3,6})_z(\d{3,6})\Z")
_SUFFIX = re.compile(r"(\.ome)?\.(tiff?|png|jpe?g|npy|json|geojson|txt|zip|zarr|webp|bmp|czi|nd2|lif)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A mask in pixels of the whole plane, and the name of its class (empty where there is none). Where the file
    numbers objects over planes, those of one image with one ``number`` are one object; ``parent`` is the number of the
    one that divided into it."""

    name: str
    mask: Rle
    number: int | None = None
    parent: int | None = None


Cells = Iterable[FoundCell]


@dataclass(frozen=True)
class FoundPlane:
    """One plane of somebody's annotations. ``name`` is a label, never a path; ``cells`` is told the height and width of
    the image that it belongs to. ``t`` and ``z`` are None where the file does not say them."""

    name: str
    cells: Callable[[int, int], Cells]
    t: int | None = None
    z: int | None = None


@dataclass(frozen=True)
class Target:
    """An image of the project, number ``index`` of those that were given."""

    index: int
    name: str
    sha256: str
    height: int
    width: int
    size_t: int
    size_z: int


def part(archive: Archive, name: str) -> bytes:
    """A file of the archive that is there."""
    return archive.read(name, most=MOST_PART) or b""


def plain_stem(name: str) -> str:
    """The last part of a label without its ending."""
    return _SUFFIX.sub("", re.split(r"[/\\]", name)[-1])


def split_plane(stem: str) -> tuple[str, int | None, int | None]:
    """NAME_t000_z000 as its name, frame and slice."""
    found = _PLANE.search(stem)
    return (stem[: found.start()], int(found[1]), int(found[2])) if found else (stem, None, None)


def mismatch(height: int, width: int, *, wanted: tuple[int, int]) -> RefusalError:
    """The annotations are of an image of another size."""
    return RefusalError(f"it has {width} × {height} pixels and the image {wanted[1]} × {wanted[0]}")


class Targets:
    """Finds the image that a label means: by the hash that our own manifest gives, by its whole name, or by its name
    without an ending."""

    def __init__(self, images: list[Target], manifest: dict[str, Any] | None) -> None:
        self._images = images
        rows = (manifest or {}).get("images", [])
        self._rows = {str(row["stem"]): row for row in rows if isinstance(row, dict) and "stem" in row}

    def find(self, name: str) -> tuple[Target | None, str]:
        """The image, or None and why."""
        stem = split_plane(plain_stem(name))[0]
        row = self._rows.get(stem, {})
        said, sha256 = str(row.get("name", name)), str(row.get("sha256", ""))
        tests: tuple[Callable[[Target], bool], ...] = (
            lambda image: bool(sha256) and image.sha256 == sha256 and image.name == said,
            lambda image: bool(sha256) and image.sha256 == sha256,
            lambda image: image.name == re.split(r"[/\\]", said)[-1],
            lambda image: plain_stem(image.name).casefold() == stem.casefold(),
        )
        for test in tests:
            found = [image for image in self._images if test(image)]
            if len(found) == 1:
                return found[0], ""
            if found:
                return None, "several images of the project have this name"
        return None, UNKNOWN


def read_manifest(archive: Archive) -> dict[str, Any] | None:
    """Our own manifest, where the archive has one."""
    return read_json(archive, "manifest.json", most=MOST_LISTS)

"""OME-Zarr 0.4 and 0.5 (and 0.2, 0.3) as a zip. Runs in the decoder: no Django.

Of each multiscale image the first level is read; labels are named, and read by annotation.datasets.readers when asked.
Source: https://ngff.openmicroscopy.org (0.4, 0.5).
"""

from __future__ import annotations

from math import isfinite
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from annotation.imaging.readers.archive import Archive
from annotation.imaging.readers.zarr_arrays import ZarrArray, read_json
from annotation.imaging.refusals import check_dimensions, damaged, unsupported
from annotation.imaging.source import DTYPES, WITHOUT_LABELS, About, Channel, series_named

_MAX_GROUPS = 2000
_AXES = "tczyx"
_METRES = {"angstrom": 1e-4, "picometer": 1e-6, "nanometer": 1e-3, "micrometer": 1.0, "millimeter": 1e3,
           "centimeter": 1e4, "meter": 1e6, "inch": 25_400.0}  # fmt: skip
_SECONDS = {"nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0,
            "hour": 3600.0, "day": 86_400.0}  # fmt: skip
_WIDER = {"float16": "float32", "float64": "float32", "bool": "uint8"}
_PRIMARY = ("#ff0000", "#00ff00", "#0000ff")


def open_ome_zarr(file: BinaryIO, *, file_bytes: int, limit_pixels: int, series: int = 0) -> ZarrSource:
    """One image of the archive. Raises RefusalError."""
    archive = Archive(file, file_bytes=file_bytes)
    groups = _images(archive)
    if not groups:
        raise unsupported("is a zip without an OME-Zarr image")
    if not 0 <= series < len(groups):
        raise damaged(f"it has no series {series + 1}")
    path, said = groups[series]
    try:
        source = _opened(archive, path, said, groups)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as why:
        raise damaged("its metadata do not describe an image") from why
    check_dimensions(source.about.width, source.about.height, limit_pixels=limit_pixels)
    return source


class ZarrSource:
    """A Source. ``axes`` are the array's own, in its order."""

    def __init__(self, array: ZarrArray, axes: str, about: About) -> None:
        self.about = about
        self._array = array
        self._axes = axes

    def read_rows(self, *, t: int, z: int, start: int, stop: int) -> NDArray[Any]:
        """See Source."""
        about = self.about
        wanted = {"t": (t, t + 1), "c": (0, about.size_c), "z": (z, z + 1), "y": (start, stop), "x": (0, about.width)}
        stored = self._array.read([wanted[axis] for axis in self._axes])
        order = [self._axes.index(axis) for axis in _AXES if axis in self._axes]
        rows_chw = stored.transpose(order).reshape(about.size_c, stop - start, about.width)
        return np.ascontiguousarray(rows_chw, dtype=about.dtype)


def _images(archive: Archive) -> list[tuple[str, dict[str, Any]]]:
    """Folders that hold a multiscale image, with their attributes, outermost first; what lies in ``labels`` is none."""
    names = [name for name in archive.names if name.rpartition("/")[2] in (".zattrs", "zarr.json")]
    folders = sorted({name.rpartition("/")[0] for name in names}, key=lambda name: (name.count("/"), _natural(name)))
    found = []
    for folder in folders[:_MAX_GROUPS]:
        if {"labels", "__MACOSX"} & set(folder.split("/")):
            continue
        said = _attributes(archive, folder)
        if isinstance(said.get("multiscales"), list) and said["multiscales"]:
            found.append((folder, said))
    return found


def _labels(archive: Archive, path: str) -> tuple[str, ...]:
    """The folders of label images that lie beside the image in this folder."""
    start = f"{path}/labels/".lstrip("/")
    inside = {name.removeprefix(start).split("/")[0] for name in archive.names if name.startswith(start)}
    return tuple(
        f"{start}{name}"
        for name in sorted(inside)
        if f"{start}{name}/zarr.json" in archive.names or f"{start}{name}/.zattrs" in archive.names
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() and len(part) < 10 else (10**10, part) for part in name.split("/")]


def _attributes(archive: Archive, folder: str) -> dict[str, Any]:
    start = f"{folder}/" if folder else ""
    said = read_json(archive, f"{start}zarr.json")
    found = read_json(archive, f"{start}.zattrs") if said is None else (said.get("attributes") or {}).get("ome")
    return found if isinstance(found, dict) else {}


def _opened(archive: Archive, path: str, said: dict[str, Any], groups: list[tuple[str, dict[str, Any]]]) -> ZarrSource:
    scales = said["multiscales"][0]
    first = scales["datasets"][0]
    array = ZarrArray(archive, f"{path}/{first['path']}")
    names = _axis_names(scales, len(array.shape))
    sizes = dict(zip(names, array.shape, strict=True))
    dtype = _WIDER.get(array.dtype.name, array.dtype.name)
    if dtype not in DTYPES:
        raise unsupported(f"stores {array.dtype.name} values")
    size_c = sizes.get("c", 1)
    channels = _channels(said, size_c)
    lengths = _lengths(scales, first, names)
    notes = []
    if len(groups) > 1:
        notes.append(f"It holds {len(groups):,} images; only “{path or scales.get('name', '')}” was imported.")
    labels = _labels(archive, path)
    if labels:
        notes.append(WITHOUT_LABELS)
    about = About(
        size_t=sizes.get("t", 1),
        size_c=size_c,
        size_z=sizes.get("z", 1),
        height=sizes["y"],
        width=sizes["x"],
        dtype=dtype,
        channels=channels,
        rgb=dtype == "uint8" and tuple(channel.colour for channel in channels) == _PRIMARY,
        pixel_um=(lengths.get("z"), lengths.get("y"), lengths.get("x")),
        time_step=lengths.get("t"),
        notes=tuple(notes),
        labels=labels,
        series=series_named([folder for folder, _ in groups]),
    )
    return ZarrSource(array, names, about)


def _axis_names(scales: dict[str, Any], count: int) -> str:
    """One letter for each axis. Versions before 0.3 have always five."""
    said = scales.get("axes")
    names = "".join(axis["name"] if isinstance(axis, dict) else str(axis) for axis in said) if said else _AXES
    if len(names) != count or len(set(names)) != count or not {"y", "x"} <= set(names) <= set(_AXES):
        raise unsupported("has axes other than t, c, z, y and x")
    return names


def _lengths(scales: dict[str, Any], first: dict[str, Any], names: str) -> dict[str, float]:
    """Micrometres, and seconds for t, of those axes whose unit is stated."""
    found = {}
    steps = [*first.get("coordinateTransformations", []), *scales.get("coordinateTransformations", [])]
    factors = [step["scale"] for step in steps if step.get("type") == "scale"]
    for number, axis in enumerate(scales.get("axes") or []):
        unit = axis.get("unit") if isinstance(axis, dict) else None
        known = (_SECONDS if names[number] == "t" else _METRES).get(str(unit))
        if known is None or not factors:
            continue
        value = known * float(np.prod([float(factor[number]) for factor in factors]))
        if isfinite(value) and value > 0:
            found[names[number]] = value
    return found


def _channels(said: dict[str, Any], count: int) -> tuple[Channel, ...]:
    listed = (said.get("omero") or {}).get("channels") or []
    if len(listed) != count:
        return (Channel(),) * count
    return tuple(Channel(str(each.get("label", ""))[:80], _colour(each.get("color"))) for each in listed)


def _colour(value: object) -> str:
    text = str(value).lstrip("#").lower()
    return f"#{text}" if len(text) == 6 and set(text) <= set("0123456789abcdef") else ""

"""Every reader does its work behind the walls, and what it gives is what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw import czi

from annotation.imaging.kinds import Kind
from annotation.imaging.measure import Decoded
from tests.annotation.imaging.dicom_maker import dicom
from tests.annotation.imaging.lif_maker import Image, lif
from tests.annotation.imaging.nd2_maker import nd2
from tests.annotation.imaging.slide_maker import ndpi, svs
from tests.annotation.imaging.test_ome_zarr import store_v3, zipped

Read = Callable[[Path], tuple[Decoded, np.ndarray]]


def _zip(path: Path, plane: np.ndarray) -> Path:
    return zipped(store_v3(path, plane[None, None, None]))


def _czi(path: Path, plane: np.ndarray) -> Path:
    with czi.create_czi(str(path)) as file:
        file.write(plane[..., None].copy())
    return path


def _written(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


GREY: dict[Kind, Callable[[Path, np.ndarray], Path]] = {
    Kind.ZIP: _zip,
    Kind.CZI: _czi,
    Kind.ND2: lambda path, plane: _written(nd2(plane[None, ..., None], [], names=("a",)), path),
    Kind.LIF: lambda path, plane: _written(lif([Image("a", plane, "YX")]), path),
    Kind.DICOM: lambda path, plane: _written(dicom(plane[None]), path),
}


@pytest.mark.parametrize("kind", GREY, ids=lambda kind: kind.title)
def test_a_plane_is_stored_as_it_was(kind: Kind, tmp_path: Path, read: Read, ramp_hw: np.ndarray) -> None:
    decoded, pixels = read(GREY[kind](tmp_path / "cells", ramp_hw))
    assert decoded.kind is kind
    assert decoded.about.dtype == "uint16"
    assert np.array_equal(pixels[:40, :60], ramp_hw)


@pytest.mark.parametrize("make", [svs, ndpi])
def test_a_slide_is_stored_in_colour(make: Callable[[np.ndarray], bytes], tmp_path: Path, read: Read) -> None:
    rows, columns = np.mgrid[:100, :200]
    slide_hwc = np.stack([columns, rows, (rows + columns) // 2], axis=-1).astype(np.uint8)
    decoded, pixels = read(_written(make(slide_hwc), tmp_path / "slide"))
    assert decoded.about.rgb
    assert np.abs(pixels[:100, :200].astype(int) - slide_hwc).mean() < 1

"""OME-Zarr as a zip: each version, cut and packed as people do, gives its numbers and what it says of them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numcodecs import LZ4, Blosc, GZip, Zlib, Zstd
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, TransposeCodec, ZstdCodec

from annotation.imaging.kinds import Kind
from annotation.imaging.refusals import RefusalError
from tests.annotation.imaging.opening import everything, opened_file

SHAPE = (2, 3, 4, 37, 41)
AXES = [
    {"name": "t", "type": "time", "unit": "millisecond"},
    {"name": "c", "type": "channel"},
    *({"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"),
]
SCALE = [{"type": "scale", "scale": [500.0, 1.0, 2000.0, 650.0, 325.0]}]
CHANNELS = {"channels": [{"label": name, "color": colour} for name, colour in
                         (("DAPI", "0000FF"), ("actin", "00ff00"), ("tubulin", "nothing"))]}  # fmt: skip


@pytest.fixture
def stack_tczyx() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 60_000, SHAPE).astype(np.uint16)


def multiscales(axes: list[dict[str, str]] = AXES, scale: list[dict[str, Any]] = SCALE) -> list[dict[str, Any]]:
    return [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}], "name": "cells"}]


def zipped(folder: Path, *, method: int = zipfile.ZIP_STORED) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def store_v2(folder: Path, pixels: np.ndarray, **how: Any) -> Path:
    group = zarr.open_group(folder, mode="w", zarr_format=2)
    options = {"chunks": (1, 1, 2, 16, 32)[-pixels.ndim :], "chunk_key_encoding": {"name": "v2", "separator": "/"}}
    group.create_array("0", shape=pixels.shape, dtype=pixels.dtype, **{**options, **how})[:] = pixels
    group.attrs.update({"multiscales": multiscales(), "omero": CHANNELS})
    return folder


def store_v3(folder: Path, pixels: np.ndarray, **how: Any) -> Path:
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    options = {"chunks": (1, 1, 2, 16, 32)[-pixels.ndim :], **how}
    group.create_array("0", shape=pixels.shape, dtype=pixels.dtype, **options)[:] = pixels
    group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales(), "omero": CHANNELS}
    return folder


V2 = {
    "plain": {"compressors": None},
    "blosc lz4": {"compressors": Blosc(cname="lz4", shuffle=1)},
    "blosc zstd": {"compressors": Blosc(cname="zstd", shuffle=2)},
    "zlib": {"compressors": Zlib(3)},
    "gzip": {"compressors": GZip(3)},
    "zstd": {"compressors": Zstd(3)},
    "lz4": {"compressors": LZ4()},
    "dots": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
    "columns first": {"order": "F"},
}
V3 = {
    "plain": {"compressors": None},
    "blosc": {"compressors": BloscCodec(cname="zstd")},
    "gzip": {"compressors": GzipCodec()},
    "zstd with checksum": {"compressors": ZstdCodec(level=3, checksum=True)},
    "big-endian": {"serializer": BytesCodec(endian="big")},
    "transposed": {"filters": TransposeCodec(order=(4, 3, 2, 1, 0))},
    "turned": {"filters": TransposeCodec(order=(2, 0, 1, 4, 3))},
    "dots": {"chunk_key_encoding": {"name": "default", "separator": "."}},
    "old keys": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
    "shards": {"shards": (2, 3, 4, 48, 64), "compressors": ZstdCodec()},
}


@pytest.mark.parametrize("how", V2)
def test_version_0_4_gives_its_numbers(how: str, tmp_path: Path, stack_tczyx: np.ndarray) -> None:
    kind, source = opened_file(zipped(store_v2(tmp_path / "cells.ome.zarr", stack_tczyx, **V2[how])))
    assert kind is Kind.ZIP
    assert np.array_equal(everything(source), stack_tczyx)


@pytest.mark.parametrize("how", V3)
def test_version_0_5_gives_its_numbers(how: str, tmp_path: Path, stack_tczyx: np.ndarray) -> None:
    source = opened_file(zipped(store_v3(tmp_path / "cells.ome.zarr", stack_tczyx, **V3[how])))[1]
    assert np.array_equal(everything(source), stack_tczyx)


@pytest.mark.parametrize("store", [store_v2, store_v3])
def test_names_colours_and_sizes_are_the_files(store: Any, tmp_path: Path, stack_tczyx: np.ndarray) -> None:
    about = opened_file(zipped(store(tmp_path / "cells.ome.zarr", stack_tczyx)))[1].about
    assert [(channel.name, channel.colour) for channel in about.channels] == [
        ("DAPI", "#0000ff"),
        ("actin", "#00ff00"),
        ("tubulin", ""),
    ]
    assert about.pixel_um == pytest.approx((2.0, 0.65, 0.325))
    assert about.time_step == pytest.approx(0.5)


def test_chunks_that_were_never_written_are_the_fill_value(tmp_path: Path) -> None:
    folder = tmp_path / "cells.ome.zarr"
    pixels = np.zeros(SHAPE, np.uint16)
    pixels[1, 2, 3, 20:, 35:] = 9
    store_v3(folder, pixels, fill_value=0, config={"write_empty_chunks": False})
    assert len(list((folder / "0").rglob("*"))) < 20
    assert np.array_equal(everything(opened_file(zipped(folder))[1]), pixels)


def test_deflated_members_are_read_too(tmp_path: Path, stack_tczyx: np.ndarray) -> None:
    path = zipped(store_v2(tmp_path / "cells.ome.zarr", stack_tczyx), method=zipfile.ZIP_DEFLATED)
    assert np.array_equal(everything(opened_file(path)[1]), stack_tczyx)


def test_fewer_axes_in_any_order_get_their_places(tmp_path: Path) -> None:
    pixels_zcyx = np.random.default_rng(6).integers(0, 255, (4, 2, 20, 30)).astype(np.uint8)
    folder = tmp_path / "cells.ome.zarr"
    group = zarr.open_group(folder, mode="w", zarr_format=2)
    group.create_array("0", shape=pixels_zcyx.shape, dtype="u1", chunks=(1, 1, 20, 30))[:] = pixels_zcyx
    axes = [{"name": name, "type": "channel" if name == "c" else "space"} for name in "zcyx"]
    group.attrs["multiscales"] = multiscales(axes, [])
    source = opened_file(zipped(folder))[1]
    assert np.array_equal(everything(source)[0], pixels_zcyx.swapaxes(0, 1))
    assert source.about.pixel_um == (None, None, None)


def test_one_of_several_images_is_chosen_and_labels_are_none_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "plate.zarr"
    for name in ("10", "2", "2/labels/nuclei"):
        pixels = np.full((1, 1, 1, 8, 8), len(name), np.uint8)
        store_v2(folder / name, pixels, chunks=(1, 1, 1, 8, 8))
    path = zipped(folder)
    first, second = (opened_file(path, series=number)[1] for number in (0, 1))
    assert everything(first).max() == 1
    assert everything(second).max() == 2
    assert first.about.notes == (
        "It holds 2 images; only “plate.zarr/2” was imported.",
        "Its labels were not imported with it.",
    )
    with pytest.raises(RefusalError, match="no series 3"):
        opened_file(path, series=2)


def test_double_precision_becomes_single(tmp_path: Path) -> None:
    pixels = np.random.default_rng(7).normal(size=(1, 1, 1, 20, 30))
    source = opened_file(zipped(store_v3(tmp_path / "cells.ome.zarr", pixels)))[1]
    assert source.about.dtype == "float32"
    assert np.array_equal(everything(source), pixels.astype(np.float32))

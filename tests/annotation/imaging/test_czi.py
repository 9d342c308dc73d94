"""CZI: scenes, planes and channels are where they belong; what is not one is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw import czi

from annotation.imaging.kinds import Kind
from annotation.imaging.refusals import RefusalError
from tests.annotation.imaging.opening import everything, opened_file, refusal_of

SHAPE = (2, 3, 4, 37, 41)
"""t, c, z, y, x"""
SHOWN = {
    0: czi.ChannelDisplaySettingsDataClass(True, czi.TintingMode.Color, czi.Rgb8Color(0, 0, 255), 0.0, 1.0),
    1: czi.ChannelDisplaySettingsDataClass(True, czi.TintingMode.Color, czi.Rgb8Color(0, 255, 16), 0.0, 1.0),
    2: czi.ChannelDisplaySettingsDataClass(True, czi.TintingMode.Color, czi.Rgb8Color(255, 0, 0), 0.0, 1.0),
}


@pytest.fixture
def stack_tczyx() -> np.ndarray:
    return np.random.default_rng(9).integers(0, 60_000, SHAPE).astype(np.uint16)


@pytest.fixture
def file_czi(tmp_path: Path, stack_tczyx: np.ndarray) -> Path:
    """Two scenes; the first lies away from the origin and is the stack."""
    path = tmp_path / "cells.czi"
    with czi.create_czi(str(path), compression_options="zstd1:ExplicitLevel=2") as file:
        for t, c, z in np.ndindex(SHAPE[:3]):
            plane = {"T": t, "C": c, "Z": z}
            file.write(stack_tczyx[t, c, z][..., None], plane=plane, location=(-20, 7), scene=0)
            file.write(np.full((9, 8, 1), c + 1, np.uint16), plane=plane, location=(500, 7), scene=1)
        file.write_metadata(
            "cells",
            channel_names={0: "DAPI", 1: "GFP", 2: "Cy5"},
            scale_x=0.325e-6,
            scale_y=0.65e-6,
            scale_z=2e-6,
            display_settings=SHOWN,
        )
    return path


def test_a_scene_gives_its_numbers_and_what_the_file_says(file_czi: Path, stack_tczyx: np.ndarray) -> None:
    kind, source = opened_file(file_czi)
    assert kind is Kind.CZI
    assert np.array_equal(everything(source), stack_tczyx)
    about = source.about
    assert [(each.name, each.colour) for each in about.channels] == [
        ("DAPI", "#0000ff"),
        ("GFP", "#00ff10"),
        ("Cy5", "#ff0000"),
    ]
    assert about.pixel_um == pytest.approx((2.0, 0.65, 0.325))
    assert about.notes == ("It holds 2 scenes; only scene 1 was imported.",)


def test_the_other_scene_can_be_chosen(file_czi: Path) -> None:
    source = opened_file(file_czi, series=1)[1]
    assert everything(source).shape == (2, 3, 4, 9, 8)
    assert [int(each.max()) for each in everything(source).swapaxes(0, 1)] == [1, 2, 3]
    with pytest.raises(RefusalError, match="no series 3"):
        opened_file(file_czi, series=2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_comes_as_red_green_blue(dtype: type, tmp_path: Path) -> None:
    path = tmp_path / "slide.czi"
    rgb_hwc = np.random.default_rng(10).integers(0, 200, (30, 50, 3)).astype(dtype)
    with czi.create_czi(str(path)) as file:
        file.write(rgb_hwc[..., ::-1].copy())
    source = opened_file(path)[1]
    assert source.about.rgb
    assert np.array_equal(everything(source)[0, :, 0], np.moveaxis(rgb_hwc, -1, 0))


def test_a_mosaic_is_put_together(tmp_path: Path) -> None:
    path = tmp_path / "mosaic.czi"
    whole = np.random.default_rng(11).normal(size=(60, 90)).astype(np.float32)
    with czi.create_czi(str(path)) as file:
        for y, x in ((0, 0), (0, 40), (30, 0), (30, 40)):
            part = whole[y : y + 30, x : x + (40 if x == 0 else 50)]
            file.write(part[..., None].copy(), location=(x, y))
    source = opened_file(path)[1]
    assert source.about.dtype == "float32"
    assert np.array_equal(everything(source)[0, 0, 0], whole)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(share: float, file_czi: Path) -> None:
    content = file_czi.read_bytes()
    file_czi.write_bytes(content[: max(16, int(len(content) * share))])
    assert "is damaged" in refusal_of(file_czi)


def test_only_the_name_of_a_czi_is_no_czi(tmp_path: Path) -> None:
    path = tmp_path / "cells.czi"
    path.write_bytes(b"ZISRAWFILE".ljust(16, b"\0") + b"\xff" * 5000)
    assert "is damaged" in refusal_of(path)


def test_a_scene_of_a_billion_pixels_is_refused_from_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "cells.czi"
    with czi.create_czi(str(path)) as file:
        file.write(np.zeros((8, 8, 1), np.uint8), location=(0, 0))
        file.write(np.zeros((8, 8, 1), np.uint8), location=(90_000, 90_000))
    assert "90,008 × 90,008 pixels" in refusal_of(path)


def test_metadata_with_a_document_type_are_refused(file_czi: Path) -> None:
    content = file_czi.read_bytes()
    at = content.find(b"<ImageDocument>")
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><ImageDocument>'
    assert at > 0
    file_czi.write_bytes(content[:at] + bomb + content[at + len(bomb) :])
    assert "is damaged" in refusal_of(file_czi)


def test_a_damaged_directory_never_does_more_than_be_refused(file_czi: Path) -> None:
    content = bytearray(file_czi.read_bytes())
    at = content.find(b"DV", content.find(b"ZISRAWDIRECTORY"))
    struct.pack_into("<i", content, at + 2, 255)
    file_czi.write_bytes(content)
    assert refusal_of(file_czi)

"""What a TIFF says of its axes, channels and sizes, and that every plane is where it belongs."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile

from annotation.imaging.refusals import RefusalError
from annotation.imaging.source import Source
from tests.annotation.imaging.opening import everything, opened_bytes

SHAPE = (2, 3, 4, 37, 41)
"""t, c, z, y, x"""


@pytest.fixture
def stack_tczyx() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 60_000, SHAPE).astype(np.uint16)


def opened(pixels: np.ndarray, *, series: int = 0, **options: Any) -> Source:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return opened_bytes(file.getvalue(), series=series)


HOW = {
    "plain": {},
    "tiles": {"tile": (16, 32), "compression": "zlib"},
    "strips": {"rowsperstrip": 5, "compression": "zlib"},
    "BigTIFF, big-endian": {"bigtiff": True, "byteorder": ">"},
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("order", ["TCZYX", "TZCYX", "ZTCYX", "CTZYX"])
def test_ome_planes_are_where_their_order_says(order: str, how: str, stack_tczyx: np.ndarray) -> None:
    moved = np.transpose(stack_tczyx, ["TCZYX".index(axis) for axis in order])
    source = opened(moved, ome=True, metadata={"axes": order}, **HOW[how])
    np.testing.assert_array_equal(everything(source), stack_tczyx)


def test_ome_tells_names_colours_and_sizes_in_micrometres_and_seconds(stack_tczyx: np.ndarray) -> None:
    metadata = {
        "axes": "TCZYX",
        "Channel": {"Name": ["DNA", "Actin", "Phase"], "Color": [0x00FF00FF, -16776961, -1]},
        "PhysicalSizeX": 65.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.13,
        "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 0.001,
        "PhysicalSizeZUnit": "mm",
        "TimeIncrement": 2,
        "TimeIncrementUnit": "min",
    }
    about = opened(stack_tczyx, ome=True, metadata=metadata).about
    assert [channel.name for channel in about.channels] == ["DNA", "Actin", "Phase"]
    assert [channel.colour for channel in about.channels] == ["#00ff00", "#ff0000", ""]
    assert about.pixel_um == pytest.approx((1.0, 0.13, 0.065))
    assert about.time_step == 120


def test_one_series_of_several_is_read(stack_tczyx: np.ndarray) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, ome=True) as writer:
        writer.write(stack_tczyx[0], metadata={"axes": "CZYX"})
        writer.write(stack_tczyx[1, :, :, :20] + 1, metadata={"axes": "CZYX"})
    second = opened_bytes(file.getvalue(), series=1)
    np.testing.assert_array_equal(everything(second)[0], stack_tczyx[1, :, :, :20] + 1)
    with pytest.raises(RefusalError, match="no series 3"):
        opened_bytes(file.getvalue(), series=2)


def test_a_pyramid_in_the_file_is_not_taken_for_planes(stack_tczyx: np.ndarray) -> None:
    plane_hw = stack_tczyx[0, 0, 0]
    file = io.BytesIO()
    with tifffile.TiffWriter(file, ome=True) as writer:
        writer.write(plane_hw, subifds=1, metadata={"axes": "YX"})
        writer.write(plane_hw[::2, ::2], subfiletype=1)
    np.testing.assert_array_equal(everything(opened_bytes(file.getvalue()))[0, 0, 0], plane_hw)


@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}], ids=["one directory", "many directories"])
def test_a_hyperstack_of_imagej_keeps_its_axes(how: dict[str, Any], stack_tczyx: np.ndarray) -> None:
    source = opened(
        np.transpose(stack_tczyx, (0, 2, 1, 3, 4)),
        imagej=True,
        resolution=(1 / 0.25, 1 / 0.5),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.5, "finterval": 3.0},
        **how,
    )
    np.testing.assert_array_equal(everything(source), stack_tczyx)
    assert source.about.pixel_um == pytest.approx((1.5, 0.5, 0.25))
    assert source.about.time_step == 3


def test_planes_without_a_word_are_slices_and_that_is_said(stack_tczyx: np.ndarray) -> None:
    source = opened(stack_tczyx[0, 0], photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(everything(source)[0, 0], stack_tczyx[0, 0])
    assert source.about.notes == ("It does not say what its 4 planes are; they were taken as slices in z.",)


def test_planes_of_another_size_are_left_out_and_that_is_said(stack_tczyx: np.ndarray) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(stack_tczyx[0, 0, 0], metadata=None)
        writer.write(stack_tczyx[0, 0, 0, ::2, ::2], metadata=None)
    source = opened_bytes(file.getvalue())
    assert source.about.size_z == 1
    assert "1 of its planes have another size" in source.about.notes[0]


OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels '
    'DimensionOrder="XYCZT" SizeX="8" SizeY="6" SizeC="{c}" SizeZ="{z}" SizeT="1" Type="uint8">{more}'
    "<TiffData/></Pixels></Image></OME>"
)


def with_xml(xml: str) -> Source:
    return opened(np.zeros((6, 8), np.uint8), description=xml, metadata=None)


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + OME.format(c=1, z=1, more=""), "entities"),
        (OME.format(c=1, z=9, more=""), "more planes than there are"),
        (OME.format(c=0, z=1, more=""), "cannot be understood"),
        (OME.format(c="many", z=1, more=""), "cannot be understood"),
        (OME.format(c=1, z=2_000_000_000, more=""), "cannot be understood"),
        (OME.format(c=1, z=1, more="<Channel"), "cannot be understood"),
        (OME.format(c=1, z=1, more='<Channel Color="red"/>'), "cannot be understood"),
    ],
)
def test_wrong_or_hostile_metadata_are_refused_with_their_reason(xml: str, words: str) -> None:
    if xml.startswith("<!DOCTYPE"):
        xml = '<?xml version="1.0"?>' + xml
    with pytest.raises(RefusalError, match=words):
        with_xml(xml)


def test_a_hyperstack_that_ends_too_early_is_cut_off(stack_tczyx: np.ndarray) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, stack_tczyx[0, 0], imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(RefusalError, match="cut off"):
        opened_bytes(file.getvalue()[:-3000])

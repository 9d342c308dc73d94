"""DICOM: values, frames and tiles are where they belong in every packing; what is not one is refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from annotation.imaging.kinds import Kind
from annotation.imaging.refusals import RefusalError
from tests.annotation.imaging.dicom_maker import dicom, measures
from tests.annotation.imaging.opening import everything, opened_bytes, opened_file, refusal_of

JPEG, LOSSLESS, JPEG_LS, JPEG_2000 = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 70, 80, 90))
PACKED = {
    "implicit": ("1.2.840.10008.1.2", None),
    "explicit": ("1.2.840.10008.1.2.1", None),
    "big-endian": ("1.2.840.10008.1.2.2", None),
    "lossless JPEG": (LOSSLESS, imagecodecs.ljpeg_encode),
    "JPEG-LS": (JPEG_LS, imagecodecs.jpegls_encode),
    "JPEG 2000": (JPEG_2000, lambda frame: imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k")),
}


def noise(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return np.random.default_rng(16).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_frame_of_a_stack_is_where_it_belongs(packed: str, dtype: str) -> None:
    syntax, pack = PACKED[packed]
    frames_nhw = noise((4, 20, 30), dtype)
    source = opened_bytes(dicom(frames_nhw, syntax=syntax, pack=pack))
    assert np.array_equal(everything(source)[0, 0], frames_nhw)


@pytest.mark.parametrize("samples", [1, 3])
def test_run_lengths_are_read(samples: int) -> None:
    frames_nhws = np.repeat(noise((2, 20, 10, samples), "uint8"), 3, axis=2)

    def pack(frame: np.ndarray) -> bytes:
        segments = [_packbits_rows(frame[..., sample]) for sample in range(samples)]
        starts = np.cumsum([64, *map(len, segments)])[:-1]
        return struct.pack("<16I", samples, *starts, *[0] * (15 - samples)) + b"".join(segments)

    source = opened_bytes(dicom(frames_nhws, syntax="1.2.840.10008.1.2.5", pack=pack))
    pixels = everything(source)
    stored = np.moveaxis(frames_nhws, -1, 1)
    assert np.array_equal(pixels[0].swapaxes(0, 1), stored)


def _packbits_rows(plane: np.ndarray) -> bytes:
    packed = b"".join(imagecodecs.packbits_encode(row.tobytes()) for row in plane)
    return packed + bytes(len(packed) % 2)


def test_a_frame_in_several_fragments_is_put_together() -> None:
    frames_nhw = noise((3, 40, 50))
    content = dicom(frames_nhw, syntax=JPEG_LS, pack=imagecodecs.jpegls_encode, fragments=3)
    assert np.array_equal(everything(opened_bytes(content))[0, 0], frames_nhw)


def test_colour_comes_as_red_green_blue() -> None:
    rgb_nhws = noise((1, 20, 30, 3), "uint8")
    planes = np.moveaxis(rgb_nhws, -1, 1).copy().reshape(1, 20, 30, 3)
    for content in (dicom(rgb_nhws), dicom(planes, PlanarConfiguration=1)):
        source = opened_bytes(content)
        assert source.about.rgb
        assert np.array_equal(everything(source)[0, :, 0], np.moveaxis(rgb_nhws[0], -1, 0))


@pytest.mark.parametrize("colours", ["RGB", "YBR_FULL_422"])
def test_colour_in_jpeg_is_red_green_blue_whatever_it_was_inside(colours: str) -> None:
    rgb_nhws = np.zeros((1, 32, 32, 3), np.uint8)
    rgb_nhws[:, :, :16] = (200, 40, 90)
    inside = "RGB" if colours == "RGB" else "YCBCR"

    def pack(frame: np.ndarray) -> bytes:
        return bytes(imagecodecs.jpeg8_encode(frame, level=95, colorspace="RGB", outcolorspace=inside))

    source = opened_bytes(dicom(rgb_nhws, syntax=JPEG, pack=pack, PhotometricInterpretation=colours))
    assert np.abs(everything(source)[0, :, 0, 16, 4].astype(int) - (200, 40, 90)).max() < 4


def test_bits_that_are_not_used_are_cleared_and_white_is_never_zero() -> None:
    frames_nhw = np.array([[[0xF123, 0x0FFF], [0x0000, 0x1001]]], np.uint16)
    plain = opened_bytes(dicom(frames_nhw, BitsStored=12, HighBit=11))
    assert everything(plain).ravel().tolist() == [0x123, 0xFFF, 0, 1]
    turned = opened_bytes(dicom(frames_nhw, BitsStored=12, HighBit=11, PhotometricInterpretation="MONOCHROME1"))
    assert everything(turned).ravel().tolist() == [0xFFF - 0x123, 0, 0xFFF, 0xFFE]
    signed = opened_bytes(dicom(frames_nhw.view(np.int16), BitsStored=12, HighBit=11))
    assert everything(signed).ravel().tolist() == [0x123, -1, 0, 1]


def test_sizes_are_in_micrometres_and_seconds(tmp_path: Path) -> None:
    path = tmp_path / "cells.dcm"
    path.write_bytes(dicom(noise((3, 8, 9)), PixelSpacing=[0.002, 0.001], SpacingBetweenSlices=0.005))
    kind, source = opened_file(path)
    assert kind is Kind.DICOM
    assert source.about.size_z == 3
    assert source.about.pixel_um == pytest.approx((5.0, 2.0, 1.0))
    film = opened_bytes(dicom(noise((3, 8, 9)), FrameIncrementPointer=0x00181063, FrameTime=250))
    assert (film.about.size_t, film.about.size_z, film.about.time_step) == (3, 1, 0.25)
    enhanced = opened_bytes(dicom(noise((1, 8, 9)), SharedFunctionalGroupsSequence=measures(0.002, 0.001, 0.004)))
    assert enhanced.about.pixel_um == pytest.approx((4.0, 2.0, 1.0))


def test_what_is_kept_of_a_patient_and_what_is_not_applied_is_said() -> None:
    source = opened_bytes(dicom(noise((1, 8, 9)), PatientName="A^B", RescaleSlope=2, RescaleIntercept=-1024))
    assert [note.split(",")[0] for note in source.about.notes] == [
        "Its values are as they were stored: slope and intercept were not applied.",
        "The original",
    ]


SLIDE: dict[str, Any] = {"TotalPixelMatrixRows": 37, "TotalPixelMatrixColumns": 41,
                         "DimensionOrganizationType": "TILED_FULL", "TotalPixelMatrixFocalPlanes": 2}  # fmt: skip


def tiles_of(whole_zhws: np.ndarray) -> np.ndarray:
    padded = np.pad(whole_zhws, [(0, 0), (0, 11), (0, 23), (0, 0)])
    return padded.reshape(2, 3, 16, 2, 32, 3).swapaxes(2, 3).reshape(12, 16, 32, 3)


def test_a_whole_slide_is_put_together_from_its_tiles() -> None:
    whole_zhws = noise((2, 37, 41, 3), "uint8")
    source = opened_bytes(dicom(tiles_of(whole_zhws), **SLIDE))
    assert source.about.rgb
    assert np.array_equal(everything(source)[0].transpose(1, 2, 3, 0), whole_zhws)


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "pixels of 65,000 squared": ({"Rows": 65_000, "Columns": 65_000}, "65,000 × 65,000 pixels"),
    "no rows": ({"Rows": 0}, "no pixels"),
    "more rows than there are": ({"Rows": 1000}, "fewer pixels than it says"),
    "a billion frames": ({"NumberOfFrames": 1_000_000_000}, "absurd number"),
    "fewer than no frames": ({"NumberOfFrames": -3}, "absurd number"),
    "seven bits": ({"BitsAllocated": 7}, "7 bits"),
    "one bit": ({"BitsAllocated": 1}, "1 bits"),
    "more bits than there are": ({"BitsStored": 40}, "is damaged"),
    "a palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
    "colours halved": ({"PhotometricInterpretation": "YBR_FULL_422", "SamplesPerPixel": 3}, "YBR_FULL_422|fewer"),
    "many samples": ({"SamplesPerPixel": 60_000}, "stores its colours"),
    "tiles in no order": ({**SLIDE, "DimensionOrganizationType": "TILED_SPARSE"}, "no fixed order"),
    "too few tiles": (SLIDE, "another number of tiles"),
    "a slide of 100,000 squared": (
        {**SLIDE, "TotalPixelMatrixRows": 100_000, "TotalPixelMatrixColumns": 100_000},
        "100,000 × 100,000 pixels",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(lie: str, tmp_path: Path) -> None:
    changed, words = LIES[lie]
    path = tmp_path / "cells.dcm"
    path.write_bytes(dicom(noise((1, 20, 30)), **changed))
    said = refusal_of(path)
    assert any(word in said for word in words.split("|")), said


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("packed", ["explicit", "JPEG-LS"])
def test_a_file_that_is_cut_off_is_refused(share: float, packed: str, tmp_path: Path) -> None:
    path = tmp_path / "cells.dcm"
    syntax, pack = PACKED[packed]
    content = dicom(noise((3, 20, 30)), syntax=syntax, pack=pack)
    path.write_bytes(content[: max(140, int(len(content) * share))])
    assert refusal_of(path)


def huge_jpeg_2000(_: np.ndarray) -> bytes:
    content = bytearray(imagecodecs.jpeg2k_encode(np.zeros((64, 64), np.uint16), codecformat="j2k"))
    at = content.find(b"\xff\x51")
    struct.pack_into(">II", content, at + 6, 60_000, 60_000)
    struct.pack_into(">II", content, at + 22, 60_000, 60_000)
    return bytes(content)


STREAMS = {
    "JPEG of another size": (JPEG, lambda _: bytes(imagecodecs.jpeg8_encode(np.zeros((900, 900), np.uint8)))),
    "JPEG-LS of another size": (JPEG_LS, lambda _: bytes(imagecodecs.jpegls_encode(np.zeros((900, 900), np.uint16)))),
    "JPEG 2000 of 60,000 squared": (JPEG_2000, huge_jpeg_2000),
    "rubbish": (JPEG_2000, lambda _: b"\xff\x4f\xff\x51" + bytes(100)),
    "next to nothing": (JPEG_LS, lambda _: b"\0\0"),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_that_is_not_what_the_header_says_is_refused(stream: str, tmp_path: Path) -> None:
    syntax, pack = STREAMS[stream]
    path = tmp_path / "cells.dcm"
    dtype = "uint8" if syntax == JPEG else "uint16"
    path.write_bytes(dicom(noise((1, 20, 30), dtype), syntax=syntax, pack=pack))
    assert "is damaged" in refusal_of(path)


def test_a_deflated_file_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    path = tmp_path / "cells.dcm"
    content = dicom(noise((1, 8, 8)))
    syntax, deflated = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    at = content.find(syntax)
    head = content[: at - 2] + struct.pack("<H", len(deflated)) + deflated
    path.write_bytes(head + zlib.compress(bytes(100_000_000)))
    assert "packed in a way that is not read (1.2.840.10008.1.2.1.99)" in refusal_of(path)


def test_there_is_no_second_series() -> None:
    with pytest.raises(RefusalError, match="no series 2"):
        opened_bytes(dicom(noise((1, 8, 8))), series=1)

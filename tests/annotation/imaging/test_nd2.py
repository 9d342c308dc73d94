"""ND2: positions, planes and channels are where they belong; what is not one is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from annotation.imaging.kinds import Kind
from tests.annotation.imaging.nd2_maker import nd2
from tests.annotation.imaging.opening import everything, opened_bytes, opened_file, refusal_of

SIZES = [("T", 2), ("P", 3), ("Z", 4)]
NAMES = ("DAPI", "GFP")


@pytest.fixture
def frames_nyxc() -> np.ndarray:
    """All frames in the order of SIZES."""
    return np.random.default_rng(12).integers(0, 60_000, (24, 20, 30, 2)).astype(np.uint16)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("position", [0, 2])
def test_every_plane_of_a_position_is_where_it_belongs(frames_nyxc: np.ndarray, position: int, packed: bool) -> None:
    source = opened_bytes(nd2(frames_nyxc, SIZES, names=NAMES, packed=packed), series=position)
    stack_tzyxc = frames_nyxc.reshape(2, 3, 4, 20, 30, 2)[:, position]
    assert np.array_equal(everything(source), np.moveaxis(stack_tzyxc, -1, 1))


def test_names_colours_and_sizes_are_the_files(frames_nyxc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "cells.nd2"
    path.write_bytes(nd2(frames_nyxc, SIZES, names=NAMES))
    kind, source = opened_file(path)
    assert kind is Kind.ND2
    assert [(each.name, each.colour) for each in source.about.channels] == [("DAPI", "#00ff10"), ("GFP", "#807f08")]
    assert source.about.pixel_um == pytest.approx((0.5, 0.325, 0.325))
    assert source.about.time_step == pytest.approx(1.5)
    assert source.about.notes == ("It holds 3 positions; only position 1 was imported.",)


def test_colour_comes_as_red_green_blue() -> None:
    bgr_nyxc = np.random.default_rng(13).integers(0, 255, (1, 20, 30, 3)).astype(np.uint8)
    source = opened_bytes(nd2(bgr_nyxc, [], names=("Brightfield",), rgb=True))
    assert source.about.rgb
    assert np.array_equal(everything(source)[0, :, 0], np.moveaxis(bgr_nyxc[0, ..., ::-1], -1, 0))


def test_frames_that_were_never_recorded_are_said_to_be_black(frames_nyxc: np.ndarray) -> None:
    source = opened_bytes(nd2(frames_nyxc[:20], SIZES, names=NAMES))
    assert "Only 20 of its 24 frames were recorded" in source.about.notes[1]


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.5, 0.99, 0.99999])
def test_a_file_that_is_cut_off_is_refused(share: float, frames_nyxc: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "cells.nd2"
    content = nd2(frames_nyxc, SIZES, names=NAMES)
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal_of(path)


LIES = {
    "pixels of 90,000 squared": ({"uiWidth": 90_000, "uiHeight": 90_000}, "90,000 × 90,000 pixels"),
    "no pixels": ({"uiWidth": 0}, "no pixels"),
    "more rows than there are": ({"uiHeight": 30_000}, "is cut off"),
    "a million channels": ({"uiComp": 1_000_000}, "stores its pixels in a way"),
    "numbers of seven bits": ({"uiBpcInMemory": 7}, "is damaged"),
    "compressed with loss": ({"eCompression": 1}, "compressed with loss"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(lie: str, tmp_path: Path) -> None:
    changed, words = LIES[lie]
    path = tmp_path / "cells.nd2"
    path.write_bytes(nd2(np.zeros((1, 20, 30, 1), np.uint8), [], names=("a",), changed=changed))
    assert words in refusal_of(path)


def test_a_map_that_leads_out_of_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.nd2"
    content = bytearray(nd2(np.zeros((1, 20, 30, 1), np.uint8), [], names=("a",)))
    for place in (2**62, len(content) - 8, 0):
        struct.pack_into("<Q", content, len(content) - 8, place)
        path.write_bytes(content)
        assert refusal_of(path)


def test_a_chunk_of_absurd_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.nd2"
    content = bytearray(nd2(np.zeros((1, 20, 30, 1), np.uint8), [], names=("a",)))
    at = content.find(b"ImageAttributesLV!") - 8
    struct.pack_into("<Q", content, at, 2**60)
    path.write_bytes(content)
    assert "is cut off" in refusal_of(path)


def test_metadata_nested_hundreds_of_levels_deep_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.nd2"
    content = nd2(np.zeros((1, 20, 30, 1), np.uint8), [], names=("a",), changed={"deep": "x" * 60_000})
    level = bytes([11, 1]) + b"\0\0" + struct.pack("<IQ", 1, 2**32)
    at = content.find("xxxx".encode("utf-16-le"))
    start = content.rfind(bytes([8, 5]), 0, at)
    deep = level * 5000
    path.write_bytes(content[:start] + deep + content[start + len(deep) :])
    assert refusal_of(path)

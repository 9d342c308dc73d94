"""LIF: images, planes and channels are where they belong; what is not one is refused."""

from __future__ import annotations

import builtins
import struct
from pathlib import Path

import numpy as np
import pytest

from annotation.imaging.kinds import Kind
from tests.annotation.imaging.lif_maker import Image, lif
from tests.annotation.imaging.opening import everything, opened_bytes, opened_file, refusal_of

LENGTHS = {"X": (29 * 0.2e-6, "m"), "Y": (19 * 0.0004, "mm"), "Z": (3 * 1.5, "µm"), "T": (2.5, "s")}


@pytest.fixture
def stack_tzcyx() -> np.ndarray:
    return np.random.default_rng(14).integers(0, 60_000, (2, 4, 3, 20, 30)).astype(np.uint16)


def image_of(pixels: np.ndarray, axes: str, name: str = "first") -> Image:
    return Image(name, pixels, axes, luts=("Green", "Red", "")[: pixels.shape[axes.index("C")]], lengths=LENGTHS)


@pytest.mark.parametrize("order", ["TZCYX", "TCZYX", "CTZYX", "CZTYX"])
def test_every_plane_is_where_its_strides_say(order: str, stack_tzcyx: np.ndarray) -> None:
    stored = np.ascontiguousarray(stack_tzcyx.transpose(["TZCYX".index(axis) for axis in order]))
    source = opened_bytes(lif([image_of(stored, order)]))
    assert np.array_equal(everything(source), stack_tzcyx.swapaxes(1, 2))


def test_names_colours_and_sizes_are_the_files(stack_tzcyx: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "cells.lif"
    path.write_bytes(lif([image_of(stack_tzcyx, "TZCYX")]))
    kind, source = opened_file(path)
    assert kind is Kind.LIF
    assert [(each.name, each.colour) for each in source.about.channels] == [
        ("dye 0", "#00ff00"),
        ("dye 1", "#ff0000"),
        ("dye 2", ""),
    ]
    assert source.about.pixel_um == pytest.approx((1.5, 0.4, 0.2))
    assert source.about.time_step == pytest.approx(2.5)
    assert source.about.notes == ()


def test_the_image_is_chosen(stack_tzcyx: np.ndarray) -> None:
    second = stack_tzcyx[:1, :1, :2, :9].copy()
    source = opened_bytes(lif([image_of(stack_tzcyx, "TZCYX"), image_of(second, "TZCYX", "second")]), series=1)
    assert np.array_equal(everything(source), second.swapaxes(1, 2))
    assert source.about.notes == ("It holds 2 images; only “second” was imported.",)


def test_colour_comes_as_red_green_blue() -> None:
    rgb_yxs = np.random.default_rng(15).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    source = opened_bytes(lif([Image("slide", rgb_yxs, "YXS", luts=("Red", "Green", "Blue"))]))
    assert source.about.rgb
    assert np.array_equal(everything(source)[0, :, 0], np.moveaxis(rgb_yxs, -1, 0))


def test_of_a_mosaic_the_first_part_is_read_and_said_so(stack_tzcyx: np.ndarray) -> None:
    source = opened_bytes(lif([Image("mosaic", stack_tzcyx[0, :, 0].copy(), "MYX")]))
    assert np.array_equal(everything(source)[0, 0, 0], stack_tzcyx[0, 0, 0])
    assert source.about.notes == ("Only the first of its 4 M positions was imported.",)


def test_a_named_file_is_never_opened(stack_tzcyx: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, canary = tmp_path / "cells.lif", tmp_path / "theirs.lif"
    canary.write_bytes(lif([image_of(stack_tzcyx, "TZCYX", "theirs")]))
    named = f'<Reference File="{canary}"/><Reference File="../x.xlif"/>'
    path.write_bytes(lif([image_of(stack_tzcyx, "TZCYX")], references=named))
    content = path.read_bytes()

    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(f"opened {arguments}")

    monkeypatch.setattr(builtins, "open", refuse)
    assert opened_bytes(content).about.notes == ()


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.5, 0.9999])
def test_a_file_that_is_cut_off_is_refused(share: float, stack_tzcyx: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "cells.lif"
    content = lif([image_of(stack_tzcyx, "TZCYX")])
    path.write_bytes(content[: max(9, int(len(content) * share))])
    assert refusal_of(path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"X": 90_000, "Y": 90_000}, "90,000 × 90,000 pixels"),
        ({"X": 0}, "is damaged"),
        ({"Z": 4_000_000}, "is cut off"),
        ({"T": -5}, "{name} "),
    ],
)
def test_a_header_that_lies_is_refused(
    changed: dict[str, int], words: str, stack_tzcyx: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "cells.lif"
    image = image_of(stack_tzcyx, "TZCYX")
    image.changed = changed
    path.write_bytes(lif([image]))
    assert words in refusal_of(path)


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("before", "words"), [(BOMB, "defines entities"), ("<a>", "cannot be understood"), (" " * 17_000_000, "larger")]
)
def test_xml_that_no_microscope_writes_is_refused(
    before: str, words: str, stack_tzcyx: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "cells.lif"
    path.write_bytes(lif([image_of(stack_tzcyx, "TZCYX")], before=before))
    assert words in refusal_of(path)


def test_a_header_of_absurd_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.lif"
    path.write_bytes(struct.pack("<IIBI", 0x70, 5, 0x2A, 2**32 - 1) + bytes(500))
    assert "larger than 32 MB" in refusal_of(path)

"""S9: a file that an image names is never opened; the result is the image's own first plane."""

from __future__ import annotations

import builtins
import io
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from annotation.imaging.readers.tiff import open_tiff
from annotation.imaging.source import Choice

OWN, CANARY = 7, 99
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">'
    '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="8" SizeY="6" SizeC="1" '
    'SizeZ="1" SizeT="1"><TiffData FirstC="0" FirstZ="0" FirstT="0" IFD="0" PlaneCount="1">'
    '<UUID FileName="{name}">urn:uuid:2</UUID></TiffData></Pixels></Image></OME>'
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A picture of another project."""
    path = tmp_path / "theirs" / "x.ome.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, np.full((6, 8), CANARY, np.uint8))
    (path.parent / "link.ome.tif").symlink_to(path)
    os.mkfifo(path.parent / "pipe.ome.tif")
    return path


def name_in(kind: str, canary: Path) -> str:
    return {
        "a neighbour": "../theirs/x.ome.tif",
        "an absolute path": str(canary),
        "a link": str(canary.parent / "link.ome.tif"),
        "a device": "/dev/zero",
        "a pipe": str(canary.parent / "pipe.ome.tif"),
        "an address": "http://127.0.0.1/x.ome.tif",
    }[kind]


KINDS = ("a neighbour", "an absolute path", "a link", "a device", "a pipe", "an address")


@pytest.mark.parametrize("kind", KINDS)
def test_a_named_file_is_never_opened(kind: str, tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    path = folder / "cells.ome.tif"
    tifffile.imwrite(
        path, np.full((6, 8), OWN, np.uint8), description=OME.format(name=name_in(kind, canary)), metadata=None
    )
    (folder / "NDTiff.index").write_bytes(b"\1\0\0\0\0\0")
    (folder / "cells.companion.ome").write_text(OME.format(name=canary))
    with path.open("rb") as file:

        def refuse(*arguments: object, **_: object) -> None:
            raise AssertionError(f"opened {arguments}")

        for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
            monkeypatch.setattr(module, name, refuse)
        source = open_tiff(file, file_bytes=os.fstat(file.fileno()).st_size, limit_pixels=100, choice=Choice())
        pixels_chw = source.read_rows(t=0, z=0, start=0, stop=6)
    assert pixels_chw.shape == (1, 6, 8)
    assert (pixels_chw == OWN).all()
    assert "other files" in source.about.notes[0]

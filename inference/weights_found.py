"""Checkpoints that somebody put into the weights folder, and the engine that each is made for.

Found out from the names of the tensors alone. A safetensors file says them in its header; in a torch file they are the
texts of its pickle, whose instructions are read here and never carried out.
"""

from __future__ import annotations

import json
import pickletools
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inference.environment import weights_folder
from inference.weights import CATALOGUE, path_of

LARGEST_HEADER = 64 * 1024**2
"""More than any list of tensors takes."""
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("sam", frozenset({"image_encoder.patch_embed.proj.weight", "mask_decoder.iou_token.weight"})),
    ("mobile-sam", frozenset({"image_encoder.patch_embed.seq.0.c.weight", "mask_decoder.iou_token.weight"})),
    ("cellpose-sam", frozenset({"encoder.patch_embed.proj.weight", "W2"})),
)
_OURS = re.compile(r"cytomark-([a-z0-9-]+)-\d+")
"""The “format” that our own training writes into a file's metadata."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of the weights folder that is not in the catalogue. ``engine`` is empty where none is known to fit;
    ``size`` is in bytes."""

    path: Path
    engine: str
    size: int


def engine_that_fits(names: Collection[str], *, form: str = "") -> str:
    """The engine whose tensors these names are, or that ``form``, the file's own word, names; empty for none."""
    ours = _OURS.fullmatch(form)
    if ours:
        return ours[1]
    plain = {name.removeprefix("module.") for name in names}
    return next((engine for engine, marks in _MARKS if marks <= plain), "")


def engine_of_file(path: Path) -> str:
    """The engine that a checkpoint is made for; empty for a file that is damaged, foreign or hostile. Nothing in it is
    carried out, and not more of it read than its list of tensors."""
    try:
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                return engine_that_fits(set(_texts_of_zip(file)))
            names, form = _header_of_safetensors(file)
            return engine_that_fits(names, form=form)
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, struct.error, zlib.error, zipfile.BadZipFile):
        return ""


def found_files() -> list[FoundFile]:
    """Every file in the weights folder that is neither in the catalogue nor a recorded sum nor half fetched."""
    folder = weights_folder()
    if not folder.is_dir():
        return []
    known = {path_of(entry) for entry in CATALOGUE}
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path not in known and path.suffix != ".sha256" and not path.name.startswith(".")
    ]
    return [FoundFile(path, engine_of_file(path), path.stat().st_size) for path in files]


def _header_of_safetensors(file: IO[bytes]) -> tuple[set[str], str]:
    file.seek(0)
    (length,) = struct.unpack("<Q", file.read(8))
    if length > LARGEST_HEADER:
        raise ValueError("its header is too long")
    header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not a table")
    about = header.pop("__metadata__", {})
    form = about.get("format", "") if isinstance(about, dict) else ""
    return set(header), form if isinstance(form, str) else ""


def _texts_of_zip(file: IO[bytes]) -> Iterator[str]:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        member = next(name for name in (*archive.namelist(), "") if name.endswith("data.pkl") or not name)
        with archive.open(member) as packed:
            # The size that the archive states may be a lie: what is read is what is bounded.
            content = packed.read(LARGEST_HEADER + 1)
    if len(content) > LARGEST_HEADER:
        raise ValueError("its list of tensors is too long")
    for _, argument, _ in pickletools.genops(content):
        if isinstance(argument, str):
            yield argument

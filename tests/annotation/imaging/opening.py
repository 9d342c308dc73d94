"""Opening files as the decoder does, without its walls."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest

from annotation.imaging.kinds import Kind
from annotation.imaging.readers.registry import open_source
from annotation.imaging.refusals import RefusalError
from annotation.imaging.source import Choice, Source


def opened_bytes(content: bytes, *, series: int = 0) -> Source:
    return open_source(
        io.BytesIO(content),
        file_bytes=len(content),
        limit_pixels=10_000,
        limit_values=100_000_000,
        choice=Choice(series=series),
    )[1]


def opened_file(path: Path, *, series: int = 0, limit_pixels: int = 1_000_000) -> tuple[Kind, Source]:
    """The file stays open as long as the source is used."""
    file = path.open("rb")
    return open_source(
        file,
        file_bytes=path.stat().st_size,
        limit_pixels=limit_pixels,
        limit_values=100_000_000,
        choice=Choice(series=series),
    )


def everything(source: Source, *, rows: int = 16) -> np.ndarray:
    """All of it, band by band, (t, c, z, y, x)."""
    about = source.about

    def plane(t: int, z: int) -> np.ndarray:
        starts = range(0, about.height, rows)
        bands = [source.read_rows(t=t, z=z, start=at, stop=min(at + rows, about.height)) for at in starts]
        return np.concatenate(bands, axis=1)

    planes = [np.stack([plane(t, z) for z in range(about.size_z)], axis=1) for t in range(about.size_t)]
    return np.stack(planes)


def refusal_of(path: Path, *, limit_pixels: int = 1_000_000) -> str:
    """The sentence with which a file is refused, in less than two seconds of work (S6)."""
    begun = time.process_time()
    with pytest.raises(RefusalError) as caught:
        everything(opened_file(path, limit_pixels=limit_pixels)[1], rows=512)
    assert time.process_time() - begun < 2
    assert caught.value.sentence.startswith("{name} ")
    return caught.value.sentence

"""What a person is asked of a file before it is read: which of its images, and what its planes are. Small pictures help
to answer. Runs in the decoder: no Django."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotation.imaging.layout import TILE
from annotation.imaging.pyramid import colours_of
from annotation.imaging.refusals import NAME, RefusalError
from annotation.imaging.source import MOST_ASKED, About, AskedSeries, Question, Source, preview_name

PREVIEW_PIXELS = 160
STRIP = 6
"""Planes beside each other, from the first on: channels differ from one to the next, slices hardly."""
_MOST_VALUES = 100_000_000
"""Of a plane that is read for a preview."""
Open = Callable[[int], Source]


def question_of(about: About, open_series: Open, folder: Path) -> Question:
    """What has to be asked of a file whose first image is described by ``about``, and the pictures in ``folder``."""
    numbers = range(min(len(about.series), MOST_ASKED) or 1)
    series = tuple(_series(number, about, open_series, folder) for number in numbers)
    return Question(series=series, planes=about.planes if about.guessed else 0, labels=about.labels)


def _series(number: int, first: About, open_series: Open, folder: Path) -> AskedSeries:
    name = first.series[number] if first.series else ""
    try:
        source = open_series(number)
        about = source.about
        sizes = {field: getattr(about, field) for field in ("size_t", "size_c", "size_z", "height", "width", "dtype")}
        shown = about.size_c * about.height * about.width <= _MOST_VALUES
        if shown:
            _write_preview(folder / preview_name(number), source)
    except RefusalError as error:
        return AskedSeries(name=name, problem=error.sentence.removeprefix(NAME).strip())
    return AskedSeries(name=name, preview=shown, **sizes)


def _write_preview(path: Path, source: Source) -> None:
    about = source.about
    if about.guessed:
        planes = [(t, z) for t in range(about.size_t) for z in range(about.size_z)][:STRIP]
        pictures = [_picture(_sampled(source, t, z), about) for t, z in planes]
    else:
        pictures = [_picture(_sampled(source, 0, about.size_z // 2), about)]
    gaps = [np.full((pictures[0].shape[0], 2, 3), 128, np.uint8)] * len(pictures)
    strip_hwc = np.concatenate([part for pair in zip(pictures, gaps, strict=True) for part in pair][:-1], axis=1)
    Image.fromarray(strip_hwc).save(path, "WEBP", quality=80, method=2)


def _sampled(source: Source, t: int, z: int) -> NDArray[Any]:
    """Every n-th pixel of a plane: (channel, row, column), at most PREVIEW_PIXELS wide or high."""
    about = source.about
    step = -(-max(about.height, about.width) // PREVIEW_PIXELS)
    parts = []
    for start in range(0, about.height, TILE):
        rows_chw = source.read_rows(t=t, z=z, start=start, stop=min(start + TILE, about.height))
        parts.append(rows_chw[:, -start % step :: step, ::step].copy())
    return np.concatenate(parts, axis=1)


def _picture(sample_chw: NDArray[Any], about: About) -> NDArray[np.uint8]:
    """Each channel between its own darkest and brightest in its colour, all added up: (row, column, RGB)."""
    total_hwc = np.zeros((*sample_chw.shape[1:], 3), np.float32)
    for channel_hw, colour in zip(sample_chw, colours_of(about), strict=True):
        values_hw = np.nan_to_num(channel_hw.astype(np.float32))
        low, high = (0.0, 255.0) if about.rgb and about.dtype == "uint8" else np.percentile(values_hw, (0.5, 99.5))
        share_hw = np.clip((values_hw - low) / max(float(high - low), 1e-9), 0, 1)
        total_hwc += share_hw[..., None] * np.frombuffer(bytes.fromhex(colour[1:]), np.uint8).astype(np.float32)
    return np.clip(np.rint(total_hwc), 0, 255).astype(np.uint8)

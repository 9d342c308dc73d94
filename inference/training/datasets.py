"""Pairs of image and label files, and what training keeps of them in memory."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.errors import EngineError, EngineErrorCode
from inference.files import SUFFIXES, read_image, read_labels
from inference.flows import Floats, Labels, flow_targets
from inference.labels import cell_diameters
from inference.pixels import Image, check_image, is_dark_on_bright, unit_grey


@dataclass(frozen=True, slots=True)
class Pair:
    """An image file and its label file. ``name`` is the stem that both share."""

    name: str
    image: Path
    labels: Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One training image: ``pixels_hw`` from unit_grey, ``labels_hw`` int32, ``flow`` (2, row, column),
    ``diameters`` of background (0) and cells by label, in pixels, and the group it is drawn with. ``shuffled`` are
    other readings of the same picture, from its channels in another order."""

    name: str
    group: str
    pixels_hw: Floats
    labels_hw: Labels
    flow: Floats
    diameters: Floats
    shuffled: tuple[Floats, ...] = ()

    @property
    def diameter(self) -> float:
        """Median diameter of the cells, in pixels; 0 without any."""
        sizes = self.diameters[self.diameters > 0]
        return float(np.median(sizes)) if sizes.size else 0.0


def _bad(message: str) -> EngineError:
    return EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, message, permanent=True)


def _by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise _bad(f"There is no folder “{folder}”.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        if path.stem in found:
            raise _bad(f"“{found[path.stem].name}” and “{path.name}” have the same name: remove or rename one.")
        found[path.stem] = path
    return found


def find_pairs(images: Path, labels: Path) -> list[Pair]:
    """Files of two folders matched by stem, in order of name. Raises EngineError for an empty folder and for an
    image without labels; labels without an image are left alone."""
    image_files, label_files = _by_stem(images), _by_stem(labels)
    if not image_files:
        raise _bad(f"The folder “{images}” holds no PNG, JPEG or TIFF file.")
    missing = [name for name in image_files if name not in label_files]
    if missing:
        raise _bad(f"“{image_files[missing[0]].name}” has no label image in “{labels}”.")
    return [Pair(name, path, label_files[name]) for name, path in image_files.items()]


def read_pair(pair: Pair) -> tuple[Image, Labels]:
    """Image and int32 labels. Raises EngineError where a file cannot be read or the two differ in size."""
    image, labels_hw = read_image(pair.image), read_labels(pair.labels)
    if image.shape[:2] != labels_hw.shape:
        height, width = image.shape[:2]
        raise _bad(
            f"“{pair.image.name}” is {width} × {height} pixels, but its labels are "
            f"{labels_hw.shape[1]} × {labels_hw.shape[0]}."
        )
    return image, labels_hw


def kind_of(image: Image) -> str:
    """Grey or colour, bright cells or dark ones: pictures of one kind look alike."""
    return f"{'colour' if image.ndim == 3 else 'grey'}{'-dark' if is_dark_on_bright(image) else ''}"


def make_sample(name: str, image: Image, labels_hw: Labels, *, group: str = "") -> Sample:
    """Everything that augmentation needs, computed once. Images of one group look alike: grey or colour, bright cells
    or dark ones."""
    check_image(image)
    colour = image.ndim == 3
    return Sample(
        name=name,
        group=group + kind_of(image),
        pixels_hw=unit_grey(image),
        labels_hw=labels_hw,
        flow=flow_targets(labels_hw),
        diameters=cell_diameters(labels_hw),
        shuffled=tuple(unit_grey(np.roll(image, shift, axis=2)) for shift in (1, 2)) if colour else (),
    )


def load_samples(pairs: Sequence[Pair], *, group: str = "") -> list[Sample]:
    """Read pairs and compute their targets, two at a time."""

    def load(pair: Pair) -> Sample:
        image, labels_hw = read_pair(pair)
        return make_sample(pair.name, image, labels_hw, group=group)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(load, pairs))

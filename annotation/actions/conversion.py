"""Images of before had one plane in an .npy file; the pyramid takes its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from django.db import transaction

from annotation.imaging.layout import STORE, store_of
from annotation.imaging.measure import hash_of
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from annotation.imaging.storage import flush, staging_folder
from annotation.models import Image

_OLD = ("plane.npy", "plane.zst", "plane.gz")


def do_convert_images() -> int:
    """Give every image that has none its pyramid, and say how many there were. Killed half-way, it goes on the next
    time: the old files go last."""
    converted = 0
    for image in Image.objects.order_by("created_at").iterator():
        old = image.folder / _OLD[0]
        if not old.is_file():
            continue
        if not store_of(image.folder).exists():
            _convert(image, old)
            converted += 1
        for name in _OLD:
            (image.folder / name).unlink(missing_ok=True)
    return converted


def _convert(image: Image, old: Path) -> None:
    source = ArraySource(np.load(old, mmap_mode="r", allow_pickle=False))
    with staging_folder() as staged:
        write_pyramid(source, staged)
        flush(staged)
        with transaction.atomic():
            image.pixels_sha256 = hash_of(staged / STORE, source.about)
            image.save(update_fields=["pixels_sha256"])
            (staged / STORE).rename(store_of(image.folder))

"""How bright cells are, measured in the background: nobody who draws waits for pixels to be read."""

from __future__ import annotations

import logging
import time
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import F, Q

from annotation.datasets.pixels import StoredPixels
from annotation.events import send_figures_changed
from annotation.imaging.layout import TILE
from annotation.models import Annotation, CellLevel, Image, ImageFigures, ImageTouch
from inference import rle

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""After which the rest waits for the next time."""
AT_ONCE = 2000
"""Cells of an image that are measured in one transaction."""


def do_measure_levels() -> int:
    """Measure cells that were drawn or changed. Returns how many."""
    end, measured = time.monotonic() + SECONDS, 0
    waiting = ImageFigures.objects.filter(unmeasured=True).values_list("image_id", flat=True)
    for image_id in list(waiting[:500]):
        measured += _measure(image_id)
        if time.monotonic() > end:
            break
    return measured


@transaction.atomic
def _measure(image_id: UUID) -> int:
    """An image without files is let be until it changes."""
    ImageFigures.objects.filter(image_id=image_id).update(unmeasured=False)
    image = Image.objects.filter(pk=image_id, deleted_at=None).first()
    if image is None:
        return 0
    current = Q(level__isnull=False, level__mask_version=F("mask_version"))
    cells = list(Annotation.objects.filter(image=image, deleted=False).exclude(current)[:AT_ONCE])
    cells.sort(key=lambda cell: (cell.t, cell.z, cell.top // TILE, cell.left // TILE))
    pixels = StoredPixels(image)
    try:
        levels = [
            CellLevel(cell=cell, mask_version=cell.mask_version, level=_level(pixels, image, cell)) for cell in cells
        ]
    except OSError as error:
        logger.warning("The cells of image %s cannot be measured: %s", image.pk, error)
        return 0
    fields = ["mask_version", "level"]
    CellLevel.objects.bulk_create(levels, update_conflicts=True, unique_fields=["cell"], update_fields=fields)
    if levels:
        ImageTouch.objects.create(project_id=image.project_id, image_id=image.pk)
        send_figures_changed(image.project_id)
    return len(levels)


def _level(pixels: StoredPixels, image: Image, cell: Annotation) -> float:
    """The mean of the cell's pixels; those that are no number do not count, and 0 where none is one."""
    mask = cell.rle
    mask_hw = rle.decode(mask)
    box = (mask.top, mask.left, mask.bottom, mask.right)
    channels = range(3 if image.rgb else 1)
    values = np.concatenate([pixels.box_hw((cell.t, c, cell.z), box)[mask_hw] for c in channels]).astype(np.float64)
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0

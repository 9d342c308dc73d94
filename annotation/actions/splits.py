"""Which images are for training, validation and test: by group, seeded, stratified, and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count
from PIL import Image as Pillow

from annotation.errors import AppError, ErrorCode
from annotation.events import send_figures_changed
from annotation.models import Annotation, Image, ImageSplit, Project, Split

GROUPINGS = ("image", "file", "first_part", "without_last_part")
"""Every image for itself; images of one file; names alike up to their first, or their last, “_”, “-”, “.” or space."""
_SEPARATOR = re.compile(r"[_\-. ]")
_ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST)


def group_of(image: Image, grouping: str) -> str:
    """What the image belongs together with."""
    if grouping == "image":
        return str(image.pk)
    if grouping == "file":
        return image.file_sha256
    stem = image.name.rsplit(".", 1)[0]
    parts = list(_SEPARATOR.finditer(stem))
    if not parts:
        return stem
    return stem[: (parts[0] if grouping == "first_part" else parts[-1]).start()]


@dataclass(slots=True)
class _Group:
    name: str
    images: list[Image] = field(default_factory=list)
    classes: Counter[int] = field(default_factory=Counter)

    def stratum(self) -> tuple[int, int]:
        """The most frequent class, and how many cells there are, in powers of four."""
        cells = self.classes.total()
        frequent = min(self.classes, key=lambda key: (-self.classes[key], key)) if cells else 0
        return frequent, cells.bit_length() // 2

    def order(self, seed: int) -> str:
        return hashlib.sha256(f"{seed}:{self.name}".encode()).hexdigest()


def check_shares(shares: dict[str, float]) -> None:
    """Raise unless the shares add up to 1."""
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise AppError(ErrorCode.BAD_REQUEST, "The three shares add up to 100 %. Change one of them.", status=422)


@transaction.atomic
def do_assign_splits(project: Project, *, seed: int, shares: dict[str, float], grouping: str) -> int:
    """Give every image that has none a split; the others keep theirs, and draw the rest of their group after them.
    ``shares`` by split. Returns how many images got one."""
    check_shares(shares)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    groups = _groups(project, grouping)
    known = dict(ImageSplit.objects.filter(project=project).values_list("group", "split"))
    new = [group for group in groups.values() if any(not hasattr(image, "split") for image in group.images)]
    drawn = _draw([group for group in new if group.name not in known], groups.values(), seed=seed, shares=shares)
    rows = [
        ImageSplit(image=image, project=project, group=group.name, split=known.get(group.name) or drawn[group.name],
                   look=look_of(image))
        for group in new for image in group.images if not hasattr(image, "split")
    ]  # fmt: skip
    ImageSplit.objects.bulk_create(rows)
    send_figures_changed(project.pk)
    return len(rows)


def _groups(project: Project, grouping: str) -> dict[str, _Group]:
    """By name. An image that has a split stays in the group that it had, and takes its new group's others with it."""
    counts: dict[Any, Counter[int]] = defaultdict(Counter)
    live = Annotation.objects.filter(image__project=project, image__deleted_at=None, deleted=False)
    for image_id, class_id, cells in live.values_list("image_id", "label_class_id").annotate(Count("pk")):
        counts[image_id][class_id or 0] = cells
    images = list(Image.objects.filter(project=project, deleted_at=None, twin_of=None).select_related("split"))
    renamed = {group_of(image, grouping): image.split.group for image in images if hasattr(image, "split")}
    groups: dict[str, _Group] = {}
    for image in images:
        name = group_of(image, grouping)[:255]
        name = image.split.group if hasattr(image, "split") else renamed.get(name, name)
        group = groups.setdefault(name, _Group(name))
        group.images.append(image)
        group.classes.update(counts[image.pk])
    return groups


def _draw(new: list[_Group], every: Any, *, seed: int, shares: dict[str, float]) -> dict[str, str]:
    """A split for each new group: the one that lacks most, of the groups like it and of all together."""
    have: dict[Any, Counter[str]] = defaultdict(Counter)
    for group in every:
        for image in group.images:
            if hasattr(image, "split"):
                have[None][image.split.split] += 1
                have[group.stratum()][image.split.split] += 1
    drawn = {}
    for group in sorted(new, key=lambda group: (group.stratum(), group.order(seed))):
        stratum, size = group.stratum(), len(group.images)

        def lacking(split: str, stratum: tuple[int, int] = stratum, size: int = size) -> float:
            return sum(shares[split] * (have[key].total() + size) - have[key][split] for key in (None, stratum))

        wanted = [split.value for split in _ORDER if shares[split] > 0]
        best = max(wanted, key=lacking)
        drawn[group.name] = best
        for key in (None, stratum):
            have[key][best] += size
    return drawn


def look_of(image: Image) -> int | None:
    """64 bits that similar pictures have nearly in common: whether each of 8 × 8 fields is darker than the one to its
    right. None where there is no thumbnail. Source: the “dHash” of N. Krawetz (2013)."""
    try:
        with Pillow.open(image.thumbnail_path) as picture:
            fields_hw = np.asarray(picture.convert("L").resize((9, 8), Pillow.Resampling.BILINEAR), np.int16)
    except OSError:
        return None
    bits = np.packbits((fields_hw[:, 1:] > fields_hw[:, :-1]).ravel())
    return int.from_bytes(bits.tobytes(), "big", signed=True)

"""Taking cells of independent annotations over into the image: from A, from B, of both together, or what both have. An
ordinary operation of whoever decides, which says from whose cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

import numpy as np

from annotation.actions.edits import do_edit
from annotation.comparable import Difference, differences_of
from annotation.errors import AppError, ErrorCode, not_found
from annotation.geometry import bounds_around, raster_of
from annotation.models import Annotation, Image, User
from annotation.permissions import FINISHED_TWINS, Action, access_image
from annotation.protocol import Ack, Change, CreateCell, Mask, Provenance, UpdateCell
from annotation.protocol_parts import Adjudicated
from inference import rle
from inference.rle import Rle

Take = Literal["a", "b", "union", "intersection"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is taken of a pair of cells of A and B, one of which may be missing."""

    a: UUID | None
    b: UUID | None
    take: Take


def get_copies(image: Image, user: User) -> list[Image]:
    """The image's finished independent annotations that this person may look at."""
    twins = Image.objects.filter(twin_of=image, deleted_at=None)
    found = []
    for twin in twins.filter(status__in=FINISHED_TWINS).order_by("assignee__username", "take"):
        try:
            found.append(access_image(user, twin.pk, Action.REVIEW)[0])
        except AppError:
            continue
    return found


def get_copy(image: Image, user: User, copy_id: UUID) -> Image:
    """One of them. Raises NOT_FOUND."""
    twin, _ = access_image(user, copy_id, Action.REVIEW)
    if twin.twin_of_id != image.pk or twin.status not in FINISHED_TWINS:
        raise not_found("annotation")
    return twin


def get_differences(image: Image, user: User, a: UUID, b: UUID) -> list[Difference]:
    """What A and B say of each cell, those first that they disagree on most."""
    return differences_of(image, get_copy(image, user, a), get_copy(image, user, b))


def do_adjudicate(image: Image, user: User, a: UUID, b: UUID, choices: Sequence[Choice]) -> Ack:
    """Take these cells over in one operation. A cell that was made of one of them before gets the new shape. Raises
    RefusedError where nothing of a cell would be left, and like every change of cells."""
    copies = [get_copy(image, user, copy_id) for copy_id in (a, b)]
    rows: list[dict[UUID, Annotation]] = []
    for copy, wanted in zip(copies, ([one.a for one in choices], [one.b for one in choices]), strict=True):
        live = Annotation.objects.filter(image=copy, deleted=False, pk__in=[cell for cell in wanted if cell])
        rows.append({row.pk: row for row in live})
    names = [copy.assignee.username if copy.assignee else "" for copy in copies]
    known = _taken_before(image)
    changes = [_change(one, rows, names, known) for one in choices]
    return do_edit(user, image.pk, uuid4(), changes=changes)


def _taken_before(image: Image) -> dict[UUID, Annotation]:
    """The image's cells by those that they were made of."""
    live = Annotation.objects.filter(image=image, deleted=False, provenance__has_key="adjudicated")
    return {UUID(cell): row for row in live for cell in (row.provenance["adjudicated"] or {}).get("cells", [])}


def _change(
    choice: Choice, rows: list[dict[UUID, Annotation]], names: list[str], known: dict[UUID, Annotation]
) -> Change:
    asked = [(choice.a, rows[0], names[0]), (choice.b, rows[1], names[1])]
    pair = [(found[cell], name) for cell, found, name in asked if cell is not None and cell in found]
    if len(pair) < sum(cell is not None for cell, _, _ in asked) or not pair:
        message = "A cell of these annotations changed meanwhile. Compare them again, then decide."
        raise AppError(ErrorCode.STALE, message, status=409)
    if choice.take in ("a", "b"):
        wanted = choice.a if choice.take == "a" else choice.b
        pair = [one for one in pair if one[0].pk == wanted]
        if not pair:
            raise AppError(ErrorCode.BAD_REQUEST, "This person has no such cell: nothing can be taken.", status=422)
    cells = [row for row, _ in pair]
    if len({cell.plane for cell in cells}) > 1:
        raise AppError(ErrorCode.BAD_REQUEST, "These cells lie on different planes.", status=422)
    mask = _mask([cell.rle for cell in cells], both=choice.take == "intersection")
    said = Adjudicated(take=choice.take, cells=[cell.pk for cell in cells], people=[name for _, name in pair])
    one = Provenance.model_validate(cells[0].provenance) if len(cells) == 1 else Provenance(source="hand")
    provenance = one.model_copy(update={"adjudicated": said})
    before = next((known[cell.pk] for cell in cells if cell.pk in known), None)
    # Where both gave it a class, the first one's counts.
    label_class = next((cell.label_class_id for cell in cells if cell.label_class_id), None)
    if before is not None:
        return UpdateCell(
            change="update", id=before.pk, base_version=before.version, mask=Mask.of(mask), class_id=label_class,
            set_class=True, provenance=provenance,
        )  # fmt: skip
    return CreateCell(
        change="create", id=uuid4(), mask=Mask.of(mask), class_id=label_class, provenance=provenance, t=cells[0].t,
        z=cells[0].z,
    )  # fmt: skip


def _mask(masks: list[Rle], *, both: bool) -> Rle:
    around = bounds_around(masks)
    rasters = [raster_of(mask, around) for mask in masks]
    chosen_hw = np.logical_and.reduce(rasters) if both else np.logical_or.reduce(rasters)
    if not chosen_hw.any():
        raise AppError(ErrorCode.BAD_REQUEST, "Both cells have no pixel in common. Take A, B or both.", status=422)
    rows, cols = np.flatnonzero(chosen_hw.any(axis=1)), np.flatnonzero(chosen_hw.any(axis=0))
    cut_hw = chosen_hw[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return rle.encode(cut_hw, top=around.top + int(rows[0]), left=around.left + int(cols[0]))

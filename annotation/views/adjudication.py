"""Deciding between independent annotations of an image, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from annotation.actions.adjudication import Choice, do_adjudicate, get_copies, get_differences
from annotation.models import Image
from annotation.permissions import Action, access_image
from annotation.queries import cell_state
from annotation.views.agreement_schemas import (
    AdjudicatedOut,
    AdjudicationIn,
    AdjudicationPair,
    CellDifferenceOut,
    CopyOut,
)
from annotation.views.api import person
from annotation.views.paging import paged

router = Router()


@router.get("/images/{uuid:image_id}/annotations", response=list[CopyOut])
@paged
def list_copies(request: HttpRequest, image_id: UUID) -> list[Image]:
    """The independent annotations of the image that are handed in and that one may look at."""
    image, _ = access_image(person(request), image_id, Action.REVIEW)
    return get_copies(image, person(request))


@router.get("/images/{uuid:image_id}/differences", response=list[CellDifferenceOut])
@paged
def list_differences(request: HttpRequest, image_id: UUID, pair: Query[AdjudicationPair]) -> list[dict[str, Any]]:
    """What two of them say of each cell, those first that they disagree on most."""
    image, _ = access_image(person(request), image_id, Action.REVIEW)
    return [
        {
            "a": cell_state(one.a) if one.a else None,
            "b": cell_state(one.b) if one.b else None,
            "iou": one.iou,
            "error": one.error,
            "agrees": one.agrees,
        }
        for one in get_differences(image, person(request), pair.a, pair.b)
    ]


@router.post("/images/{uuid:image_id}/adjudications", response={201: AdjudicatedOut})
def adjudicate(request: HttpRequest, image_id: UUID, body: AdjudicationIn) -> Status[AdjudicatedOut]:
    """Take cells over into the image, as one operation that can be undone."""
    image, _ = access_image(person(request), image_id, Action.REVIEW)
    choices = [Choice(one.a, one.b, one.take) for one in body.choices]
    ack = do_adjudicate(image, person(request), body.a, body.b, choices)
    return Status(201, AdjudicatedOut(operation=ack.id, clock=ack.clock, cells=[cell.id for cell in ack.cells]))

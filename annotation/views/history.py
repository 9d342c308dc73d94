"""The history of an image over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router

from annotation.actions.restore import check_point, do_restore
from annotation.history import PAGE, Entry, get_cells_at, get_changed_cells, get_timeline
from annotation.permissions import Action, access_image
from annotation.views.api import person
from annotation.views.paging import go_on
from annotation.views.schemas_history import EntryOut, RestoredOut, RestoreIn

router = Router()
CELLS = {
    "responses": {200: {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}
}


@router.get("/images/{uuid:image_id}/history", response=list[EntryOut])
def list_history(
    request: HttpRequest, image_id: UUID, before: int | None = None, cell: UUID | None = None
) -> list[Entry]:
    """The newest entries of the timeline, or those before a clock; with a cell, those that changed it."""
    access_image(person(request), image_id, Action.VIEW)
    entries = get_timeline(image_id, before=before, cell=cell)
    if len(entries) == PAGE:
        go_on(request, before=entries[-1].last)
    return entries


@router.get("/images/{uuid:image_id}/history/{int:clock}", openapi_extra=CELLS)
def get_past_cells(request: HttpRequest, image_id: UUID, clock: int) -> HttpResponse:
    """All cells as they were after operation ``clock``."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    check_point(image, clock)
    cells = ",".join(state.model_dump_json() for state in get_cells_at(image.pk, clock))
    return HttpResponse(f"[{cells}]", content_type="application/json")


@router.post("/images/{uuid:image_id}/restore", response=RestoredOut)
@transaction.atomic
def restore(request: HttpRequest, image_id: UUID, body: RestoreIn) -> dict[str, Any]:
    """Make cells what they were: those named, those of an operation, or all."""
    image, role = access_image(person(request), image_id, Action.ANNOTATE, lock=True)
    cells = get_changed_cells(image.pk, body.operation) if body.operation else body.cells
    return {"cells": do_restore(image, person(request), body.clock, role=role, cells=cells)}

"""Cells over HTTP: every change is an operation like those of the pages, seen by whoever has the image open."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.edits import do_edit
from annotation.errors import AppError, ErrorCode
from annotation.permissions import Action, access_image
from annotation.protocol import Ack, CellState, CreateCell, DeleteCell, PlaneIndex, UpdateCell
from annotation.queries import cell_state, get_cell, get_cells
from annotation.views.api import person
from annotation.views.cell_schemas import CellChangeIn, CellDoneOut, CellIn, OperationIn, OperationOut
from annotation.views.paging import Rows, paged

router = Router()


def _done(ack: Ack, cell_id: UUID) -> CellDoneOut:
    cell = next((cell for cell in ack.cells if cell.id == cell_id), None)
    if cell is None:
        raise AppError(ErrorCode.GONE, "The cell was deleted meanwhile.", status=410)
    return CellDoneOut.model_construct(operation=ack.id, clock=ack.clock, cell=cell)


@router.get("/images/{uuid:image_id}/cells", response=list[CellState])
@paged
def list_cells(request: HttpRequest, image_id: UUID, t: PlaneIndex | None = None, z: PlaneIndex | None = None) -> Rows:
    """The image's cells, or those of a frame or slice, in no order that means something."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return Rows(get_cells(image.pk, t=t, z=z), cell_state)


@router.get("/images/{uuid:image_id}/cells/{uuid:cell_id}", response=CellState)
def read_cell(request: HttpRequest, image_id: UUID, cell_id: UUID) -> CellState:
    """One cell."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return cell_state(get_cell(image.pk, cell_id))


@router.post("/images/{uuid:image_id}/cells", response={201: CellDoneOut})
def create_cell(request: HttpRequest, image_id: UUID, body: CellIn) -> Status[CellDoneOut]:
    """A new cell."""
    cell_id = uuid4()
    change = CreateCell(change="create", id=cell_id, **{name: getattr(body, name) for name in CellIn.model_fields})
    return Status(201, _done(do_edit(person(request), image_id, uuid4(), changes=[change]), cell_id))


@router.patch("/images/{uuid:image_id}/cells/{uuid:cell_id}", response=CellDoneOut)
def change_cell(request: HttpRequest, image_id: UUID, cell_id: UUID, body: CellChangeIn) -> CellDoneOut:
    """Another shape, class or object, locked or not."""
    said = {name: getattr(body, name) for name in body.model_fields_set - {"version"}}
    told: dict[str, Any] = {"set_class": "class_id" in said, "set_parent": "parent" in said}
    change = UpdateCell(change="update", id=cell_id, base_version=body.version, **said, **told)
    return _done(do_edit(person(request), image_id, uuid4(), changes=[change]), cell_id)


@router.delete("/images/{uuid:image_id}/cells/{uuid:cell_id}", response={204: None})
def delete_cell(request: HttpRequest, image_id: UUID, cell_id: UUID) -> Status[None]:
    """Away with it, whatever its version; undo brings it back."""
    image, _ = access_image(person(request), image_id, Action.ANNOTATE)
    cell = get_cell(image.pk, cell_id)
    change = DeleteCell(change="delete", id=cell.pk, base_version=cell.version)
    do_edit(person(request), image_id, uuid4(), changes=[change])
    return Status(204, None)


@router.post("/images/{uuid:image_id}/operations", response={201: OperationOut})
def do_operation(request: HttpRequest, image_id: UUID, body: OperationIn) -> Status[OperationOut]:
    """Many changes at once, or undo."""
    ack = do_edit(person(request), image_id, body.id or uuid4(), changes=body.changes, undo=body.undo)
    done = OperationOut(operation=ack.id, clock=ack.clock, cells=ack.cells, removed=ack.removed)
    return Status(201, done)

"""What an operation does to an image's cells. Nothing here is saved: rows are prepared, the caller writes them.

Rules: a new shape or class is refused when that very property has changed since the version that the person saw (R5);
deleting wins; masks never overlap; an object has one cell on a plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from annotation.actions.masks import Plane, Room, check_inside
from annotation.actions.objects import check_objects, find_other, parent_label
from annotation.actions.states import State, state_of
from annotation.errors import ErrorCode, RefusedError
from annotation.models import Annotation, Image, LabelClass, Role, User
from annotation.protocol import CreateCell, DeleteCell, Provenance, UpdateCell
from inference.rle import Rle

Change = CreateCell | UpdateCell | DeleteCell

# Written out, because every stroke asks (see log.py).
_CELLS = """
SELECT cell.*, creator.username AS creator, updater.username AS updater, holder.username AS holder
FROM annotation_annotation AS cell
LEFT JOIN annotation_user AS creator ON creator.id = cell.created_by_id
LEFT JOIN annotation_user AS updater ON updater.id = cell.updated_by_id
LEFT JOIN annotation_cellhold AS hold ON hold.cell_id = cell.id AND hold.until > now() AND hold.user_id <> %s
LEFT JOIN annotation_user AS holder ON holder.id = hold.user_id
WHERE cell.id = ANY(%s::uuid[])
"""


def _person(user_id: int | None, name: str) -> User | None:
    return None if user_id is None else User(pk=user_id, username=name)


@dataclass(slots=True)
class Edit:
    """One cell's row as it will be, with its state before; ``is_new`` rows are inserted."""

    cell: Annotation
    before: State | None
    is_new: bool = False

    def logged(self) -> dict[str, object]:
        """The log's entry for it."""
        return {"id": str(self.cell.pk), "before": self.before, "after": state_of(self.cell)}


class Editor:
    """Prepares one operation by one person on one image, whose row the caller has locked."""

    def __init__(
        self, image: Image, user: User | None, *, client_id: UUID | None = None, role: Role | None = None
    ) -> None:
        self.image = image
        self.user = user
        self.role = role
        self.client_id = client_id
        self.edits: dict[UUID, Edit] = {}
        self.first_label = image.next_label
        self._classes: dict[int, bool] = {}
        self._held: dict[UUID, str] = {}

    # --- finding ----------------------------------------------------------------------------------------------

    def load(self, ids: Sequence[UUID]) -> dict[UUID, Annotation]:
        """The cells with these ids, the deleted ones too. An id that another image uses is refused."""
        user_id = self.user.pk if self.user else None
        rows = {row.pk: row for row in Annotation.objects.raw(_CELLS, [user_id, list(ids)])}
        for row in rows.values():
            if vars(row)["holder"]:
                self._held[row.pk] = vars(row)["holder"]
            row.created_by = _person(row.created_by_id, vars(row)["creator"])
            row.updated_by = _person(row.updated_by_id, vars(row)["updater"])
        if any(row.image_id != self.image.pk for row in rows.values()):
            raise RefusedError(ErrorCode.BAD_REQUEST, "A cell of that id belongs to another image.")
        return rows

    def check_class(self, class_id: int | None) -> None:
        """Raise unless the class is one of the project's."""
        if class_id is None:
            return
        if class_id not in self._classes:
            self._classes[class_id] = LabelClass.objects.filter(
                pk=class_id, project_id=self.image.project_id, deleted_at=None
            ).exists()
        if not self._classes[class_id]:
            raise RefusedError(ErrorCode.GONE, "That class was deleted. Choose another one.")

    # --- writing ----------------------------------------------------------------------------------------------

    def edit(self, cell: Annotation) -> Annotation:
        """The cell, its state before noted, its version raised. Raises HELD while somebody else is changing it."""
        if cell.pk in self._held:
            who = self._held[cell.pk]
            sentence = f"{who} is changing cell {cell.label}: it is free when they let go."
            raise RefusedError(ErrorCode.HELD, sentence, cells=[cell.pk])
        if cell.pk not in self.edits:
            self.edits[cell.pk] = Edit(cell, state_of(cell))
            cell.version += 1
            cell.updated_by = self.user
        return cell

    def new_label(self) -> int:
        """The image's next one."""
        self.image.next_label += 1
        return self.image.next_label - 1

    def insert(
        self,
        cell_id: UUID,
        mask: Rle,
        *,
        plane: Plane,
        class_id: int | None,
        provenance: Provenance,
        label: int | None = None,
    ) -> Annotation:
        """A new cell: of an object of its own, or with the ``label`` of another."""
        t, z = plane
        cell = Annotation(
            id=cell_id,
            image=self.image,
            label=self.new_label() if label is None else label,
            t=t,
            z=z,
            label_class_id=class_id,
            provenance=provenance.model_dump(mode="json"),
            created_by=self.user,
            updated_by=self.user,
            mask_client=self.client_id,
            class_client=self.client_id,
        )
        cell.rle = mask
        self.edits[cell.pk] = Edit(cell, None, is_new=True)
        return cell

    def reshape(self, cell: Annotation, mask: Rle, *, provenance: dict[str, object] | None = None) -> None:
        """A new mask, and where it came from if that is new too."""
        self.edit(cell).rle = mask
        if provenance is not None:
            cell.provenance = provenance
        cell.mask_version, cell.mask_client = cell.version, self.client_id

    def relabel(self, cell: Annotation, class_id: int | None) -> None:
        """A new class."""
        self.edit(cell).label_class_id = class_id
        cell.class_version, cell.class_client = cell.version, self.client_id

    def join(self, cell: Annotation, label: int) -> None:
        """A part of that object."""
        self.edit(cell).label = label

    def descend(self, cell: Annotation, parent: int | None) -> None:
        """It came of the division of that object, or of none."""
        self.edit(cell).parent = parent

    def lock(self, cell: Annotation, *, locked: bool) -> None:
        """Locked or not."""
        self.edit(cell).locked = locked

    def delete(self, cell: Annotation) -> None:
        """Away with it; the row stays."""
        self.edit(cell).deleted = True

    def restore(self, cell: Annotation) -> None:
        """Back again, as it was."""
        self.edit(cell).deleted = False


def check_unlocked(cell: Annotation) -> None:
    """Raise where somebody locked the cell."""
    if cell.locked:
        sentence = f"Cell {cell.label} is locked. Unlock it first, then change it."
        raise RefusedError(ErrorCode.LOCKED, sentence, cells=[cell.pk])


def _live(rows: dict[UUID, Annotation], change: UpdateCell | DeleteCell) -> Annotation:
    cell = rows.get(change.id)
    if cell is None or cell.deleted:
        raise RefusedError(ErrorCode.GONE, "Somebody deleted this cell.", cells=[change.id])
    if change.base_version > cell.version:
        raise RefusedError(ErrorCode.BAD_REQUEST, "There is no such version of this cell yet.", cells=[change.id])
    return cell


def _check_fresh(editor: Editor, cell: Annotation, change: UpdateCell) -> None:
    """What this very tab changed last cannot be stale: its operations come in order, some before it heard of the one
    before."""
    mine = editor.client_id
    stale_mask = change.mask is not None and change.base_version < cell.mask_version and cell.mask_client != mine
    stale_class = change.set_class and change.base_version < cell.class_version and cell.class_client != mine
    if stale_mask or stale_class:
        who = cell.updated_by.username if cell.updated_by else "Somebody"
        raise RefusedError(ErrorCode.STALE, f"{who} changed this cell at the same time.", cells=[cell.pk])


def prepare_changes(editor: Editor, changes: Sequence[Change]) -> None:
    """Prepare what a person pushed: deletes first, then new shapes, then new cells, so that pixels can change hands."""
    rows = editor.load(_named(changes))
    room = _room(editor.image, rows, changes)
    for change in sorted(changes, key=lambda change: ("delete", "update", "create").index(change.change)):
        if isinstance(change, DeleteCell):
            cell = _live(rows, change)
            check_unlocked(cell)
            editor.delete(cell)
        elif isinstance(change, UpdateCell):
            _prepare_update(editor, rows, change, room)
        else:
            _prepare_create(editor, rows, change, room)
    check_objects(editor)


def _named(changes: Sequence[Change]) -> list[UUID]:
    """The ids of all cells that they are about."""
    others = [
        cell_id for change in changes if not isinstance(change, DeleteCell) for cell_id in (change.joins, change.parent)
    ]
    return [*(change.id for change in changes), *(cell_id for cell_id in others if cell_id)]


def _room(image: Image, rows: dict[UUID, Annotation], changes: Sequence[Change]) -> Room:
    masks = []
    for change in changes:
        if isinstance(change, CreateCell):
            if not image.has_plane(change.t, change.z):
                raise RefusedError(ErrorCode.BAD_REQUEST, "The image has no such slice or frame.")
            masks.append(((change.t, change.z), change.mask.to_rle()))
        elif isinstance(change, UpdateCell) and change.mask is not None:
            masks.append((_live(rows, change).plane, change.mask.to_rle()))
    for _, mask in masks:
        check_inside(mask, image)
    moving = [
        change.id
        for change in changes
        if isinstance(change, DeleteCell) or (isinstance(change, UpdateCell) and change.mask is not None)
    ]
    return Room(image, masks, without=moving)


def _claim(room: Room, plane: Plane, mask: Rle, cell_id: UUID) -> Rle:
    free = room.free_part(plane, mask)
    if free.area == 0:
        raise RefusedError(ErrorCode.COVERED, "Other cells already cover this place.", cells=[cell_id])
    room.take(plane, free)
    return free


def _prepare_update(editor: Editor, rows: dict[UUID, Annotation], change: UpdateCell, room: Room) -> None:
    cell = _live(rows, change)
    if change.is_empty:
        raise RefusedError(ErrorCode.BAD_REQUEST, "An update has a new mask, class, object or lock.", cells=[cell.pk])
    if change.changes_more_than_lock:
        check_unlocked(cell)
    _check_fresh(editor, cell, change)
    if change.locked is not None:
        editor.lock(cell, locked=change.locked)
    if change.mask is not None:
        made = change.provenance.model_dump(mode="json") if change.provenance else None
        editor.reshape(cell, _claim(room, cell.plane, change.mask.to_rle(), cell.pk), provenance=made)
    if change.set_class:
        editor.check_class(change.class_id)
        editor.relabel(cell, change.class_id)
    _prepare_links(editor, rows, cell, change)


def _prepare_links(editor: Editor, rows: dict[UUID, Annotation], cell: Annotation, change: UpdateCell) -> None:
    """Which object it is a part of, and which one it came from."""
    if change.joins == cell.pk:
        editor.join(cell, editor.new_label())
    elif change.joins:
        editor.join(cell, find_other(editor, rows, change.joins, own=cell.pk).label)
    if change.set_parent and change.parent is None:
        editor.descend(cell, None)
    elif change.set_parent and change.parent:
        mother = find_other(editor, rows, change.parent, own=cell.pk)
        editor.descend(cell, parent_label(mother, own=cell.pk, label=cell.label, t=cell.t))


def _prepare_create(editor: Editor, rows: dict[UUID, Annotation], change: CreateCell, room: Room) -> None:
    if change.id in rows:
        raise RefusedError(ErrorCode.CONFLICT, "There is a cell of that id already.", cells=[change.id])
    editor.check_class(change.class_id)
    plane = (change.t, change.z)
    label = find_other(editor, rows, change.joins, own=change.id).label if change.joins else None
    mask = _claim(room, plane, change.mask.to_rle(), change.id)
    cell = editor.insert(
        change.id, mask, plane=plane, class_id=change.class_id, provenance=change.provenance, label=label
    )
    if change.parent:
        mother = find_other(editor, rows, change.parent, own=change.id)
        cell.parent = parent_label(mother, own=change.id, label=label, t=change.t)

"""Undo is a new operation that inverts one of mine; redo is the undo of an undo. Refused when somebody has changed a
cell since, in what my operation changed (R28)."""

from __future__ import annotations

from uuid import UUID

from annotation.actions.changes import Editor, check_unlocked
from annotation.actions.masks import Room
from annotation.actions.objects import check_objects
from annotation.actions.states import State, state_of
from annotation.errors import ErrorCode, RefusedError
from annotation.models import Annotation, Image, Job, JobState, Operation, User
from annotation.protocol import Mask
from inference.rle import Rle

UNDOABLE = ("edit", "run", "restore", "redo")


def get_undoable(image: Image, user: User) -> UUID | None:
    """My last operation that is not undone. A run counts from its first part: what I did meanwhile comes before it."""
    mine = Operation.objects.filter(image=image, actor=user, kind__in=UNDOABLE, undone_by=None)
    return mine.order_by("-clock").values_list("pk", flat=True).first()


def get_redoable(image: Image, user: User) -> UUID | None:
    """My last undo that is not redone, unless I have done something new since."""
    mine = Operation.objects.filter(image=image, actor=user).order_by("-clock")
    undo = mine.filter(kind="undo", undone_by=None).values_list("pk", "clock").first()
    if undo is None or mine.filter(kind__in=("edit", "run", "restore"), clock__gt=undo[1]).exists():
        return None
    return undo[0]


def get_target(image: Image, user: User | None, operation_id: UUID) -> Operation:
    """The operation to invert: mine, in this image, not inverted yet. A part of a run stands for all of it, which has
    to have ended."""
    target = Operation.objects.filter(pk=operation_id, image=image).first()
    if target is None:
        raise RefusedError(ErrorCode.NOTHING_TO_UNDO, "There is nothing to undo.")
    target = target.part_of or target
    if user is None or target.actor_id != user.pk:
        raise RefusedError(ErrorCode.FORBIDDEN, "You can undo your own changes only.")
    if Operation.objects.filter(undoes=target).exists():
        raise RefusedError(ErrorCode.NOTHING_TO_UNDO, "This change is undone already.")
    if Job.objects.filter(pk=target.pk, state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        raise RefusedError(ErrorCode.CONFLICT, "Cells are still being found. Stop that run, or wait for its end.")
    return target


def inverse_kind(target: Operation) -> str:
    """Undoing an undo is called redo."""
    return "redo" if target.kind == "undo" else "undo"


def _differs(one: State | None, other: State | None) -> set[str]:
    """Which of a cell's properties two states differ in."""
    if one is None or other is None:
        return set() if one is other else {"existence"}
    # The log of older versions says nothing of locks and of parents: there were none.
    was, now = ({"locked": False, "parent": None, **state} for state in (one, other))
    return {name for name in ("mask", "class_id", "label", "parent", "locked") if was[name] != now[name]}


def _check_untouched(cell: Annotation, before: State | None, after: State | None) -> None:
    """Raise if the cell no longer has what the operation left there, in a property that the operation changed."""
    changed_by_me = _differs(before, after)
    if changed_by_me - {"locked"}:
        check_unlocked(cell)
    changed_since = _differs(state_of(cell), after)
    collision = changed_since if "existence" in changed_by_me else changed_since & (changed_by_me | {"existence"})
    if collision:
        who = cell.updated_by.username if cell.updated_by else "Somebody"
        raise RefusedError(
            ErrorCode.CHANGED_SINCE,
            f"{who} has changed this cell since. It can be undone when they have undone that.",
            cells=[cell.pk],
        )


def prepare_undo(editor: Editor, target: Operation) -> None:
    """Prepare the inverse of an operation, of all parts of it."""
    changes = [change for part in (target, *target.parts.order_by("clock")) for change in part.changes]
    rows = editor.load([UUID(change["id"]) for change in changes])
    cells = [(rows[UUID(change["id"])], change["before"], change["after"]) for change in changes]
    for cell, before, after in cells:
        _check_untouched(cell, before, after)
    _check_room(editor.image, cells)
    for cell, before, after in cells:
        _invert(editor, cell, before, after)
    check_objects(editor)


def _mask_of(state: State) -> Rle:
    return Mask.model_construct(**state["mask"]).to_rle()


def _check_room(image: Image, cells: list[tuple[Annotation, State | None, State | None]]) -> None:
    """Raise if a mask that comes back would cover pixels that another cell has by now."""
    back = [
        (cell, _mask_of(before))
        for cell, before, after in cells
        if before and before["mask"] != (after or {}).get("mask")
    ]
    if not back:
        return
    room = Room(image, [(cell.plane, mask) for cell, mask in back], without=[cell.pk for cell, _, _ in cells])
    blocked = [cell.pk for cell, mask in back if room.free_part(cell.plane, mask).area != mask.area]
    if blocked:
        raise RefusedError(
            ErrorCode.CHANGED_SINCE,
            "Another cell lies there by now. It can be undone when that one has made room.",
            cells=blocked,
        )


def _invert(editor: Editor, cell: Annotation, before: State | None, after: State | None) -> None:
    if before is None:
        editor.delete(cell)
        return
    if after is None:
        editor.restore(cell)
        return
    changed = _differs(before, after)
    if "mask" in changed:
        editor.reshape(cell, _mask_of(before), provenance=before["provenance"])
    if "class_id" in changed:
        editor.relabel(cell, before["class_id"])
    if "locked" in changed:
        editor.lock(cell, locked=before.get("locked", False))
    if "label" in changed:
        editor.join(cell, before["label"])
    if "parent" in changed:
        editor.descend(cell, before.get("parent"))

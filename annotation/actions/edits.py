"""Changes of cells by programs: the same operations as those of the pages, each from a tab of its own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError

from annotation.actions.operations import do_push
from annotation.errors import AppError, ErrorCode, RefusedError
from annotation.models import User
from annotation.protocol import Ack, Change, Push


def do_edit(
    user: User, image_id: UUID, operation_id: UUID, *, changes: Sequence[Change] = (), undo: UUID | None = None
) -> Ack:
    """Do it, or raise the RefusedError that a page would be told. The same id is done once and answered the same. What
    was changed since the version that a change names is refused: a program's operations do not excuse each other."""
    try:
        push = Push(type="push", id=operation_id, client_id=operation_id, seq=1, changes=list(changes), undo=undo)
    except ValidationError as error:
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise AppError(ErrorCode.BAD_REQUEST, said, status=422) from error
    ack = do_push(user, image_id, push)
    if ack.outcome == "discard":
        raise RefusedError(ack.code or ErrorCode.CONFLICT, ack.message)
    return ack

"""Soft locks: a cell that somebody is changing is theirs for a few seconds. Operations of others on it are refused (see
changes.py) until they let go, fall silent or leave; managers may take it over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from annotation.errors import AppError, ErrorCode
from annotation.models import CellHold, Image, Role, User
from annotation.permissions import ALLOWED, Action

HELD_FOR = timedelta(seconds=8)
"""Browsers say what they hold every three seconds."""

_HOLD = """
INSERT INTO annotation_cellhold AS hold (cell_id, user_id, socket, until)
SELECT cell.id, %(user)s, %(socket)s, now() + %(length)s FROM annotation_annotation AS cell
WHERE cell.id = ANY(%(cells)s::uuid[]) AND cell.image_id = %(image)s AND NOT cell.deleted ORDER BY cell.id
ON CONFLICT (cell_id) DO UPDATE SET user_id = EXCLUDED.user_id, socket = EXCLUDED.socket, until = EXCLUDED.until
WHERE hold.user_id = EXCLUDED.user_id OR hold.until <= now() OR %(take)s
RETURNING cell_id
"""


def check_may_take(role: Role) -> None:
    """Raise unless somebody of this role may take a cell from whoever is changing it."""
    if role not in ALLOWED[Action.MANAGE]:
        sentence = "Only managers can take a cell over from somebody. Wait until they let go, or ask them."
        raise AppError(ErrorCode.LOCKED, sentence)


@transaction.atomic
def do_hold(image: Image, user: User, cells: list[UUID], *, socket: UUID, role: Role, take: bool) -> list[UUID]:
    """These cells, and no others, are what this tab is changing. Returns those of them that it has now: not the ones
    that somebody else is changing."""
    if take:
        check_may_take(role)
    CellHold.objects.filter(socket=socket).exclude(cell__in=cells).delete()
    if not cells:
        return []
    row: Any = {
        "user": user.pk, "socket": socket, "image": image.pk, "cells": cells, "length": HELD_FOR, "take": take,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, row)
        return [cell_id for (cell_id,) in cursor.fetchall()]


def do_let_go(socket: UUID) -> None:
    """The tab is closed."""
    CellHold.objects.filter(socket=socket).delete()


def do_sweep_holds() -> None:
    """Forget what ended long ago."""
    CellHold.objects.filter(until__lt=timezone.now() - 10 * HELD_FOR).delete()

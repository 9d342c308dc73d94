"""Each tab numbers its operations: what was answered once is answered the same again, and done once (R2).

Written out in SQL, as every operation comes through here: building these queries from their parts would take longer
than Postgres needs to answer them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from annotation.errors import AppError, ErrorCode
from annotation.models import Client, User
from annotation.protocol import Ack, Push

_LOCK = """
SELECT user_id, last_seq, EXISTS (SELECT 1 FROM annotation_receipt WHERE operation_id = %(operation)s)
FROM annotation_client WHERE id = %(client)s FOR NO KEY UPDATE
"""
_REPEATED = """
SELECT operation_id, answer, client_id = %(client)s AND seq = %(seq)s FROM annotation_receipt
WHERE (client_id = %(client)s AND seq = %(seq)s) OR operation_id = %(operation)s
"""
_STORE = """
WITH receipt AS (
    INSERT INTO annotation_receipt (client_id, seq, operation_id, answer, created_at)
    VALUES (%(client)s, %(seq)s, %(operation)s, %(answer)s::jsonb, now())
) UPDATE annotation_client SET last_seq = %(seq)s WHERE id = %(client)s
"""


def _rows(query: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def lock_tab(user: User, push: Push) -> Ack | None:
    """Lock the tab's row until the end of the transaction. The first answer to an operation that comes again, None for
    a new one. Raises FORBIDDEN for an id that another person's tab made up (R12), CONFLICT and OUT_OF_ORDER for numbers
    that are not this operation's."""
    params = {"client": push.client_id, "operation": push.id}
    found = _rows(_LOCK, params)
    if not found:
        Client.objects.get_or_create(pk=push.client_id, defaults={"user": user})
        found = _rows(_LOCK, params)
    user_id, last_seq, is_known = found[0]
    if user_id != user.pk:
        raise AppError(ErrorCode.FORBIDDEN, "This tab was opened by another account. Reload the page.", status=403)
    return None if push.seq == last_seq + 1 and not is_known else _repeated(push, last_seq)


def _repeated(push: Push, last_seq: int) -> Ack:
    # Read once more: what the lock had to wait for is visible only now.
    found = _rows(_REPEATED, {"client": push.client_id, "seq": push.seq, "operation": push.id})
    for operation_id, answer, is_same_number in found:
        if operation_id == push.id and is_same_number:
            return Ack.model_validate_json(answer)
    if found:
        raise AppError(ErrorCode.CONFLICT, "This number stands for another operation already. Reload the page.")
    raise AppError(ErrorCode.OUT_OF_ORDER, f"Operation {last_seq + 1} is missing; send again from there.", status=409)


def store_receipt(push: Push, answer: Ack) -> None:
    """Remember what a new operation was answered."""
    row: Any = {"client": push.client_id, "seq": push.seq, "operation": push.id, "answer": answer.model_dump_json()}
    with connection.cursor() as cursor:
        cursor.execute(_STORE, row)

"""POST requests that may be sent twice and are done once: the effect and its answer are committed together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import OperationalError, transaction
from django.utils import timezone

from annotation.errors import AppError, ErrorCode
from annotation.models import KeptAnswer, User

KEPT = timedelta(hours=24)
MAX_KEY = 128


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON text; ``keep`` is false for what was refused, and for secrets that are told once."""

    status: int
    body: str
    keep: bool


def check_key(key: str) -> None:
    """Raise unless it is 1 to 128 visible ASCII characters."""
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        message = f"An Idempotency-Key has 1 to {MAX_KEY} visible ASCII characters, such as a UUID."
        raise AppError(ErrorCode.BAD_REQUEST, message)


def do_once(user: User, key: str, *, request: bytes, do: Callable[[], Answer]) -> Answer | None:
    """Do it and keep the answer; None when it was done for this key just now, by ``do`` itself. A repeat gets the kept
    answer. What was refused leaves nothing behind and may be tried again under the same key.

    Raises AppError where the key stands for another request, or the first one is still under way.
    """
    check_key(key)
    digest = sha256(request).hexdigest()
    with transaction.atomic():
        row, is_new = _claimed(user, key, digest)
        if not is_new:
            return _kept(row, digest)
        answer = do()
        if answer.keep:
            row.status, row.body = answer.status, answer.body
            row.save(update_fields=["status", "body"])
        elif answer.status < 400:
            row.delete()
        else:
            transaction.set_rollback(True)
    return None


def _claimed(user: User, key: str, digest: str) -> tuple[KeptAnswer, bool]:
    """The key's row, and whether it is ours to fill; waits for who is filling it, as long as locks are waited for."""
    try:
        return KeptAnswer.objects.get_or_create(user=user, key=key, defaults={"request": digest})
    except OperationalError as error:
        message = "The first request with this Idempotency-Key is still under way. Send it again in a moment."
        raise AppError(ErrorCode.RETRY, message, status=409) from error


def _kept(row: KeptAnswer, digest: str) -> Answer:
    if row.request != digest:
        message = "This Idempotency-Key stands for another request already. Use a new one."
        raise AppError(ErrorCode.CONFLICT, message, status=422)
    return Answer(row.status, row.body, keep=True)


def do_sweep_answers() -> int:
    """Forget what was answered a day ago. Returns how many."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted

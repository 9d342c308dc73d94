"""Every way in which a request can be refused: a code for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID


class ErrorCode(StrEnum):
    """What clients switch on."""

    NOT_SIGNED_IN = "not_signed_in"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"
    STALE = "stale"
    GONE = "gone"
    COVERED = "covered"
    LOCKED = "locked"
    HELD = "held"
    CHANGED_SINCE = "changed_since"
    NOTHING_TO_UNDO = "nothing_to_undo"
    OUT_OF_ORDER = "out_of_order"
    TOO_LARGE = "too_large"
    TOO_FAST = "too_fast"
    CLIENT_TOO_OLD = "client_too_old"
    UNREADABLE = "unreadable"
    DISK_FULL = "disk_full"
    BUSY = "busy"
    RETRY = "retry"
    ENGINE = "engine"
    INTERNAL = "internal"


class AppError(Exception):
    """A refusal with a reason. ``status`` is the HTTP status; WebSockets answer with ``code`` and ``message``."""

    def __init__(self, code: ErrorCode, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_found(what: str) -> AppError:
    """The same answer for what does not exist and what may not be seen, so that nothing can be guessed (S4)."""
    return AppError(ErrorCode.NOT_FOUND, f"There is no such {what}, or you have no access to it.", status=404)


def forbidden(message: str) -> AppError:
    """For people who may see the thing but not do this with it."""
    return AppError(ErrorCode.FORBIDDEN, message, status=403)


class RefusedError(AppError):
    """An operation is not done, for good; ``cells`` are the ones that the person should see as they are."""

    def __init__(self, code: ErrorCode, message: str, *, cells: Sequence[UUID] = ()) -> None:
        super().__init__(code, message, status=409)
        self.cells = list(cells)

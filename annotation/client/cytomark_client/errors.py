"""What can go wrong."""

from __future__ import annotations


class CytomarkError(Exception):
    """A refusal. ``code`` is for programs and ``message`` says what to do; ``status`` is the HTTP status, 0 where no
    answer came."""

    def __init__(self, code: str, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

"""The one error that leaves the inference library."""

from __future__ import annotations

from enum import StrEnum


class EngineErrorCode(StrEnum):
    """What went wrong, for programs; the message is for people."""

    UNKNOWN_ENGINE = "unknown_engine"
    WEIGHTS_MISSING = "weights_missing"
    WEIGHTS_INVALID = "weights_invalid"
    IMAGE_UNSUPPORTED = "image_unsupported"
    PROMPT_INVALID = "prompt_invalid"
    EMBEDDING_MISSING = "embedding_missing"
    OUT_OF_MEMORY = "out_of_memory"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    DISK_FULL = "disk_full"
    REQUEST_INVALID = "request_invalid"
    FETCH_FAILED = "fetch_failed"
    INTERNAL = "internal"


class EngineError(Exception):
    """An engine could not answer.

    ``permanent`` decides retries: trying the same thing again cannot help (weights missing, image
    unsupported, prompt invalid) or it can (out of memory, embedding not there yet).
    """

    def __init__(self, code: EngineErrorCode, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent

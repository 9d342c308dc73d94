"""How tasks answer: through a port that the application injects, because this library knows no sockets and no
rows.

Everything that a method gets is JSON, except for cells of runs and of moved thresholds, which are handed over in
memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from inference.contracts import Part, Provenance, Segmentation
from inference.errors import EngineError, EngineErrorCode

Json = Mapping[str, object]


class ReplyPort(Protocol):
    """What the application does with answers. ``reply_to`` is the application's own word and never read
    here."""

    def is_stale(self, reply_to: str, prompt_id: int) -> bool:
        """Whether a newer prompt has come since, so that nobody waits for this one."""

    def preview(self, reply_to: str, prompt_id: int, answer: Json) -> None:
        """The answer to one prompt: ``{"candidates": [{"mask": {"top", "left", "height", "width", "counts"},
        "score"}], "engine", "weights", "preprocessing", "engine_ms"}``, best first, or ``{"error": {"code",
        "message", "permanent"}}``."""

    def tuned(
        self, reply_to: str, prompt_id: int, result: Segmentation, *, provenance: Provenance, engine_ms: float
    ) -> None:
        """All cells at other thresholds, from the kept flow field, for whoever moves the sliders; in memory, like
        ``segmentation``. Errors come through ``preview``."""

    def job(self, reply_to: str, state: Json) -> None:
        """How an embedding comes along: ``{"kind": "embed", "job_id", "image", "engine", "state",
        "fraction"}``; state is “running”, “done” or “failed”, the last with ``"error"``."""

    def progress(self, job_id: str, attempt: int, fraction: float) -> bool:
        """The share of a run that is done, 0 to 1; the first call, with 0, comes before any work. False stops
        the run: it was cancelled, or another attempt has taken over. Also renews the lease."""

    def part(self, job_id: str, attempt: int, part: Part, *, provenance: Provenance) -> bool:
        """Cells of a run, while the rest goes on. In memory, because 20,000 cells are slow as JSON and a file would
        have to be cleaned up. A part of this number that an earlier attempt handed over already is left alone.
        False, as in ``progress``, stops the run."""

    def finished(self, job_id: str, attempt: int, *, seconds: float) -> None:
        """The run has handed over its last part. Refuses the word of an older attempt."""

    def failed(self, job_id: str, attempt: int, error: Json) -> None:
        """The run ended before its last part: ``{"code", "message", "permanent"}``; also for a cancelled one."""


_port: ReplyPort | None = None


def set_reply_port(port: ReplyPort) -> None:
    """Called once, when a worker starts."""
    global _port
    _port = port


def reply_port() -> ReplyPort:
    """The injected port. Raises EngineError when the worker was started without one."""
    if _port is None:
        raise EngineError(
            EngineErrorCode.INTERNAL,
            "This worker has no way to answer: start it with “celery -A webapp worker”.",
            permanent=True,
        )
    return _port

"""Which task runs in which queue; small, so that the web process may know it without loading a task."""

from __future__ import annotations

PREDICT = "inference.predict"
TUNE = "inference.tune"
EMBED = "inference.embed"
EMBED_TILE = "inference.embed_tile"
SEGMENT = "inference.segment"
HOLD = "inference.hold"

ROUTES: dict[str, dict[str, str]] = {
    PREDICT: {"queue": "click"},
    TUNE: {"queue": "click"},
    EMBED: {"queue": "embed"},
    EMBED_TILE: {"queue": "embed"},
    SEGMENT: {"queue": "batch"},
    # It takes no time, and has to be in time.
    HOLD: {"queue": "click"},
}
"""For Celery's ``task_routes``."""

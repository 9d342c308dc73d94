"""A cell's state as the log keeps it: protocol.CellState, as JSON."""

from __future__ import annotations

from typing import Any

from annotation.models import Annotation
from annotation.queries import cell_state

State = dict[str, Any]


def state_of(cell: Annotation) -> State | None:
    """What the log keeps of a cell; null where it is deleted."""
    return None if cell.deleted else cell_state(cell).model_dump(mode="json")

"""What people are told about each engine, and whether it can run here; without torch, so the web process can ask."""

from __future__ import annotations

from inference.contracts import EngineCard
from inference.errors import EngineError
from inference.weights import checkpoint_for, weights_file

_STARTER, _SAM, _CPSAM = weights_file("starter"), weights_file("sam_vit_b"), weights_file("cpsam_v2")

CARDS: dict[str, EngineCard] = {
    "starter": EngineCard(
        name="starter",
        title="Starter",
        summary="Cytomark's own small network: clicks and all cells; nuclei above all. Fast without a GPU.",
        capabilities=frozenset({"prompt", "auto"}),
        licence=_STARTER.licence,
        notice=_STARTER.notice,
    ),
    "sam": EngineCard(
        name="sam",
        title="Segment Anything",
        summary="Meta's Segment Anything (ViT-B, L or H): masks from clicks and boxes in any kind of image.",
        capabilities=frozenset({"prompt"}),
        licence=_SAM.licence,
        notice=_SAM.notice,
    ),
    "cellpose-sam": EngineCard(
        name="cellpose-sam",
        title="Cellpose-SAM",
        summary="Finds all cells or nuclei in many kinds of microscopy. Large: slow without a GPU.",
        capabilities=frozenset({"auto"}),
        licence=_CPSAM.licence,
        notice=_CPSAM.notice,
    ),
}
"""In the order in which people see them. ``licence`` and ``notice`` go with exports that hold an engine's masks."""


def missing_weights(name: str) -> str:
    """Empty when the engine's weights lie where they should; otherwise a sentence that says what to do. Does not read
    them: whether they are sound shows when a worker loads them."""
    try:
        checkpoint_for(name)
    except EngineError as error:
        return error.message
    return ""

"""At which size a network that people trained themselves sees an image."""

from __future__ import annotations

from inference.errors import EngineError, EngineErrorCode
from inference.networks.trained import Facts


def scale_for(facts: Facts, diameter: float | None) -> float:
    """Network pixels in an image pixel: the training's own, or such that cells of ``diameter`` image pixels look as
    large as those of the training did. Raises EngineError(REQUEST_INVALID) for a diameter that is not above zero."""
    if diameter is None:
        return facts.scale
    if not diameter > 0:
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID, "The cell diameter has to be above zero pixels.", permanent=True
        )
    return facts.scale * facts.diameter / diameter

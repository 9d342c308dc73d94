"""At which size a network that people trained themselves sees an image."""

from __future__ import annotations

from inference.networks.trained import Facts


def scale_for(facts: Facts, diameter: float | None) -> float:
    """Network pixels in an image pixel: the training's own, or such that cells of ``diameter`` image pixels look as
    large as those of the training did."""
    return facts.scale if diameter is None else facts.scale * facts.diameter / diameter

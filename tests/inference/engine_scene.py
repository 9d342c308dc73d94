"""The engines under test, the pictures that they see, and how they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.engines.base import Image
from inference.errors import EngineError, EngineErrorCode
from tests.inference.tiny_checkpoints import save, save_tiny, tiny_cpsam, tiny_mobile_sam, tiny_sam

# What an engine needs before it can run, by name. The starter's weights come with the package.
WEIGHTS: dict[str, Callable[[Path], object]] = {
    "starter": lambda _folder: None,
    "sam": lambda folder: save(tiny_sam(), folder / "sam_vit_b_01ec64.pth.test"),
    "mobile-sam": lambda folder: save(tiny_mobile_sam(), folder / "tiny_mobile_sam.pt"),
    "cellpose-sam": lambda folder: save(tiny_cpsam(), folder / "cpsam_v2"),
    "cellpose": lambda folder: save_tiny("cellpose", folder),
    "unet": lambda folder: save_tiny("unet", folder),
    "segnet": lambda folder: save_tiny("segnet", folder, classes=("round", "long")),
}
PROMPT_ENGINES = ("starter", "sam", "mobile-sam", "cellpose-sam", "cellpose")
FLOW_ENGINES = ("starter", "cellpose-sam", "cellpose")
AUTO_ENGINES = ("starter", "cellpose-sam", "cellpose", "unet", "segnet")

over_flow_engines = pytest.mark.parametrize("flow_engine", FLOW_ENGINES, indirect=True)
over_prompt_engines = pytest.mark.parametrize("prompt_engine", PROMPT_ENGINES, indirect=True)
over_auto_engines = pytest.mark.parametrize("auto_engine", AUTO_ENGINES, indirect=True)


def picture(height: int = 70, width: int = 110, *, seed: int = 3) -> Image:
    """Noise with one bright spot."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    spot = np.exp(-((rows - height * 0.3) ** 2 + (columns - width * 0.7) ** 2) / 90)
    return (40 + 180 * spot + rng.normal(0, 4, spot.shape)).clip(0, 255).astype(np.uint8)


IMAGES: dict[str, Image] = {
    "not square": picture(),
    "constant": np.full((50, 80), 7, np.uint8),
    "one pixel": np.full((1, 1), 200, np.uint8),
    "one row": picture(1, 90),
    "16 bit": picture().astype(np.uint16) * 120 + 3000,
    "colour": np.stack([picture(), picture(seed=4), picture(seed=5)], axis=-1),
}
over_images = pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES.keys())


def refused(code: EngineErrorCode, call: Callable[[], object]) -> EngineError:
    with pytest.raises(EngineError) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    return caught.value

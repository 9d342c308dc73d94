"""The engine that comes with Cytomark: small, trained by ourselves, answers clicks and finds all cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.cards import STARTER
from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import (
    AutoParams,
    Embedding,
    MaskResult,
    Prompts,
    Segmentation,
)
from inference.engines.base import Image, Progress
from inference.engines.flow_engine import FlowAnswers
from inference.engines.loaded import LoadedOnce
from inference.engines.prompts import check_diameter, check_prompts
from inference.engines.starter_answer import MapView, answer
from inference.engines.starter_encoding import Maps, choose_scale, encode_maps
from inference.engines.starter_prompts import scale_prompts
from inference.networks.prompt_decoder import Decode, compiled
from inference.networks.starter import Encoder
from inference.networks.starter_weights import SHIPPED, load_starter
from inference.pixels import PREPROCESSING, check_image, unit_grey

_ENCODING_SHARE = 0.8


class StarterEngine(LoadedOnce[Encoder, Decode], FlowAnswers):
    """A FlowEngine that answers prompts with a decoder of its own, to which the flows are one opinion."""

    card = STARTER
    rules = Rules(flow_error=1.5)
    """Chosen on validation images: a stricter check costs this small network more true cells than false ones."""

    def __init__(self, path: Path = SHIPPED) -> None:
        self._path = path

    def _read(self) -> tuple[Encoder, Decode, str]:
        encoder, decoder, weights = load_starter(self._path)
        return encoder, compiled(decoder), weights

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return f"{PREPROCESSING}-turned-1"

    def encode(self, image: Image) -> Embedding:
        """Maps of the whole image at the scale of its cells, in float16, and the flow basins (int32)."""
        check_image(image)
        maps = self._maps(image, None, None)
        kept = self.kept_flows(maps.flow, maps.cell_hw, height=image.shape[0], width=image.shape[1])
        more = {"features": maps.features, "scale": np.array([maps.scale])}
        return replace(kept, arrays={**kept.arrays, **more})

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """Up to three candidates, best first, from a window around the prompt."""
        self._check(embedding)
        height, width = embedding.height, embedding.width
        check_prompts(prompts, height=height, width=width)
        view = MapView.of(embedding)
        asked = scale_prompts(prompts, height=height, width=width, down=view.down, across=view.across)
        return answer(self._parts()[1], view, asked)

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """Find every cell of the image."""
        check_image(image)
        check_diameter(params)
        maps = self._maps(image, params.diameter, progress)
        tell = progress or (lambda _: None)
        tell(_ENCODING_SHARE)
        kept = FlowMaps(maps.flow, maps.cell_hw, *image.shape[:2])
        found = find_cells(kept, replace(params, diameter=None), self.rules)
        tell(1.0)
        return found

    def _maps(self, image: Image, diameter: float | None, progress: Progress | None) -> Maps:
        encoder = self._parts()[0]
        pixels_hw = unit_grey(image)
        scale = choose_scale(encoder, pixels_hw, diameter)
        tell = None if progress is None else (lambda share: progress(_ENCODING_SHARE * share))
        return encode_maps(encoder, pixels_hw, scale=scale, progress=tell)

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
from inference.dynamics import follow_flows
from inference.engines.base import Image, Progress
from inference.engines.prompts import check_diameter, check_prompts
from inference.engines.starter_answer import MapView, answer
from inference.engines.starter_encoding import Maps, choose_scale, encode_maps
from inference.engines.starter_prompts import scale_prompts
from inference.errors import EngineError, EngineErrorCode
from inference.networks.prompt_decoder import Decode, compiled
from inference.networks.starter import Encoder
from inference.networks.starter_weights import SHIPPED, load_starter
from inference.pixels import PREPROCESSING, check_image, unit_grey

BASIN_LOGIT = -1.0
RULES = Rules(flow_error=1.5)
"""Chosen on validation images: a stricter check costs this small network more true cells than false ones."""
_ENCODING_SHARE = 0.8


class StarterEngine:
    """PromptEngine and AutoEngine over one encoder; keeps both contracts of ``inference.engines.base``."""

    card = STARTER

    def __init__(self, path: Path = SHIPPED) -> None:
        self._path = path
        self._loaded: tuple[Encoder, Decode, str] | None = None

    def load(self) -> None:
        """Read and verify the weights once."""
        if self._loaded is None:
            encoder, decoder, weights = load_starter(self._path)
            self._loaded = encoder, compiled(decoder), weights

    def _parts(self) -> tuple[Encoder, Decode, str]:
        self.load()
        assert self._loaded is not None  # noqa: S101 - load() raises otherwise
        return self._loaded

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the weights file."""
        return self._parts()[2]

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return PREPROCESSING

    def encode(self, image: Image) -> Embedding:
        """Maps of the whole image at the scale of its cells, in float16, and the flow basins (int32)."""
        check_image(image)
        maps = self._maps(image, None, None)
        basins_hw = follow_flows(maps.flow.astype(np.float32), maps.cell_hw > BASIN_LOGIT)
        return Embedding(
            engine=self.card.name,
            weights=self.weights,
            preprocessing=self.preprocessing,
            height=image.shape[0],
            width=image.shape[1],
            arrays={
                "features": maps.features,
                "flow": maps.flow,
                "cell": maps.cell_hw,
                "basins": basins_hw,
                "scale": np.array([maps.scale]),
            },
        )

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """Up to three candidates, best first, from a window around the prompt."""
        self._check_embedding(embedding)
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
        kept = FlowMaps(maps.flow, maps.cell_hw, *image.shape[:2])
        return self._cells(kept, replace(params, diameter=None), progress)

    def masks(self, embedding: Embedding, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """Find every cell from what ``encode`` kept, without the network."""
        self._check_embedding(embedding)
        check_diameter(params)
        return self._cells(FlowMaps.of(embedding), params, progress)

    def _cells(self, maps: FlowMaps, params: AutoParams, progress: Progress | None) -> Segmentation:
        if progress is not None:
            progress(_ENCODING_SHARE)
        found = find_cells(maps, params, RULES)
        if progress is not None:
            progress(1.0)
        return found

    def _maps(self, image: Image, diameter: float | None, progress: Progress | None) -> Maps:
        encoder = self._parts()[0]
        pixels_hw = unit_grey(image)
        scale = choose_scale(encoder, pixels_hw, diameter)
        tell = None if progress is None else (lambda share: progress(_ENCODING_SHARE * share))
        return encode_maps(encoder, pixels_hw, scale=scale, progress=tell)

    def _check_embedding(self, embedding: Embedding) -> None:
        own = (self.card.name, self.weights, self.preprocessing)
        if (embedding.engine, embedding.weights, embedding.preprocessing) != own:
            raise EngineError(
                EngineErrorCode.EMBEDDING_MISSING,
                "The prepared image belongs to other weights: open the image again.",
                permanent=False,
            )

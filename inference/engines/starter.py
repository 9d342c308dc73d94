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
from inference.engines.flow_engine import FlowAnswers, scale_from_afar
from inference.engines.loaded import LoadedOnce
from inference.engines.prompts import check_diameter
from inference.engines.starter_answer import MapView, answer
from inference.engines.starter_encoding import choose_scale, encode_maps
from inference.engines.starter_prompts import scale_prompts
from inference.engines.windowed import Windowed
from inference.flows import Floats
from inference.large_planes import Find, median_over_samples
from inference.networks.prompt_decoder import Decode, compiled
from inference.networks.starter import Encoder
from inference.networks.starter_weights import SHIPPED, load_starter
from inference.pixels import PREPROCESSING, check_image, exposure_of, unit_grey

_ENCODING_SHARE = 0.8


class StarterEngine(LoadedOnce[Encoder, Decode], FlowAnswers, Windowed):
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

    def encode_part(self, part: Image, whole: Image, *, height: int, width: int) -> Embedding:
        """Maps at the scale of the part's cells, in float16, and the flow basins (int32)."""
        encoder = self._parts()[0]
        pixels_hw = unit_grey(part, exposure_of(whole))
        scale = scale_from_afar(choose_scale(encoder, pixels_hw, None), part, height=height, width=width)
        maps = encode_maps(encoder, pixels_hw, scale=scale)
        kept = self.kept_flows(maps.flow, maps.cell_hw, height=height, width=width)
        more = {"features": maps.features, "scale": np.array([maps.scale * part.shape[1] / width])}
        return replace(kept, arrays={**kept.arrays, **more})

    def answer(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """Up to three candidates, best first, from a window around the prompt."""
        view = MapView.of(embedding)
        height, width = embedding.height, embedding.width
        asked = scale_prompts(prompts, height=height, width=width, down=view.down, across=view.across)
        return answer(self._parts()[1], view, asked)

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """Find every cell of the image."""
        check_image(image)
        check_diameter(params)
        pixels_hw = unit_grey(image)
        scale = choose_scale(self._parts()[0], pixels_hw, params.diameter)
        return self._cells(pixels_hw, params, scale=scale, progress=progress)

    def look_at(self, image: Image, params: AutoParams) -> Find:
        """See Windowed.look_at. The scale is that of the parts in which there is most to be seen."""
        check_image(image)
        check_diameter(params)
        encoder, exposure = self._parts()[0], exposure_of(image)
        scale = median_over_samples(
            image, lambda part: choose_scale(encoder, unit_grey(part, exposure), params.diameter)
        )
        return lambda part: self._cells(unit_grey(part, exposure), params, scale=scale)

    def _cells(
        self, pixels_hw: Floats, params: AutoParams, *, scale: float, progress: Progress | None = None
    ) -> Segmentation:
        tell = progress or (lambda _: None)
        maps = encode_maps(
            self._parts()[0], pixels_hw, scale=scale, progress=lambda share: tell(_ENCODING_SHARE * share)
        )
        tell(_ENCODING_SHARE)
        kept = FlowMaps(maps.flow, maps.cell_hw, *pixels_hw.shape)
        found = find_cells(kept, replace(params, diameter=None), self.rules)
        tell(1.0)
        return found

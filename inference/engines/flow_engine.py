"""What every engine does alike whose embedding is a flow field: clicks and thresholds without the network.

An engine that inherits from FlowAnswers brings ``card``, ``weights``, ``preprocessing`` and ``encode_part`` (whose
result ``kept_flows`` puts together), and is a FlowEngine and a TilePromptEngine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.basins import BASIN_LOGIT, predict_basin
from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams, Embedding, EngineCard, MaskResult, Prompts, Segmentation
from inference.dynamics import follow_flows
from inference.engines.base import Image, Progress, Tile
from inference.engines.prompt_tile import Tiles
from inference.engines.prompts import check_diameter, check_embedding, check_prompts, moved
from inference.errors import EngineError, EngineErrorCode
from inference.large_planes import LARGE_PIXELS, cut_out, is_large, shrunk
from inference.pixels import check_image
from inference.tiling import Window

TILES = Tiles(side=1024, step=512)


class FlowAnswers(ABC):
    """The half of a FlowEngine that needs no network."""

    card: EngineCard
    rules = Rules()

    @property
    @abstractmethod
    def weights(self) -> str:
        """See Engine.weights."""

    @property
    @abstractmethod
    def preprocessing(self) -> str:
        """See Engine.preprocessing."""

    @abstractmethod
    def load(self) -> None:
        """See Engine.load."""

    def kept_flows(
        self, flow: NDArray[np.floating], cell_hw: NDArray[np.floating], *, height: int, width: int
    ) -> Embedding:
        """The embedding of an image of ``height`` × ``width`` pixels: ``flow`` (2, row, column) in steps of its own
        pixels (Cellpose's networks say five times that), ``cell_hw`` the cell logit; at any scale. Float16, with the
        basins (int32) in which clicks are looked up."""
        kept_flow, kept_cell = _halved(flow), _halved(cell_hw)
        basins_hw = follow_flows(kept_flow.astype(np.float32), kept_cell > BASIN_LOGIT)
        return Embedding(
            engine=self.card.name,
            weights=self.weights,
            preprocessing=self.preprocessing,
            height=height,
            width=width,
            arrays={
                "flow": kept_flow,
                "cell": kept_cell,
                "basins": basins_hw,
                "scale": np.array([kept_cell.shape[1] / width]),
            },
        )

    @abstractmethod
    def encode_part(self, part: Image, whole: Image, *, height: int, width: int) -> Embedding:
        """The embedding of ``part`` in the light of the ``whole`` image; it stands for ``height`` × ``width`` pixels,
        of which its own may be the means."""

    def encode(self, image: Image) -> Embedding:
        """See PromptEngine.encode. Of a large plane it says what can be seen from afar."""
        check_image(image)
        height, width = image.shape[:2]
        return self.encode_part(shrunk(image), image, height=height, width=width)

    def tile_of(self, prompts: Prompts, *, height: int, width: int) -> Tile | None:
        """See TilePromptEngine.tile_of."""
        check_prompts(prompts, height=height, width=width)
        return TILES.of(prompts, height=height, width=width) if is_large(height, width) else None

    def encode_tile(self, image: Image, tile: Tile) -> Embedding:
        """See TilePromptEngine.encode_tile."""
        check_image(image)
        top, left, rows, columns = tile
        part = cut_out(image, Window(top, left, top + rows, left + columns))
        found = self.encode_part(part, image, height=rows, width=columns)
        height, width = image.shape[:2]
        return replace(found, height=height, width=width, arrays={**found.arrays, "tile": np.array(tile)})

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """See PromptEngine.predict."""
        self.load()
        self._check(embedding)
        check_prompts(prompts, height=embedding.height, width=embedding.width)
        tile = embedding.arrays.get("tile")
        if tile is None:
            return self.answer(embedding, prompts)
        top, left, rows, columns = (int(value) for value in tile)
        found = self.answer(replace(embedding, height=rows, width=columns), moved(prompts, top=top, left=left))
        return [replace(each, mask=each.mask.moved(down=top, across=left)) for each in found]

    def answer(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """The candidates for a prompt that was checked, best first (inference.basins)."""
        return predict_basin(FlowMaps.of(embedding), np.asarray(embedding.arrays["basins"], np.int32), prompts)

    def masks(self, embedding: Embedding, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See FlowEngine.masks. Raises EngineError(IMAGE_UNSUPPORTED) for a large plane, of which no field is kept in
        which its cells could be seen."""
        self.load()
        check_diameter(params)
        self._check(embedding)
        if is_large(embedding.height, embedding.width):
            pixels = embedding.height * embedding.width
            message = (
                f"Thresholds move live on planes of up to {LARGE_PIXELS / 1e6:.0f} million pixels; this one has "
                f"{pixels / 1e6:,.0f} million. Find cells with the thresholds that you want."
            )
            raise EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, message, permanent=True)
        if progress is not None:
            progress(0.0)
        found = find_cells(FlowMaps.of(embedding), params, self.rules)
        if progress is not None:
            progress(1.0)
        return found

    def _check(self, embedding: Embedding) -> None:
        check_embedding(embedding, engine=self.card.name, weights=self.weights, preprocessing=self.preprocessing)


def scale_from_afar(scale: float, part: Image, *, height: int, width: int) -> float:
    """The enlargement of a part that stands for ``height`` × ``width`` pixels: to enlarge means of pixels shows nothing
    more."""
    return scale if part.shape[:2] == (height, width) else min(scale, 1.0)


def _halved(values: NDArray[np.floating]) -> NDArray[np.float16]:
    """As float16, without infinities from too large values."""
    halves: NDArray[np.float16] = np.clip(values, -6e4, 6e4).astype(np.float16)
    return halves

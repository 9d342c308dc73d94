"""What every engine does alike whose embedding is a flow field: clicks and thresholds without the network.

An engine that inherits from FlowAnswers brings ``card``, ``weights``, ``preprocessing`` and ``encode`` (whose result
``kept_flows`` puts together), and is a FlowEngine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from inference.basins import BASIN_LOGIT, predict_basin
from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams, Embedding, EngineCard, MaskResult, Prompts, Segmentation
from inference.dynamics import follow_flows
from inference.engines.base import Progress
from inference.engines.prompts import check_diameter, check_embedding, check_prompts


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

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """See PromptEngine.predict and inference.basins."""
        self.load()
        self._check(embedding)
        check_prompts(prompts, height=embedding.height, width=embedding.width)
        return predict_basin(FlowMaps.of(embedding), np.asarray(embedding.arrays["basins"], np.int32), prompts)

    def masks(self, embedding: Embedding, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See FlowEngine.masks."""
        self.load()
        check_diameter(params)
        self._check(embedding)
        if progress is not None:
            progress(0.0)
        found = find_cells(FlowMaps.of(embedding), params, self.rules)
        if progress is not None:
            progress(1.0)
        return found

    def _check(self, embedding: Embedding) -> None:
        check_embedding(embedding, engine=self.card.name, weights=self.weights, preprocessing=self.preprocessing)


def _halved(values: NDArray[np.floating]) -> NDArray[np.float16]:
    """As float16, without infinities from too large values."""
    halves: NDArray[np.float16] = np.clip(values, -6e4, 6e4).astype(np.float16)
    return halves

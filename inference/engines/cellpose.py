"""Cellpose with a network of one's own: clicks, all cells, and thresholds that move without the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.cards import CARDS
from inference.cells import FlowMaps, find_cells
from inference.contracts import AutoParams, Embedding, Segmentation
from inference.engines.base import Image, Progress
from inference.engines.cellpose_encoding import cellpose_maps, estimate_scale
from inference.engines.flow_engine import FlowAnswers, scale_from_afar
from inference.engines.loaded import LoadedOnce
from inference.engines.prompts import check_diameter
from inference.engines.trained_scale import scale_for
from inference.engines.windowed import Windowed
from inference.large_planes import Find, median_over_samples
from inference.networks.cellpose import CellposeNetwork
from inference.networks.trained import Facts, load_trained
from inference.pixels import PREPROCESSING, check_image, exposure_of, unit_grey
from inference.weights import checkpoint_for

_SIZE_SHARE, _NETWORK_SHARE = 0.2, 0.85


class CellposeEngine(LoadedOnce[CellposeNetwork, Facts], FlowAnswers, Windowed):
    """A FlowEngine around a file that “manage.py train cellpose” wrote."""

    card = CARDS["cellpose"]

    def _read(self) -> tuple[CellposeNetwork, Facts, str]:
        path = checkpoint_for(self.card.name)
        return load_trained(path, engine="cellpose", make=lambda facts: CellposeNetwork(facts.width))

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return PREPROCESSING

    def encode_part(self, part: Image, whole: Image, *, height: int, width: int) -> Embedding:
        """The flow field at the scale that the part's cells seem to ask for."""
        network, facts, _ = self._parts()
        pixels_hw = unit_grey(part, exposure_of(whole))
        estimated = estimate_scale(network, pixels_hw, start=facts.scale)
        scale = scale_from_afar(estimated, part, height=height, width=width)
        flow, cell_hw = cellpose_maps(network, pixels_hw, scale=scale)
        return self.kept_flows(flow, cell_hw, height=height, width=width)

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be meant."""
        check_image(image)
        check_diameter(params)
        network, facts, _ = self._parts()
        tell = progress or (lambda _: None)
        pixels_hw = unit_grey(image)
        if params.diameter is None:
            scale = estimate_scale(network, pixels_hw, start=facts.scale, progress=lambda s: tell(_SIZE_SHARE * s))
        else:
            scale = scale_for(facts, params.diameter)
        rest = _NETWORK_SHARE - _SIZE_SHARE
        flow, cell_hw = cellpose_maps(
            network, pixels_hw, scale=scale, progress=lambda share: tell(_SIZE_SHARE + rest * share)
        )
        tell(_NETWORK_SHARE)
        found = self._cells(flow, cell_hw, params, pixels_hw.shape)
        tell(1.0)
        return found

    def look_at(self, image: Image, params: AutoParams) -> Find:
        """See Windowed.look_at. The scale is that of the parts in which there is most to be seen."""
        check_image(image)
        check_diameter(params)
        network, facts, _ = self._parts()
        exposure = exposure_of(image)
        if params.diameter is None:
            scale = median_over_samples(
                image, lambda part: estimate_scale(network, unit_grey(part, exposure), start=facts.scale)
            )
        else:
            scale = scale_for(facts, params.diameter)

        def find(part: Image) -> Segmentation:
            flow, cell_hw = cellpose_maps(network, unit_grey(part, exposure), scale=scale)
            return self._cells(flow, cell_hw, params, part.shape[:2])

        return find

    def _cells(
        self, flow: NDArray[np.float16], cell_hw: NDArray[np.float16], params: AutoParams, shape: tuple[int, ...]
    ) -> Segmentation:
        maps = FlowMaps(flow, cell_hw, shape[0], shape[1])
        return find_cells(maps, replace(params, diameter=None), self.rules)

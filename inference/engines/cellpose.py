"""Cellpose with a network of one's own: clicks, all cells, and thresholds that move without the network."""

from __future__ import annotations

from dataclasses import replace

from inference.cards import CARDS
from inference.cells import FlowMaps, find_cells
from inference.contracts import AutoParams, Embedding, Segmentation
from inference.engines.base import Image, Progress
from inference.engines.cellpose_encoding import cellpose_maps, estimate_scale
from inference.engines.flow_engine import FlowAnswers
from inference.engines.loaded import LoadedOnce
from inference.engines.prompts import check_diameter
from inference.engines.trained_scale import scale_for
from inference.networks.cellpose import CellposeNetwork
from inference.networks.trained import Facts, load_trained
from inference.pixels import PREPROCESSING, check_image, unit_grey
from inference.weights import checkpoint_for

_SIZE_SHARE, _NETWORK_SHARE = 0.2, 0.85


class CellposeEngine(LoadedOnce[CellposeNetwork, Facts], FlowAnswers):
    """A FlowEngine around a file that “manage.py train cellpose” wrote."""

    card = CARDS["cellpose"]

    def _read(self) -> tuple[CellposeNetwork, Facts, str]:
        path = checkpoint_for(self.card.name)
        return load_trained(path, engine="cellpose", make=lambda facts: CellposeNetwork(facts.width))

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return PREPROCESSING

    def encode(self, image: Image) -> Embedding:
        """The flow field at the scale that the image's cells seem to ask for."""
        check_image(image)
        network, facts, _ = self._parts()
        pixels_hw = unit_grey(image)
        scale = estimate_scale(network, pixels_hw, start=facts.scale)
        flow, cell_hw = cellpose_maps(network, pixels_hw, scale=scale)
        return self.kept_flows(flow, cell_hw, height=image.shape[0], width=image.shape[1])

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
        maps = FlowMaps(flow, cell_hw, image.shape[0], image.shape[1])
        found = find_cells(maps, replace(params, diameter=None), self.rules)
        tell(1.0)
        return found

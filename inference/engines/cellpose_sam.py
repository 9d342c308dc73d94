"""Cellpose-SAM: all cells of an image, tile by tile at full resolution.

Pachitariu, Rariden, Stringer, “Cellpose-SAM: superhuman generalization for cellular segmentation” (2025),
with the ``cellpose`` package's network, tile geometry and dynamics. The tile loop is ours (inference.engines.tiled):
memory does not grow with the image, cells come while the rest runs, and people can stop it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from inference import torch_runtime
from inference.cards import CARDS
from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams, Embedding, Part, Segmentation
from inference.dynamics import STEPS
from inference.engines.base import Image, Progress
from inference.engines.flow_engine import FlowAnswers
from inference.engines.prompts import check_diameter
from inference.engines.tiled import BLOCK, LARGE_BLOCK, Plan, Scene, run
from inference.errors import EngineError, EngineErrorCode
from inference.networks.cpsam import cpsam_network
from inference.parts import gather
from inference.tiling import FloatArray, Tile, tiles
from inference.weights import checkpoint_for, load_checkpoint

# isort: split
from cellpose.transforms import get_pad_yx

OVERLAP = 0.1
GPU_BATCH, CPU_BATCH = 8, 4
LARGE_NETWORK = 50_000_000
"""Parameters from which on a CPU takes so long for a tile that a run has to be stoppable between any two."""
FLOW_ERROR = 0.4
CELL_PROBABILITY = 0.0
LARGEST_SHARE = 0.4
"""A mask that covers more of the image than this is taken for background, as in Cellpose."""
FLOW_UNIT = 5.0
"""Cellpose's networks say five times the flow."""
DIAMETER = 30.0
"""Cellpose's diameter in pixels: with a diameter given, the image is resized to make cells this large."""
MOST_PIXELS = 256_000_000
SAMPLE_PIXELS = 224**3


def _bounds(image_hwc: NDArray[Any]) -> list[tuple[float, float]]:
    """Each channel's 1st and 99th percentile; equal ones for a constant channel. Large images are sampled on
    a grid, as cellpose.transforms.normalize99 does."""
    height, width, channels = image_hwc.shape
    large = height * width > SAMPLE_PIXELS
    rows, columns = (max(1, height // 224), max(1, width // 224)) if large else (1, 1)
    sample = np.asarray(image_hwc[::rows, ::columns], dtype=np.float32)
    return [
        (float(np.percentile(sample[..., index], 1)), float(np.percentile(sample[..., index], 99)))
        for index in range(channels)
    ]


def _with_channels(image: Image) -> NDArray[Any]:
    return image[..., np.newaxis] if image.ndim == 2 else image


def _scene(image: Image, params: AutoParams, *, whole: Image | None = None) -> tuple[Scene, float]:
    """The image as the network is to see it, in the light of the ``whole`` that it is a part of, and how much it is
    magnified. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be meant."""
    image_hwc = _with_channels(image)
    check_diameter(params)
    factor = DIAMETER / params.diameter if params.diameter else 1.0
    height, width = int(image_hwc.shape[0] * factor), int(image_hwc.shape[1] * factor)
    if height < 1 or width < 1 or (factor > 1 and height * width > MOST_PIXELS):
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID,
            f"With that cell diameter the image would have {height:,} × {width:,} pixels. Give another one.",
            permanent=True,
        )
    bounds = _bounds(image_hwc if whole is None else _with_channels(whole))
    return Scene(image_hwc, bounds, height, width), factor


class _Tiles:
    """A network with Cellpose's tile geometry (inference.engines.tiled.TileNetwork)."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self.size = int(network.encoder.img_size)

    def tiles(self, height: int, width: int) -> list[Tile]:
        """See TileNetwork.tiles."""
        above, below, before, after = map(int, get_pad_yx(height, width, min_size=(self.size, self.size)))
        padded = tiles(height + above + below, width + before + after, size=self.size, overlap=OVERLAP)
        return [Tile(tile.top - above, tile.left - before) for tile in padded]

    def batch(self) -> int:
        """How many tiles are run at once where there is enough memory."""
        if torch_runtime.device().type == "cuda":
            return GPU_BATCH
        parameters = sum(parameter.numel() for parameter in self._network.parameters())
        return 1 if parameters >= LARGE_NETWORK else CPU_BATCH

    def run(self, inputs_nchw: FloatArray) -> FloatArray:
        """See TileNetwork.run."""
        device = torch_runtime.place(self._network)
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            outputs = self._network(torch.from_numpy(inputs_nchw).to(device))[0]
        return cast(FloatArray, outputs.float().cpu().numpy())


class CellposeSamEngine(FlowAnswers):
    """A FlowEngine and StreamEngine around a Cellpose-SAM checkpoint."""

    card = CARDS["cellpose-sam"]
    rules = Rules(cell_logit=CELL_PROBABILITY, flow_error=FLOW_ERROR, largest_share=LARGEST_SHARE)

    def __init__(self) -> None:
        self._network: Any = None
        self._weights = ""

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the checkpoint."""
        return self._weights

    @property
    def preprocessing(self) -> str:
        """Cellpose's own way from pixels to network input."""
        return "cellpose-4.2-p1-p99"

    def load(self) -> None:
        """See Engine.load."""
        if self._network is None:
            path = checkpoint_for(self.card.name)
            checkpoint = load_checkpoint(path)
            self._network = cpsam_network(checkpoint.state, path)
            self._weights = checkpoint.sha256

    def encode_part(self, part: Image, whole: Image, *, height: int, width: int) -> Embedding:
        """The flow field at the part's own scale."""
        outputs_chw = self.flows(part, AutoParams(), whole=whole)
        return self.kept_flows(_unit(outputs_chw), outputs_chw[2], height=height, width=width)

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be meant."""
        return gather(self._parts(image, params, progress, block=LARGE_BLOCK), *image.shape[:2])

    def stream(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Iterator[Part]:
        """See StreamEngine.stream."""
        return self._parts(image, params, progress, block=BLOCK)

    def segment_many(self, images: Iterable[Image], params: AutoParams) -> Iterator[Segmentation]:
        """See StreamEngine.segment_many."""
        network, unfinished = self._tiles(), deque[tuple[Plan, list[Part]]]()

        def plans() -> Iterator[Plan]:
            for image in images:
                plan = self._plan(image, params, network, block=LARGE_BLOCK)
                unfinished.append((plan, []))
                yield plan

        for plan, part in run(plans(), network, batch=network.batch(), before=lambda _: None):
            next(parts for each, parts in unfinished if each is plan).append(part)
            while unfinished and unfinished[0][0].is_done:
                done, parts = unfinished.popleft()
                yield gather(parts, done.plane.height, done.plane.width)

    def flows(
        self, image: Image, params: AutoParams, *, whole: Image | None = None, progress: Progress | None = None
    ) -> NDArray[np.float16]:
        """The network's outputs (flow rows, flow columns, cell logit; row; column) at the scale of
        ``params.diameter``, in the light of the ``whole`` that the image is a part of."""
        network = self._tiles()
        plan = Plan(_scene(image, params, whole=whole)[0], network, _no_masks, block=LARGE_BLOCK)
        report = progress or (lambda _: None)
        for _ in run([plan], network, batch=network.batch(), before=lambda _: report(plan.share)):
            pass
        return plan.field.all()

    def _tiles(self) -> _Tiles:
        self.load()
        return _Tiles(self._network)

    def _plan(self, image: Image, params: AutoParams, network: _Tiles, *, block: int) -> Plan:
        scene, factor = _scene(image, params)
        masks = partial(self._masks, params=replace(params, diameter=None), steps=max(1, int(STEPS / factor)))
        return Plan(scene, network, masks, block=block, first=params.first)

    def _masks(self, outputs_chw: FloatArray, share: float, *, params: AutoParams, steps: int) -> Segmentation:
        """Cells of a window that is ``share`` of the image."""
        maps = FlowMaps(_unit(outputs_chw), outputs_chw[2], *outputs_chw.shape[1:])
        rules = replace(self.rules, largest_share=LARGEST_SHARE / share)
        return find_cells(maps, params, rules, steps=steps)

    def _parts(self, image: Image, params: AutoParams, progress: Progress | None, *, block: int) -> Iterator[Part]:
        network, report = self._tiles(), progress or (lambda _: None)
        plan = self._plan(image, params, network, block=block)
        for _, part in run([plan], network, batch=network.batch(), before=lambda _: report(plan.share)):
            yield part
        report(1.0)


def _no_masks(outputs_chw: FloatArray, _: float) -> Segmentation:
    return Segmentation(np.zeros(outputs_chw.shape[1:], np.int32), ())


def _unit(outputs_chw: NDArray[np.floating]) -> NDArray[np.float16]:
    """The flow (2, row, column) with steps of length 1."""
    flow: NDArray[np.float16] = (outputs_chw[:2].astype(np.float32) / FLOW_UNIT).astype(np.float16)
    return flow

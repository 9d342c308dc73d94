"""Cellpose-SAM: all cells of an image, tile by tile at full resolution.

Pachitariu, Rariden, Stringer, “Cellpose-SAM: superhuman generalization for cellular segmentation” (2025),
with the ``cellpose`` package's network, tile geometry and dynamics. The tile loop is ours: memory does not
grow with the number of tiles, and people see progress and can stop it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from inference import torch_runtime
from inference.cards import CARDS
from inference.cells import FlowMaps, Rules, find_cells
from inference.contracts import AutoParams, Embedding, Segmentation
from inference.dynamics import STEPS
from inference.engines.base import Image, Progress
from inference.engines.flow_engine import FlowAnswers
from inference.engines.prompts import check_diameter
from inference.errors import EngineError, EngineErrorCode
from inference.networks.cpsam import cpsam_network
from inference.tiling import Blend, FloatArray, Tile, batches, tiles
from inference.weights import checkpoint_for, load_checkpoint

# isort: split
import cv2
from cellpose.transforms import get_pad_yx

OVERLAP = 0.1
GPU_BATCH = 8
FLOW_ERROR = 0.4
CELL_PROBABILITY = 0.0
LARGEST_SHARE = 0.4
"""A mask that covers more of the image than this is taken for background, as in Cellpose."""
FLOW_UNIT = 5.0
"""Cellpose's networks say five times the flow."""
DIAMETER = 30.0
"""Cellpose's diameter in pixels: with a diameter given, the image is resized to make cells this large."""
NETWORK_SHARE = 0.85
"""The share of the time that the network takes; the rest is for masks."""
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


def _scaled(image_hwc: NDArray[Any], factor: float) -> NDArray[Any]:
    """The image (row, column, channel), resized."""
    height, width = int(image_hwc.shape[0] * factor), int(image_hwc.shape[1] * factor)
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise EngineError(
            EngineErrorCode.REQUEST_INVALID,
            f"With that cell diameter the image would have {height:,} × {width:,} pixels. Give another one.",
            permanent=True,
        )
    return _resized(np.asarray(image_hwc, dtype=np.float32), height, width)


def _resized(values_hwc: FloatArray, height: int, width: int) -> FloatArray:
    """Linear interpolation, as Cellpose does it; OpenCV drops a single channel's axis."""
    resized = cv2.resize(np.ascontiguousarray(values_hwc), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.float32).reshape(height, width, values_hwc.shape[2])


def _cut(image_hwc: NDArray[Any], tile: Tile, *, size: int, bounds: list[tuple[float, float]]) -> FloatArray:
    """One tile (channel, row, column) as network input: percentiles at 0 and 1, zero outside of the image."""
    height, width, channels = image_hwc.shape
    result = np.zeros((channels, size, size), np.float32)
    top, left = max(tile.top, 0), max(tile.left, 0)
    bottom, right = min(tile.top + size, height), min(tile.left + size, width)
    for index, (low, high) in enumerate(bounds):
        if high - low > 1e-3:
            values = image_hwc[top:bottom, left:right, index].astype(np.float32)
            rows = slice(top - tile.top, bottom - tile.top)
            columns = slice(left - tile.left, right - tile.left)
            result[index, rows, columns] = (values - low) / (high - low)
    return result


class CellposeSamEngine(FlowAnswers):
    """A FlowEngine around a Cellpose-SAM checkpoint."""

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

    def encode(self, image: Image) -> Embedding:
        """See PromptEngine.encode: the flow field at the image's own scale."""
        return self._kept(image, 1.0, lambda _: None)

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be meant."""
        check_diameter(params)
        report = progress or (lambda _: None)
        factor = DIAMETER / params.diameter if params.diameter else 1.0
        embedding = self._kept(image, factor, report)
        report(NETWORK_SHARE)
        steps = max(1, int(STEPS / factor))
        found = find_cells(FlowMaps.of(embedding), replace(params, diameter=None), self.rules, steps=steps)
        report(1.0)
        return found

    def _kept(self, image: Image, factor: float, report: Progress) -> Embedding:
        """The flow field of an image that the network sees ``factor`` times as large, in the image's pixels."""
        self.load()
        height, width = image.shape[:2]
        image_hwc = image[..., np.newaxis] if image.ndim == 2 else image
        bounds = _bounds(image_hwc)
        scaled_hwc = image_hwc if factor == 1.0 else _scaled(image_hwc, factor)
        outputs_chw = self.flows(scaled_hwc, bounds, progress=report)
        if factor != 1.0:
            outputs_chw = _resized(outputs_chw.transpose(1, 2, 0), height, width).transpose(2, 0, 1)
        return self.kept_flows(outputs_chw[:2] / FLOW_UNIT, outputs_chw[2], height=height, width=width)

    def flows(self, image_hwc: NDArray[Any], bounds: list[tuple[float, float]], *, progress: Progress) -> FloatArray:
        """The network's outputs (flow rows, flow columns, cell logit; row; column) of a whole image, whose
        channels have 0 and 1 of the network at ``bounds``. Progress comes, and may stop it, between batches
        of tiles."""
        device = torch_runtime.place(self._network)
        size = int(self._network.encoder.img_size)
        height, width, _ = image_hwc.shape
        above, below, before, after = map(int, get_pad_yx(height, width, min_size=(size, size)))
        padded = tiles(height + above + below, width + before + after, size=size, overlap=OVERLAP)
        todo = [Tile(tile.top - above, tile.left - before) for tile in padded]
        blend = Blend(channels=3, height=height, width=width, size=size)
        batch = torch_runtime.batch_size(GPU_BATCH) if device.type == "cuda" else 1
        done = 0
        for group in batches(todo, batch):
            progress(NETWORK_SHARE * done / len(todo))
            inputs = np.stack([_cut(image_hwc, tile, size=size, bounds=bounds) for tile in group])
            for tile, output_chw in zip(group, self._run(inputs, device), strict=True):
                blend.add(tile, output_chw)
            done += len(group)
        return blend.result()

    def _run(self, inputs_nchw: FloatArray, device: torch.device) -> FloatArray:
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            outputs = self._network(torch.from_numpy(inputs_nchw).to(device))[0]
        return cast(FloatArray, outputs.float().cpu().numpy())

"""Segment Anything: one cell from clicks, a box or a mask.

Kirillov et al., “Segment Anything” (2023), with the ``segment-anything`` package's modules. Its SamPredictor
is not used: it keeps an image's size after a reset, and brings every mask to the size of the whole image;
here nothing is kept between calls, and a mask costs what its own extent costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from inference import torch_runtime
from inference.cards import CARDS
from inference.contracts import Embedding, MaskResult, Prompts
from inference.engines.base import Image
from inference.engines.prompts import check_embedding, check_prompts
from inference.networks.sam import SamNetwork, sam_network
from inference.rle import EMPTY, Rle, decode, encode
from inference.weights import checkpoint_for, load_checkpoint

FloatArray = NDArray[np.float32]

MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)
"""SAM's, for RGB in 0 to 255."""
LOW, HIGH = 0.1, 99.9
"""Percentiles between which 16-bit pixels become 8-bit ones."""
SAMPLE_PIXELS = 4_000_000
MASK_LOGIT = 8.0
"""How sure a mask prompt is: SAM's own masks come back to it with logits of this order."""
BAND_ROWS = 512


def to_rgb8(image: Image) -> NDArray[np.uint8]:
    """8-bit RGB (row, column, 3). 8-bit pixels stay as they are; 16-bit ones are stretched between
    percentiles over all channels together, so that colours stay; a constant image becomes 0."""
    if image.dtype == np.uint8:
        pixels = np.asarray(image, dtype=np.uint8)
    else:
        stride = max(1, int(np.ceil(np.sqrt(image.shape[0] * image.shape[1] / SAMPLE_PIXELS))))
        low, high = np.percentile(image[::stride, ::stride], (LOW, HIGH))
        factor = 255 / (high - low) if high > low else 0.0
        pixels = np.clip((image.astype(np.float32) - low) * factor + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else pixels)


@dataclass(frozen=True, slots=True)
class Frame:
    """How an image of (height, width) lies in the network's square of ``size`` pixels: top left, longest side
    filled, the rest zero. Coordinates are continuous, a pixel's square running from its index to the next."""

    height: int
    width: int
    size: int

    @property
    def inner(self) -> tuple[int, int]:
        """Rows and columns of the square that the image fills."""
        scale = self.size / max(self.height, self.width)
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels for one image pixel, along rows and along columns."""
        return self.inner[0] / self.height, self.inner[1] / self.width


def _overlaps(start: int, length: int, *, scale: float, cells: int) -> FloatArray:
    """The share of each of ``cells`` grid cells that each image pixel start … start + length covers, (cells,
    length), a pixel being ``scale`` cells long."""
    edges = (start + np.arange(length + 1)) * scale
    low, high = edges[:-1], edges[1:]
    cell = np.arange(cells)[:, None]
    return np.asarray(np.clip(np.minimum(high, cell + 1) - np.maximum(low, cell), 0, None), dtype=np.float32)


def mask_logits(mask: Rle, frame: Frame, *, grid: int) -> FloatArray:
    """A mask as SAM's low-resolution mask prompt (4 × grid, 4 × grid): by the share of each cell that it
    covers."""
    cells = 4 * grid
    rows, columns = (scale * cells / frame.size for scale in frame.scale)
    down = _overlaps(mask.top, mask.height, scale=rows, cells=cells)
    across = _overlaps(mask.left, mask.width, scale=columns, cells=cells)
    covered = down @ decode(mask).astype(np.float32) @ across.T
    return np.asarray((np.clip(covered, 0, 1) * 2 - 1) * MASK_LOGIT, dtype=np.float32)


class _Line:
    """Linear interpolation along one axis, at continuous ``positions`` between the centres of ``count``
    cells."""

    def __init__(self, positions: NDArray[np.floating[Any]], count: int) -> None:
        centred = np.clip(positions - 0.5, 0, count - 1)
        self.before = np.floor(centred).astype(np.intp)
        self.after = np.minimum(self.before + 1, count - 1)
        self.share = (centred - self.before).astype(np.float32)

    def rows(self, values_hw: FloatArray, part: slice = slice(None)) -> FloatArray:
        """Along the rows, for the positions in ``part``."""
        share = self.share[part, None]
        mixed: FloatArray = values_hw[self.before[part]] * (1 - share) + values_hw[self.after[part]] * share
        return mixed

    def columns(self, values_hw: FloatArray) -> FloatArray:
        """Along the columns."""
        mixed: FloatArray = values_hw[:, self.before] * (1 - self.share) + values_hw[:, self.after] * self.share
        return mixed


@dataclass(frozen=True, slots=True)
class _Reach:
    """What positive cells can reach along one axis: network pixels first … last, image pixels start …
    stop."""

    first: int
    last: int
    start: int
    stop: int


def _reach(cells: NDArray[np.intp], *, up: float, inner: int, length: int) -> _Reach:
    """``cells`` are the positive ones, in order; each is ``up`` network pixels long, of which ``inner`` show
    the image's ``length`` pixels. One more cell on either side is looked at, beyond which no interpolated
    value is positive."""
    first = max(0, int((cells[0] - 1) * up))
    last = min(inner, int(np.ceil((cells[-1] + 2) * up)))
    scale = inner / length
    return _Reach(first, last, int(first / scale), min(length, int(np.ceil(last / scale))))


def mask_of_logits(logits_hw: FloatArray, frame: Frame) -> Rle:
    """The image pixels whose logit is above zero, interpolated as SAM does it: to network pixels, then to
    image pixels. Only the part around positive cells is looked at."""
    cells, positive = logits_hw.shape[0], logits_hw > 0
    inner_rows, inner_columns = frame.inner
    up = frame.size / cells
    used_rows, used_columns = np.flatnonzero(positive.any(axis=1)), np.flatnonzero(positive.any(axis=0))
    if not used_rows.size or used_rows[0] * up >= inner_rows + up or used_columns[0] * up >= inner_columns + up:
        return EMPTY
    high = _reach(used_rows, up=up, inner=inner_rows, length=frame.height)
    wide = _reach(used_columns, up=up, inner=inner_columns, length=frame.width)
    fine = _Line((np.arange(high.first, high.last) + 0.5) / up, cells).rows(logits_hw)
    fine = _Line((np.arange(wide.first, wide.last) + 0.5) / up, cells).columns(fine)
    row_scale, column_scale = frame.scale
    rows = _Line((np.arange(high.start, high.stop) + 0.5) * row_scale - high.first, fine.shape[0])
    columns = _Line((np.arange(wide.start, wide.stop) + 0.5) * column_scale - wide.first, fine.shape[1])
    mask = np.zeros((high.stop - high.start, wide.stop - wide.start), bool)
    for start in range(0, mask.shape[0], BAND_ROWS):
        band = slice(start, start + BAND_ROWS)
        mask[band] = columns.columns(rows.rows(fine, band)) > 0
    return encode(mask, top=high.start, left=wide.start)


class SamEngine:
    """A PromptEngine around a Segment Anything checkpoint, ViT-B, ViT-L, ViT-H or any other size."""

    card = CARDS["sam"]
    preprocessing = "sam-p0.1-p99.9-1"

    def __init__(self) -> None:
        self._network: SamNetwork | None = None
        self._weights = ""

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the checkpoint."""
        return self._weights

    def load(self) -> None:
        """See Engine.load."""
        if self._network is None:
            path = checkpoint_for(self.card.name)
            checkpoint = load_checkpoint(path)
            self._network = sam_network(checkpoint.state, path)
            self._weights = checkpoint.sha256

    def _ready(self) -> tuple[SamNetwork, torch.device]:
        self.load()
        network = cast(SamNetwork, self._network)
        return network, torch_runtime.place(network)

    def encode(self, image: Image) -> Embedding:
        """See PromptEngine.encode. ``features`` is float16 (channel, grid row, grid column)."""
        network, device = self._ready()
        frame = Frame(image.shape[0], image.shape[1], network.image_size)
        rows, columns = frame.inner
        small = Pillow.fromarray(to_rgb8(image)).resize((columns, rows), Pillow.Resampling.BILINEAR)
        square_hwc = np.zeros((frame.size, frame.size, 3), np.float32)
        square_hwc[:rows, :columns] = (np.asarray(small, dtype=np.float32) - MEAN) / STD
        with torch.inference_mode():
            features = network.image_encoder(torch.from_numpy(square_hwc).permute(2, 0, 1)[None].to(device))
        return Embedding(
            engine=self.card.name,
            weights=self.weights,
            preprocessing=self.preprocessing,
            height=frame.height,
            width=frame.width,
            arrays={"features": features[0].half().cpu().numpy()},
        )

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """See PromptEngine.predict. One click alone is ambiguous and gets SAM's three readings by score; with
        more to go by, its single answer comes first. Empty candidates are left out."""
        network, device = self._ready()
        check_embedding(embedding, engine=self.card.name, weights=self.weights, preprocessing=self.preprocessing)
        check_prompts(prompts, height=embedding.height, width=embedding.width)
        frame = Frame(embedding.height, embedding.width, network.image_size)
        features = torch.from_numpy(np.asarray(embedding.arrays["features"])).to(device).float()[None]
        with torch.inference_mode():
            sparse, dense = network.prompt_encoder(**_prompt_tensors(prompts, frame, network.grid, device))
            logits, quality = network.mask_decoder.predict_masks(
                image_embeddings=features,
                image_pe=network.prompt_encoder.get_dense_pe(),
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
            )
        scores = quality[0].float().cpu().numpy()
        found = []
        for index in _order(scores, prompts):
            mask = mask_of_logits(logits[0, index].float().cpu().numpy(), frame)
            if mask.area:
                found.append(MaskResult(mask, float(np.clip(scores[index], 0, 1))))
        return found


def _order(scores: FloatArray, prompts: Prompts) -> list[int]:
    """Which of the decoder's masks to show, best first. Mask 0 is the one for clear prompts."""
    readings = sorted(range(1, len(scores)), key=lambda index: -float(scores[index]))
    clear = len(prompts.points) > 1 or prompts.box is not None or prompts.mask is not None
    return ([0, *readings] if clear else readings)[:3]


def _prompt_tensors(prompts: Prompts, frame: Frame, grid: int, device: torch.device) -> dict[str, Any]:
    """The arguments of SAM's prompt encoder. It takes (x, y) and adds half a pixel, which our coordinates
    have already: so half a *network* pixel is taken off."""
    rows, columns = frame.scale

    def place(row: float, col: float) -> list[float]:
        inside_row, inside_col = min(max(row, 0.0), frame.height), min(max(col, 0.0), frame.width)
        return [inside_col * columns - 0.5, inside_row * rows - 0.5]

    points = boxes = masks = None
    if prompts.points:
        coordinates = torch.tensor([[place(point.row, point.col) for point in prompts.points]], device=device)
        labels = torch.tensor([[int(point.positive) for point in prompts.points]], device=device)
        points = (coordinates, labels)
    if prompts.box is not None:
        box = prompts.box
        boxes = torch.tensor([place(box.top, box.left) + place(box.bottom, box.right)], device=device)
    if prompts.mask is not None and prompts.mask.area:
        masks = torch.from_numpy(mask_logits(prompts.mask, frame, grid=grid))[None, None].to(device)
    return {"points": points, "boxes": boxes, "masks": masks}

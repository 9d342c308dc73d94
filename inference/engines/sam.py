"""Segment Anything: one cell from clicks, strokes, a box or a mask.

Kirillov et al., “Segment Anything” (2023). The package's SamPredictor is not used: it keeps an image's size after a
reset, projects the image anew at every click, and brings every mask to the size of the whole image; here an answer
depends on the embedding and the prompt alone, and a mask costs what its own extent costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor

from inference import torch_runtime
from inference.cards import CARDS
from inference.contracts import Embedding, MaskResult, Prompts
from inference.engines.base import Image, Tile
from inference.engines.prompt_tile import Tiles
from inference.engines.prompts import check_embedding, check_prompts, moved
from inference.engines.sam_frame import Frame, Stretch, mask_of_logits, stretch_of, to_eight_bits
from inference.engines.sam_memory import Remembered, SamMemory
from inference.engines.sam_prompts import as_seen, before_last, order, prompt_tensors
from inference.large_planes import shrunk
from inference.networks.sam import SamNetwork, mobile_sam_network, sam_network
from inference.networks.sam_decoder import ImageSide, SamDecoder
from inference.weights import checkpoint_for, invalid_weights, load_checkpoint
from inference.weights_found import engine_that_fits

MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)
"""SAM's, for RGB in 0 to 255."""
LARGE = 2048
"""Image pixels of the longer side above which a plane has tiles: below, a whole image loses less than half."""
TILES = Tiles(side=1536, step=768)
"""Two of three pixels of a tile are seen."""


def square_of(image: Image, stretch: Stretch | None, frame: Frame) -> NDArray[np.float32]:
    """The network's input (row, column, RGB): the image at the frame's size, top left in a square of zeros."""
    rows, columns = frame.inner
    small = Pillow.fromarray(to_eight_bits(image, stretch)).resize((columns, rows), Pillow.Resampling.BILINEAR)
    pixels = np.asarray(small, dtype=np.float32)
    square_hwc = np.zeros((frame.size, frame.size, 3), np.float32)
    square_hwc[:rows, :columns] = ((pixels[..., None] if pixels.ndim == 2 else pixels) - MEAN) / STD
    return square_hwc


@dataclass(frozen=True, slots=True)
class Decoded:
    """The masks to show of one prompt, best first: ``logits`` (masks, 4 × grid, 4 × grid) and ``scores``."""

    logits: Tensor
    scores: tuple[float, ...]


class SamEngine:
    """A PromptEngine around a Segment Anything checkpoint, ViT-B, ViT-L, ViT-H or any other size."""

    card = CARDS["sam"]
    preprocessing = "sam-p0.1-p99.9-1"
    _build = staticmethod(sam_network)

    def __init__(self) -> None:
        self._network: SamNetwork | None = None
        self._weights = ""
        self._decoder: tuple[str, SamDecoder] | None = None
        self._memory = SamMemory()

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the checkpoint."""
        return self._weights

    def load(self) -> None:
        """See Engine.load."""
        if self._network is None:
            path = checkpoint_for(self.card.name)
            checkpoint = load_checkpoint(path)
            fits = engine_that_fits(checkpoint.state)
            if fits not in ("", self.card.name):
                raise invalid_weights(path, f"it is made for the engine “{fits}”")
            self._network = self._build(checkpoint.state, path)
            self._weights = checkpoint.sha256

    def _ready(self) -> tuple[SamNetwork, torch.device]:
        self.load()
        network = cast(SamNetwork, self._network)
        return network, torch_runtime.place(network)

    def encode(self, image: Image) -> Embedding:
        """See PromptEngine.encode."""
        return self._encode(image, None)

    def encode_tile(self, image: Image, tile: Tile) -> Embedding:
        """See TilePromptEngine.encode_tile."""
        return self._encode(image, tile)

    def tile_of(self, prompts: Prompts, *, height: int, width: int) -> Tile | None:
        """See TilePromptEngine.tile_of."""
        check_prompts(prompts, height=height, width=width)
        return None if max(height, width) <= LARGE else TILES.of(prompts, height=height, width=width)

    def _encode(self, image: Image, tile: Tile | None) -> Embedding:
        network, device = self._ready()
        height, width = image.shape[:2]
        top, left, rows, columns = tile or (0, 0, height, width)
        part = shrunk(image) if tile is None else image[top : top + rows, left : left + columns]
        square_hwc = square_of(part, stretch_of(image), Frame(rows, columns, network.image_size))
        with torch.inference_mode():
            features = network.image_encoder(torch.from_numpy(square_hwc).permute(2, 0, 1)[None].to(device))
        arrays: dict[str, NDArray[np.generic]] = {"features": features[0].half().cpu().numpy()}
        return Embedding(
            engine=self.card.name,
            weights=self.weights,
            preprocessing=self.preprocessing,
            height=height,
            width=width,
            arrays=arrays if tile is None else {**arrays, "tile": np.array(tile)},
        )

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """See PromptEngine.predict. One click alone is ambiguous and gets SAM's three readings by score; with
        more to go by, its single answer comes first. Each further click also goes by the logits of the answer before
        it. Empty candidates are left out."""
        decoded = self.decode(embedding, prompts)
        top, left, frame = self._view(embedding)
        logits = decoded.logits.float().cpu().numpy()
        masks = [mask_of_logits(each, frame, top=top, left=left) for each in logits]
        return [MaskResult(mask, score) for mask, score in zip(masks, decoded.scores, strict=True) if mask.area]

    def decode(self, embedding: Embedding, prompts: Prompts) -> Decoded:
        """What predict makes its masks of."""
        network, device = self._ready()
        check_embedding(embedding, engine=self.card.name, weights=self.weights, preprocessing=self.preprocessing)
        check_prompts(prompts, height=embedding.height, width=embedding.width)
        with torch.inference_mode():
            decoder = self._decoder_on(network, device)

            def look() -> ImageSide:
                features = torch.from_numpy(np.array(embedding.arrays["features"])).to(device).float()
                empty = network.prompt_encoder.no_mask_embed.weight
                return decoder.look((features.flatten(1).t() + empty).contiguous())

            known = self._memory.of(embedding, look, device=device.type)
            top, left, _ = self._view(embedding)
            return self._decode(known, moved(prompts, top=top, left=left), decoder)

    def _decode(self, known: Remembered, prompts: Prompts, decoder: SamDecoder) -> Decoded:
        network, device = self._ready()
        _, _, frame = self._view(known.embedding)
        earlier = before_last(prompts)
        logits = None
        if earlier is not None:
            if earlier not in known.answers:
                self._decode(known, earlier, decoder)
            logits = known.answers[earlier]
        asked = as_seen(prompts, frame)
        tensors = prompt_tensors(asked, frame, grid=network.grid, device=device, logits=logits)
        sparse, dense = network.prompt_encoder(**tensors)
        side = known.side
        if tensors["masks"] is not None:
            flat = dense[0].flatten(1).t() - network.prompt_encoder.no_mask_embed.weight
            side = decoder.look(side.picture + flat)
        scores, tokens, picture = decoder.decide(side, sparse[0])
        shown = order(scores.tolist(), asked)
        found = decoder.draw(picture, tokens, shown)
        best = next((each for each in found if bool((each > 0).any())), None)
        known.remember(prompts, best)
        return Decoded(found, tuple(scores[shown].clamp(0, 1).tolist()))

    def _view(self, embedding: Embedding) -> tuple[int, int, Frame]:
        """The first row and column of what was encoded, and how it lies in the network's square."""
        size = cast(SamNetwork, self._network).image_size
        tile = embedding.arrays.get("tile")
        if tile is None:
            return 0, 0, Frame(embedding.height, embedding.width, size)
        top, left, rows, columns = (int(value) for value in tile)
        return top, left, Frame(rows, columns, size)

    def _decoder_on(self, network: SamNetwork, device: torch.device) -> SamDecoder:
        """Made anew after the network moved."""
        if self._decoder is None or self._decoder[0] != device.type:
            codes = network.prompt_encoder.get_dense_pe()[0].flatten(1).t().contiguous()
            self._decoder = device.type, SamDecoder(network.mask_decoder, codes)
        return self._decoder[1]


class MobileSamEngine(SamEngine):
    """The same around a checkpoint in MobileSAM's format, whose encoder is a hundred times smaller."""

    card = CARDS["mobile-sam"]
    _build = staticmethod(mobile_sam_network)

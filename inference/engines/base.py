"""The two contracts that every engine keeps, whatever network is inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from inference.contracts import (
    AutoParams,
    Embedding,
    EngineCard,
    MaskResult,
    Part,
    Prompts,
    Segmentation,
)

Image = NDArray[np.uint8] | NDArray[np.uint16]
"""(row, column) grey or (row, column, 3) RGB, uint8 or uint16."""

Tile = tuple[int, int, int, int]
"""(top, left, height, width) of a part of an image, in pixels."""

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1, between steps. It may raise EngineError(CANCELLED) to stop the run."""


class Engine(Protocol):
    """What both kinds have in common."""

    card: EngineCard

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the loaded weights file."""

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input; part of the embedding key."""

    def load(self) -> None:
        """Read the weights, once per process. Raises EngineError (permanent) when they are missing or
        invalid."""


class PromptEngine(Engine, Protocol):
    """Masks from clicks, boxes and masks. Stateless between calls: A, B, A gives equal A's."""

    def encode(self, image: Image) -> Embedding:
        """The expensive part, once per image."""

    def predict(self, embedding: Embedding, prompts: Prompts) -> list[MaskResult]:
        """Up to three candidates, best first. Raises EngineError(PROMPT_INVALID) for an empty prompt or one
        outside of the image, EMBEDDING_MISSING for an embedding of other weights."""


class AutoEngine(Engine, Protocol):
    """All cells of an image."""

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """Find every cell; an image without any gives an empty Segmentation, not an error."""


@runtime_checkable
class StreamEngine(Protocol):
    """What an AutoEngine for images of any size has besides (inference.parts asks for it)."""

    def stream(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Iterator[Part]:
        """The cells that ``segment`` finds, neighbourhood by neighbourhood as they are done, those of
        ``params.first`` at the beginning. Looks after its own memory: what was handed out is not done again."""

    def segment_many(self, images: Iterable[Image], params: AutoParams) -> Iterator[Segmentation]:
        """``segment`` of each image, in order; batches are filled from one image to the next."""


class FlowEngine(PromptEngine, AutoEngine, Protocol):
    """An engine whose embedding is, or holds, a flow field: ``flow`` float16 (2, row, column), ``cell`` float16 (row,
    column; the cell logit) and ``scale``, their pixels in an image pixel. Clicks and new thresholds are answered
    from it, without the network (inference.flows, inference.basins)."""

    def masks(self, embedding: Embedding, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """Every cell, from what ``encode`` kept."""


@runtime_checkable
class TilePromptEngine(PromptEngine, Protocol):
    """A PromptEngine that sees large planes better in parts: ``predict`` takes the embedding of a tile as well as that
    of the whole plane. Tiles are encoded when they are first asked for."""

    def tile_of(self, prompts: Prompts, *, height: int, width: int) -> Tile | None:
        """The part of an image that a prompt is best answered from, or None for all of it."""

    def encode_tile(self, image: Image, tile: Tile) -> Embedding:
        """Like encode, for one part of an image; ``height`` and ``width`` are those of the whole."""

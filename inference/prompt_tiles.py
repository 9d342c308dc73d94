"""Embeddings of parts of large planes: which one answers a prompt, and asking for the one that is not there yet.

A plane is answered from the embedding of the whole until its tile is ready: coarse at once, then better, and no click
ever waits for a network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from celery import current_app
from kombu.exceptions import OperationalError

from inference import wire
from inference.contracts import Embedding, ImageRef, Prompts
from inference.embeddings import EmbeddingKey, EmbeddingStore
from inference.engines.base import Image, PromptEngine, Tile, TilePromptEngine
from inference.queues import EMBED_TILE, ROUTES

logger = logging.getLogger(__name__)

EXPIRES_S = 600
"""Whoever clicked there has gone on by then."""


def tile_embedding(
    store: EmbeddingStore, whole: EmbeddingKey, engine: PromptEngine, prompts: Prompts, image: ImageRef
) -> Embedding | None:
    """The embedding of the part of an image that a prompt is best answered from; None where that is the ``whole``,
    and where it is not there: then it is asked for."""
    if not isinstance(engine, TilePromptEngine):
        return None
    tile = engine.tile_of(prompts, height=image.height, width=image.width)
    if tile is None:
        return None
    found = store.get(replace(whole, tile=tile))
    if found is None:
        _ask(engine.card.name, image, tile)
    return found


def _ask(engine: str, image: ImageRef, tile: Tile) -> None:
    request = {"engine": engine, "image": wire.image_json(image), "tile": list(tile)}
    try:
        current_app.send_task(
            EMBED_TILE, args=[request], queue=ROUTES[EMBED_TILE]["queue"], expires=EXPIRES_S, retry=False
        )
    except (OperationalError, OSError) as error:
        # The click has its answer from the whole plane; the next one asks again.
        logger.warning("A tile could not be asked for: %s", error)


def make_tile(
    store: EmbeddingStore, whole: EmbeddingKey, engine: TilePromptEngine, tile: Tile, load: Callable[[], Image]
) -> None:
    """Make sure that the store has the embedding of a tile; ``load`` gives the plane's pixels."""
    key = replace(whole, tile=tile)
    if store.get(key) is None:
        store.put(key, engine.encode_tile(load(), tile))

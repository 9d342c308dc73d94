"""Segment Anything's clicks against its own package: `python -m tests.load.engines_sam`.

ViT-B's geometry (1024 pixels, 64 × 64 places, 256 channels) with random weights; the encoder is a small one, as the
embedding is cached. Both sides get the same embedding, the same clicks and the same threads, in turn, and both end
with run lengths of three masks of a 1024² image."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from inference.contracts import Embedding, Point, Prompts
from inference.engines.sam import SamEngine
from inference.environment import torch_threads
from inference.rle import Rle, encode
from tests.load.report import Row, at_least, publish

# isort: split
from segment_anything import SamPredictor
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

SIDE, GRID, CHANNELS = 1024, 64, 256
ROUNDS, CLICKS = 7, 3
THREADS = torch_threads(2)
"""CYTOMARK_TORCH_THREADS, else 2. Where other work fills the cores, two threads wait for each other at every step and
the figures say little: compare with 1, which is what the click queue runs with."""


def vit_b_sized() -> Sam:
    """Everything but the encoder in the published size."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(
        img_size=SIDE, patch_size=16, embed_dim=16, depth=1, num_heads=2, out_chans=CHANNELS, use_rel_pos=True,
        window_size=14, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
    )  # fmt: skip
    prompts = PromptEncoder(
        embed_dim=CHANNELS, image_embedding_size=(GRID, GRID), input_image_size=(SIDE, SIDE), mask_in_chans=16
    )
    transformer = TwoWayTransformer(depth=2, embedding_dim=CHANNELS, mlp_dim=2048, num_heads=8)
    decoder = MaskDecoder(transformer=transformer, transformer_dim=CHANNELS)
    for layer in (decoder.output_upscaling[0], decoder.output_upscaling[3]):
        # Random squares would make a chequerboard of every mask: 100,000 runs, where a real one has a thousand.
        layer.weight.data = layer.weight.data[:, :, :1, :1].expand(-1, -1, 2, 2).contiguous()
    return Sam(encoder, prompts, decoder).eval()


def loaded(network: Sam, folder: Path) -> SamEngine:
    torch.save(network.state_dict(), folder / "random.pth")
    with patch.dict(os.environ, {"CYTOMARK_WEIGHTS": str(folder), "CYTOMARK_SAM_CHECKPOINT": "random.pth"}):
        engine = SamEngine()
        engine.load()
    return engine


def smooth_features() -> np.ndarray:
    """Random features that change slowly from place to place, so that masks are patches rather than noise."""
    coarse = torch.randn(1, CHANNELS, 8, 8, generator=torch.Generator().manual_seed(1))
    fine = torch.nn.functional.interpolate(coarse, (GRID, GRID), mode="bicubic")
    return fine[0].half().numpy()


def predictor_with(network: Sam, features: np.ndarray) -> SamPredictor:
    """As set_image leaves it."""
    predictor = SamPredictor(network)
    predictor.features = torch.from_numpy(features).float()[None]
    predictor.original_size = predictor.input_size = (SIDE, SIDE)
    predictor.is_image_set = True
    return predictor


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def compare(engine: SamEngine, embedding: Embedding, predictor: SamPredictor) -> tuple[list[float], list[float], float]:
    """Milliseconds of every click, ours and theirs, and the largest difference of a low-resolution logit."""
    rng = np.random.default_rng(2)
    ours, theirs, apart = [], [], 0.0
    for index in range(1 + ROUNDS * CLICKS):
        row, col = rng.uniform(0, SIDE, 2)
        prompts, place = Prompts(points=(Point(row, col),)), np.array([[col - 0.5, row - 0.5]])

        def package(place: np.ndarray = place) -> tuple[list[Rle], np.ndarray]:
            masks, scores, logits = predictor.predict(place, np.array([1]))
            return [encode(mask) for mask in masks], logits[np.argsort(-scores, kind="stable")]

        apart = max(apart, float(np.abs(engine.decode(embedding, prompts).logits.numpy() - package()[1]).max()))
        # The comparison has warmed both, and no answer of ours is kept for the same prompt alone.
        took = timed(lambda prompts=prompts: engine.predict(embedding, prompts)), timed(package)
        if index:
            ours.append(took[0])
            theirs.append(took[1])
    return ours, theirs, apart


def middle(clicks: list[float]) -> float:
    """The median over rounds of a round's median."""
    return statistics.median(statistics.median(clicks[at : at + CLICKS]) for at in range(0, len(clicks), CLICKS))


def rows() -> list[Row]:
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        with tempfile.TemporaryDirectory() as folder:
            network = vit_b_sized()
            engine, features = loaded(network, Path(folder)), smooth_features()
        embedding = Embedding("sam", engine.weights, engine.preprocessing, SIDE, SIDE, {"features": features})
        ours, theirs, apart = compare(engine, embedding, predictor_with(network, features))
    finally:
        torch.set_num_threads(threads)
    return [
        Row(
            f"SAM click (ViT-B geometry, cached embedding, to RLE; threads: {THREADS})",
            round(middle(ours), 1),
            "ms",
        ),
        Row("SamPredictor.predict + RLE of its masks", round(middle(theirs), 1), "ms"),
        at_least("SAM click: times faster than the package", middle(theirs) / middle(ours), 3, unit="×"),
        Row(
            "SAM click: largest difference of low-resolution logits",
            float(f"{apart:.2g}"),
            "",
            "≤ 0.001",
            apart <= 1e-3,
        ),
    ]


if __name__ == "__main__":
    publish("engines_sam", rows())

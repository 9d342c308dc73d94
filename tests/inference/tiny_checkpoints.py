"""Checkpoints in the formats of Segment Anything and Cellpose-SAM, small enough to make in a test.

They are made by the libraries' own classes, not by ours, so that the format is theirs.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from cellpose import vit
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer


def tiny_sam(*, image_size: int = 64, patch: int = 8, depth: int = 2, layers: int = 1, seed: int = 0) -> Sam:
    """A SAM with random values: the last block looks everywhere, the others in windows of three patches."""
    torch.manual_seed(seed)
    width, grid = 32, image_size // patch
    encoder = ImageEncoderViT(
        img_size=image_size, patch_size=patch, embed_dim=32, depth=depth, num_heads=2, mlp_ratio=2.0,
        out_chans=width, use_rel_pos=True, window_size=3, global_attn_indexes=(depth - 1,),
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
    )  # fmt: skip
    prompts = PromptEncoder(
        embed_dim=width,
        image_embedding_size=(grid, grid),
        input_image_size=(image_size, image_size),
        mask_in_chans=8,
    )
    decoder = MaskDecoder(
        transformer_dim=width,
        transformer=TwoWayTransformer(depth=layers, embedding_dim=width, mlp_dim=48, num_heads=8),
        iou_head_hidden_dim=24,
    )
    for parameter in encoder.parameters():
        if parameter.abs().max() == 0:
            torch.nn.init.normal_(parameter, std=0.1)
    return Sam(encoder, prompts, decoder).eval()


def tiny_cpsam(*, seed: int = 0) -> Any:
    """Cellpose's own CPSAM, its ViT-L replaced by a small SAM before it cuts and widens it."""
    with patch.object(vit, "sam_model_registry", {"vit_l": lambda _: tiny_sam(image_size=1024, patch=16, seed=seed)}):
        network = vit.CPSAM()
    torch.nn.init.normal_(network.out.weight, std=0.5)
    return network.eval()


def save(network: torch.nn.Module, path: Path) -> Path:
    """As the publishers do it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return path


class Canary:
    """Unpickling it makes a file: the proof that a checkpoint ran code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)

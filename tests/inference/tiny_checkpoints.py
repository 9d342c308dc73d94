"""Checkpoints in the formats of Segment Anything, MobileSAM and Cellpose-SAM, small enough to make in a test.

They are made by the libraries' own classes, not by ours, so that the format is theirs; MobileSAM has no package, and
its names are spelt out.
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

from inference.engines.unet import make_network
from inference.networks.cellpose import CellposeNetwork
from inference.networks.trained import Facts, save_trained


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


def tiny_registry(*, seed: int = 0) -> Any:
    """A context in which Cellpose builds its networks from a small SAM."""
    small = {"vit_l": lambda _: tiny_sam(image_size=1024, patch=16, seed=seed)}
    return patch.object(vit, "sam_model_registry", small)


def tiny_cpsam(*, seed: int = 0) -> Any:
    """Cellpose's own CPSAM, its ViT-L replaced by a small SAM before it cuts and widens it."""
    with tiny_registry(seed=seed):
        network = vit.CPSAM()
    torch.nn.init.normal_(network.out.weight, std=0.5)
    return network.eval()


def save(network: torch.nn.Module | dict[str, torch.Tensor], path: Path) -> Path:
    """As the publishers do it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network if isinstance(network, dict) else network.state_dict(), path)
    return path


def save_tiny(engine: str, folder: Path, *, classes: tuple[str, ...] = (), seed: int = 0) -> Path:
    """Weights as “manage.py train” writes them, with random values; U-Nets find cells unless ``classes`` are given."""
    torch.manual_seed(seed)
    if engine == "cellpose":
        facts = Facts(width=4, diameter=20.0, scale=0.85)
        network: torch.nn.Module = CellposeNetwork(4)
    else:
        facts = Facts(width=4, diameter=20.0, scale=0.85, classes=classes or ("cell",), boundary=not classes)
        network = make_network(engine, facts)
    path = folder / f"{engine}.safetensors"
    save_trained(network.eval(), path, engine=engine, facts=facts)
    return path


class Canary:
    """Unpickling it makes a file: the proof that a checkpoint ran code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


WINDOWS = (3, 4, 3)
"""Of the last three stages; MobileSAM's are 7, 14 and 7."""


def tiny_mobile_sam(*, seed: int = 0) -> dict[str, torch.Tensor]:
    """A checkpoint in MobileSAM's format with narrow layers: TinyViT's tensors, spelt out here as the published file
    names them (with the classifier that nobody needs), beside the rest of a small SAM."""
    sam = tiny_sam(seed=seed)
    rest = {name: value for name, value in sam.state_dict().items() if not name.startswith("image_encoder.")}
    widths = (8, 8, 12, 16)
    shapes: dict[str, tuple[int, ...]] = {}

    def normed(name: str, *shape: int) -> None:
        shapes[f"{name}.c.weight"] = shape
        shapes.update({f"{name}.bn.{part}": (shape[0],) for part in ("weight", "bias", "running_mean", "running_var")})
        shapes[f"{name}.bn.num_batches_tracked"] = ()

    def linear(name: str, out: int, into: int) -> None:
        shapes.update({f"{name}.weight": (out, into), f"{name}.bias": (out,)})

    def norm(name: str, width: int) -> None:
        shapes.update({f"{name}.weight": (width,), f"{name}.bias": (width,)})

    normed("patch_embed.seq.0", 4, 3, 3, 3)
    normed("patch_embed.seq.2", 8, 4, 3, 3)
    normed("layers.0.blocks.0.conv1", 16, 8, 1, 1)
    normed("layers.0.blocks.0.conv2", 16, 1, 3, 3)
    normed("layers.0.blocks.0.conv3", 8, 16, 1, 1)
    for stage, (width, window) in enumerate(zip(widths[1:], WINDOWS, strict=True), start=1):
        normed(f"layers.{stage - 1}.downsample.conv1", width, widths[stage - 1], 1, 1)
        normed(f"layers.{stage - 1}.downsample.conv2", width, 1, 3, 3)
        normed(f"layers.{stage - 1}.downsample.conv3", width, width, 1, 1)
        block = f"layers.{stage}.blocks.0"
        shapes[f"{block}.attn.attention_biases"] = (2, window**2)
        norm(f"{block}.attn.norm", width)
        linear(f"{block}.attn.qkv", 3 * width, width)
        linear(f"{block}.attn.proj", width, width)
        norm(f"{block}.mlp.norm", width)
        linear(f"{block}.mlp.fc1", 2 * width, width)
        linear(f"{block}.mlp.fc2", width, 2 * width)
        normed(f"{block}.local_conv", width, 1, 3, 3)
    norm("norm_head", 16)
    linear("head", 10, 16)
    shapes.update({"neck.0.weight": (32, 16, 1, 1), "neck.2.weight": (32, 32, 3, 3)})
    norm("neck.1", 32)
    norm("neck.3", 32)
    made = torch.Generator().manual_seed(seed)
    encoder = {f"image_encoder.{name}": torch.rand(shape, generator=made) - 0.3 for name, shape in shapes.items()}
    for name, value in encoder.items():
        if name.endswith("running_var"):
            value += 0.8
        if name.endswith("num_batches_tracked"):
            encoder[name] = torch.tensor(7)
    return {**encoder, **rest}

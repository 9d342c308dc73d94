"""MobileSAM's image encoder: TinyViT (Wu et al. 2022) with SAM's neck, from ``timm``'s modules.

MobileSAM (Zhang et al. 2023) keeps SAM's prompt encoder and mask decoder and its 64 × 64 places for 1024 pixels: the
last merging of patches does not make the picture smaller, as it does in TinyViT. The tensors' names are those of the
original TinyViT, which timm gives other names.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor, nn

from inference import torch_runtime as torch_runtime  # mends torchvision, which the next imports need
from inference.networks.vit import State, count_blocks

# isort: split
from segment_anything.modeling.common import LayerNorm2d
from timm.models.tiny_vit import TinyVit

IMAGE_SIZE, GRID = 1024, 64
"""MobileSAM's only size; no tensor tells it."""
STAGES = 4
LARGEST_WINDOW = 32
"""MobileSAM's largest has 14 places along a side; the time to make a window's table grows with the fourth power."""
_RENAMED = (
    (re.compile(r"^patch_embed\.seq\.0\."), "patch_embed.conv1."),
    (re.compile(r"^patch_embed\.seq\.2\."), "patch_embed.conv2."),
    (re.compile(r"\.c\.weight$"), ".conv.weight"),
    # There, a stage ends with the merging; in timm, the next one begins with it.
    (re.compile(r"^layers\.(\d+)\.downsample\."), lambda found: f"stages.{int(found[1]) + 1}.downsample."),
    (re.compile(r"^layers\."), "stages."),
)
_LEFT_OUT = re.compile(r"^(norm_head|head)\.|\.attention_bias_idxs$")
"""The classifier that TinyViT was trained with, and a table that follows from the window's size."""


def timm_state(state: State, prefix: str) -> dict[str, Tensor]:
    """The encoder's part of a checkpoint under timm's names, and everything else as it is."""
    found = {}
    for name, tensor in state.items():
        if not name.startswith(prefix):
            found[name] = tensor
            continue
        inner = name[len(prefix) :]
        if _LEFT_OUT.search(inner):
            continue
        for old, new in _RENAMED:
            inner = old.sub(new, inner)
        found[prefix + inner] = tensor
    return found


class TinyVitEncoder(nn.Module):
    """RGB (batch, 3, 1024, 1024), normalised as SAM does it → features (batch, channels, 64, 64). Its geometry is read
    off the tensors under ``prefix``; raises KeyError or ValueError where they are missing or do not fit each other."""

    def __init__(self, state: State, prefix: str) -> None:
        super().__init__()
        if count_blocks(state, f"{prefix}layers.") != STAGES:
            raise ValueError(f"its encoder has not {STAGES} stages")
        merged = [state[f"{prefix}layers.{stage}.downsample.conv1.c.weight"].shape[0] for stage in range(STAGES - 1)]
        first = state[f"{prefix}layers.0.blocks.0.conv1.c.weight"]
        tables = [state[f"{prefix}layers.{stage}.blocks.0.attn.attention_biases"] for stage in range(1, STAGES)]
        windows = [round(table.shape[1] ** 0.5) for table in tables]
        if max(windows) > LARGEST_WINDOW or any(
            side**2 != table.shape[1] for side, table in zip(windows, tables, strict=True)
        ):
            raise ValueError(f"its attention windows are not squares of at most {LARGEST_WINDOW} places")
        vit: Any = TinyVit(
            num_classes=0,
            embed_dims=(first.shape[1], *merged),
            depths=tuple(count_blocks(state, f"{prefix}layers.{stage}.blocks.") for stage in range(STAGES)),
            num_heads=(1, *(table.shape[0] for table in tables)),
            window_sizes=(1, *windows),
            mlp_ratio=state[f"{prefix}layers.1.blocks.0.mlp.fc1.weight"].shape[0] / merged[0],
            drop_path_rate=0.0,
            mbconv_expand_ratio=first.shape[0] / first.shape[1],
        )
        vit.stages[-1].downsample.conv2.conv.stride = (1, 1)
        self.patch_embed, self.stages = vit.patch_embed, vit.stages
        channels = state[f"{prefix}neck.0.weight"].shape[0]
        self.neck = nn.Sequential(
            nn.Conv2d(merged[-1], channels, 1, bias=False),
            LayerNorm2d(channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            LayerNorm2d(channels),
        )

    def forward(self, square: Tensor) -> Tensor:
        features: Tensor = self.neck(self.stages(self.patch_embed(square)))
        return features

    def fill_tables(self) -> None:
        """The tables of relative positions, which no checkpoint holds: needed after building on the “meta” device."""
        for module in self.modules():
            table = getattr(module, "attention_bias_idxs", None)
            if table is not None:
                made: Any = module
                made.attention_bias_idxs = torch.empty(table.shape, dtype=torch.long)
                made.init_non_persistent_buffers()

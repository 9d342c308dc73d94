"""SAM's image encoder in whatever size a checkpoint has: the geometry is read off the tensors' shapes.

So one loader serves ViT-B, ViT-L, ViT-H, Cellpose-SAM (the same encoder, cut to 256 pixels) and checkpoints
of the same format in any other size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inference import torch_runtime as torch_runtime  # mends torchvision, which the next import needs
from inference.weights import invalid_weights

# isort: split
from segment_anything.modeling import ImageEncoderViT

State = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class VitGeometry:
    """Sizes of one encoder. ``grid`` is the number of patches along a side, ``patch`` their pixels;
    ``tables`` are the lengths of each block's tables of relative positions."""

    embed: int
    depth: int
    heads: int
    hidden: int
    patch: int
    grid: int
    out_channels: int
    tables: tuple[int, ...]

    @property
    def image_size(self) -> int:
        """Pixels along a side of the network's input."""
        return self.grid * self.patch


def count_blocks(state: State, prefix: str) -> int:
    """How many numbered modules there are under ``prefix``."""
    return len({name[len(prefix) :].split(".")[0] for name in state if name.startswith(prefix)})


def read_geometry(state: State, prefix: str) -> VitGeometry:
    """The geometry of the encoder under ``prefix`` of a state dict. Raises KeyError or ValueError where
    tensors are missing or do not fit each other."""
    patches = state[f"{prefix}patch_embed.proj.weight"]
    positions = state[f"{prefix}pos_embed"]
    depth = count_blocks(state, f"{prefix}blocks.")
    tables = [state[f"{prefix}blocks.{index}.attn.rel_pos_h"] for index in range(depth)]
    if not tables or positions.ndim != 4 or patches.ndim != 4 or positions.shape[1] != positions.shape[2]:
        raise ValueError("its encoder is not SAM's")
    embed, head = patches.shape[0], tables[0].shape[1]
    if head == 0 or embed % head:
        raise ValueError("its attention heads do not divide its width")
    return VitGeometry(
        embed=embed,
        depth=depth,
        heads=embed // head,
        hidden=state[f"{prefix}blocks.0.mlp.lin1.weight"].shape[0],
        patch=patches.shape[2],
        grid=positions.shape[1],
        out_channels=state[f"{prefix}neck.0.weight"].shape[0],
        tables=tuple(table.shape[0] for table in tables),
    )


def build_encoder(geometry: VitGeometry, *, windows: bool) -> Any:
    """An encoder of that geometry, without values. With ``windows``, a block whose table is shorter than the
    grid attends inside windows of the table's size, as in SAM; otherwise every block attends everywhere and
    stretches its table, as in Cellpose-SAM."""
    sizes = [(length + 1) // 2 for length in geometry.tables]
    local = {size for size in sizes if size != geometry.grid} if windows else set()
    if len(local) > 1:
        raise ValueError("its attention windows differ in size")
    encoder = ImageEncoderViT(
        depth=geometry.depth,
        embed_dim=geometry.embed,
        img_size=geometry.image_size,
        mlp_ratio=geometry.hidden / geometry.embed,
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
        num_heads=geometry.heads,
        patch_size=geometry.patch,
        qkv_bias=True,
        use_rel_pos=True,
        global_attn_indexes=tuple(index for index, size in enumerate(sizes) if size == geometry.grid),
        window_size=local.pop() if local else 0,
        out_chans=geometry.out_channels,
    )
    for block, length in zip(encoder.blocks, geometry.tables, strict=True):
        shape = (length, geometry.embed // geometry.heads)
        block.attn.rel_pos_h = nn.Parameter(torch.empty(shape))
        block.attn.rel_pos_w = nn.Parameter(torch.empty(shape))
    return encoder


def fill(network: nn.Module, state: State, path: Path) -> nn.Module:
    """Give a network, built on the “meta” device, its values; every tensor has to be there and to fit.
    Returns it ready for inference, in float32 on the CPU. Raises EngineError(WEIGHTS_INVALID, permanent)."""
    values = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    try:
        network.load_state_dict(values, strict=True, assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1:2] or [str(error)]
        raise invalid_weights(path, f"its tensors do not fit the network ({first[0].strip()[:200]})") from error
    return network.requires_grad_(requires_grad=False).eval()

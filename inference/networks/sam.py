"""SAM's three modules in the size that a checkpoint has, from the ``segment-anything`` package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.networks.vit import State, build_encoder, count_blocks, fill, read_geometry
from inference.weights import invalid_weights

# isort: split
from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer

DECODER_HEADS = 8
"""The one size that leaves no trace in the tensors; SAM has no other."""
_UNFIT = (KeyError, ValueError, AssertionError, RuntimeError, IndexError, ZeroDivisionError)
"""What building a network from the wrong tensors ends with."""


class SamNetwork(nn.Module):
    """``image_encoder``, ``prompt_encoder`` and ``mask_decoder`` under the names of SAM's checkpoints. The encoder
    gives ``width`` channels on ``grid`` × ``grid`` places for ``image_size`` pixels."""

    def __init__(self, state: State, encoder: Any, *, image_size: int, grid: int, width: int) -> None:
        super().__init__()
        self.image_size = image_size
        self.grid = grid
        self.image_encoder: Any = encoder
        self.prompt_encoder: Any = PromptEncoder(
            embed_dim=width,
            image_embedding_size=(grid, grid),
            input_image_size=(image_size, image_size),
            mask_in_chans=state["prompt_encoder.mask_downscaling.3.weight"].shape[0],
        )
        self.mask_decoder: Any = MaskDecoder(
            num_multimask_outputs=state["mask_decoder.mask_tokens.weight"].shape[0] - 1,
            transformer=TwoWayTransformer(
                depth=count_blocks(state, "mask_decoder.transformer.layers."),
                embedding_dim=width,
                mlp_dim=state["mask_decoder.transformer.layers.0.mlp.lin1.weight"].shape[0],
                num_heads=DECODER_HEADS,
            ),
            transformer_dim=width,
            iou_head_depth=count_blocks(state, "mask_decoder.iou_prediction_head.layers."),
            iou_head_hidden_dim=state["mask_decoder.iou_prediction_head.layers.0.weight"].shape[0],
        )


def sam_network(state: State, path: Path) -> SamNetwork:
    """The network of a Segment Anything checkpoint. Raises EngineError(WEIGHTS_INVALID, permanent) for anything but
    SAM's format."""
    try:
        with torch.device("meta"):
            geometry = read_geometry(state, "image_encoder.")
            network = SamNetwork(
                state,
                build_encoder(geometry, windows=True),
                image_size=geometry.image_size,
                grid=geometry.grid,
                width=geometry.out_channels,
            )
    except _UNFIT as error:
        raise invalid_weights(path, f"it is not a Segment Anything checkpoint ({error})") from error
    fill(network, state, path)
    return network


def mobile_sam_network(state: State, path: Path) -> SamNetwork:
    """The network of a MobileSAM checkpoint. Raises EngineError(WEIGHTS_INVALID, permanent) for anything but
    MobileSAM's format."""
    from inference.networks.tiny_vit import GRID, IMAGE_SIZE, TinyVitEncoder, timm_state

    try:
        with torch.device("meta"):
            encoder = TinyVitEncoder(state, "image_encoder.")
            width = state["image_encoder.neck.0.weight"].shape[0]
            network = SamNetwork(state, encoder, image_size=IMAGE_SIZE, grid=GRID, width=width)
    except _UNFIT as error:
        raise invalid_weights(path, f"it is not a MobileSAM checkpoint ({error})") from error
    fill(network, timm_state(state, "image_encoder."), path)
    encoder.fill_tables()
    return network

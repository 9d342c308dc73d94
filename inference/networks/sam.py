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


class SamNetwork(nn.Module):
    """``image_encoder``, ``prompt_encoder`` and ``mask_decoder`` under the names of SAM's checkpoints."""

    def __init__(self, state: State) -> None:
        super().__init__()
        geometry = read_geometry(state, "image_encoder.")
        width = geometry.out_channels
        self.image_size = geometry.image_size
        self.grid = geometry.grid
        self.image_encoder: Any = build_encoder(geometry, windows=True)
        self.prompt_encoder: Any = PromptEncoder(
            embed_dim=width,
            image_embedding_size=(geometry.grid, geometry.grid),
            input_image_size=(geometry.image_size, geometry.image_size),
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
    """The network of a checkpoint. Raises EngineError(WEIGHTS_INVALID, permanent) for anything but SAM's
    format."""
    try:
        with torch.device("meta"):
            network = SamNetwork(state)
    except (KeyError, ValueError, AssertionError, RuntimeError, IndexError, ZeroDivisionError) as error:
        raise invalid_weights(path, f"it is not a Segment Anything checkpoint ({error})") from error
    fill(network, state, path)
    return network

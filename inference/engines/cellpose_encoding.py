"""Cellpose's network over images of any size: the style of the whole image first, then flows tile by tile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference import torch_runtime
from inference.flows import Floats
from inference.halo import halo_tiles, in_tiles, padded, scaled
from inference.networks.cellpose import STRIDE, CellposeNetwork, FlowFields, style_of

DIAMETER = 17.0
"""Pixels that a typical cell is wide where the network sees it: the paper's number for nuclei."""
TILE, HALO = 512, 64
STYLE_TILES = 16
"""So many tiles, spread evenly, tell the style of a larger image."""
_STYLE_SHARE = 0.3


def _on(network: CellposeNetwork, planes_chw: Floats) -> Tensor:
    return torch.from_numpy(planes_chw)[None].to(torch_runtime.place(network))


def style(network: CellposeNetwork, pixels_hw: Floats, *, progress: Callable[[float], None]) -> Tensor:
    """The style (1, channels) of a picture: of its tiles' kept parts together."""
    places = halo_tiles(pixels_hw.shape, tile=TILE, halo=HALO)
    chosen = sorted({round(place) for place in np.linspace(0, len(places) - 1, min(len(places), STYLE_TILES))})
    sums: Tensor | None = None
    for number, place in enumerate(chosen):
        progress(number / len(chosen))
        (r0, r1, top, bottom), (c0, c1, left, right) = places[place]
        deepest = network.features(_on(network, padded(pixels_hw[None, r0:r1, c0:c1], STRIDE)))[-1]
        rows, cols = (
            slice((a - o) // STRIDE, -(-(b - o) // STRIDE)) for a, b, o in ((top, bottom, r0), (left, right, c0))
        )
        own = deepest[:, :, rows, cols].sum(dim=(2, 3))
        sums = own if sums is None else sums + own
    assert sums is not None  # noqa: S101 - a picture has at least one pixel
    return style_of(sums)


def cellpose_maps(
    network: CellposeNetwork, pixels_hw: Floats, *, scale: float, progress: Callable[[float], None] = lambda _: None
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Flow (2, row, column) and cell logit (row, column) of ``unit_grey`` pixels, ``scale`` times as large.
    ``progress`` is told the share done before each tile, and may raise. Raises EngineError(REQUEST_INVALID) for a scale
    that makes too large a picture."""
    pixels_hw = scaled(pixels_hw[None], scale)[0]
    with torch.inference_mode():
        look = style(network, pixels_hw, progress=lambda share: progress(_STYLE_SHARE * share))

        def run(planes_chw: Floats) -> Floats:
            found: FlowFields = network.answer(network.features(_on(network, planes_chw)), look)
            return np.asarray(torch.cat([found.flow[0], found.cell]).float().cpu().numpy(), np.float32)

        maps = in_tiles(
            run, pixels_hw[None], channels=3, tile=TILE, halo=HALO, stride=STRIDE,
            progress=lambda share: progress(_STYLE_SHARE + (1 - _STYLE_SHARE) * share),
        )  # fmt: skip
    return maps[:2], maps[2]

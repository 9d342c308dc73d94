"""Cellpose's network over images of any size: the style of the whole image first, then flows tile by tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference import torch_runtime
from inference.flows import Floats
from inference.halo import halo_tiles, in_tiles, padded, scaled
from inference.networks.cellpose import STRIDE, CellposeNetwork, style_of

DIAMETER = 17.0
"""Pixels that a typical cell is wide where the network sees it: the paper's number for nuclei."""
TILE, HALO = 512, 64
STYLE_TILES = 16
"""So many tiles, spread evenly, tell the style of a larger image."""
_STYLE_SHARE = 0.3
_TURNS, _CLOSE, _MOST_OCTAVES = 2, 0.15, 2.0


Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Tiles:
    """A picture at the network's scale. The features of one that is a single tile are computed once."""

    network: CellposeNetwork
    pixels_hw: Floats
    cache: dict[int, list[Tensor]]

    def features(self, rows: slice, cols: slice) -> list[Tensor]:
        if 0 in self.cache:
            return self.cache[0]
        tile_chw = padded(self.pixels_hw[None, rows, cols], STRIDE)
        found = self.network.features(torch.from_numpy(tile_chw)[None].to(torch_runtime.place(self.network)))
        if tile_chw.shape[1:] == padded(self.pixels_hw[None], STRIDE).shape[1:]:
            self.cache[0] = found
        return found

    def style(self, report: Report) -> Tensor:
        """The style (1, channels): of the tiles' kept parts together."""
        places = halo_tiles(self.pixels_hw.shape, tile=TILE, halo=HALO)
        chosen = sorted({round(place) for place in np.linspace(0, len(places) - 1, min(len(places), STYLE_TILES))})
        sums: list[Tensor] = []
        for number, place in enumerate(chosen):
            report(number / len(chosen))
            (r0, r1, top, bottom), (c0, c1, left, right) = places[place]
            deepest = self.features(slice(r0, r1), slice(c0, c1))[-1]
            rows = slice((top - r0) // STRIDE, -(-(bottom - r0) // STRIDE))
            cols = slice((left - c0) // STRIDE, -(-(right - c0) // STRIDE))
            sums.append(deepest[:, :, rows, cols].sum(dim=(2, 3)))
        return style_of(torch.stack(sums).sum(dim=0))


def _tell_turn(progress: Report, turn: int, share: float) -> None:
    progress((turn + share) / _TURNS)


def _quiet(_: float) -> None:
    """Nobody wants to know."""


def cellpose_maps(
    network: CellposeNetwork, pixels_hw: Floats, *, scale: float, progress: Report = _quiet
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Flow (2, row, column) and cell logit (row, column) of ``unit_grey`` pixels, ``scale`` times as large.
    ``progress`` is told the share done before each tile, and may raise. Raises EngineError(REQUEST_INVALID) for a scale
    that makes too large a picture."""
    with torch.inference_mode():
        tiles = _Tiles(network, scaled(pixels_hw[None], scale)[0], {})
        style = tiles.style(lambda share: progress(_STYLE_SHARE * share))

        def run(rows: slice, cols: slice) -> Floats:
            found = network.answer(tiles.features(rows, cols), style)
            return np.asarray(torch.cat([found.flow[0], found.cell]).float().cpu().numpy(), np.float32)

        maps = in_tiles(
            run, tiles.pixels_hw.shape, channels=3, tile=TILE, halo=HALO,
            progress=lambda share: progress(_STYLE_SHARE + (1 - _STYLE_SHARE) * share),
        )  # fmt: skip
    return maps[:2], maps[2]


def estimate_scale(network: CellposeNetwork, pixels_hw: Floats, *, start: float, progress: Report = _quiet) -> float:
    """Enlargement after which cells are as large as the network wants them, from the style of the picture at the
    scale ``start`` and then once more at what that gave; at most _MOST_OCTAVES from ``start``."""
    octaves = 0.0
    for turn in range(_TURNS):
        with torch.inference_mode():
            tiles = _Tiles(network, scaled(pixels_hw[None], start * 2**octaves)[0], {})
            apart = float(network.size(tiles.style(partial(_tell_turn, progress, turn)))[0, 0])
        octaves = float(np.clip(octaves - apart, -_MOST_OCTAVES, _MOST_OCTAVES))
        if abs(apart) < _CLOSE:
            break
    return float(start * 2**octaves)

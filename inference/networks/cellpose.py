"""Cellpose's network of 2020: a residual U-Net whose way up is told the style of the image.

Stringer, Wang, Michaelos, Pachitariu, “Cellpose: a generalist algorithm for cellular segmentation” (2021, Nature
Methods 18:100). Four residual blocks down with 2×2 pooling between, four up; sums instead of concatenations on the
skips; the style is the mean of the deepest features over the image, of unit length: it shifts every block of the way
up, and tells how large the cells are. It takes ``unit_grey`` pixels, (batch, 1, row, column), both sides multiples of
``STRIDE``, at the scale where a typical cell is as wide as the training made it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 4
STRIDE = 2 ** (LEVELS - 1)
WIDTH = 16


class FlowFields(NamedTuple):
    """``flow`` (batch, 2, row, column) and ``cell`` logit (batch, row, column)."""

    flow: Tensor
    cell: Tensor


def _normal_first(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    """Batch normalisation, ReLU, convolution: the paper's order."""
    return nn.Sequential(
        nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, outputs, size, padding=size // 2)
    )


class _Down(nn.Module):
    """Two residual pairs of convolutions; a projection beside the first."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 1))
        self.first = nn.Sequential(_normal_first(inputs, outputs), _normal_first(outputs, outputs))
        self.second = nn.Sequential(_normal_first(outputs, outputs), _normal_first(outputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        x = self.project(x) + self.first(x)
        return x + self.second(x)  # type: ignore[no-any-return]


class _Styled(nn.Module):
    """A convolution whose input is shifted, channel by channel, by what the style says."""

    def __init__(self, width: int, styles: int) -> None:
        super().__init__()
        self.shift = nn.Linear(styles, width)
        self.convolution = _normal_first(width, width)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return self.convolution(x + self.shift(style)[:, :, None, None])  # type: ignore[no-any-return]


class _Up(nn.Module):
    """Like _Down, with the skip added after the first convolution and the style before the others."""

    def __init__(self, inputs: int, outputs: int, styles: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 1))
        self.enter = _normal_first(inputs, outputs)
        self.mix, self.third, self.fourth = (_Styled(outputs, styles) for _ in range(3))

    def forward(self, x: Tensor, skip: Tensor, style: Tensor) -> Tensor:
        x = self.project(x) + self.mix(self.enter(x) + skip, style)
        return x + self.fourth(self.third(x, style), style)  # type: ignore[no-any-return]


class CellposeNetwork(nn.Module):
    """``width`` channels at full size, twice as many at each level below: 16 gives 1.7 million numbers, the paper's
    32 gives 6.6 million."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        self.width = width
        self.styles = widths[-1]
        self.down = nn.ModuleList(_Down(i, o) for i, o in zip([1, *widths], widths, strict=False))
        above = [*widths[1:], widths[-1]]
        self.up = nn.ModuleList(_Up(i, o, self.styles) for i, o in zip(above, widths, strict=True))
        self.head = _normal_first(width, 3, size=1)
        self.size = nn.Linear(self.styles, 1)
        """From a style to log2(diameter of the cells / the diameter that the network is made for), as in the paper
        fitted when all else is trained; forward() leaves it alone."""
        nn.init.zeros_(self.size.weight)
        nn.init.zeros_(self.size.bias)

    def features(self, pixels: Tensor) -> list[Tensor]:
        """The output of each level of the way down, (batch, channels, row / 2**level, column / 2**level)."""
        found = [self.down[0](pixels)]
        for block in self.down[1:]:
            found.append(block(functional.max_pool2d(found[-1], 2)))
        return found

    def answer(self, features: list[Tensor], style: Tensor) -> FlowFields:
        """Flows from the features and a ``style`` (batch, self.styles)."""
        x = self.up[-1](features[-1], features[-1], style)
        for block, skip in zip(reversed(self.up[:-1]), reversed(features[:-1]), strict=True):
            x = block(functional.interpolate(x, scale_factor=2.0, mode="nearest"), skip, style)
        head = self.head(x)
        return FlowFields(head[:, :2], head[:, 2])

    def forward(self, pixels: Tensor) -> FlowFields:
        features = self.features(pixels)
        return self.answer(features, style_of(features[-1].sum(dim=(2, 3))))


def style_of(sums: Tensor) -> Tensor:
    """The style (batch, channels) from the deepest features summed over the image: only their direction counts, so
    that sums over tiles may be added up."""
    length: Tensor = torch.linalg.vector_norm(sums, dim=1, keepdim=True)
    return sums / length.clamp(min=1e-6)

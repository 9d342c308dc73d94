"""The starter network: one small encoder, a head for Cellpose-style flows and a SAM-style prompt decoder.

The encoder is a U-Net of residual blocks with batch normalisation (which, unlike group normalisation, gives a
tile the same answer as the whole image). It takes ``unit_grey`` pixels, (batch, 1, row, column), both sides
multiples of ``STRIDE``, at a scale where a typical cell is ``DIAMETER`` pixels wide.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from inference.networks.blocks import convolve

STRIDE = 32
DIAMETER = 24.0
FEATURES = 48
FEATURE_STRIDE = 4
WIDTHS = (24, 48, 96, 160, 192)


class FlowOutput(NamedTuple):
    """``features`` (batch, 48, row/4, column/4); the others at full size: ``flow`` (batch, 2, row, column),
    ``cell`` logit and ``log_diameter`` (log2 of pixels / DIAMETER), both (batch, row, column)."""

    features: Tensor
    flow: Tensor
    cell: Tensor
    log_diameter: Tensor


class Residual(nn.Module):
    """Two 3×3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolve(width, width),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class Encoder(nn.Module):
    """Pixels to features and flows."""

    def __init__(self) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = WIDTHS
        self.stem = nn.Sequential(
            nn.Conv2d(2, w2, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(w2), nn.ReLU(inplace=True)
        )
        self.down4 = nn.Sequential(convolve(w2, w4, stride=2), Residual(w4))
        self.down8 = nn.Sequential(convolve(w4, w8, stride=2), Residual(w8), Residual(w8))
        self.down16 = nn.Sequential(convolve(w8, w16, stride=2), Residual(w16), Residual(w16))
        self.down32 = nn.Sequential(convolve(w16, w32, stride=2), Residual(w32))
        self.side16, self.side8, self.side4 = (nn.Conv2d(w, w, 1) for w in (w16, w8, w4))
        self.up16, self.up8, self.up4, self.up2 = (
            nn.Conv2d(w32, w16, 1),
            nn.Conv2d(w16, w8, 1),
            nn.Conv2d(w8, w4, 1),
            nn.Conv2d(w4, w2, 1),
        )
        self.mix16, self.mix8, self.mix4, self.mix2 = (Residual(w) for w in (w16, w8, w4, w2))
        self.head = nn.Sequential(nn.Conv2d(w2, 16, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, pixels: Tensor) -> FlowOutput:
        x2 = self.stem(torch.cat([pixels, pixels.clamp(min=0).sqrt()], dim=1))
        x4 = self.down4(x2)
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        y16 = self.mix16(_twice(self.up16(self.down32(x16))) + self.side16(x16))
        y8 = self.mix8(_twice(self.up8(y16)) + self.side8(x8))
        y4 = self.mix4(_twice(self.up4(y8)) + self.side4(x4))
        y2 = self.mix2(_twice(self.up2(y4)) + x2)
        head = self.head(y2)
        return FlowOutput(y4, head[:, :2], head[:, 2], head[:, 3])


def _twice(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")

"""U-Net: Ronneberger, Fischer, Brox, “U-Net: convolutional networks for biomedical image segmentation” (2015).

With batch normalisation and borders filled up, so that the answer is as large as the picture. It takes ``unit_rgb``
planes, (batch, 3, row, column), both sides multiples of ``STRIDE``, and answers with one logit for each class.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.blocks import convolve_twice, spread_start

LEVELS = 5
STRIDE = 2 ** (LEVELS - 1)
WIDTH = 16
PLANES = 3


class UNet(nn.Module):
    """``width`` channels at full size, twice as many at each level below: 16 gives 1.9 million numbers, the paper's
    64 gives 31 million."""

    def __init__(self, classes: int, *, width: int = WIDTH) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(convolve_twice(i, o) for i, o in zip([PLANES, *widths], widths, strict=False))
        pairs = list(pairwise(widths))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(below, here, 2, stride=2) for here, below in pairs)
        self.merge = nn.ModuleList(convolve_twice(2 * here, here) for here, _ in pairs)
        self.head = nn.Conv2d(width, classes, 1)
        spread_start(self)

    def forward(self, planes: Tensor) -> Tensor:
        """(batch, classes, row, column)."""
        skips = [self.down[0](planes)]
        for block in self.down[1:]:
            skips.append(block(functional.max_pool2d(skips[-1], 2)))
        x = skips.pop()
        for rise, merge in zip(reversed(self.rise), reversed(self.merge), strict=True):
            x = merge(torch.cat([skips.pop(), rise(x)], dim=1))
        return self.head(x)  # type: ignore[no-any-return]

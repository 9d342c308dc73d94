"""SegNet: Badrinarayanan, Kendall, Cipolla, “SegNet: a deep convolutional encoder-decoder architecture” (2017).

U-Net's plain sibling: nothing is carried over to the way up but the places of the largest values, to which max-pooling
is undone. Input and output as in ``unet``.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from inference.networks.blocks import convolve_twice, spread_start
from inference.networks.unet import LEVELS, PLANES, WIDTH


class SegNet(nn.Module):
    """``width`` channels at full size, twice as many at each level below: 16 gives 2.2 million numbers."""

    def __init__(self, classes: int, *, width: int = WIDTH) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(convolve_twice(i, o) for i, o in zip([PLANES, *widths], widths, strict=False))
        pairs = list(pairwise(widths))
        self.narrow = nn.ModuleList(convolve_twice(below, here) for here, below in pairs)
        self.up = nn.ModuleList(convolve_twice(here, here) for here in widths[:-1])
        self.head = nn.Conv2d(width, classes, 1)
        spread_start(self)

    def forward(self, planes: Tensor) -> Tensor:
        """(batch, classes, row, column)."""
        x = self.down[0](planes)
        places = []
        for block in self.down[1:]:
            x, place = functional.max_pool2d(x, 2, return_indices=True)
            places.append(place)
            x = block(x)
        for narrow, up in zip(reversed(self.narrow), reversed(self.up), strict=True):
            x = up(functional.max_unpool2d(narrow(x), places.pop(), [2, 2]))
        return self.head(x)  # type: ignore[no-any-return]

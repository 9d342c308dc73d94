"""A downloaded folder as a torch `Dataset`. Importing this needs torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .data import Pair, load_pair, stems

Transform = Callable[[Pair], Pair]


class CellDataset(Dataset[tuple[Tensor, Tensor]]):
    """Pairs of an image, float32 (channel, row, column) in 0 to 1 of its type's range, and labels, int64
    (row, column). ``transform`` changes the arrays before. One pair is read at a time."""

    def __init__(self, folder: str | Path, transform: Transform | None = None) -> None:
        self.folder = Path(folder)
        self.names = stems(folder)
        self.transform = transform

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        pair = load_pair(self.folder, self.names[index])
        if self.transform is not None:
            pair = self.transform(pair)
        return torch.from_numpy(_channels_first(pair.image)), torch.from_numpy(pair.labels.astype(np.int64))


def _channels_first(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    scale = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
    planes = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    return np.ascontiguousarray(planes, np.float32) / np.float32(scale)

"""One prompt, from the maps of an image to masks in its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference.contracts import Embedding, MaskResult
from inference.engines.starter_basin import fitting_label, meant_basin, respect
from inference.engines.starter_prompts import Scaled
from inference.engines.starter_window import (
    Click,
    Corners,
    Window,
    choose_window,
    cut,
    draw_dense,
    draw_tokens,
    window_labels,
)
from inference.flows import Floats
from inference.networks.prompt_decoder import WINDOW, Decode
from inference.networks.starter import FEATURE_STRIDE
from inference.rle import Rle, decode, encode

_CANDIDATES = 3
_SAME = 0.95
_REACH = 256


@dataclass(frozen=True, slots=True)
class MapView:
    """The arrays of an embedding; ``down`` and ``across`` are network pixels in an image pixel."""

    features: NDArray[np.float16]
    maps: tuple[NDArray[np.float16], NDArray[np.float16]]
    basins_hw: NDArray[np.int32]
    height: int
    width: int

    @classmethod
    def of(cls, embedding: Embedding) -> MapView:
        """From what StarterEngine.encode made."""
        arrays = embedding.arrays
        return cls(
            features=np.asarray(arrays["features"], np.float16),
            maps=(np.asarray(arrays["flow"], np.float16), np.asarray(arrays["cell"], np.float16)),
            basins_hw=np.asarray(arrays["basins"], np.int32),
            height=embedding.height,
            width=embedding.width,
        )

    @property
    def down(self) -> float:
        """Network pixels in an image pixel, along rows."""
        return float(self.basins_hw.shape[0] / self.height)

    @property
    def across(self) -> float:
        """Network pixels in an image pixel, along columns."""
        return float(self.basins_hw.shape[1] / self.width)


def _basin_extent(view: MapView, clicks: list[Click]) -> float:
    """Longest side of the basins under the positive clicks, within reach of them; network pixels."""
    longest = 0.0
    for click in clicks:
        row, col = (min(int(v), side - 1) for v, side in zip((click.row, click.col), view.basins_hw.shape, strict=True))
        label = view.basins_hw[row, col]
        if not click.positive or not label:
            continue
        near_hw = view.basins_hw[max(row - _REACH, 0) : row + _REACH, max(col - _REACH, 0) : col + _REACH]
        sides = cv2.boundingRect((near_hw == label).view(np.uint8))[2:]
        longest = max(longest, *map(float, sides))
    return longest


def _place(view: MapView, asked: Scaled) -> Window:
    """The window in which all of the prompt has room."""
    spans: list[Corners] = [(c.row, c.col, c.row, c.col) for c in asked.clicks if c.positive]
    if asked.box is not None:
        spans = [asked.box]
    elif asked.mask is not None:
        mask = asked.mask
        spans.append((mask.top * view.down, mask.left * view.across, mask.bottom * view.down, mask.right * view.across))
    top, left = (min(span[axis] for span in spans) for axis in (0, 1))
    bottom, right = (max(span[axis] for span in spans) for axis in (2, 3))
    extent = max(bottom - top, right - left)
    if asked.box is None:
        extent = max(extent, _basin_extent(view, asked.clicks))
    return choose_window((top + bottom) / 2, (left + right) / 2, extent)


def _mask_plane(view: MapView, mask: Rle | None, window: Window) -> Floats:
    """A mask prompt, image pixels, on the window's grid."""
    if mask is None:
        return np.zeros((WINDOW, WINDOW), np.float32)
    rows = _to_window(window, mask.top, view.down)
    cols = _to_window(window, mask.left, view.across, along_rows=False)
    matrix = np.array([[1 / cols[0], 0, -cols[1] / cols[0]], [0, 1 / rows[0], -rows[1] / rows[0]]])
    plane = cv2.warpAffine(
        decode(mask).astype(np.float32),
        matrix,
        (WINDOW, WINDOW),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return np.asarray(plane > 0.5, np.float32)


def _to_window(window: Window, first: int, ratio: float, *, along_rows: bool = True) -> tuple[float, float]:
    start = window.top if along_rows else window.left
    return ratio / window.step, ((first + 0.5) * ratio - start) / window.step - 0.5


def _to_image(plane: Floats, view: MapView, window: Window) -> Rle:
    """Where a plane of the window, read linearly, is above 0: run lengths in image pixels."""
    top = max(int(np.floor(window.top / view.down)), 0)
    left = max(int(np.floor(window.left / view.across)), 0)
    bottom = min(int(np.ceil((window.top + window.side) / view.down)), view.height)
    right = min(int(np.ceil((window.left + window.side) / view.across)), view.width)
    rows = _to_window(window, top, view.down)
    cols = _to_window(window, left, view.across, along_rows=False)
    matrix = np.array([[cols[0], 0, cols[1]], [0, rows[0], rows[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(plane, matrix, (right - left, bottom - top), flags=flags, borderValue=-1.0)
    return encode(np.asarray(large) > 0, top=top, left=left)


def _decode(
    decoder: Decode,
    view: MapView,
    asked: Scaled,
    window: Window,
    basin_hw: NDArray[np.bool_],
    mask_hw: Floats,
) -> tuple[Floats, Floats]:
    """Logits (3, 128, 128) and scores (4,)."""
    flow, cell = cut(view.maps[0], window), cut(view.maps[1][None], window)
    dense = draw_dense(
        np.concatenate([flow, cell]), asked.clicks, asked.box,
        basin_hw=basin_hw.astype(np.float32), mask_hw=mask_hw, window=window,
    )  # fmt: skip
    features = cut(view.features, window, stride=FEATURE_STRIDE)
    places, kinds = draw_tokens(asked.clicks, asked.box, window)
    inputs = (torch.from_numpy(array)[None] for array in (features, dense, places, kinds))
    with torch.inference_mode():
        logits, scores = decoder(*inputs)
    return logits[0].numpy(), scores[0].numpy()


def answer(decoder: Decode, view: MapView, asked: Scaled) -> list[MaskResult]:
    """Up to three different masks, best first: the flow basin under the prompt and the decoder's own three."""
    window = _place(view, asked)
    labels_hw = window_labels(view.basins_hw, window)
    mask_hw = _mask_plane(view, asked.mask, window)
    basin_hw = meant_basin(labels_hw, asked.clicks, asked.box, window)
    if not basin_hw.any() and asked.mask is not None:
        basin_hw = respect(labels_hw == (fitting_label(labels_hw, mask_hw > 0) or -1), asked.clicks, asked.box, window)
    logits, scores = _decode(decoder, view, asked, window, basin_hw, mask_hw)
    planes = [np.where(basin_hw, 1.0, -1.0).astype(np.float32)]
    planes += [
        np.where(
            respect(plane > 0, asked.clicks, asked.box, window),
            np.maximum(plane, 0.01),
            np.minimum(plane, -0.01),
        )
        for plane in logits
    ]
    order = [index for index in np.argsort(-scores) if (planes[index] > 0).any()]
    chosen: list[int] = []
    for index in order:
        if len(chosen) < _CANDIDATES and not any(_alike(planes[index], planes[other]) for other in chosen):
            chosen.append(int(index))
    results = [
        MaskResult(_bound(_to_image(planes[index], view, window), view, asked), float(np.clip(scores[index], 0, 1)))
        for index in chosen
    ]
    return [result for result in results if result.mask.area]


def _alike(one: Floats, other: Floats) -> bool:
    both, either = np.count_nonzero((one > 0) & (other > 0)), np.count_nonzero((one > 0) | (other > 0))
    return int(both) >= _SAME * int(either)


def _bound(mask: Rle, view: MapView, asked: Scaled) -> Rle:
    """The same, with what the box and the negative clicks forbid taken away to the pixel of the image."""
    if asked.box is None and all(click.positive for click in asked.clicks):
        return mask
    pixels_hw = decode(mask)
    if asked.box is not None and pixels_hw.size:
        rows = (np.arange(mask.top, mask.bottom) + 0.5) * view.down
        cols = (np.arange(mask.left, mask.right) + 0.5) * view.across
        keep_rows = (rows >= asked.box[0]) & (rows < asked.box[2])
        pixels_hw = pixels_hw & np.outer(keep_rows, (cols >= asked.box[1]) & (cols < asked.box[3]))
    for click in asked.clicks:
        row, col = int(click.row / view.down) - mask.top, int(click.col / view.across) - mask.left
        if not click.positive and 0 <= row < mask.height and 0 <= col < mask.width:
            pixels_hw[row, col] = False
    return encode(pixels_hw, top=mask.top, left=mask.left)

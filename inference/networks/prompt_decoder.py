"""The prompt half of the starter network, after Segment Anything's mask decoder (Kirillov et al. 2023).

Tokens (one per mask, one for the scores, one per click or box corner) and the features of a window look at each other
twice; each mask token then becomes a small filter over the enlarged features. Unlike there, the place of the prompt
also comes as a picture (``dense``), because finding it from codes alone takes a large network long to learn, and
the flow basin under the click is offered in it: token 0 judges that basin, the others draw masks of their own.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.starter import FEATURES

WINDOW = 128
DENSE = 8
MASKS = 3
_WIDTH = 64
_HEADS = 4
_SCALE = (_WIDTH // _HEADS) ** -0.5
Decode = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
POSITIVE, NEGATIVE, BOX_START, BOX_END, ABSENT = range(5)


class Attention(nn.Module):
    """Multi-head attention without dropout, tokens to tokens.

    ``of_few`` and ``of_many`` are the same function where one side is a handful of tokens and the other a picture of
    a thousand places: they multiply the weights into the tokens first, so that no place is projected (three times
    fewer multiplications).
    """

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(_WIDTH, _WIDTH) for _ in range(4))

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        asked, known, told = (
            _heads(layer(x)).transpose(1, 2) for layer, x in ((self.query, query), (self.key, key), (self.value, value))
        )
        mixed = functional.scaled_dot_product_attention(asked, known, told)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out

    def of_few(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Few queries (batch, n, 64) look at many keys and values."""
        # A key's bias adds the same to all logits of a query, so the softmax does not see it.
        asked = torch.einsum("bnhd,hdc->bhnc", _heads(self.query(query)) * _SCALE, _by_head(self.key.weight))
        shares = (asked.flatten(1, 2) @ key.transpose(1, 2)).softmax(dim=2)
        mixed = torch.unflatten(shares @ value, 1, (_HEADS, -1))
        read = torch.einsum("bhnc,hdc->bnhd", mixed, _by_head(self.value.weight)).flatten(2) + self.value.bias
        out: Tensor = self.out(read)
        return out

    def of_many(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Many queries look at few keys and values (batch, n, 64)."""
        keys = _heads(self.key(key)) * _SCALE
        asked = torch.einsum("bnhd,hdc->bhnc", keys, _by_head(self.query.weight)).flatten(1, 2)
        bias = torch.einsum("bnhd,hd->bhn", keys, torch.unflatten(self.query.bias, 0, (_HEADS, -1))).flatten(1)
        logits = torch.baddbmm(bias[..., None], asked, query.transpose(1, 2))
        shares = torch.unflatten(logits, 1, (_HEADS, -1)).softmax(dim=2).flatten(1, 2)
        told = torch.einsum("bnhd,hdc->bhnc", _heads(self.value(value)), _by_head(self.out.weight.t())).flatten(1, 2)
        return torch.baddbmm(self.out.bias, shares.transpose(1, 2), told)


def _heads(x: Tensor) -> Tensor:
    return torch.unflatten(x, 2, (_HEADS, -1))


def _by_head(weight: Tensor) -> Tensor:
    """(64, c) → (head, 16, c)."""
    return torch.unflatten(weight, 0, (_HEADS, -1))


class TwoWay(nn.Module):
    """Tokens attend to themselves and to the picture, then the picture to the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attention, self.to_picture, self.to_tokens = Attention(), Attention(), Attention()
        self.mlp = nn.Sequential(nn.Linear(_WIDTH, 128), nn.ReLU(), nn.Linear(128, _WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(_WIDTH) for _ in range(4))

    def forward(self, tokens: Tensor, picture: Tensor, codes: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """``codes`` are the tokens' own origin, ``places`` the position codes of the picture."""
        named, placed = tokens + codes, picture + places
        tokens = self.norms[0](tokens + self.self_attention(named, named, tokens))
        tokens = self.norms[1](tokens + self.to_picture.of_few(tokens + codes, placed, picture))
        tokens = self.norms[2](tokens + self.mlp(tokens))
        picture = self.norms[3](picture + self.to_tokens.of_many(placed, tokens + codes, tokens))
        return tokens, picture


class PromptDecoder(nn.Module):
    """``features`` (batch, 48, 32, 32), ``dense`` (batch, 8, 128, 128), ``points`` (batch, n, 2) as (row, column) in
    0 … 1 of the window, ``kinds`` (batch, n) → mask logits (batch, 3, 128, 128) and predicted IoUs (batch, 4):
    first that of the basin in ``dense``, then those of the three masks."""

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.randn(2, _WIDTH // 2))
        self.features_in = nn.Conv2d(FEATURES, _WIDTH, 1)
        self.dense_in = nn.Sequential(
            nn.Conv2d(DENSE, 24, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, _WIDTH, 4, stride=2, padding=1),
        )
        self.mix = nn.Sequential(nn.ReLU(), nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1))
        self.tokens = nn.Parameter(torch.randn(1 + MASKS, _WIDTH) * 0.5)
        self.kinds = nn.Embedding(5, _WIDTH)
        self.layers = nn.ModuleList([TwoWay(), TwoWay()])
        self.last, self.last_norm = Attention(), nn.LayerNorm(_WIDTH)
        self.up2 = nn.ConvTranspose2d(_WIDTH, 32, 2, stride=2)
        self.up1 = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.dense_skip = nn.Conv2d(DENSE, 16, 3, padding=1)
        self.filters = nn.ModuleList(
            nn.Sequential(nn.Linear(_WIDTH, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, 17)) for _ in range(MASKS)
        )
        self.scores = nn.Sequential(nn.Linear(_WIDTH, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, 1 + MASKS))

    def _codes(self, places: Tensor) -> Tensor:
        """Random Fourier codes of positions (…, 2) in 0 … 1."""
        angles = 2 * math.pi * ((2 * places - 1) @ self.frequencies)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def _grid_codes(self, side: int) -> Tensor:
        steps = (torch.arange(side) + 0.5) / side
        return self._codes(torch.cartesian_prod(steps, steps))[None]

    def _enlarge(self, flat: Tensor, side: int) -> Tensor:
        """``up1(relu(up2(x)))`` of a picture (batch, side², 64) → (batch, 16, 4 side, 4 side), channels last in memory.
        Squares that do not overlap make a transposed convolution a matrix product, several times faster here."""
        by_two = functional.relu(_spread(flat, self.up2))
        by_four = _spread(by_two.reshape(flat.shape[0], -1, 32), self.up1)
        # batch, row and column, then those in the squares of each step
        nested = by_four.reshape(flat.shape[0], side, side, 2, 2, 2, 2, 16)
        return nested.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, 4 * side, 4 * side, 16).permute(0, 3, 1, 2)

    def forward(self, features: Tensor, dense: Tensor, points: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        batch = features.shape[0]
        picture = self.features_in(features) + self.dense_in(dense)
        picture = picture + self.mix(picture)
        side = picture.shape[2]
        flat = picture.flatten(2).transpose(1, 2)
        present = (kinds != ABSENT)[..., None]
        asked = self.kinds(kinds) + self._codes(points) * present
        codes = torch.cat([self.tokens.expand(batch, -1, -1), asked], dim=1)
        tokens, places = codes, self._grid_codes(side)
        for layer in self.layers:
            tokens, flat = layer(tokens, flat, codes, places)
        tokens = self.last_norm(tokens + self.last.of_few(tokens + codes, flat + places, flat))
        fine = self._enlarge(flat, side) + self.dense_skip(dense.contiguous(memory_format=torch.channels_last))
        weights = torch.stack([make(tokens[:, 1 + index]) for index, make in enumerate(self.filters)], dim=1)
        pixels = functional.relu(fine).permute(0, 2, 3, 1).flatten(1, 2)
        logits = torch.baddbmm(weights[..., 16:], weights[..., :16], pixels.transpose(1, 2))
        return torch.unflatten(logits, 2, dense.shape[2:]), self.scores(tokens[:, 0])


def _spread(x: Tensor, layer: nn.ConvTranspose2d) -> Tensor:
    """A 2×2 transposed convolution of stride 2 on (batch, places, channels) → (batch, places, 2, 2, channels)."""
    matrix = layer.weight.permute(0, 2, 3, 1).flatten(1)
    spread: Tensor = torch.unflatten(x @ matrix, 2, (2, 2, -1))
    return spread if layer.bias is None else spread + layer.bias


def compiled(decoder: PromptDecoder) -> Decode:
    """The same function of one prompt (batch 1, any number of points), in evaluation mode and without Python between
    its several hundred small operations, which took a quarter of its time."""
    example = (
        torch.zeros(1, FEATURES, WINDOW // 4, WINDOW // 4),
        torch.zeros(1, DENSE, WINDOW, WINDOW),
        torch.zeros(1, 3, 2),
        torch.zeros(1, 3, dtype=torch.long),
    )
    jit: Any = torch.jit
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frozen: Decode = jit.freeze(jit.trace(decoder.eval(), example, check_trace=False))
    return frozen

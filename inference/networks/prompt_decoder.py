"""The prompt half of the starter network, after Segment Anything's mask decoder (Kirillov et al. 2023).

Tokens (one per mask, one for the scores, one per click or box corner) and the features of a window look at each other
twice; each mask token then becomes a small filter over the enlarged features. Unlike there, the place of the prompt
also comes as a picture (``dense``), because finding it from codes alone takes a large network long to learn, and
the flow basin under the click is offered in it: token 0 judges that basin, the others draw masks of their own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.starter import FEATURES

WINDOW = 128
DENSE = 8
MASKS = 3
_WIDTH = 64
_HEADS = 4
POSITIVE, NEGATIVE, BOX_START, BOX_END, ABSENT = range(5)


class Attention(nn.Module):
    """Multi-head attention without dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(_WIDTH, _WIDTH) for _ in range(4))

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        parts = [
            layer(x).unflatten(2, (_HEADS, -1)).transpose(1, 2)
            for layer, x in ((self.query, query), (self.key, key), (self.value, value))
        ]
        mixed = functional.scaled_dot_product_attention(*parts)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class TwoWay(nn.Module):
    """Tokens attend to themselves and to the picture, then the picture to the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attention, self.to_picture, self.to_tokens = Attention(), Attention(), Attention()
        self.mlp = nn.Sequential(nn.Linear(_WIDTH, 128), nn.ReLU(), nn.Linear(128, _WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(_WIDTH) for _ in range(4))

    def forward(self, tokens: Tensor, picture: Tensor, codes: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """``codes`` are the tokens' own origin, ``places`` the position codes of the picture."""
        named = tokens + codes
        tokens = self.norms[0](tokens + self.self_attention(named, named, tokens))
        tokens = self.norms[1](tokens + self.to_picture(tokens + codes, picture + places, picture))
        tokens = self.norms[2](tokens + self.mlp(tokens))
        picture = self.norms[3](picture + self.to_tokens(picture + places, tokens + codes, tokens))
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
        tokens = self.last_norm(tokens + self.last(tokens + codes, flat + places, flat))
        picture = flat.transpose(1, 2).unflatten(2, (side, side))
        fine = functional.relu(self.up1(functional.relu(self.up2(picture))) + self.dense_skip(dense))
        weights = torch.stack([make(tokens[:, 1 + index]) for index, make in enumerate(self.filters)], dim=1)
        logits = torch.einsum("bmc,bchw->bmhw", weights[..., :16], fine) + weights[..., 16, None, None]
        return logits, self.scores(tokens[:, 0])

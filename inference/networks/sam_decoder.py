"""SAM's mask decoder, restructured for few tokens over many places (Kirillov et al. 2023, appendix A).

The same function as the package's ``MaskDecoder.predict_masks`` up to rounding, with a fifth of the multiplications:
what depends on the image alone is computed once (``ImageSide``); where a handful of tokens meets 4,096 places, weights
are multiplied into the tokens, so that no place is projected; the transposed convolutions, whose squares do not
overlap, are matrix products; and only the masks that are wanted are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

CHUNK_PLACES = 512
"""Places whose masks are drawn at once: their intermediate values stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class ImageSide:
    """What the first layer makes of an image before anybody asks, with n places, c channels and h heads of d:
    ``picture`` (n, c), ``keys`` and ``queries`` (h, d, n), ``values`` (h, n, d)."""

    picture: Tensor
    keys: Tensor
    queries: Tensor
    values: Tensor


@dataclass(frozen=True, slots=True)
class _Crossing:
    """One attention between tokens and places. ``query``, ``key`` (h, d, c) and ``value``, ``out`` (h, c, d) are the
    weights by head, the scale within the tokens' side; ``placed`` (h, d, n) is what the places' codes add to their
    keys (or queries)."""

    layer: Any
    heads: int
    placed: Tensor

    def split(self, projected: Tensor) -> Tensor:
        """(places or tokens, h · d) → (h, places or tokens, d)."""
        return torch.unflatten(projected, 1, (self.heads, -1)).transpose(0, 1)

    def by_head(self, weight: Tensor) -> Tensor:
        """(h · d, c) → (h, d, c)."""
        return torch.unflatten(weight, 0, (self.heads, -1))

    def scaled(self, projected: Tensor) -> Tensor:
        """Like split, divided as attention wants it."""
        parts = self.split(projected)
        scaled: Tensor = parts * parts.shape[2] ** -0.5
        return scaled


class _ToPicture(_Crossing):
    """Tokens look at places."""

    def of_projected(self, named: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """``named`` (t, c) over ``keys`` (h, d, n) and ``values`` (h, n, d) → (t, c)."""
        shares = (self.scaled(self.layer.q_proj(named)) @ keys).softmax(dim=2)
        out: Tensor = self.layer.out_proj((shares @ values).transpose(0, 1).flatten(1))
        return out

    def __call__(self, named: Tensor, picture: Tensor) -> Tensor:
        """``named`` (t, c) over ``picture`` (n, c) → (t, c). A key's bias adds the same to all logits of a token, so
        the softmax does not see it."""
        asked = self.scaled(self.layer.q_proj(named))
        meant = (asked @ self.by_head(self.layer.k_proj.weight)).flatten(0, 1)
        logits = torch.baddbmm(torch.unflatten(meant @ picture.t(), 0, (self.heads, -1)), asked, self.placed)
        seen = torch.unflatten(logits.softmax(dim=2).flatten(0, 1) @ picture, 0, (self.heads, -1))
        read = (seen @ self.by_head(self.layer.v_proj.weight).transpose(1, 2)).transpose(0, 1).flatten(1)
        out: Tensor = self.layer.out_proj(read + self.layer.v_proj.bias)
        return out


class _ToTokens(_Crossing):
    """Places look at tokens."""

    def add(self, picture: Tensor, named: Tensor, tokens: Tensor, queries: Tensor | None = None) -> Tensor:
        """``picture`` (n, c) and what its places read in ``tokens`` (t, c); ``queries`` (h, d, n) where they are known
        already."""
        keys = self.scaled(self.layer.k_proj(named))
        if queries is None:
            meant = (keys @ self.by_head(self.layer.q_proj.weight)).flatten(0, 1)
            logits = torch.baddbmm(torch.unflatten(meant @ picture.t(), 0, (self.heads, -1)), keys, self.placed)
        else:
            logits = keys @ queries
        shares = logits.softmax(dim=1).flatten(0, 1)
        told = self.split(self.layer.v_proj(tokens)) @ self.by_head(self.layer.out_proj.weight.t())
        # The shares of a head sum to one, so that the bias may ride on what every head tells.
        told = told.flatten(0, 1) + self.layer.out_proj.bias / self.heads
        return torch.addmm(picture, shares.t(), told)


class SamDecoder:
    """``decoder`` is the package's MaskDecoder with its values; ``codes`` (n, c) are the places' position codes."""

    def __init__(self, decoder: Any, codes: Tensor) -> None:
        self._decoder = decoder
        self._codes = codes
        self._side = round(codes.shape[0] ** 0.5)
        transformer = decoder.transformer
        heads = transformer.num_heads

        def placed(projection: nn.Linear) -> Tensor:
            return torch.unflatten(projection(codes), 1, (heads, -1)).permute(1, 2, 0).contiguous()

        crossings = [(layer.cross_attn_token_to_image, layer.cross_attn_image_to_token) for layer in transformer.layers]
        self._to_picture = [_ToPicture(each, heads, placed(each.k_proj)) for each, _ in crossings]
        self._to_tokens = [_ToTokens(each, heads, placed(each.q_proj)) for _, each in crossings]
        last = transformer.final_attn_token_to_image
        self._last = _ToPicture(last, heads, placed(last.k_proj))
        self._output = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        self._spreads = [_spread(decoder.output_upscaling[index]) for index in (0, 3)]

    def look(self, picture: Tensor) -> ImageSide:
        """What is the same for every prompt on ``picture`` (n, c): the image's features plus the dense prompt."""
        to_picture, to_tokens = self._to_picture[0], self._to_tokens[0]
        keys = to_picture.split(picture @ to_picture.layer.k_proj.weight.t()).transpose(1, 2) + to_picture.placed
        queries = to_tokens.split(picture @ to_tokens.layer.q_proj.weight.t()).transpose(1, 2) + to_tokens.placed
        values = to_picture.split(to_picture.layer.v_proj(picture))
        return ImageSide(picture, keys.contiguous(), queries.contiguous(), values.contiguous())

    def decide(self, side: ImageSide, sparse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``sparse`` (p, c), the prompt's tokens → the scores of all masks (m,), the tokens of the masks (m, c), and
        the picture (n, c) from which draw makes them."""
        codes = torch.cat([self._output, sparse])
        tokens, picture = codes, side.picture
        for index, layer in enumerate(self._decoder.transformer.layers):
            tokens, picture = self._layer(index, layer, side if index == 0 else None, tokens, codes, picture)
        count = self._output.shape[0]
        tokens = tokens[:count]
        tokens = self._decoder.transformer.norm_final_attn(tokens + self._last(tokens + codes[:count], picture))
        return self._decoder.iou_prediction_head(tokens[:1])[0], tokens[1:], picture

    def _layer(
        self, index: int, layer: Any, side: ImageSide | None, tokens: Tensor, codes: Tensor, picture: Tensor
    ) -> tuple[Tensor, Tensor]:
        named = (tokens if layer.skip_first_layer_pe else tokens + codes)[None]
        heard = layer.self_attn(q=named, k=named, v=tokens[None])[0]
        tokens = layer.norm1(heard if layer.skip_first_layer_pe else tokens + heard)
        to_picture, to_tokens = self._to_picture[index], self._to_tokens[index]
        if side is None:
            seen = to_picture(tokens + codes, picture)
        else:
            seen = to_picture.of_projected(tokens + codes, side.keys, side.values)
        tokens = layer.norm2(tokens + seen)
        tokens = layer.norm3(tokens + layer.mlp(tokens))
        picture = to_tokens.add(picture, tokens + codes, tokens, None if side is None else side.queries)
        return tokens, layer.norm4(picture)

    def draw(self, picture: Tensor, tokens: Tensor, wanted: Sequence[int]) -> Tensor:
        """The logits of the ``wanted`` masks, (wanted, 4 · side, 4 · side)."""
        filters = torch.stack([self._decoder.output_hypernetworks_mlps[each](tokens[each]) for each in wanted], dim=1)
        # Four squares at a time: a matrix of three columns alone is slow to multiply by.
        four = torch.kron(torch.eye(4, device=filters.device), filters)
        (first, first_bias), (second, second_bias) = self._spreads
        norm, drawn = self._decoder.output_upscaling[1], []
        for part in torch.split(picture, CHUNK_PLACES):
            coarse = torch.addmm(first_bias, part, first).reshape(-1, second.shape[0])
            coarse = functional.layer_norm(coarse, (second.shape[0],), norm.weight, norm.bias, norm.eps)
            fine = functional.gelu(torch.addmm(second_bias, functional.gelu(coarse), second))
            drawn.append(fine @ four)
        # place (row, column), square of the first step, square of the second, mask
        nested = torch.cat(drawn).reshape(self._side, self._side, 2, 2, 2, 2, len(wanted))
        return nested.permute(6, 0, 2, 4, 1, 3, 5).reshape(len(wanted), 4 * self._side, 4 * self._side)


def _spread(layer: Any) -> tuple[Tensor, Tensor]:
    """A 2×2 transposed convolution of stride 2 as a matrix (in, 4 · out) and a bias (4 · out)."""
    return layer.weight.permute(0, 2, 3, 1).flatten(1).contiguous(), layer.bias.repeat(4)

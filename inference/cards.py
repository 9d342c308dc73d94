"""What people are told about each engine. Free of torch: the web process and exports read it."""

from __future__ import annotations

from inference import card_texts
from inference.contracts import EngineCard, EngineStatus
from inference.errors import EngineError, EngineErrorCode
from inference.weights import CELLPOSE_LICENCE, CELLPOSE_NOTICE, checkpoint_for, weights_file

STARTER = EngineCard(
    name="starter",
    title="Starter",
    summary="Cytomark's own small network: clicks, and all nuclei of an image, on any machine.",
    capabilities=frozenset({"prompt", "auto", "flows"}),
    licence="Apache-2.0",
    notice=weights_file("starter").notice,
    about=card_texts.STARTER,
    figures=card_texts.STARTER_FIGURES,
)
SAM = EngineCard(
    name="sam",
    title="Segment Anything",
    summary="Meta's Segment Anything (ViT-B, L or H): masks from clicks and boxes in any kind of image.",
    capabilities=frozenset({"prompt"}),
    licence="Apache-2.0",
    notice=weights_file("sam_vit_b").notice,
    about=card_texts.SAM,
)
MOBILE_SAM = EngineCard(
    name="mobile-sam",
    title="MobileSAM",
    summary="Segment Anything with a small encoder: an image is ready for clicks in seconds without a GPU.",
    capabilities=frozenset({"prompt"}),
    licence="Apache-2.0",
    notice=weights_file("mobile_sam").notice,
    about=card_texts.MOBILE_SAM,
)
CELLPOSE_SAM = EngineCard(
    name="cellpose-sam",
    title="Cellpose-SAM",
    summary="Clicks, and all cells or nuclei, in many kinds of microscopy. Large: slow without a GPU.",
    capabilities=frozenset({"prompt", "auto", "flows"}),
    licence=CELLPOSE_LICENCE,
    notice=CELLPOSE_NOTICE,
    about=card_texts.CELLPOSE_SAM,
)
_YOURS = "yours: you train the weights"
_NO_SHIPPED = "Cytomark brings no weights for it: you train them on your own images."
CELLPOSE = EngineCard(
    name="cellpose",
    title="Cellpose (own training)",
    summary="Cellpose's residual U-Net of 2020, trained on your images: clicks, all cells, thresholds that move live.",
    capabilities=frozenset({"prompt", "auto", "flows"}),
    licence=_YOURS,
    notice=f"{_NO_SHIPPED} Method: Stringer, Wang, Michaelos, Pachitariu (2021).",
    about=card_texts.CELLPOSE,
)
UNET = EngineCard(
    name="unet",
    title="U-Net (own training)",
    summary="U-Net with skip connections, trained on your images: all cells, or regions of any number of classes.",
    capabilities=frozenset({"auto"}),
    licence=_YOURS,
    notice=f"{_NO_SHIPPED} Method: Ronneberger, Fischer, Brox (2015).",
    about=card_texts.UNET,
)
SEGNET = EngineCard(
    name="segnet",
    title="SegNet (own training)",
    summary="A plain encoder-decoder, U-Net's sibling without skips: all cells, or regions of any number of classes.",
    capabilities=frozenset({"auto"}),
    licence=_YOURS,
    notice=f"{_NO_SHIPPED} Method: Badrinarayanan, Kendall, Cipolla (2017).",
    about=card_texts.SEGNET,
)
CARDS: dict[str, EngineCard] = {
    card.name: card for card in (STARTER, SAM, MOBILE_SAM, CELLPOSE_SAM, CELLPOSE, UNET, SEGNET)
}
"""All engines, in the order in which people see them."""


def card_of(name: str) -> EngineCard:
    """The card of that name. Raises EngineError (permanent) for an unknown engine."""
    if name not in CARDS:
        raise EngineError(
            EngineErrorCode.UNKNOWN_ENGINE,
            f"There is no engine “{name[:40]}”. Choose one of: {', '.join(CARDS)}.",
            permanent=True,
        )
    return CARDS[name]


def status_from_files(name: str) -> EngineStatus:
    """Whether the engine's weights are on this machine. They are looked for, not read: a damaged file is found out
    by the worker that loads it, which says so."""
    card = card_of(name)
    try:
        checkpoint_for(name)
    except EngineError as error:
        return EngineStatus(card=card, available=False, problem=error.message)
    return EngineStatus(card=card, available=True)

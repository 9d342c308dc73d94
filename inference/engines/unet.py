"""U-Net and SegNet with weights of one's own: cells, or regions of any number of classes."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from inference.cards import CARDS
from inference.contracts import AutoParams, Segmentation
from inference.engines.base import Image, Progress
from inference.engines.pixel_cells import class_logits, find_cells_in_classes
from inference.engines.prompts import check_diameter
from inference.engines.trained_scale import scale_for
from inference.networks.segnet import SegNet
from inference.networks.trained import Facts, load_trained
from inference.networks.unet import STRIDE, UNet
from inference.pixels import RGB_PREPROCESSING, check_image, unit_rgb
from inference.weights import checkpoint_for

NETWORKS: dict[str, Callable[..., nn.Module]] = {"unet": UNet, "segnet": SegNet}
_NETWORK_SHARE = 0.85


def logit_count(facts: Facts) -> int:
    """Background, classes, and the boundary where there is one."""
    return 1 + len(facts.classes) + int(facts.boundary)


def make_network(engine: str, facts: Facts) -> nn.Module:
    """A new network of that engine, as large as the facts say. Raises ValueError without a class, and for a boundary
    between more than one."""
    if not facts.classes or (facts.boundary and len(facts.classes) > 1):
        raise ValueError("its classes do not fit its kind")
    return NETWORKS[engine](logit_count(facts), width=facts.width)


class PixelClassEngine:
    """An AutoEngine around a file that “manage.py train unet” or “… segnet” wrote."""

    def __init__(self, name: str) -> None:
        self.card = CARDS[name]
        self._loaded: tuple[nn.Module, Facts, str] | None = None

    def load(self) -> None:
        """See Engine.load."""
        if self._loaded is None:
            name = self.card.name
            self._loaded = load_trained(checkpoint_for(name), engine=name, make=lambda facts: make_network(name, facts))

    def _parts(self) -> tuple[nn.Module, Facts, str]:
        self.load()
        assert self._loaded is not None  # noqa: S101 - load() raises otherwise
        return self._loaded

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the weights file."""
        return self._parts()[2]

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return RGB_PREPROCESSING

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be meant."""
        check_image(image)
        check_diameter(params)
        network, facts, _ = self._parts()
        tell = progress or (lambda _: None)
        logits_chw = class_logits(
            network, unit_rgb(image), scale=scale_for(facts, params.diameter), logits=logit_count(facts),
            stride=STRIDE, progress=lambda share: tell(_NETWORK_SHARE * share),
        )  # fmt: skip
        tell(_NETWORK_SHARE)
        found = find_cells_in_classes(logits_chw, params, classes=facts.classes, boundary=facts.boundary)
        tell(1.0)
        return found


class UNetEngine(PixelClassEngine):
    """Engine “unet”."""

    def __init__(self) -> None:
        super().__init__("unet")


class SegNetEngine(PixelClassEngine):
    """Engine “segnet”."""

    def __init__(self) -> None:
        super().__init__("segnet")

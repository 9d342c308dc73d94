"""U-Net and SegNet with weights of one's own: cells, or regions of any number of classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import nn

from inference.cards import CARDS
from inference.contracts import AutoParams, Segmentation
from inference.engines.base import Image, Progress
from inference.engines.loaded import LoadedOnce
from inference.engines.pixel_cells import class_logits, find_cells_in_classes
from inference.engines.prompts import check_diameter
from inference.engines.trained_scale import scale_for
from inference.engines.windowed import Windowed
from inference.errors import EngineError, EngineErrorCode
from inference.flows import Floats
from inference.halo import MOST_PIXELS
from inference.labels import cell_diameters
from inference.large_planes import Find, median_over_samples
from inference.networks.segnet import SegNet
from inference.networks.trained import Facts, load_trained
from inference.networks.unet import STRIDE, UNet
from inference.pixels import RGB_PREPROCESSING, check_image, exposure_of_colours, unit_rgb
from inference.weights import checkpoint_for

NETWORKS: dict[str, Callable[..., nn.Module]] = {"unet": UNet, "segnet": SegNet}
_NETWORK_SHARE, _FIRST_SHARE = 0.85, 0.5
_FEWEST_CELLS, _CLOSE, _MOST_OCTAVES = 5, 0.35, 2.0


def logit_count(facts: Facts) -> int:
    """Background, classes, and the boundary where there is one."""
    return 1 + len(facts.classes) + int(facts.boundary)


def make_network(engine: str, facts: Facts) -> nn.Module:
    """A new network of that engine, as large as the facts say. Raises ValueError without a class, and for a boundary
    between more than one."""
    if not facts.classes or (facts.boundary and len(facts.classes) > 1):
        raise ValueError("its classes do not fit its kind")
    return NETWORKS[engine](logit_count(facts), width=facts.width)


class PixelClassEngine(LoadedOnce[nn.Module, Facts], Windowed):
    """An AutoEngine and StreamEngine around a file that “manage.py train unet” or “… segnet” wrote."""

    def __init__(self, name: str) -> None:
        self.card = CARDS[name]

    def _read(self) -> tuple[nn.Module, Facts, str]:
        name = self.card.name
        return load_trained(checkpoint_for(name), engine=name, make=lambda facts: make_network(name, facts))

    @property
    def preprocessing(self) -> str:
        """Name and version of the way from pixels to network input."""
        return RGB_PREPROCESSING

    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment. Without a diameter, cells that turn out to be of another size than the training's are
        looked at once more at the training's. Raises EngineError(REQUEST_INVALID) for a diameter that cannot be
        meant."""
        check_image(image)
        check_diameter(params)
        _check_size(image)
        facts = self._parts()[1]
        tell = progress or (lambda _: None)
        planes_chw = unit_rgb(image)
        scale = scale_for(facts, params.diameter)
        twice = facts.boundary and params.diameter is None
        first = _FIRST_SHARE if twice else 1.0
        found = self._look(planes_chw, params, scale, progress=lambda share: tell(first * share))
        other = _measured_scale(facts, found) if twice else None
        if other is not None:
            found = self._look(planes_chw, params, other, progress=lambda share: tell(first + (1 - first) * share))
        tell(1.0)
        return found

    def in_windows(self, image: Image) -> bool:
        """See Windowed.in_windows. Regions of classes, which may go on without end, are found at once."""
        return self._parts()[1].boundary and super().in_windows(image)

    def look_at(self, image: Image, params: AutoParams) -> Find:
        """See Windowed.look_at. Without a diameter the cells of the parts in which there is most to be seen tell the
        scale."""
        check_image(image)
        check_diameter(params)
        facts, exposure = self._parts()[1], exposure_of_colours(image)

        def look(part: Image, at: float) -> Segmentation:
            return self._look(unit_rgb(part, exposure), params, at, progress=_quiet)

        scale = scale_for(facts, params.diameter)
        if params.diameter is None:
            usual = scale
            scale = median_over_samples(image, lambda part: _measured_scale(facts, look(part, usual)) or usual)
        return lambda part: look(part, scale)

    def _look(self, planes_chw: Floats, params: AutoParams, scale: float, *, progress: Progress) -> Segmentation:
        network, facts, _ = self._parts()
        logits_chw = class_logits(
            network, planes_chw, scale=scale, logits=logit_count(facts), stride=STRIDE,
            progress=lambda share: progress(_NETWORK_SHARE * share),
        )  # fmt: skip
        progress(_NETWORK_SHARE)
        return find_cells_in_classes(logits_chw, params, classes=facts.classes, boundary=facts.boundary)


def _quiet(_: float) -> None:
    """Nobody wants to know."""


def _check_size(image: Image) -> None:
    pixels = image.shape[0] * image.shape[1]
    if pixels > MOST_PIXELS:
        message = (
            f"This image has {pixels / 1e6:,.0f} million pixels; regions of classes are found on up to "
            f"{MOST_PIXELS / 1e6:.0f} million. Cut it into parts, or use an engine that finds cells."
        )
        raise EngineError(EngineErrorCode.IMAGE_UNSUPPORTED, message, permanent=True)


def _measured_scale(facts: Facts, found: Segmentation) -> float | None:
    """The scale at which the cells that were found are as large as the training's; None where they are so already."""
    sizes = cell_diameters(found.labels_hw)
    sizes = sizes[sizes > 0]
    if sizes.size < _FEWEST_CELLS:
        return None
    octaves = float(np.clip(np.log2(np.median(sizes) / facts.diameter), -_MOST_OCTAVES, _MOST_OCTAVES))
    return float(facts.scale * 2**-octaves) if abs(octaves) > _CLOSE else None


class UNetEngine(PixelClassEngine):
    """Engine “unet”."""

    def __init__(self) -> None:
        super().__init__("unet")


class SegNetEngine(PixelClassEngine):
    """Engine “segnet”."""

    def __init__(self) -> None:
        super().__init__("segnet")

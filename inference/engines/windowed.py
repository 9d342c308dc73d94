"""What engines of our own networks do alike with large planes: cells window by window, as they are found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from inference.contracts import AutoParams, Part, Segmentation
from inference.engines.base import Image, Progress
from inference.large_planes import Find, is_large, parts_in_windows
from inference.memory import with_less_memory
from inference.parts import gather, part_of


class Windowed(ABC):
    """A StreamEngine for which a plane that is not worked on in windows is one part."""

    @abstractmethod
    def segment(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Segmentation:
        """See AutoEngine.segment."""

    @abstractmethod
    def look_at(self, image: Image, params: AutoParams) -> Find:
        """What finds the cells of parts of a large image, all seen alike: in the same light, at the same scale."""

    def in_windows(self, image: Image) -> bool:
        """Whether the image is worked on in windows."""
        return is_large(*image.shape[:2])

    def stream(self, image: Image, params: AutoParams, *, progress: Progress | None = None) -> Iterator[Part]:
        """See StreamEngine.stream."""
        if self.in_windows(image):
            yield from parts_in_windows(image, self.look_at(image, params), first=params.first, progress=progress)
        else:
            yield part_of(0, with_less_memory(lambda: self.segment(image, params, progress=progress)))

    def segment_many(self, images: Iterable[Image], params: AutoParams) -> Iterator[Segmentation]:
        """See StreamEngine.segment_many."""
        for image in images:
            if self.in_windows(image):
                yield gather(self.stream(image, params), *image.shape[:2])
            else:
                yield self.segment(image, params)

"""What Segment Anything keeps of the last few images between clicks: nothing that changes an answer, only work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from inference.contracts import Embedding, Prompts
from inference.networks.sam_decoder import ImageSide

IMAGES = 4
"""About 12 MB each, and 256 KB for every answer."""
ANSWERS = 32


@dataclass(slots=True)
class Remembered:
    """Of one image: ``side``, and the low-resolution logits (4 × grid, 4 × grid) that a prompt was answered with
    first, None where no mask was."""

    embedding: Embedding
    side: ImageSide
    answers: OrderedDict[Prompts, Tensor | None] = field(default_factory=OrderedDict)

    def remember(self, prompts: Prompts, logits: Tensor | None) -> None:
        """Keep an answer and forget the oldest."""
        self.answers[prompts] = logits
        while len(self.answers) > ANSWERS:
            self.answers.popitem(last=False)


class SamMemory:
    """By the identity of an embedding, which is held on to, so that its identity stays its own."""

    def __init__(self) -> None:
        self._images: OrderedDict[int, Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, embedding: Embedding, look: Callable[[], ImageSide], *, device: str) -> Remembered:
        """What is kept of the image on a device, made by ``look`` where it is not."""
        with self._lock:
            found = self._images.get(id(embedding))
            if found is None or found.side.picture.device.type != device:
                found = self._images[id(embedding)] = Remembered(embedding, look())
            self._images.move_to_end(id(embedding))
            while len(self._images) > IMAGES:
                self._images.popitem(last=False)
            return found

"""What happens when memory runs out: free, halve, CPU, and only then “busy, try later” (R19)."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

from inference.errors import EngineError, EngineErrorCode

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class LessMemory:
    """Repeats calls with half the batch and then on the CPU tile by tile when they run out of memory.

    What one call has shown holds for the next ones of this object: they begin with the batch that went well. Only the
    CPU is not stayed with, as the GPU may be free again. Engines follow along by asking torch_runtime.device() and
    torch_runtime.batch_size() during the call.
    """

    def __init__(self) -> None:
        self._first = 0

    def call(self, call: Callable[[], Result]) -> Result:
        """``call()``. Raises EngineError(OUT_OF_MEMORY), not permanent, when the last way fails too."""
        import torch

        from inference import torch_runtime
        from inference.torch_runtime import Budget

        steps = (Budget(), Budget(halvings=1), Budget(halvings=16, cpu_only=True))
        for number, step in enumerate(steps[self._first :], start=self._first):
            try:
                with torch_runtime.budget(step):
                    result = call()
            except (torch.OutOfMemoryError, MemoryError):
                logger.warning("Out of memory with %s", step)
            else:
                self._first = min(number, len(steps) - 2)
                return result
            # Outside of the handler, whose traceback keeps the failed call's tensors alive.
            gc.collect()
            torch_runtime.free_gpu_memory()
        raise EngineError(
            EngineErrorCode.OUT_OF_MEMORY,
            "The machine is out of memory at the moment. Try again later, or with a smaller image.",
            permanent=False,
        )


def with_less_memory(call: Callable[[], Result]) -> Result:
    """One call, repeated as LessMemory does it."""
    return LessMemory().call(call)

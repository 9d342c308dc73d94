"""What happens when memory runs out: free, halve, CPU, and only then “busy, try later” (R19)."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

from inference.errors import EngineError, EngineErrorCode

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


def with_less_memory(call: Callable[[], Result]) -> Result:
    """``call()``, repeated with half the batch and then on the CPU tile by tile when it runs out of memory.

    Engines follow along by asking torch_runtime.device() and torch_runtime.batch_size() during the call.
    Raises EngineError(OUT_OF_MEMORY), not permanent, when the last way fails too.
    """
    import torch

    from inference import torch_runtime
    from inference.torch_runtime import Budget

    steps = (Budget(), Budget(halvings=1), Budget(halvings=16, cpu_only=True))
    for step in steps:
        try:
            with torch_runtime.budget(step):
                return call()
        except (torch.OutOfMemoryError, MemoryError):
            logger.warning("Out of memory with %s", step)
        # Outside of the handler, whose traceback keeps the failed call's tensors alive.
        gc.collect()
        torch_runtime.free_gpu_memory()
    raise EngineError(
        EngineErrorCode.OUT_OF_MEMORY,
        "The machine is out of memory at the moment. Try again later, or with a smaller image.",
        permanent=False,
    )

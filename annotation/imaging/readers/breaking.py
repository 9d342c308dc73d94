"""What libraries raise when a file is not what it should be. Runs in the decoder: no Django."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from annotation.imaging.refusals import RefusalError, damaged

_BROKEN = (
    ValueError,
    TypeError,
    LookupError,
    NameError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    OSError,
    EOFError,
    StopIteration,
    struct.error,
    zlib.error,
)


@contextmanager
def damaged_where_it_breaks(*more: type[Exception], reason: str = "it cannot be understood") -> Iterator[None]:
    """Within this, what a library stumbles over is a damaged file. ``more``: what it raises beyond Python's own."""
    broken: tuple[type[Exception], ...] = (*_BROKEN, *more)
    try:
        yield
    except RefusalError:
        raise
    except broken as why:
        raise damaged(reason) from why

"""What the library reads from the environment. It knows no settings of a web application.

Everything lies under ``CYTOMARK_DATA`` (default ``./data``) unless it is given a place of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

GIBIBYTE = 1024**3


def data_folder() -> Path:
    """Where everything of one installation lies: ``CYTOMARK_DATA``, or ``./data``."""
    return Path(os.environ.get("CYTOMARK_DATA") or "data").resolve()


def weights_folder() -> Path:
    """Where checkpoints lie: ``CYTOMARK_WEIGHTS``, or ``weights`` in the data folder."""
    return Path(os.environ.get("CYTOMARK_WEIGHTS") or data_folder() / "weights").resolve()


def embeddings_folder() -> Path:
    """Where embeddings are kept: ``CYTOMARK_EMBEDDINGS``, or ``embeddings`` in the data folder."""
    return Path(os.environ.get("CYTOMARK_EMBEDDINGS") or data_folder() / "embeddings").resolve()


def planes_folder() -> Path:
    """Where planes lie as engines get them: ``CYTOMARK_PLANES``, or ``planes`` in the data folder."""
    return Path(os.environ.get("CYTOMARK_PLANES") or data_folder() / "planes").resolve()


def planes_bytes() -> int:
    """How much room they may take on disk: ``CYTOMARK_PLANES_BYTES``, or 10 GiB."""
    return _positive("CYTOMARK_PLANES_BYTES", 10 * GIBIBYTE)


def embeddings_bytes() -> int:
    """How much room embeddings may take on disk: ``CYTOMARK_EMBEDDINGS_BYTES``, or 10 GiB."""
    return _positive("CYTOMARK_EMBEDDINGS_BYTES", 10 * GIBIBYTE)


def torch_threads(default: int | None = None) -> int:
    """Threads for one process: ``CYTOMARK_TORCH_THREADS``, else ``default``, else one for each core."""
    return _positive("CYTOMARK_TORCH_THREADS", default or os.cpu_count() or 1)


def _positive(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} is “{text}”; it has to be a whole number above zero.")
    return int(text)

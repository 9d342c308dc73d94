"""Before any test module here imports cellpose or segment_anything: see inference.torch_runtime. Then what many of them
need: every engine with small weights, and the tasks with a port and an engine of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import ports, torch_runtime
from inference.engines import registry
from inference.engines.base import AutoEngine, FlowEngine, PromptEngine

torch_runtime.mend_torchvision()

# isort: split
from tests.inference.engine_scene import WEIGHTS  # noqa: E402 (after the mending)
from tests.inference.stored_planes import stored_plane  # noqa: E402
from tests.inference.task_scene import PlainEngine, Recorder, StreamingEngine  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("weights")
    for make in WEIGHTS.values():
        make(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CYTOMARK_WEIGHTS", str(folder))
        patch.setenv("CYTOMARK_SAM_CHECKPOINT", "sam_vit_b_01ec64.pth.test")
        patch.setenv("CYTOMARK_MOBILE_SAM_CHECKPOINT", "tiny_mobile_sam.pt")
        registry._engine.cache_clear()
        yield folder
    registry._engine.cache_clear()


@pytest.fixture
def prompt_engine(request: pytest.FixtureRequest, weights: Path) -> PromptEngine:
    return registry.get_prompt_engine(request.param)


@pytest.fixture
def auto_engine(request: pytest.FixtureRequest, weights: Path) -> AutoEngine:
    return registry.get_auto_engine(request.param)


@pytest.fixture
def flow_engine(request: pytest.FixtureRequest, weights: Path) -> FlowEngine:
    return registry.get_flow_engine(request.param)


@contextmanager
def _registered(kind: type[PlainEngine]) -> Iterator[PlainEngine]:
    """An engine of this kind, known to the tasks as “plain”."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._PATHS, "plain", f"{kind.__module__}:{kind.__name__}")
        registry._engine.cache_clear()
        made: Any = registry._engine("plain")
        yield made
        registry._engine.cache_clear()


@pytest.fixture
def engine() -> Iterator[PlainEngine]:
    with _registered(PlainEngine) as made:
        yield made


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(ports, "_port", None)
    ports.set_reply_port(recorder)
    return recorder


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("CYTOMARK_EMBEDDINGS", str(tmp_path / "embeddings"))
    monkeypatch.setenv("CYTOMARK_PLANES", str(tmp_path / "planes"))
    pixels = np.zeros((20, 30), np.uint8)
    pixels[4, 5] = pixels[15, 25] = 200
    return stored_plane(tmp_path / "pixels.ome.zarr", pixels)


@pytest.fixture
def streaming() -> Iterator[PlainEngine]:
    with _registered(StreamingEngine) as made:
        yield made

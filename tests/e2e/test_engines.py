"""Engines other than the starter, in a real browser: what the database gets is what the engine itself says here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from playwright.sync_api import Browser, BrowserContext

from inference import torch_runtime
from inference.contracts import AutoParams, Point, Prompts
from inference.engines import registry
from inference.rle import Rle, paste
from tests.e2e.pages import Annotator, annotator_apart, cells_in_database, demo_of, fetch, rle_of
from tests.running import App

# isort: split
from tests.inference.tiny_checkpoints import save, save_tiny, tiny_sam

CLICKS_WITH, CELLS_WITH = "Clicks, boxes and scribbles with", "All cells with"


@pytest.fixture(scope="module")
def weights(app: App) -> Iterator[None]:
    """Small checkpoints in the application's folder of weights, and the same engines in this process."""
    folder = app.data / "weights"
    save(tiny_sam(), folder / "tiny_sam.pth")
    save_tiny("cellpose", folder, seed=1)
    for file in folder.iterdir():
        file.chmod(0o644)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CYTOMARK_WEIGHTS", str(folder))
        patch.setenv("CYTOMARK_SAM_CHECKPOINT", "tiny_sam.pth")
        registry._engine.cache_clear()
        torch_runtime.set_threads(1)
        yield
    registry._engine.cache_clear()


@pytest.fixture(scope="module")
def image(app: App, ann: BrowserContext) -> dict[str, Any]:
    """An image of the demo project that no other test opens."""
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))
    return fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[2]


@pytest.fixture(scope="module")
def pixels(app: App, ann: BrowserContext, image: dict[str, Any]) -> NDArray[Any]:
    answer = ann.request.get(f"{app.url}/api/images/{image['id']}/original")
    return np.asarray(Pillow.open(io.BytesIO(answer.body())))


@pytest.fixture
def annotator(
    app: App, browser: Browser, ann: BrowserContext, image: dict[str, Any], weights: None
) -> Iterator[Annotator]:
    """The same person in a browser of their own: it remembers the choice of engines."""
    with annotator_apart(browser, ann, f"{app.url}/images/{image['id']}/") as opened:
        yield opened


def iou(one: Rle, other: Rle, shape: tuple[int, int]) -> float:
    one_hw, other_hw = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    paste(one, one_hw, 1)
    paste(other, other_hw, 1)
    return float((one_hw & other_hw).sum() / max((one_hw | other_hw).sum(), 1))


@pytest.mark.parametrize("name", ["sam", "cellpose"])
def test_a_click_is_answered_by_the_chosen_engine(
    name: str, annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any], pixels: NDArray[Any]
) -> None:
    """Segment Anything by its decoder, Cellpose from its kept flow field."""
    engine = registry.get_prompt_engine(name)
    embedding = engine.encode(pixels)
    places = ((row + 0.5, col + 0.5) for row in range(40, 480, 20) for col in range(40, 600, 20))
    row, col = next((row, col) for row, col in places if engine.predict(embedding, Prompts(points=(Point(row, col),))))
    before = {cell["id"] for cell in cells_in_database(app, ann, image["id"])}

    annotator.page.get_by_label(CLICKS_WITH).select_option(name)
    annotator.until("engine", name)
    annotator.press("p")
    x, y = (round(value) for value in annotator.place(row, col))
    annotator.page.mouse.click(x, y)
    shown = '[data-preview]:not([data-preview="0"]):not([data-preview="waiting"])'
    annotator.page.wait_for_selector(shown, timeout=60_000, state="attached")
    annotator.press("Enter")
    annotator.until("cells", str(len(before) + 1))
    annotator.saved()

    (cell,) = (one for one in cells_in_database(app, ann, image["id"]) if one["id"] not in before)
    provenance = cell["provenance"]
    assert (provenance["source"], provenance["engine"], provenance["weights"]) == ("prompt", name, engine.weights)
    (asked,) = provenance["prompts"]["points"]
    best, *_ = engine.predict(embedding, Prompts(points=(Point(asked["row"], asked["col"]),)))
    assert iou(rle_of(cell), best.mask, pixels.shape) > 0.98
    annotator.press("Control+z")
    annotator.until("cells", str(len(before)))
    annotator.saved()


def test_moved_thresholds_show_other_cells_and_keep_them(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any], pixels: NDArray[Any]
) -> None:
    """The proposal on the canvas, the run that accepts it, and the engine itself agree cell by cell."""
    engine = registry.get_flow_engine("starter")
    embedding = engine.encode(pixels)
    annotator.page.get_by_label(CELLS_WITH).select_option("starter")
    annotator.until("finder", "starter")
    annotator.press("t")
    for threshold in (4.0, 0.5):
        expected = engine.masks(embedding, AutoParams(cell_probability=threshold, cached=True))
        annotator.page.get_by_role("spinbutton", name="Cell probability").fill(str(threshold))
        annotator.page.keyboard.press("Tab")
        annotator.until("proposal", str(len(expected.scores)), seconds=30)
    assert annotator.read("cells") == "0", "a proposal is not stored"
    annotator.page.locator("button.primary", has_text="Accept").click()
    annotator.until("cells", str(len(expected.scores)), seconds=60)
    annotator.until("segmenting", "none")
    annotator.saved()

    labels_hw = np.zeros(pixels.shape, np.int32)
    for cell in cells_in_database(app, ann, image["id"]):
        paste(rle_of(cell), labels_hw, cell["label"])
    assert ((labels_hw > 0) == (expected.labels_hw > 0)).mean() > 0.999
    annotator.press("Control+z")
    annotator.until("cells", "0")
    annotator.saved()

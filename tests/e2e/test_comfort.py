"""What makes the canvas comfortable, in a real browser: smart and magnetic strokes, locks, regions, own keys, fingers,
the tour."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from playwright.sync_api import Browser, BrowserContext, expect
from scipy import ndimage

from inference import rle
from tests.e2e.pages import Annotator, cells_in_database, fetch, rle_of
from tests.running import App

Mask = NDArray[np.bool_]


@pytest.fixture(scope="module")
def image(app: App, ann: BrowserContext) -> dict[str, Any]:
    """An empty image of the demo project that no other test opens."""
    project = next(one for one in fetch(ann, f"{app.url}/api/projects") if one["name"].startswith("Demo"))
    return fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[3]


@pytest.fixture(scope="module")
def nucleus(app: App, ann: BrowserContext, image: dict[str, Any]) -> Mask:
    """A bright round thing of the image that touches no other, by its grey values alone."""
    answer = ann.request.get(f"{app.url}/api/images/{image['id']}/original")
    grey_hw = ndimage.gaussian_filter(np.asarray(Pillow.open(io.BytesIO(answer.body()))).astype(float), 1)
    labels_hw, count = ndimage.label(grey_hw > (grey_hw.min() + grey_hw.max()) / 2.5)
    boxes = ndimage.find_objects(labels_hw)
    rows, cols = labels_hw.shape
    for label in range(1, count + 1):
        (tall, wide), mask_hw = boxes[label - 1], labels_hw == label
        inside = tall.start > 40 and wide.start > 40 and tall.stop < rows - 40 and wide.stop < cols - 40
        height, width = tall.stop - tall.start, wide.stop - wide.start
        round_ = abs(mask_hw.sum() / (np.pi / 4 * height * width) - 1) < 0.06
        alone = (
            labels_hw[tall.start - 12 : tall.stop + 12, wide.start - 12 : wide.stop + 12] > 0
        ).sum() == mask_hw.sum()
        if inside and round_ and alone and min(height, width) > 20:
            return mask_hw
    raise AssertionError("The demo image has no nucleus by itself.")


@pytest.fixture
def annotator(app: App, browser: Browser, ann: BrowserContext, image: dict[str, Any]) -> Iterator[Annotator]:
    """The same person in a browser of their own, which has seen the tour. Afterwards the image is empty again."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True)
    context.add_cookies(ann.cookies())
    context.add_init_script("localStorage.setItem('cytomark:tour', 'seen')")
    opened = Annotator(context, f"{app.url}/images/{image['id']}/")
    yield opened
    assert opened.errors == []
    for region in fetch(ann, f"{app.url}/api/images/{image['id']}/regions"):
        ann.request.delete(f"{app.url}/api/regions/{region['id']}", headers=csrf(ann, app))
    context.close()


def csrf(context: BrowserContext, app: App) -> dict[str, str]:
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "cytomark_csrf")
    return {"X-CSRFToken": token, "Referer": app.url}


def only_cell(app: App, ann: BrowserContext, image: dict[str, Any]) -> tuple[dict[str, Any], Mask]:
    (cell,) = cells_in_database(app, ann, image["id"])
    mask_hw = np.zeros((image["height"], image["width"]), np.uint8)
    rle.paste(rle_of(cell), mask_hw, 1)
    return cell, mask_hw > 0


def empty(annotator: Annotator) -> None:
    """Undo until nothing is left."""
    for left in range(int(annotator.read("cells")) - 1, -1, -1):
        annotator.press("Control+z")
        annotator.until("cells", str(left))
    annotator.saved()


def iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_the_magnetic_outline_finds_a_nucleus_from_four_clicks(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any], nucleus: Mask
) -> None:
    rows, cols = np.nonzero(nucleus)
    row, col = rows.mean() + 0.5, cols.mean() + 0.5
    annotator.press("u")
    for place in ((rows.min(), col), (row, cols.max() + 1), (rows.max() + 1, col), (row, cols.min())):
        annotator.click(*place)
    annotator.press("Enter")
    annotator.until("cells", "1")
    annotator.saved()
    assert iou(only_cell(app, ann, image)[1], nucleus) > 0.85
    empty(annotator)


def test_a_resting_pointer_shows_what_a_smart_stroke_keeps_to(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any], nucleus: Mask
) -> None:
    rows, cols = np.nonzero(nucleus)
    row, col = float(rows.mean()), float(cols.mean())
    annotator.until("embedding", "done", seconds=60)
    annotator.press("p")
    annotator.page.mouse.move(*annotator.place(row, col))
    annotator.until("hover", "shown")
    assert annotator.read("preview") == "0", "nothing is proposed before the click"
    annotator.press("Shift+B", "b")
    before, after = cols.min() - 30.0, cols.max() + 30.0
    annotator.page.mouse.move(*annotator.place(row, col))
    annotator.page.mouse.down()
    annotator.until("hover", "shown")
    for end in (before, after):
        annotator.page.mouse.move(*annotator.place(row, end), steps=6)
    annotator.page.mouse.up()
    annotator.until("cells", "1")
    annotator.saved()
    _, mask_hw = only_cell(app, ann, image)
    assert (mask_hw & ~ndimage.binary_dilation(nucleus, iterations=4)).sum() == 0
    assert (mask_hw & nucleus).sum() > 50
    annotator.press("Shift+B")
    empty(annotator)


def test_a_locked_cell_stays_as_it_is_until_it_is_unlocked(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    annotator.press("b")
    annotator.drag((60, 60), (60, 90))
    annotator.until("cells", "1")
    annotator.press("k")
    annotator.saved()
    before, mask_hw = only_cell(app, ann, image)
    assert before["locked"]
    annotator.press("Delete")
    annotator.drag((60, 60), (90, 60))
    expect(annotator.page.get_by_text("A locked cell stays as before").first).to_be_visible()
    annotator.saved()
    assert only_cell(app, ann, image)[0] == before
    annotator.press("k")
    annotator.drag((60, 60), (90, 60))
    annotator.saved()
    cell, larger_hw = only_cell(app, ann, image)
    assert not cell["locked"]
    assert (larger_hw & mask_hw).sum() == mask_hw.sum() < larger_hw.sum()
    annotator.press("Delete")
    annotator.until("cells", "0")
    annotator.saved()


def test_a_region_is_drawn_resized_named_and_seen_by_others(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    annotator.press("a")
    annotator.drag((50, 60), (150, 260))
    annotator.page.get_by_label("Name of Region 1").wait_for()
    other = Annotator(annotator.page.context, annotator.page.url)
    annotator.drag((150, 260), (200, 300))
    annotator.page.get_by_label("Name of Region 1").fill("Left")
    annotator.page.keyboard.press("Tab")
    other.page.get_by_label("Name of Left").wait_for()
    (region,) = fetch(ann, f"{app.url}/api/images/{image['id']}/regions")
    box = [region[side] for side in ("top", "left", "bottom", "right")]
    assert np.abs(np.array(box) - (50, 60, 200, 300)).max() <= 1
    share = 100 * (box[2] - box[0]) * (box[3] - box[1]) / (image["height"] * image["width"])
    expect(other.page.get_by_text(f"{share:.1f}".removesuffix(".0") + " %").first).to_be_visible()
    other.page.get_by_role("button", name="Delete Left").click()
    expect(annotator.page.get_by_label("Name of Left")).to_have_count(0)
    other.page.close()


def test_a_key_of_ones_own_works_and_is_remembered(annotator: Annotator) -> None:
    page = annotator.page
    annotator.press("?")
    page.get_by_role("button", name="Change keys").click()
    page.get_by_role("button", name="Change the key of Brush").click()
    annotator.press("e")
    page.get_by_role("button", name="Take it").click()
    annotator.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    annotator.press("e")
    annotator.until("tool", "brush.idle")
    page.reload()
    annotator.until("ready", "true")
    annotator.press("e")
    annotator.until("tool", "brush.idle")


def test_two_fingers_zoom_and_one_draws(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    session = annotator.page.context.new_cdp_session(annotator.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    annotator.press("b")
    scale = float(annotator.read("scale"))
    (x, y) = annotator.place(100, 100)
    touch("touchStart", (x, y))
    touch("touchStart", (x, y), (x + 100, y))
    touch("touchMove", (x, y), (x + 200, y))
    touch("touchEnd")
    assert float(annotator.read("scale")) == pytest.approx(2 * scale, rel=0.05)
    assert annotator.read("cells") == "0"
    (x, y), (x1, y1) = annotator.place(100, 110), annotator.place(100, 140)
    touch("touchStart", (x, y))
    touch("touchMove", ((x + x1) / 2, (y + y1) / 2))
    touch("touchMove", (x1, y1))
    touch("touchEnd")
    annotator.until("cells", "1")
    annotator.saved()
    cell, _ = only_cell(app, ann, image)
    assert abs(cell["mask"]["width"] - 30 - cell["mask"]["height"]) <= 2
    empty(annotator)


def test_the_tour_begins_on_the_demo_project_and_goes_on_by_itself(
    app: App, browser: Browser, ann: BrowserContext, image: dict[str, Any]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(ann.cookies())
    opened = Annotator(context, f"{app.url}/images/{image['id']}/")
    tour = opened.page.get_by_role("region", name="Tour")
    expect(tour.get_by_role("heading", name="Look around")).to_be_visible()
    opened.press("+")
    expect(tour.get_by_role("heading", name="Take the tool for clicks")).to_be_visible()
    opened.press("p")
    expect(tour.get_by_role("heading", name="Click a cell")).to_be_visible()
    tour.get_by_role("button", name="Leave the tour").click()
    opened.page.reload()
    opened.until("ready", "true")
    expect(tour).to_have_count(0)
    opened.press("?")
    opened.page.get_by_role("button", name="Take the tour").click()
    expect(tour).to_be_visible()
    assert opened.errors == []
    context.close()


FOCUSED = """() => {
  const one = document.activeElement;
  return `${one.role ?? ''}: ${one.getAttribute('aria-label') ?? one.innerText ?? ''}`;
}"""


def tab_to(annotator: Annotator, words: str) -> None:
    """Press Tab until what is focused is called so."""
    for _ in range(150):
        annotator.press("Tab")
        if words in annotator.page.evaluate(FOCUSED):
            return
    raise AssertionError(f"Tab never reached “{words}”.")


def test_an_image_is_annotated_and_handed_in_by_the_keyboard_alone(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    annotator.page.goto(app.url)
    tab_to(annotator, "Demo: fluorescent nuclei")
    annotator.press("Enter")
    annotator.page.wait_for_url("**/projects/*/")
    annotator.page.wait_for_load_state("networkidle")
    tab_to(annotator, image["name"])
    annotator.press("Enter")
    annotator.until("ready", "true")
    annotator.page.wait_for_selector('[data-finder]:not([data-finder=""])', state="attached")
    annotator.press("Shift+F")
    annotator.page.wait_for_selector('[data-ready]:not([data-cells="0"])', timeout=60_000, state="attached")
    annotator.until("segmenting", "none", seconds=60)
    annotator.saved()
    count = int(annotator.read("cells"))
    tab_to(annotator, "listbox: Cells")
    annotator.press("ArrowDown")
    annotator.until("selected", "1")
    annotator.press("1", ".", "Delete")
    annotator.until("cells", str(count - 1))
    annotator.press("Control+z")
    annotator.until("cells", str(count))
    annotator.saved()
    annotator.press("Control+Enter")
    expect(annotator.page.get_by_role("button", name="Hand in, or the next step")).to_have_text("Start review")
    assert fetch(ann, f"{app.url}/api/images/{image['id']}")["status"] == "submitted"
    classes = [cell["class_id"] for cell in cells_in_database(app, ann, image["id"])]
    assert sum(one is not None for one in classes) == 1

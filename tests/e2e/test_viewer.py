"""An image with channels, slices and frames in a real browser: what is on the screen, and where new cells lie."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.pages import Annotator, annotator_apart, cells_in_database, fetch, person_of
from tests.running import App, Person

NAME = "planes.ome.tif"


def stack() -> np.ndarray:
    """t, c, z, y, x: a bright square that moves right by slice and down by frame, in channel 0; channel 1 is bright on
    the right half."""
    pixels = np.full((2, 2, 3, 600, 700), 100, np.uint16)
    for t in range(2):
        for z in range(3):
            pixels[t, 0, z, 100 + 200 * t : 200 + 200 * t, 50 + 100 * z : 150 + 100 * z] = 3000
    pixels[:, 1, :, :, 350:] = 900
    return pixels


@pytest.fixture(scope="module")
def image_id(app: App, ann: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("planes") / NAME
    metadata = {"axes": "TCZYX", "Channel": {"Name": ["DNA", "Actin"]}, "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    tifffile.imwrite(path, stack(), metadata=metadata, compression="zlib", photometric="minisblack")
    person = Person(app.url)
    for cookie in ann.cookies():
        person.add_cookie(cookie["name"], cookie["value"])
    project = person.post("/api/projects", name="Planes")["id"]
    data = path.read_bytes()
    upload = person.post(f"/api/projects/{project}/uploads", name=NAME, size=len(data))["id"]
    person.put(f"/api/uploads/{upload}?offset=0", data)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        images = person.get(f"/api/projects/{project}/images")
        if images:
            return str(images[0]["id"])
        time.sleep(0.2)
    raise AssertionError("The image was not imported.")


@pytest.fixture
def page(app: App, ann: BrowserContext, browser: Browser, image_id: str) -> Iterator[Annotator]:
    with annotator_apart(browser, ann, f"{app.url}/images/{image_id}/") as opened:
        yield opened
    person_of(app, ann).delete(f"/api/images/{image_id}/looks")


def colour_at(page: Annotator, row: float, col: float) -> tuple[int, int, int]:
    """What the screen shows there, once everything has been drawn."""
    page.until("loading", "0")
    page.page.wait_for_timeout(300)
    x, y = page.place(row, col)
    shot = Picture.open(io.BytesIO(page.page.screenshot())).convert("RGB")
    red, green, blue = shot.getpixel((round(x), round(y)))  # type: ignore[misc]
    return int(red), int(green), int(blue)


def test_channels_are_added_up_in_their_colours_plane_by_plane(page: Annotator) -> None:
    assert page.read("plane") == "0 1"
    blue, orange, black = (86, 180, 233), (230, 159, 0), (0, 0, 0)
    assert colour_at(page, 150, 200) == blue
    assert colour_at(page, 500, 500) == orange
    assert colour_at(page, 150, 100) == black
    page.press("ArrowDown")
    assert colour_at(page, 150, 100) == blue
    page.press("ArrowRight")
    assert page.read("plane") == "1 0"
    assert colour_at(page, 350, 100) == blue
    assert colour_at(page, 150, 100) == black
    page.press("Alt+2")
    assert colour_at(page, 500, 500) == black
    page.press("Shift+M")
    assert [colour_at(page, 350, col) for col in (100, 200, 300)] == [blue] * 3
    page.press("Shift+I")
    assert colour_at(page, 500, 500) == (255, 255, 255)
    with page.page.expect_response(lambda answer: answer.url.endswith("/looks")) as kept:
        page.press("Shift+I", "Shift+I")
    assert kept.value.status == 204
    page.page.reload()
    page.until("ready", "true")
    assert page.read("plane") == "0 1"
    assert [colour_at(page, row, 200) for row in (150, 500)] == [(169, 75, 22), (255, 255, 255)]


def test_a_cell_lies_on_the_plane_on_which_it_was_drawn(
    page: Annotator, app: App, ann: BrowserContext, image_id: str
) -> None:
    page.press("ArrowUp", "b")
    page.drag((150, 280), (150, 300))
    page.until("cells", "1")
    page.saved()
    page.press("ArrowDown")
    page.until("cells", "0")
    page.press("v", "ArrowUp")
    page.until("cells", "1")
    (cell,) = cells_in_database(app, ann, image_id)
    assert (cell["t"], cell["z"]) == (0, 2)
    page.press("Control+z")
    page.until("cells", "0")
    page.saved()


def test_a_cell_goes_on_over_slices_and_frames_as_one_object(
    page: Annotator, app: App, ann: BrowserContext, image_id: str
) -> None:
    page.press("ArrowDown", "b")
    page.drag((150, 100), (150, 120))
    page.until("selected", "1")
    page.press("Alt+o", "ArrowUp", "ArrowUp")
    page.drag((150, 300), (150, 320))
    page.until("selected", "1")
    page.press("Alt+j", "Alt+i", "Control+ArrowRight")
    page.until("plane", "1 2")
    page.until("cells", "1")
    page.saved()
    cells = cells_in_database(app, ann, image_id)
    assert len({cell["label"] for cell in cells}) == 1
    place = {
        (cell["t"], cell["z"]): (cell["mask"]["top"], cell["mask"]["left"], cell["mask"]["counts"]) for cell in cells
    }
    (top, left, counts), (_, right, _) = place[0, 0], place[0, 2]
    assert place == {
        (0, 0): (top, left, counts),
        (0, 1): (top, (left + right) // 2, counts),
        (0, 2): (top, right, counts),
        (1, 2): (top, right, counts),
    }
    page.press("ArrowLeft", "ArrowDown", "ArrowDown")
    page.until("cells", "1")
    page.press(*["Control+z"] * 5)
    page.until("cells", "0")
    page.saved()
    assert cells_in_database(app, ann, image_id) == []


def test_a_person_goes_to_coordinates_and_reads_the_pixels_there(page: Annotator) -> None:
    page.press("Control+g")
    page.page.keyboard.type("200, 150")
    page.press("Enter")
    page.until("loading", "0")
    page.page.mouse.move(*page.place(150.4, 200.4))
    page.page.get_by_text("x 200, y 150 (100.2, 75.2 µm) = 3,000 · 100").wait_for()


def test_a_link_leads_another_browser_to_the_same_place(
    page: Annotator, app: App, ann: BrowserContext, browser: Browser
) -> None:
    page.press("ArrowUp", "Alt+2", "Shift+L")
    page.page.mouse.move(*page.place(300, 300))
    page.page.mouse.wheel(0, -400)
    page.press("Shift+L")
    page.page.wait_for_function("location.hash.length > 1")
    with annotator_apart(browser, ann, page.page.url) as other:
        other.until("plane", "0 2")
        assert abs(float(other.read("scale")) / float(page.read("scale")) - 1) < 0.01
        assert abs(float(other.read("left")) - float(page.read("left"))) < 1
        assert colour_at(other, 300, 380) == (0, 0, 0)


def test_tiles_are_kept_by_the_browser(page: Annotator, app: App, ann: BrowserContext, image_id: str) -> None:
    answer = ann.request.get(f"{app.url}/api/images/{image_id}/tiles/0/0/0/0/0/0")
    assert "immutable" in answer.headers["cache-control"]
    assert fetch(ann, f"{app.url}/api/images/{image_id}")["levels"][0] == {"width": 700, "height": 600}
    again = ann.request.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304
    assert page.read("loading") == "0"

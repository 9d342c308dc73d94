"""The tools that draw, in a real browser: every pixel in the database is where geometry says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext
from scipy import ndimage

from inference import rle
from tests.e2e.pages import Annotator, cells_in_database, demo_of, fetch, rle_of
from tests.running import App

Point = tuple[float, float]
"""(row, column) in image pixels; a pixel's square runs from its index to its index plus one."""
Mask = NDArray[np.bool_]


@pytest.fixture(scope="module")
def image(app: App, ann: BrowserContext) -> dict[str, Any]:
    """An empty image of the demo project that no other test opens."""
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))
    return fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[1]


class Canvas:
    """One image with its pixels as the database has them."""

    def __init__(self, app: App, context: BrowserContext, image: dict[str, Any]) -> None:
        self.image = image
        self.page = Annotator(context, f"{app.url}/images/{image['id']}/")
        self.fetch: Callable[[], list[dict]] = lambda: cells_in_database(app, context, image["id"])
        rows_hw, cols_hw = np.indices((image["height"], image["width"]))
        self.rows_hw, self.cols_hw = rows_hw + 0.5, cols_hw + 0.5

    def snap(self, point: Point) -> tuple[tuple[float, float], Point]:
        """The whole screen pixel nearest to an image point, and the image point that this really is."""
        box = self.page.page.locator("canvas").first.bounding_box()
        assert box is not None
        x, y = (round(value) for value in self.page.place(*point))
        scale = float(self.page.read("scale"))
        row, col = (y - box["y"]) / scale + float(self.page.read("top")), (x - box["x"]) / scale
        return (x, y), (row, col + float(self.page.read("left")))

    def polygon(self, *corners: Point) -> Mask:
        """Click the corners and Enter; the pixels whose centres lie inside."""
        snapped = [self.snap(corner) for corner in corners]
        for screen, _ in snapped:
            self.page.page.mouse.click(*screen)
        self.page.press("Enter")
        inside_hw = np.zeros(self.rows_hw.shape, np.bool_)
        points = [point for _, point in snapped]
        for (row0, col0), (row1, col1) in zip(points, points[1:] + points[:1], strict=True):
            if row0 == row1:
                continue
            crosses = (row0 <= self.rows_hw) != (row1 <= self.rows_hw)
            col_hw = col0 + (self.rows_hw - row0) / (row1 - row0) * (col1 - col0)
            inside_hw ^= crosses & (col_hw <= self.cols_hw)
        return inside_hw

    def line(self, start: Point, end: Point) -> Mask:
        """Drag along a straight line; the pixels on its one side."""
        (screen0, (row0, col0)), (screen1, (row1, col1)) = self.snap(start), self.snap(end)
        self.drag(screen0, screen1)
        cross_hw = (col1 - col0) * (self.rows_hw - row0) - (row1 - row0) * (self.cols_hw - col0)
        return cross_hw > 0

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.page.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end)
        mouse.up()

    def check(self, *expected: Mask) -> list[dict]:
        """The database has exactly these masks, whichever order; its cells."""
        self.page.until("cells", str(len(expected)))
        self.page.saved()
        wanted = sorted(mask.tobytes() for mask in expected)
        deadline = time.monotonic() + 5
        while True:
            cells = self.fetch()
            found = sorted(self.pixels(cell).tobytes() for cell in cells)
            if found == wanted:
                return cells
            assert time.monotonic() < deadline, [mask.sum() for mask in expected] + [
                int(self.pixels(cell).sum()) for cell in cells
            ]
            time.sleep(0.2)

    def pixels(self, cell: dict) -> Mask:
        mask_hw = np.zeros((self.image["height"], self.image["width"]), np.bool_)
        rle.paste(rle_of(cell), mask_hw, 1)
        return mask_hw


def test_polygon_split_merge_grow_overwrite_move_and_all_undone(app: App, ann: BrowserContext, image: dict) -> None:
    canvas = Canvas(app, ann, image)
    page = canvas.page
    page.press("o")
    cell = canvas.polygon((100, 100), (90, 170), (150, 190), (180, 120))
    (made,) = canvas.check(cell)
    assert made["provenance"]["source"] == "hand"

    # One cell becomes two, the larger stays it; merged again it is the one before.
    page.press("x")
    side = canvas.line((70, 140), (200, 150))
    larger, smaller = sorted((cell & side, cell & ~side), key=lambda mask: -mask.sum())
    parts = canvas.check(larger, smaller)
    assert next(part for part in parts if part["id"] == made["id"])["label"] == made["label"]
    assert [canvas.pixels(part).sum() for part in parts if part["id"] == made["id"]] == [larger.sum()]
    page.press("c")
    (merged,) = canvas.check(cell)
    assert merged["id"] == made["id"]

    page.press(".")
    grown = ndimage.binary_dilation(cell)
    canvas.check(grown)

    # A second cell over the first: kept out of it, or taking its pixels.
    page.press("o")
    second = canvas.polygon((140, 160), (140, 230), (200, 230), (200, 160))
    canvas.check(grown, second & ~grown)
    page.press("Control+z")
    canvas.check(grown)
    page.press("w")
    page.until("write", "overwrite")
    second = canvas.polygon((140, 160), (140, 230), (200, 230), (200, 160))
    canvas.check(grown & ~second, second)

    # Moved by whole pixels, it takes more of the first.
    page.press("d")
    (screen0, from_), (screen1, to) = canvas.snap((180, 200)), canvas.snap((170, 190))
    canvas.drag(screen0, screen1)
    moved = np.roll(second, (round(to[0] - from_[0]), round(to[1] - from_[1])), (0, 1))
    canvas.check(grown & ~second & ~moved, moved)

    for _ in range(6):
        page.press("Control+z")
        page.saved()
    canvas.check()
    assert page.errors == []
    page.page.close()

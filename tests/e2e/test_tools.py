"""The tools that draw, in a real browser: every pixel in the database is where geometry says."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext
from scipy import ndimage
from skimage.morphology import convex_hull_image

from inference import rle
from tests.e2e.pages import Annotator, cells_in_database, demo_of, fetch, rle_of
from tests.running import App

Point = tuple[float, float]
"""(row, column) in image pixels; a pixel's square runs from its index to its index plus one."""
Mask = NDArray[np.bool_]
TIP = 8
"""The brush's radius in pixels, before it is changed."""
DISC = np.array([[0, 1, 1, 1, 0], [1] * 5, [1] * 5, [1] * 5, [0, 1, 1, 1, 0]])
"""In which a smoothed pixel has the majority around it."""


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
        return self.inside([point for _, point in snapped])

    def outline(self, *corners: Point) -> Mask:
        """Draw along the corners with the hand held down; the pixels whose centres lie inside."""
        snapped = [self.snap(corner) for corner in corners]
        self.drag(*(screen for screen, _ in snapped))
        return self.inside([point for _, point in snapped])

    def stroke(self, *path: Point) -> Mask:
        """Drag along a path; the pixels whose centres the round tip has covered."""
        snapped = [self.snap(point) for point in path]
        self.drag(*(screen for screen, _ in snapped))
        points = [point for _, point in snapped]
        covered_hw = np.zeros(self.rows_hw.shape, np.bool_)
        for (row0, col0), (row1, col1) in pairwise(points):
            rows, cols = row1 - row0, col1 - col0
            along_hw = ((self.rows_hw - row0) * rows + (self.cols_hw - col0) * cols) / (rows**2 + cols**2)
            along_hw = np.clip(along_hw, 0, 1)
            covered_hw |= np.hypot(self.rows_hw - row0 - along_hw * rows, self.cols_hw - col0 - along_hw * cols) <= TIP
        return covered_hw

    def inside(self, points: list[Point]) -> Mask:
        inside_hw = np.zeros(self.rows_hw.shape, np.bool_)
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

    def drag(self, *path: tuple[float, float]) -> None:
        mouse = self.page.page.mouse
        mouse.move(*path[0])
        mouse.down()
        for screen in path[1:]:
            mouse.move(*screen)
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


def largest(mask: Mask) -> Mask:
    parts_hw, _ = ndimage.label(mask, np.ones((3, 3)))
    return parts_hw == 1 + np.argmax(np.bincount(parts_hw.ravel())[1:])


def test_brush_eraser_outline_and_every_change_of_shape_undone_and_redone(
    app: App, ann: BrowserContext, image: dict
) -> None:
    canvas = Canvas(app, ann, image)
    page, steps = canvas.page, list[list[Mask]]()

    def check(*expected: Mask) -> None:
        steps.append(list(expected))
        canvas.check(*expected)

    # A ring with a bay: painted, more of it with the same brush, a hole made by the eraser and filled again.
    page.press("b")
    ring = canvas.stroke((100, 100), (100, 160), (150, 160), (150, 100))
    check(ring)
    ring = ring | canvas.stroke((150, 100), (110, 100))
    check(ring)
    page.press("Shift+H")
    filled = ndimage.binary_fill_holes(ring)
    assert filled.sum() > ring.sum()
    check(filled)
    page.press("e")
    cell = filled & ~canvas.stroke((125, 60), (125, 140))
    check(cell)
    page.press("Shift+X")
    hull = convex_hull_image(cell, offset_coordinates=False)
    check(hull)
    page.press("Control+z")
    check(cell)

    # The eraser cuts it in two; the speck goes, the rest is rounder, smaller.
    cell = cell & ~canvas.stroke((80, 150), (200, 150))
    check(cell)
    page.press("Shift+K")
    cell = largest(cell)
    check(cell)
    page.press("Shift+S")
    cell = ndimage.convolve(cell.astype(int), DISC) * 2 > DISC.sum()
    check(cell)
    page.press(",")
    cell = ndimage.binary_erosion(cell)
    check(cell)

    # A second cell by hand; Shift adds to it, Alt cuts from it.
    page.press("Escape", "l")
    other = canvas.outline((200, 60), (200, 140), (260, 150), (250, 70))
    check(cell, other)
    page.page.keyboard.down("Shift")
    other = other | canvas.outline((190, 120), (190, 180), (240, 180), (240, 120))
    page.page.keyboard.up("Shift")
    check(cell, other)
    page.page.keyboard.down("Alt")
    other = other & ~canvas.outline((205, 100), (205, 130), (235, 130), (235, 100))
    page.page.keyboard.up("Alt")
    check(cell, other)
    page.press("k", "Delete")
    canvas.check(cell, other)
    assert "locked" in page.notices()
    page.press("k")

    # Back through all tools and forth again. The hull was undone before: it is no step any more.
    done = [masks for at, masks in enumerate(steps) if at not in (4, 5)]
    for _ in range(2):
        page.press("Control+z")
    for masks in [*done[-2::-1], []]:
        page.press("Control+z")
        canvas.check(*masks)
    for masks in done:
        page.press("Control+Shift+z")
        canvas.check(*masks)
    for _ in done:
        page.press("Control+z")
        page.saved()
    canvas.check()
    assert page.errors == []
    page.page.close()

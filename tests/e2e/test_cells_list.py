"""The table of cells and the flags, in a real browser: what they say and do is what the database has."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, expect

from annotation.protocol import Mask
from inference import rle
from tests.e2e.pages import Annotator, annotator_apart, cells_in_database, demo_of, fetch, rle_of
from tests.running import App, Person, Tab

FAULTY = 3


def discs(holes: int) -> list[NDArray[np.bool_]]:
    """Twelve discs of different sizes in rows of four, the first few with a hole in the middle. (row, col) each."""
    rows_hw, cols_hw = np.mgrid[:64, :64] - 31
    away_hw = np.hypot(rows_hw, cols_hw)
    return [(away_hw < 14 + n * 0.4) & ((away_hw > 3) | (n >= holes)) for n in range(12)]


@pytest.fixture(scope="module")
def image(app: App, ann: BrowserContext) -> Iterator[dict[str, Any]]:
    """An image of the demo project that is empty before and after, with twelve cells by hand."""
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))
    image = fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[3]
    person = Person(app.url)
    for cookie in ann.cookies():
        person.add_cookie(cookie["name"], cookie["value"])
    tab = Tab(person, image["id"])
    tab.open()
    for n, mask_hw in enumerate(discs(FAULTY)):
        mask = rle.encode(mask_hw, top=40 + 80 * (n // 4), left=40 + 80 * (n % 4))
        tab.create(Mask.of(mask))
    tab.close()
    yield image
    tab.delete_all()
    tab.close()


@pytest.fixture
def annotator(app: App, browser: Browser, ann: BrowserContext, image: dict[str, Any]) -> Iterator[Annotator]:
    """The same person in a browser of their own."""
    with annotator_apart(browser, ann, f"{app.url}/images/{image['id']}/") as opened:
        yield opened


def listed(annotator: Annotator) -> list[str]:
    """The numbers of the cells in the table, from the top."""
    rows = annotator.page.locator(".cell-table .cell-row").all()
    texts = [(float(re.sub(r"\D", "", row.get_attribute("style") or "0")), row.inner_text()) for row in rows]
    return [text.split()[0] for _, text in sorted(texts)]


def only_holes(annotator: Annotator) -> None:
    """The discs lie anywhere on the picture, which may look like other faults too."""
    annotator.page.get_by_label("Kind of flag").select_option("holes")
    annotator.until("flags", str(FAULTY))


def test_table_sorts_filters_and_selects_both_ways(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    page = annotator.page
    cells = cells_in_database(app, ann, image["id"])
    area = {str(cell["label"]): rle_of(cell).area for cell in cells}
    page.get_by_role("button", name="Sort by area").click()
    assert listed(annotator) == sorted(area, key=lambda label: area[label])
    page.get_by_role("button", name="Sort by area").click()
    assert listed(annotator) == sorted(area, key=lambda label: -area[label])

    # From the list to the canvas: one, a range, one more taken away.
    rows = page.locator(".cell-table .cell-row")
    first, fourth = (page.locator(f".cell-table .cell-row[style*='top: {24 * n}px']") for n in (0, 3))
    first.click()
    annotator.until("selected", "1")
    fourth.click(modifiers=["Shift"])
    annotator.until("selected", "4")
    fourth.click(modifiers=["Control"])
    annotator.until("selected", "3")

    # From the canvas to the list: the cell's row is marked and in sight.
    last = cells[-1]
    annotator.press("v")
    annotator.click(last["mask"]["top"] + last["mask"]["height"] / 2, last["mask"]["left"] + last["mask"]["width"] / 2)
    annotator.until("selected", "1")
    marked = page.locator(".cell-table .cell-row[aria-selected=true]")
    assert marked.inner_text().split()[0] == str(last["label"])
    assert marked.is_visible()

    page.get_by_role("searchbox").fill("holes")
    page.wait_for_function(f"document.querySelectorAll('.cell-table .cell-row').length === {FAULTY}")
    page.get_by_role("button", name=re.compile("^Select all")).click()
    annotator.until("selected", str(FAULTY))
    page.get_by_role("button", name="Show all", exact=True).click()
    assert rows.count() == len(cells)


def test_saved_table_is_the_database(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    only_holes(annotator)
    with annotator.page.expect_download() as download:
        annotator.page.get_by_role("button", name=re.compile("^Save the listed cells")).click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    cells = cells_in_database(app, ann, image["id"])
    assert [(row["Cell"], row["Id"], row["Area (px)"], row["Author"]) for row in rows] == [
        (cell["id"], str(cell["label"]), str(rle_of(cell).area), cell["created_by"]) for cell in cells
    ]
    assert ["Holes" in row["Flags"] for row in rows] == [n < FAULTY for n in range(len(cells))]


def test_all_holes_are_filled_in_one_step(
    annotator: Annotator, app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    """Stepped to by key, shown before, done at once, and taken back by one undo."""

    def masks() -> list[bytes]:
        return [rle.decode(rle_of(cell)).tobytes() for cell in cells_in_database(app, ann, image["id"])]

    def whole(holes: int) -> list[bytes]:
        return [rle.decode(rle.encode(mask_hw)).tobytes() for mask_hw in discs(holes)]

    only_holes(annotator)
    annotator.press("n")
    annotator.until("selected", "1")
    assert masks() == whole(FAULTY), "what is proposed is not stored"
    annotator.press("Shift+J")
    annotator.until("flags", "0")
    annotator.saved()
    assert masks() == whole(0)
    annotator.press("Control+z")
    annotator.until("flags", str(FAULTY))
    annotator.saved()
    assert masks() == whole(FAULTY)
    annotator.press("n", "j")
    annotator.until("flags", str(FAULTY - 1))
    annotator.press("Control+z")
    annotator.until("flags", str(FAULTY))
    annotator.saved()


def test_cells_of_the_project_are_measured_and_a_point_opens_its_cell(
    app: App, ann: BrowserContext, image: dict[str, Any]
) -> None:
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{demo_of(fetch(ann, f'{app.url}/api/projects'))['id']}/")
    page.get_by_role("link", name="Measurements").click()
    page.get_by_label("Cells").select_option("by image")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=image["name"]))
    expect(row).to_be_visible(timeout=30_000)
    areas = [rle_of(cell).area for cell in cells_in_database(app, ann, image["id"])]
    expect(row.get_by_role("cell").nth(1)).to_have_text(str(len(areas)))
    expect(row.get_by_role("cell").nth(2)).to_have_text(f"{np.mean(areas):,.4g}")
    page.get_by_label("Figure").select_option("Perimeter")
    expect(row.get_by_role("cell").nth(2)).not_to_have_text(f"{np.mean(areas):,.4g}")
    if folder := os.environ.get("CYTOMARK_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "measurements.png", full_page=True)
    point = page.locator(f".scatter a[href*='{image['id']}']").first
    cell = re.findall(r"cell=([\w-]+)", point.get_attribute("href") or "")[0]
    point.click()
    page.wait_for_url("**/images/**")
    page.locator("[data-ready=true]").wait_for(timeout=30_000)
    expect(page.locator(".cell-row[aria-selected=true]")).to_have_count(1, timeout=30_000)
    assert cell in page.url
    page.close()

"""The main job, in two real browsers: click, accept, correct together, undo, find all, reload, take the labels home."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Browser, BrowserContext, expect

from inference import rle
from inference.rle import Rle
from inference.training.synthetic import fluorescence
from tests.e2e.pages import Annotator, cells_in_database, centres, demo_of, fetch, rle_of, take_account
from tests.running import App

NAME = "nuclei_01.png"


@pytest.fixture(scope="module")
def project(app: App, ann: BrowserContext) -> dict[str, Any]:
    return demo_of(fetch(ann, f"{app.url}/api/projects"))


@pytest.fixture(scope="module")
def bo(app: App, browser: Browser, ann: BrowserContext, project: dict[str, Any]) -> BrowserContext:
    """A colleague whom Ann adds on the project page."""
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{project['id']}/")
    page.get_by_placeholder("Name or e-mail address").fill("bo@example.org")
    page.locator("section", has_text="Members").get_by_role("button", name="Add").click()
    link = page.get_by_label("One-time link").input_value()
    page.close()
    return take_account(browser, link, "bo")


@pytest.fixture(scope="module")
def image(app: App, ann: BrowserContext, project: dict[str, Any]) -> dict[str, Any]:
    images = fetch(ann, f"{app.url}/api/projects/{project['id']}/images")
    return next(image for image in images if image["name"] == NAME)


def test_the_main_job(app: App, ann: BrowserContext, bo: BrowserContext, project: dict, image: dict) -> None:
    _, labels_hw = fluorescence(1, height=512, width=640, cells=60)
    (row, col), *_ = centres(labels_hw)
    url = f"{app.url}/images/{image['id']}/"
    a, b = Annotator(ann, url), Annotator(bo, url)

    # A clicks a nucleus and accepts; B sees it.
    a.press("p")
    a.click(row, col)
    a.page.wait_for_selector('[data-preview]:not([data-preview="0"]):not([data-preview="waiting"])', state="attached")
    a.press("Enter")
    b.until("cells", "1")
    a.saved()
    (cell,) = cells_in_database(app, ann, image["id"])
    label = int(labels_hw[int(row), int(col)])
    assert iou(rle_of(cell), labels_hw == label) >= 0.7

    # B brushes it larger; A's undo of the creation is refused with a message.
    b.press("v")
    b.click(row, col)
    b.until("selected", "1")
    b.press("b")
    edge = cell["mask"]["top"] + cell["mask"]["height"]
    b.drag((row, col), (edge + 3, col))
    b.saved()
    wait_for_version(app, ann, image["id"], 2)
    (larger,) = cells_in_database(app, ann, image["id"])
    assert rle_of(larger).area > rle_of(cell).area
    a.press("Control+z")
    expect(a.page.get_by_text("bo has changed this cell since").first).to_be_visible()

    # B undoes and lets go of the cell, A undoes.
    b.press("Control+z", "v", "Escape")
    wait_for_version(app, ann, image["id"], 3)
    (back,) = cells_in_database(app, ann, image["id"])
    assert back["mask"] == cell["mask"]
    a.until("held", "0")
    a.press("Control+z")
    a.until("cells", "0")
    b.until("cells", "0")

    # All the others.
    a.page.locator("button.primary", has_text="Find cells").click()
    a.page.wait_for_selector('[data-ready]:not([data-cells="0"])', timeout=60_000, state="attached")
    a.until("segmenting", "none")
    a.saved()
    found = cells_in_database(app, ann, image["id"])
    assert len(found) > 20
    b.until("cells", str(len(found)))

    # A reload shows the same masks, byte for byte.
    a.page.reload()
    a.until("ready", "true")
    a.until("cells", str(len(found)))
    assert cells_in_database(app, ann, image["id"]) == found
    assert a.errors == []
    assert b.errors == []
    a.page.close()
    b.page.close()

    check_export(app, ann, project, found)


def check_export(app: App, ann: BrowserContext, project: dict, cells: list[dict]) -> None:
    """The label TIFF, downloaded from the project page, equals what the database says."""
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{project['id']}/")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
    # Others may have exported before, in other formats.
    mine = page.get_by_role("dialog").get_by_role("listitem").filter(has_text="Label TIFF").first
    with page.expect_download(timeout=60_000) as download:
        mine.get_by_role("link", name="Download").click(timeout=60_000)
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    name = next(name for name in archive.namelist() if "nuclei_01" in name and name.endswith(".tif"))
    with tifffile.TiffFile(io.BytesIO(archive.read(name))) as tiff:
        exported_hw = tiff.pages[0].asarray()
    expected_hw = np.zeros(exported_hw.shape, np.uint16)
    for cell in cells:
        rle.paste(rle_of(cell), expected_hw, cell["label"])
    assert exported_hw.dtype == np.uint16
    np.testing.assert_array_equal(exported_hw, expected_hw)
    page.close()


def wait_for_version(app: App, context: BrowserContext, image_id: str, version: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if [cell["version"] for cell in cells_in_database(app, context, image_id)] == [version]:
            return
        time.sleep(0.2)
    raise AssertionError(f"the cell did not reach version {version}")


def iou(mask: Rle, truth_hw: np.ndarray) -> float:
    mask_hw = np.zeros(truth_hw.shape, np.uint8)
    rle.paste(mask, mask_hw, 1)
    return float((truth_hw & (mask_hw > 0)).sum() / (truth_hw | (mask_hw > 0)).sum())

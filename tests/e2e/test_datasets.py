"""The datasets page: freeze, compare, take home."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from playwright.sync_api import BrowserContext, expect

from tests.e2e.pages import demo_of, fetch, person_of
from tests.running import App


def test_a_project_is_frozen_compared_and_taken_home(app: App, ann: BrowserContext, tmp_path: Path) -> None:
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{project['id']}/")
    page.get_by_role("link", name="Datasets").click()
    for name in ("First", "Second"):
        page.get_by_label("Name", exact=True).fill(name)
        if name == "First":
            page.get_by_label("Accepted").uncheck()
        page.get_by_role("button", name="Make snapshot").click()
        expect(page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Give the others their place").click()
    expect(page.get_by_text("No place yet").locator("xpath=../dd")).to_have_text("0")
    if folder := os.environ.get("CYTOMARK_PICTURES"):
        page.screenshot(path=Path(folder) / "datasets.png")
    page.get_by_role("button", name="What changed since “First”").click()
    expect(page.get_by_role("dialog")).to_contain_text("0 images changed")
    page.get_by_role("button", name="Close").click()
    row = page.get_by_role("row").filter(has=page.get_by_text("First", exact=True))
    row.get_by_role("button", name="Export").click()
    page.get_by_role("dialog").get_by_text("QuPath GeoJSON").click()
    page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
    mine = page.get_by_role("dialog").get_by_role("listitem").filter(has_text="QuPath GeoJSON").first
    with page.expect_download(timeout=60_000) as download:
        mine.get_by_role("link", name="Download").click(timeout=60_000)
    archive = zipfile.ZipFile(download.value.path())
    assert sum(name.endswith(".geojson") for name in archive.namelist()) == project["images"]
    assert "Snapshot: First" in archive.read("README.txt").decode()
    page.get_by_role("button", name="Close").click()
    page.get_by_label("File of cells to import").set_input_files(download.value.path())
    # All cells of it are there already.
    expect(page.get_by_role("button", name="Add nothing")).to_be_disabled(timeout=30_000)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("File of cells to import").set_input_files(
        {"name": "dataset.zip", "mimeType": "application/zip", "buffer": yolo_dataset()}
    )
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("new image", timeout=30_000)
    expect(dialog.get_by_role("checkbox", name="macrophage")).to_be_checked()
    if folder := os.environ.get("CYTOMARK_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "import.png")
    dialog.get_by_role("button", name="Add 1 cell and 1 image").click()
    expect(page.get_by_text("1 cells added to 1 images, 1 images made")).to_be_visible(timeout=30_000)
    images = fetch(ann, f"{app.url}/api/projects/{project['id']}/images")
    (made,) = (image for image in images if image["name"] == "x.png")
    (cell,) = fetch(ann, f"{app.url}/api/images/{made['id']}/cells")
    assert cell["mask"] == {"top": 10, "left": 20, "height": 10, "width": 20, "counts": [0, 200]}
    # Other tests look for the last image of this project.
    person_of(app, ann).delete(f"/api/images/{made['id']}")
    page.close()


def yolo_dataset() -> bytes:
    """A picture of 50 × 100 with one rectangle of a class that the project does not have."""
    target, picture = io.BytesIO(), io.BytesIO()
    Picture.fromarray(np.arange(5000, dtype=np.uint16).reshape(50, 100).astype(np.uint8)).save(picture, "PNG")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("images/train/x.png", picture.getvalue())
        archive.writestr("labels/train/x.txt", "0 0.2 0.2 0.4 0.2 0.4 0.4 0.2 0.4")
        archive.writestr("data.yaml", "names: [macrophage]")
    return target.getvalue()


def test_another_program_is_told_and_the_page_says_what_came_of_it(app: App, ann: BrowserContext) -> None:
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{project['id']}/")
    page.get_by_role("button", name="Tell another program…").click()
    page.get_by_label("Its address").fill("http://127.0.0.1:9/")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("inside of the server's own network")
    page.get_by_label("Its address").fill("https://nobody.invalid/hook")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_label("Secret of the webhook")).to_have_value(re.compile("^whsec_"))
    page.get_by_role("button", name="nobody.invalid", exact=True).click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("The name nobody.invalid is not known.")).to_be_visible(timeout=40_000)
    if folder := os.environ.get("CYTOMARK_PICTURES"):
        page.screenshot(path=Path(folder) / "webhooks.png")
    page.close()

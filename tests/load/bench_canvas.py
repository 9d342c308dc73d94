"""`make bench-canvas`: the annotator in Chromium with 200 and 20,000 cells on a plane of 4,000². What is measured is
the page's own work: event handlers and animation frames, uploads to the graphics card among them. Drawing itself is the
card's, and there is none here."""

from __future__ import annotations

import io
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from annotation.protocol import Mask
from inference.rle import encode
from tests.e2e.conftest import ARGUMENTS, CHROMIUMS
from tests.e2e.pages import Annotator, fetch, person_of, take_account
from tests.load.report import Row, at_most, publish
from tests.running import App, Person, Tab, running_app

SIDE, RADIUS, ROUNDS = 4000, 10, 3
CELLS = (200, 20_000)
AT_ONCE = 400
"""Changes in one push: a message has at most 256 KB."""

# Notes how long each handler of input and each animation frame works, and when the cells were first on the canvas.
WATCH = """
(() => {
  const work = { input: 0, frames: [], masks: 0, busy: 0 };
  Object.defineProperty(window, "canvasWork", { value: work });
  const add = EventTarget.prototype.addEventListener;
  const timed = new Set(["pointermove", "pointerdown", "pointerup", "wheel", "keydown"]);
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (!timed.has(type) || typeof listener !== "function") return add.call(this, type, listener, options);
    return add.call(this, type, function (event) {
      const begun = performance.now();
      const answer = listener.call(this, event);
      work.input += performance.now() - begun;
      return answer;
    }, options);
  };
  // Cells are looked over in slices of a few milliseconds for some seconds after opening.
  const later = window.setTimeout.bind(window);
  window.setTimeout = (callback, ...more) => later((...given) => {
    const begun = performance.now();
    callback(...given);
    if (performance.now() - begun > 3) work.busy = performance.now();
  }, ...more);
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => request((at) => {
    const begun = performance.now();
    callback(at);
    const cells = Number(document.querySelector("[data-ready]")?.dataset.cells ?? 0);
    work.frames.push(work.input + performance.now() - begun);
    work.input = 0;
    if (!work.masks && cells > 0) work.masks = performance.now();
  });
})();
"""


@dataclass(frozen=True)
class Figures:
    """Of one opening: milliseconds, and bytes as they came over the socket."""

    masks: float
    snapshot: float
    zoom: float
    pan: float
    brush: float
    select: float


def discs(count: int) -> list[Mask]:
    """So many cells in a grid over the plane."""
    rows, cols = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
    disc = encode(rows**2 + cols**2 <= RADIUS**2, top=0, left=0)
    per_row = int(np.ceil(np.sqrt(count)))
    pitch = SIDE / per_row
    places = [divmod(index, per_row) for index in range(count)]
    return [
        Mask(
            top=int((row + 0.5) * pitch) - RADIUS,
            left=int((col + 0.5) * pitch) - RADIUS,
            height=disc.height,
            width=disc.width,
            counts=list(disc.counts),
        )
        for row, col in places
    ]


def make_image(person: Person, project: str, name: str) -> str:
    """A plane of noise; its id."""
    pixels = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, compression="zlib")
    data = file.getvalue()
    upload = person.post(f"/api/projects/{project}/uploads", name=name, size=len(data))["id"]
    for offset in range(0, len(data), 4 * 2**20):
        person.put(f"/api/uploads/{upload}?offset={offset}", data[offset : offset + 4 * 2**20])
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        for image in person.get(f"/api/projects/{project}/images"):
            if image["name"] == name:
                return str(image["id"])
        time.sleep(0.5)
    raise AssertionError("The image was not imported.")


def fill(person: Person, image_id: str, count: int) -> None:
    """Cells as a program would add them: in a few operations."""
    tab, masks = Tab(person, image_id), discs(count)
    for start in range(0, count, AT_ONCE):
        changes = [
            {
                "change": "create",
                "id": f"{start + index:032x}",
                "mask": mask.model_dump(),
                "class_id": None,
                "provenance": {"source": "hand"},
            }
            for index, mask in enumerate(masks[start : start + AT_ONCE])
        ]
        for change in changes:
            change["id"] = f"{count:012x}{change['id'][12:]}"
        assert tab.push(*changes)["outcome"] == "commit"
    tab.close()


def work(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("window.canvasWork"))


def wait_until_idle(page: Page) -> None:
    """Until nothing has been looked over for two seconds."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        if page.evaluate("performance.now() - window.canvasWork.busy > 2000"):
            return
    raise AssertionError("The page never comes to rest.")


def frames_of(page: Page, act: Any, times: int) -> float:
    """Median milliseconds of script in the frames that follow ``times`` acts."""
    page.evaluate("window.canvasWork.frames.length = 0")
    for index in range(times):
        act(index)
        page.wait_for_timeout(25)
    frames = [one for one in work(page)["frames"] if one > 0]
    return statistics.median(frames)


def open_and_measure(browser: Browser, ann: BrowserContext, url: str, cells: int) -> Figures:
    """A fresh browser on the image: everything of one row of the table."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies(ann.cookies())
    context.add_init_script(WATCH)
    sizes: list[int] = []
    context.on("page", lambda page: page.on("websocket", lambda socket: socket.on(
        "framereceived", lambda frame: sizes.append(len(frame))
    )))  # fmt: skip
    opened = Annotator(context, url)
    opened.until("cells", str(cells), seconds=60)
    page, masks = opened.page, float(work(opened.page)["masks"])
    wait_until_idle(page)
    row, col = SIDE / 2, SIDE / 2
    x, y = opened.place(row, col)
    page.mouse.move(x, y)
    zoom = frames_of(page, lambda index: page.mouse.wheel(0, -60 if index % 2 else 60), 40)
    page.mouse.down(button="middle")
    pan = frames_of(page, lambda index: page.mouse.move(x + 3 * (index % 20), y + index), 40)
    page.mouse.up(button="middle")
    page.mouse.move(x, y)
    for _ in range(12):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(30)
    page.keyboard.press("b")
    page.mouse.down()
    brush = frames_of(page, lambda index: page.mouse.move(x + index, y + index % 7), 60)
    page.mouse.up()
    opened.until("cells", str(cells + 1))
    page.keyboard.press("Control+z")
    opened.until("cells", str(cells))
    page.keyboard.press("v")
    pitch = SIDE / np.ceil(np.sqrt(cells))
    centre = [opened.place((np.floor(row / pitch) + 0.5) * pitch, (np.floor(col / pitch) + 0.5) * pitch), (x + 200, y)]
    select = frames_of(page, lambda index: page.mouse.click(*centre[index % 2]), 30)
    assert opened.errors == [], opened.errors
    context.close()
    return Figures(masks, max(sizes), zoom, pan, brush, select)


def middle(rounds: list[Figures], name: str) -> float:
    return statistics.median(getattr(one, name) for one in rounds)


def rows_of(few: list[Figures], many: list[Figures]) -> list[Row]:
    """Medians over the rounds, and what a hundred times as many cells cost."""
    zoom, pan = (middle(many, name) / middle(few, name) for name in ("zoom", "pan"))
    return [
        Row("200 cells: first masks after navigation", round(middle(few, "masks")), "ms"),
        Row("200 cells: frame of zooming", round(middle(few, "zoom"), 2), "ms"),
        Row("200 cells: frame of panning", round(middle(few, "pan"), 2), "ms"),
        Row("200 cells: brush move", round(middle(few, "brush"), 2), "ms"),
        Row("200 cells: selection change", round(middle(few, "select"), 2), "ms"),
        at_most("20,000 cells: first masks after navigation", middle(many, "masks"), 1500, unit="ms"),
        at_most("20,000 cells: snapshot as it travels", middle(many, "snapshot") / 1e6, 3, unit="MB"),
        at_most("20,000 cells: frame of zooming", middle(many, "zoom"), 8, unit="ms"),
        at_most("20,000 cells: frame of panning", middle(many, "pan"), 8, unit="ms"),
        at_most("20,000 cells: brush move", middle(many, "brush"), 4, unit="ms"),
        Row("20,000 cells: selection change", round(middle(many, "select"), 2), "ms"),
        at_most("frame of zooming, 20,000 : 200", zoom, 1.3, unit="×"),
        at_most("frame of panning, 20,000 : 200", pan, 1.3, unit="×"),
    ]


def measure(app: App, browser: Browser) -> list[Row]:
    ann = take_account(browser, app.link, "bench")
    person = person_of(app, ann)
    project = fetch(ann, f"{app.url}/api/projects")[0]["id"]
    figures: dict[int, list[Figures]] = {}
    for count in CELLS:
        image = make_image(person, project, f"{count}.tif")
        fill(person, image, count)
        url = f"{app.url}/images/{image}/"
        open_and_measure(browser, ann, url, count)
        figures[count] = [open_and_measure(browser, ann, url, count) for _ in range(ROUNDS)]
    return rows_of(*(figures[count] for count in CELLS))


def main() -> None:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.chmod(folder, 0o755)  # noqa: S103, PTH101 - the database's user must reach it
        with running_app(Path(folder) / "data") as app:
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
            rows = measure(app, browser)
            browser.close()
    publish("canvas", rows)


if __name__ == "__main__":
    main()

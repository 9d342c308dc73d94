"""What a person does in the browser, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page

from inference.rle import Rle
from tests.running import App, Person, Tab

PASSWORD = "a long pass phrase"


def take_account(browser: Browser, link: str, name: str) -> BrowserContext:
    """A browser of its own, signed in through a one-time link."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(link)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/")
    page.close()
    return context


class Annotator:
    """The annotator page of one image."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.goto(url)
        self.until("ready", "true")

    def read(self, name: str) -> str:
        return self.page.locator("[data-ready]").get_attribute(f"data-{name}") or ""

    def until(self, name: str, value: str, *, seconds: float = 20) -> None:
        self.page.wait_for_selector(f'[data-{name}="{value}"]', timeout=seconds * 1000, state="attached")

    def place(self, row: float, col: float) -> tuple[float, float]:
        """Where an image point is on the screen."""
        box = self.page.locator("canvas").first.bounding_box()
        assert box is not None
        scale = float(self.read("scale"))
        return box["x"] + (col - float(self.read("left"))) * scale, box["y"] + (row - float(self.read("top"))) * scale

    def click(self, row: float, col: float) -> None:
        self.page.mouse.click(*self.place(row, col))

    def drag(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.place(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.place(*point), steps=8)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        self.until("save", "saved")

    def notices(self) -> str:
        return " ".join(self.page.locator("[role=alert], [role=status], .notice, .toast").all_inner_texts())


@contextmanager
def annotator_apart(browser: Browser, person: BrowserContext, url: str, **options: Any) -> Iterator[Annotator]:
    """The annotator in a browser of its own, signed in as the same person. Raises when the page had an error."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    context.add_cookies(person.cookies())
    opened = Annotator(context, url)
    yield opened
    assert opened.errors == []
    context.close()


def fetch(context: BrowserContext, url: str) -> Any:
    """What the HTTP API says to this browser."""
    answer = context.request.get(url)
    assert answer.ok, answer.text()
    return json.loads(answer.text())


def demo_of(projects: list[dict[str, Any]]) -> dict[str, Any]:
    """The demo project, whichever was used last."""
    return next(project for project in projects if project["name"].startswith("Demo"))


def centres(labels_hw: np.ndarray) -> list[tuple[float, float]]:
    """(row, column) of each label's centre, largest first."""
    found = []
    for label in np.unique(labels_hw)[1:]:
        rows, cols = np.nonzero(labels_hw == label)
        found.append((rows.size, float(rows.mean()) + 0.5, float(cols.mean()) + 0.5))
    return [(row, col) for _, row, col in sorted(found, reverse=True)]


def person_of(app: App, context: BrowserContext) -> Person:
    """The same person without a screen."""
    person = Person(app.url)
    for cookie in context.cookies():
        person.add_cookie(cookie["name"], cookie["value"])
    return person


def cells_in_database(app: App, context: BrowserContext, image_id: str) -> list[dict[str, Any]]:
    """What the server tells a newcomer, by label."""
    tab = Tab(person_of(app, context), image_id)
    cells = tab.open()["snapshot"]
    tab.close()
    return cells


def rle_of(cell: dict) -> Rle:
    mask = cell["mask"]
    return Rle(mask["top"], mask["left"], mask["height"], mask["width"], tuple(mask["counts"]))

"""The whole application and a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.e2e.pages import take_account
from tests.running import App, running_app

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# No GPU here: WebGL2 runs on the processor. The rest keeps the browser from looking for its makers.
ARGUMENTS = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    data: Path = tmp_path_factory.mktemp("e2e") / "data"
    with running_app(data, CYTOMARK_SAM_CHECKPOINT="tiny_sam.pth") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert path, "The end-to-end tests need Chromium: run `make e2e`, which installs it."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def ann(app: App, browser: Browser) -> BrowserContext:
    """The first person, who owns everything."""
    return take_account(browser, app.link, "ann")

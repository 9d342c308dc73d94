"""Every page by axe-core in both themes, and by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pages import Annotator, demo_of, fetch
from tests.running import App

AXE = Axe()
PAGES = (
    "projects", "project", "datasets", "measurements", "account", "notifications", "models", "model", "guide",
    "no page", "used link", "sign-in", "refused sign-in",
)  # fmt: skip
BAD = ("serious", "critical")


@pytest.fixture(scope="module")
def project(app: App, ann: BrowserContext) -> dict[str, Any]:
    return demo_of(fetch(ann, f"{app.url}/api/projects"))


@pytest.fixture(params=["dark", "light"])
def context(request: pytest.FixtureRequest, browser: Browser, ann: BrowserContext) -> Iterator[BrowserContext]:
    """The same person in a browser that shows one theme."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(ann.cookies())
    context.add_init_script(f"localStorage.setItem('cytomark.theme', '{request.param}')")
    yield context
    context.close()


def faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the elements."""
    found = AXE.run(page).response["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found if one["impact"] in BAD]


def opened(name: str, app: App, context: BrowserContext, project: dict[str, Any]) -> Page:
    page = context.new_page()
    if name.endswith("sign-in"):
        context.clear_cookies()
    paths = {
        "projects": "/", "project": f"/projects/{project['id']}/", "account": "/account/",
        "notifications": "/notifications/",
        "datasets": f"/projects/{project['id']}/datasets/",
        "measurements": f"/projects/{project['id']}/measurements/", "models": "/models/", "model": "/models/starter/",
        "guide": "/docs/using/",
        "no page": "/nothing/", "used link": "/link/x/y/", "sign-in": "/sign-in/", "refused sign-in": "/sign-in/",
    }  # fmt: skip
    page.goto(app.url + paths[name])
    page.wait_for_selector("h1")
    if name == "refused sign-in":
        page.fill("input[name=login]", "nobody")
        page.fill("input[name=password]", "nothing")
        page.click("button[type=submit]")
        page.wait_for_selector("[role=alert]")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_fault(name: str, app: App, context: BrowserContext, project: dict[str, Any]) -> None:
    assert faults(opened(name, app, context, project)) == []


def test_the_annotator_and_its_dialogs_have_no_serious_fault(
    app: App, ann: BrowserContext, context: BrowserContext, project: dict[str, Any]
) -> None:
    image = fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[0]
    annotator = Annotator(context, f"{app.url}/images/{image['id']}/")
    assert faults(annotator.page) == []
    annotator.press("?")
    annotator.page.get_by_role("button", name="Change keys").click()
    annotator.page.get_by_role("button", name="Change the key of Brush").click()
    annotator.press("e")
    expect(annotator.page.get_by_text("E is the key of “Eraser”")).to_be_visible()
    assert faults(annotator.page) == []
    annotator.press("Escape")
    expect(annotator.page.get_by_text("E is the key of “Eraser”")).to_have_count(0)
    annotator.press("Escape")
    expect(annotator.page.locator("dialog[open]")).to_have_count(0)
    annotator.press("Control+k")
    annotator.page.keyboard.type("brush")
    assert faults(annotator.page) == []
    annotator.press("Enter")
    annotator.until("tool", "brush.idle")
    assert annotator.errors == []


# What has the focus: its name, and whether that can be seen.
FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.innerText ?? one.innerText ?? '';
  return [one.tagName, name.trim(), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0];
}"""
CONTROLS = "button:enabled, a[href], input:enabled, select:enabled, summary"


def test_every_control_of_the_annotator_is_reached_by_tab_and_shows_it(
    app: App, ann: BrowserContext, context: BrowserContext, project: dict[str, Any]
) -> None:
    image = fetch(ann, f"{app.url}/api/projects/{project['id']}/images")[0]
    annotator = Annotator(context, f"{app.url}/images/{image['id']}/")
    annotator.page.wait_for_load_state("networkidle")
    there = annotator.page.locator(CONTROLS).filter(visible=True).count()
    seen = []
    for _ in range(there):
        annotator.press("Tab")
        seen.append(annotator.page.evaluate(FOCUS))
    assert [one for one in seen if one[0] == "BODY"] == []
    assert [one for one in seen if not one[1] or not one[2]] == []


def test_the_theme_is_chosen_remembered_and_shown_before_the_application_starts(
    app: App, browser: Browser, ann: BrowserContext
) -> None:
    context = browser.new_context()
    context.add_cookies(ann.cookies())
    page = context.new_page()
    page.goto(app.url)
    page.get_by_role("button", name="Theme: dark. Change it").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    context.route("**/assets/*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(245, 246, 248)"
    context.close()

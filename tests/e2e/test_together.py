"""Three browsers on one image: one goes offline while it draws, one is demoted, one is loaded again in the middle of a
stroke; at the end all agree with the server. A held cell, a followed view and the history are seen on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.pages import Annotator, cells_in_database, demo_of, fetch, take_account
from tests.running import App, Person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def owner(app: App, ann: BrowserContext) -> Person:
    person = Person(app.url)
    for cookie in ann.cookies():
        person.add_cookie(cookie["name"], cookie["value"])
    return person


@pytest.fixture(scope="module")
def colleagues(app: App, browser: Browser, owner: Person) -> Iterator[list[BrowserContext]]:
    project = demo_of(owner.get("/api/projects"))["id"]
    contexts = []
    for name in ("cleo", "dan"):
        made = owner.post(f"/api/projects/{project}/members", email=f"{name}@lab.example", role="annotator")
        contexts.append(take_account(browser, f"{app.url}{made['link']}", name))
    yield contexts
    for context in contexts:
        context.close()


def members(owner: Person, project: str) -> dict[str, int]:
    return {one["name"]: one["id"] for one in owner.get(f"/api/projects/{project}/members")}


def paint(page: Annotator, row: float, col: float) -> None:
    """A new cell, with the brush."""
    page.press("Escape", "b")
    page.drag((row, col), (row, col + 6))


def agree(pages: list[Annotator], cells: int) -> None:
    for page in pages:
        page.saved()
        page.until("cells", str(cells))
        page.until("held", "0")


def test_three_people_and_their_troubles(
    app: App, ann: BrowserContext, colleagues: list[BrowserContext], owner: Person, browser: Browser
) -> None:
    project = demo_of(fetch(ann, f"{app.url}/api/projects"))["id"]
    image_id = fetch(ann, f"{app.url}/api/projects/{project}/images")[-1]["id"]
    before = len(cells_in_database(app, ann, image_id))
    url = f"{app.url}/images/{image_id}/"
    one, two, three = (Annotator(context, url) for context in (ann, *colleagues))
    everybody = [one, two, three]
    for page in everybody:
        # Three canvases are drawn by one processor.
        page.page.set_viewport_size({"width": 1000, "height": 640})
        page.until("people", "2")

    # Cleo holds a cell while she paints it: Ann cannot grab it, and takes it over.
    paint(two, 220, 200)
    agree(everybody, before + 1)
    two.page.mouse.move(*two.place(220, 200))
    two.page.mouse.down()
    two.page.mouse.move(*two.place(230, 206), steps=4)
    one.until("held", "1")
    one.press("v")
    one.click(220, 202)
    one.press("Delete")
    one.page.get_by_text("cleo is changing this cell", exact=True).wait_for()
    assert one.read("cells") == str(before + 1)
    one.page.get_by_role("button", name="Take the selected cell over").click()
    two.page.get_by_text("ann has taken this cell over.").wait_for()
    two.page.mouse.up()

    # Ann asks Cleo about the cell: Cleo sees it at once, is told on every page, answers and resolves it.
    one.click(220, 202)
    one.press("Shift+C")
    one.page.get_by_label("New comment", exact=True).last.fill("Two cells, @cleo?")
    one.press("Control+Enter")
    for page in everybody:
        page.until("comments", "1")
    two.page.get_by_role("link", name="1 notification not read").wait_for()
    two.page.get_by_role("button", name="Comment by ann").click()
    two.until("selected", "1")
    two.page.get_by_role("button", name="Answer").click()
    two.page.get_by_label("Answer", exact=True).first.fill("One.")
    two.press("Control+Enter")
    one.page.get_by_text("One.", exact=True).wait_for()
    two.page.get_by_role("button", name="Resolve").click()
    for page in everybody:
        page.until("comments", "0")
    two.press("f")

    # Dan follows Ann's view until she moves her own.
    three.page.get_by_role("button", name="Follow the view of ann").click()
    one.page.mouse.move(*one.place(100, 100))
    one.page.mouse.wheel(0, -300)
    three.page.get_by_text("You see what ann sees").wait_for()
    three.page.wait_for_function(
        "scale => Math.abs(document.querySelector('[data-ready]').dataset.scale / scale - 1) < 0.02",
        arg=float(one.read("scale")),
    )
    three.page.get_by_role("button", name="Stop").click()
    for page in (one, three):
        page.press("f")

    # Cleo draws offline, Dan's page is loaded again in the middle of a stroke, Ann goes on.
    two.page.context.set_offline(True)
    three.page.mouse.move(*three.place(60, 20))
    three.press("Escape", "b")
    paint(three, 100, 20)
    three.saved()
    three.page.mouse.move(*three.place(140, 20))
    three.page.mouse.down()
    three.page.mouse.move(*three.place(140, 30), steps=4)
    three.page.reload()
    three.until("ready", "true")
    paint(two, 60, 60)
    paint(two, 100, 60)
    two.page.context.set_offline(False)
    agree(everybody, before + 4)

    # Dan is demoted: her page comes back by itself, and only looks.
    user_id = members(owner, project)["dan"]
    owner._open(
        "PATCH", f"/api/projects/{project}/members/{user_id}", body=b'{"role": "viewer"}', kind="application/json"
    )
    three.until("role", "viewer")
    paint(one, 140, 60)
    agree(everybody, before + 5)
    paint(three, 180, 60)
    three.page.get_by_text("lets you look but not change cells").first.wait_for(timeout=5000)

    # The history shows it, and takes it back.
    one.page.get_by_role("button", name="History", exact=False).first.click()
    one.page.get_by_text("drew 1 cell").first.wait_for()
    one.page.locator(".history-what").nth(2).click()
    one.until("past", "shown")
    one.page.get_by_role("button", name="Restore the image").click()
    one.until("past", "now")
    agree(everybody, before + 3)
    one.press("Control+z")
    agree(everybody, before + 5)

    truth = cells_in_database(app, ann, image_id)
    assert len(truth) == before + 5
    for page in everybody:
        assert page.errors == [] or all("WebSocket" in line or "ERR_" in line for line in page.errors), page.errors
        page.page.close()

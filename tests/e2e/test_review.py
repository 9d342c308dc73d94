"""From upload to acceptance: two people blind, a reviewer between them, one image sent back and mended; and every
number of the dashboards counted again."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from inference.training.synthetic import fluorescence
from tests.e2e import recount
from tests.e2e.pages import Annotator, person_of, take_account
from tests.running import App, Person

FILES = ("one.png", "two.png")


@pytest.fixture(scope="module")
def owner(app: App, ann: BrowserContext) -> Person:
    return person_of(app, ann)


@pytest.fixture(scope="module")
def project(owner: Person) -> str:
    return str(owner.post("/api/projects", name="Reviewed")["id"])


@pytest.fixture(scope="module")
def team(app: App, browser: Browser, owner: Person, project: str) -> Iterator[dict[str, BrowserContext]]:
    contexts = {}
    for name, role in (("eve", "annotator"), ("finn", "annotator"), ("gil", "reviewer")):
        made = owner.post(f"/api/projects/{project}/members", email=f"{name}@lab.example", role=role)
        contexts[name] = take_account(browser, f"{app.url}{made['link']}", name)
    yield contexts
    for context in contexts.values():
        context.close()


def png(seed: int) -> bytes:
    image_hw, _ = fluorescence(seed, height=128, width=160, cells=5)
    target = io.BytesIO()
    Image.fromarray((255 * image_hw / np.max(image_hw)).astype(np.uint8)).save(target, "PNG")
    return target.getvalue()


def upload_and_assign(app: App, ann: BrowserContext, project: str) -> None:
    page = ann.new_page()
    page.goto(f"{app.url}/projects/{project}/")
    files = [{"name": name, "mimeType": "image/png", "buffer": png(seed)} for seed, name in enumerate(FILES)]
    page.get_by_label("Images to upload").first.set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Table").click()
    for name, people, how in (("one.png", ("eve", "finn"), "Each annotates all of them"), ("two.png", ("eve",), "")):
        page.get_by_label(f"Choose {name}").check(timeout=20_000)
        page.get_by_role("button", name="Assign…").click()
        dialog = page.get_by_role("dialog")
        for person in people:
            dialog.get_by_label(person, exact=True).check()
        if how:
            option = dialog.get_by_label("How").locator("option", has_text=how)
            dialog.get_by_label("How").select_option(option.get_attribute("value"))
        dialog.get_by_role("button", name="Assign", exact=True).click()
        expect(page.get_by_role("toolbar", name="Chosen images")).to_have_count(0)
    page.close()


def opened(app: App, context: BrowserContext, image: str) -> Annotator:
    tab = Annotator(context, f"{app.url}/images/{image}/")
    leave = tab.page.get_by_role("button", name="Leave the tour")
    if leave.count():
        leave.click()
    return tab


def draw(tab: Annotator, *places: tuple[float, float]) -> None:
    for row, col in places:
        tab.press("Escape", "b")
        tab.drag((row, col), (row, col + 8))
        tab.saved()


def again(tab: Annotator) -> None:
    """What others did with the image meanwhile."""
    tab.page.reload()
    tab.until("ready", "true")


def step(tab: Annotator, word: str, then: str) -> None:
    """One of the buttons for where the image goes next."""
    tab.page.get_by_role("button", name=word, exact=True).last.click()
    expect(tab.page.get_by_text(then, exact=True).first).to_be_visible()


def test_two_people_annotate_blind_one_image_comes_back_and_every_number_is_right(
    app: App, ann: BrowserContext, team: dict[str, BrowserContext], owner: Person, project: str
) -> None:
    upload_and_assign(app, ann, project)
    images = {row["name"]: row["id"] for row in owner.get(f"/api/projects/{project}/images")}
    people = {name: person_of(app, context) for name, context in team.items()}
    figures = ann.new_page()
    figures.goto(f"{app.url}/projects/{project}/dashboards/overview/")
    expect(figures.locator("[data-part=states] p")).to_have_text("0 of 2 images accepted")

    # Both annotate the first image without seeing each other's cells.
    twins = {}
    for name, shift in (("eve", 0), ("finn", 3)):
        twins[name] = people[name].post(f"/api/projects/{project}/next", now_in=images["two.png"])["image"]
        tab = opened(app, team[name], twins[name])
        draw(tab, (40 + shift, 40), (90 + shift, 90))
        tab.until("cells", "2")
        step(tab, "Hand in", "Submitted")
        assert tab.errors == []
        tab.page.close()

    # Eve draws one cell too few in the other one.
    mending = opened(app, team["eve"], images["two.png"])
    draw(mending, (30, 30))
    step(mending, "Hand in", "Submitted")

    # Gil takes Finn's annotation for the better one, mends Eve's way, and sends the other image back.
    for twin in twins.values():
        people["gil"].post(f"/api/images/{twin}/steps", to="accepted")
    result = opened(app, team["gil"], images["one.png"])
    draw(result, (42, 40), (92, 90))
    step(result, "Accept", "Accepted")
    expect(figures.locator("[data-part=states] p")).to_have_text("1 of 2 images accepted", timeout=15_000)
    back = opened(app, team["gil"], images["two.png"])
    step(back, "Start review", "In review")
    back.page.get_by_role("button", name="Send back…").last.click()
    back.page.get_by_role("dialog").get_by_role("textbox").fill("One is missing.")
    back.page.get_by_role("dialog").get_by_role("button", name="Send back", exact=True).click()

    # Eve reads why, mends it, and hands it in again.
    again(mending)
    expect(mending.page.get_by_text("One is missing.").first).to_be_visible()
    draw(mending, (80, 100))
    step(mending, "Hand in", "Submitted")
    again(back)
    step(back, "Start review", "In review")
    step(back, "Accept", "Accepted")
    expect(figures.locator("[data-part=states] p")).to_have_text("2 of 2 images accepted", timeout=15_000)

    check_numbers(app, owner, project, figures)

    # Whoever is no longer a member loses an open dashboard.
    theirs = team["gil"].new_page()
    theirs.goto(f"{app.url}/projects/{project}/dashboards/people/")
    expect(theirs.get_by_role("cell", name="gil")).to_be_visible()
    gil = next(one["id"] for one in owner.get(f"/api/projects/{project}/members") if one["name"] == "gil")
    owner.delete(f"/api/projects/{project}/members/{gil}")
    expect(theirs.get_by_text("You are no longer a member")).to_be_visible(timeout=10_000)
    assert theirs.locator("table").count() == 0


def check_numbers(app: App, owner: Person, project: str, page: Page) -> None:
    """All of them, and that the page shows those of the HTTP API."""
    log, steps = recount.log_of(app, project), recount.steps_of(app, project)
    images = recount.images_of(app, project)
    shown = {
        name: owner.get(f"/api/projects/{project}/dashboards/{name}")
        for name in ("overview", "people", "models", "data")
    }
    charts = {(name, chart["name"]): chart for name, board in shown.items() for chart in board["charts"]}

    states = Counter(image["status"] for image in images)
    assert [values[0] for _, values in charts["overview", "states"]["rows"]] == [
        states[state] for state in ("new", "assigned", "in_progress", "submitted", "in_review", "accepted", "returned")
    ]
    handed = sum(one["after"] == "submitted" for one in steps)
    accepted = sum(one["after"] == "accepted" for one in steps)
    assert shown["overview"]["rows"][-1][1:] == [handed, accepted, len(images), states["accepted"]]
    cells = recount.cells(log, images)
    assert charts["overview", "classes"]["rows"] == [["no class", [0, 0, sum(map(Counter.total, cells.values()))]]]
    assert charts["overview", "waiting"]["rows"] == []

    expected = recount.people(log, steps)
    assert {row[0]: row[1:] for row in shown["people"]["rows"] if row[0] in expected} == expected
    assert all(not any(row[1:]) for row in shown["people"]["rows"] if row[0] not in expected)
    total = [sum(row[column] for row in expected.values()) for column in (2, 3, 4)]
    (by_hand,) = shown["models"]["rows"]
    assert (by_hand[0], by_hand[3:6]) == ("by hand", total)

    sizes: Counter[int] = sum(cells.values(), Counter())
    assert [values for _, values in charts["data", "sizes"]["rows"]] == [[sizes[size]] for size in sorted(sizes)]
    assert shown["data"]["charts"][0]["rows"] == [["no class", [sizes.total()]]]

    page.goto(f"{app.url}/projects/{project}/dashboards/people/")
    table = [row.all_inner_texts() for row in [line.get_by_role("cell") for line in page.locator("tbody tr").all()]]
    said = {row[0]: ["" if value is None else str(value) for value in row[1:]] for row in shown["people"]["rows"]}
    assert {row[0]: row[1:] for row in table} == said

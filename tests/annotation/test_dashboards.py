"""Every number of the dashboards follows from the operation log and the steps of images: recomputed here, plainly."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image as Picture

from annotation.actions.operations import do_add_found_cells, do_push
from annotation.models import DayWork, Image, Job, JobKind, Operation, StateChange
from annotation.protocol import Provenance
from inference.contracts import MaskResult, Part
from tests.annotation.world import World, make_image, make_world
from tests.factories import Tab, create, delete, reshape, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Two people's work on two images, with a run, an undo and a review."""
    made = make_world()
    second = make_image(made.project, "second")
    tabs = {name: Tab() for name in ("annotator", "reviewer")}
    one, two = create(square(0, 0, 5)), create(square(0, 10, 5), class_id=made.ids["class_id"])

    def push(who: str, image: Image, *changes: Any, **more: Any) -> None:
        assert do_push(made.users[who], image.pk, tabs[who].push(*changes, **more)).outcome == "commit"

    push("annotator", made.image, one, two)
    push("annotator", made.image, reshape(one.id, square(0, 0, 6)))
    job = Job.objects.create(kind=JobKind.SEGMENT, project=made.project, image=second, user=made.users["annotator"])
    do_add_found_cells(job, found(), Provenance(source="auto", engine="starter"))
    cells = list(second.annotations.order_by("label").values_list("pk", flat=True))
    push("annotator", second, delete(cells[0]))
    push("reviewer", second, reshape(cells[1], square(8, 20, 4)))
    push("annotator", second, undo=Operation.objects.get(image=second, clock=2).pk)
    for actor, to in (
        ("annotator", "submitted"),
        ("reviewer", "returned"),
        ("annotator", "submitted"),
        ("reviewer", "accepted"),
    ):
        body = {"to": to, "reason": "Look again."}
        answer = made.client(actor).post(
            f"/api/images/{made.image.pk}/steps", data=body, content_type="application/json"
        )
        assert answer.status_code == 200
    return made


def found() -> Part:
    return Part(number=0, cells=tuple(MaskResult(square(top, 20, 5).to_rle(), 0.5) for top in (0, 8, 20)))


def dashboard(world: World, name: str, **query: Any) -> dict[str, Any]:
    answer = world.client("manager").get(f"/api/projects/{world.project.pk}/dashboards/{name}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def spread_out() -> None:
    """The log over three days: pauses of 30 seconds, and of an hour after every second operation."""
    at = datetime.fromisoformat("2030-01-01T23:58:00+00:00")
    for number, operation in enumerate(Operation.objects.order_by("created_at", "clock")):
        at += timedelta(seconds=30) if number % 2 else timedelta(hours=12)
        Operation.objects.filter(pk=operation.pk).update(created_at=at)
    call_command("count_work", stdout=io.StringIO())


def plain(world: World) -> dict[str, Counter[str]]:
    """By person and by engine, straight from the log."""
    sums: dict[str, Counter[str]] = {}
    last: dict[int, datetime] = {}
    for operation in Operation.objects.order_by("created_at").select_related("actor"):
        engines = [((c["before"] or c["after"])["provenance"]["engine"]) for c in operation.changes]
        for key in (operation.actor.username, "engine " + engines[0]):
            if operation.kind != "run":
                gap = (
                    operation.created_at
                    - last.get(operation.actor_id, datetime.min.replace(tzinfo=operation.created_at.tzinfo))
                ).total_seconds()
                sums.setdefault(key, Counter())["operations"] += 1
                sums[key]["seconds"] += int(gap) if gap <= 120 else 0
        for change, engine in zip(operation.changes, engines, strict=True):
            new, gone = change["before"] is None, change["after"] is None
            what = "proposed" if operation.kind == "run" else "created" if new else "deleted" if gone else "changed"
            for key in (operation.actor.username, f"engine {engine}"):
                sums.setdefault(key, Counter())[what] += 1
        if operation.kind != "run":
            last[operation.actor_id] = operation.created_at
    return sums


@pytest.mark.parametrize("again", [False, True])
def test_work_of_people_and_models_is_what_the_log_says(world: World, again: bool) -> None:
    if again:
        spread_out()
    sums = plain(world)
    for row in dashboard(world, "people")["rows"]:
        mine = sums.get(row[0], Counter())
        assert row[1:5] == [mine[key] for key in ("operations", "created", "changed", "deleted")], row
        assert row[5] == pytest.approx(mine["seconds"] / 60, abs=0.06)
    models = dashboard(world, "models")["rows"]
    for name, proposed, created, changed, deleted, *_ in models:
        mine = sums["engine " + ("" if name == "by hand" else name)]
        assert [proposed, created, changed, deleted] == [mine[k] for k in ("proposed", "created", "changed", "deleted")]
    assert {row[0] for row in models} == {"by hand", "starter"}


def test_days_and_people_are_chosen(world: World) -> None:
    spread_out()
    days = sorted(set(DayWork.objects.values_list("day", flat=True)))
    assert len(days) == 2
    whole = [row[1] for row in dashboard(world, "people")["rows"]]
    parts = [[row[1] for row in dashboard(world, "people", since=str(day), until=str(day))["rows"]] for day in days]
    assert [sum(numbers) for numbers in zip(*parts, strict=True)] == whole
    [mine] = dashboard(world, "people", person=world.users["annotator"].pk)["rows"]
    assert mine[0] == "annotator"
    assert [row[0] for row in dashboard(world, "people", person=999_999)["rows"]] == []


def test_the_overview_counts_states_and_days_and_reviews(world: World) -> None:
    overview = dashboard(world, "overview")
    states = {label: number for label, [number] in overview["charts"][0]["rows"]}
    said = Counter(image.get_status_display() for image in Image.objects.filter(project=world.project))
    assert {label: number for label, number in states.items() if number} == said
    today = overview["rows"][-1]
    steps = Counter(StateChange.objects.values_list("after", flat=True))
    assert today[1:] == [steps["submitted"], steps["accepted"]]
    assert overview["charts"][1]["answer"].startswith("About 14 days")
    people = {row[0]: row[6:] for row in dashboard(world, "people")["rows"]}
    assert people["annotator"] == [2, 0, 1], "handed in twice, sent back at the first review"


def test_cells_are_counted_by_class_and_size(world: World) -> None:
    data = dashboard(world, "data")
    assert dict(map(tuple, ((label, value) for label, [value] in data["charts"][0]["rows"]))) == {
        "no class": 4,
        "Cell": 1,
    }
    assert sum(row[3] for row in data["rows"]) == 5


@pytest.mark.parametrize("name", ["overview", "people", "models", "data"])
def test_every_chart_is_a_picture_and_every_table_a_file_and_the_page_escapes_names(world: World, name: str) -> None:
    world.project.label_classes.update(name="<script>=1")
    client, path = world.client("manager"), f"/projects/{world.project.pk}/dashboards/{name}"
    shown = dashboard(world, name)
    for chart in shown["charts"]:
        png = client.get(f"/api{path}/{chart['name']}.png").content
        assert Picture.open(io.BytesIO(png)).width == 1280
    assert client.get(f"/api{path}/none.png").status_code == 404
    table = list(csv.reader(io.StringIO(client.get(f"/api{path}.csv").content.decode())))
    assert (table[0], len(table)) == (shown["header"], len(shown["rows"]) + 1)
    page = client.get(f"{path}/").content.decode()
    assert "<script>=1" not in page
    assert all(chart["question"] in page.replace("&#x27;", "'") for chart in shown["charts"])
    assert client.get(f"{path}/?since=yesterday").status_code == 422

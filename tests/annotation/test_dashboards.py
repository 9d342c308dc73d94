"""Every number of the dashboards follows from the operation log and the steps of images: recomputed here, plainly."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image as Picture

from annotation.actions.images import do_delete_image
from annotation.actions.levels import do_measure_levels
from annotation.actions.operations import do_add_found_cells, do_push
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from annotation.models import Annotation, Image, ImageSplit, ImageTouch, ImageWork, Job, JobKind, Operation, StateChange
from annotation.protocol import Provenance
from inference import rle
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


def plain(world: World, **asked: Any) -> dict[str, Counter[str]]:
    """By person and by engine, straight from the log: only what is asked for."""
    sums: dict[str, Counter[str]] = {}
    last: dict[int, datetime] = {}
    splits = dict(ImageSplit.objects.values_list("image_id", "split"))

    def add(operation: Operation, change: dict[str, Any], what: str, number: int = 1) -> None:
        state = change["before"] or change["after"]
        facts = {
            "since": operation.created_at.date() >= asked.get("since", operation.created_at.date()),
            "until": operation.created_at.date() <= asked.get("until", operation.created_at.date()),
            "person": asked.get("person") in (None, operation.actor_id),
            "class_id": asked.get("class_id") in (None, state["class_id"] or 0),
            "split": asked.get("split") in (None, splits.get(operation.image_id, "none")),
        }
        if all(facts.values()):
            for key in (operation.actor.username, f"engine {state['provenance']['engine']}"):
                sums.setdefault(key, Counter())[what] += number

    for operation in Operation.objects.order_by("created_at").select_related("actor"):
        if operation.kind != "run":
            gap = operation.created_at - last.get(operation.actor_id, operation.created_at)
            last[operation.actor_id] = operation.created_at
            add(operation, operation.changes[0], "operations")
            add(operation, operation.changes[0], "ms", round(gap.total_seconds() * 1000) * (gap.total_seconds() <= 120))
        else:
            add(operation, operation.changes[0], "runs")
        for change in operation.changes:
            new, gone = change["before"] is None, change["after"] is None
            what = "proposed" if operation.kind == "run" else "created" if new else "deleted" if gone else "changed"
            add(operation, change, what)
    return sums


def check_work(world: World, **asked: Any) -> None:
    """People and models say what the log says."""
    sums = plain(world, **asked)
    for row in dashboard(world, "people", **asked)["rows"]:
        mine = sums.get(row[0], Counter())
        assert row[2:6] == [mine[key] for key in ("operations", "created", "changed", "deleted")], (row, asked)
        assert row[6] == round(mine["ms"] / 60_000, 1)
        new = mine["created"] + mine["proposed"]
        assert row[7] == (round(mine["operations"] / new, 2) if new else None)
    models = {row[0]: row[1:] for row in dashboard(world, "models", **asked)["rows"]}
    engines = {key.removeprefix("engine "): mine for key, mine in sums.items() if key.startswith("engine ")}
    assert set(models) == {name or "by hand" for name in engines}
    for name, mine in engines.items():
        row = models[name or "by hand"]
        assert row[:5] == [mine[k] for k in ("runs", "proposed", "created", "changed", "deleted")], (name, asked)
        cells = mine["proposed"] + mine["created"]
        assert row[6] == round(mine["ms"] / 60_000, 1)
        assert row[7] == (round((mine["changed"] + mine["deleted"]) / cells, 2) if cells else 0)


def give_splits(world: World) -> None:
    """The first image is for training, after all work is done."""
    ImageSplit.objects.create(image=world.image, project=world.project, group="a", split="train")


@pytest.mark.parametrize("again", [False, True])
def test_work_of_people_and_models_is_what_the_log_says(world: World, again: bool) -> None:
    if again:
        spread_out()
    check_work(world)
    give_splits(world)
    day = Operation.objects.order_by("created_at").first().created_at.date()
    for asked in (
        {"person": world.users["annotator"].pk},
        {"class_id": world.ids["class_id"]},
        {"class_id": 0, "split": "train"},
        {"split": "none"},
        {"split": "test"},
        {"since": day, "until": day},
        {"since": day + timedelta(days=1), "until": day + timedelta(days=70)},
        {"until": day - timedelta(days=1)},
    ):
        check_work(world, **asked)


def test_days_and_people_are_chosen(world: World) -> None:
    spread_out()
    days = sorted(set(ImageWork.objects.values_list("day", flat=True)))
    assert len(days) == 2
    whole = [row[2] for row in dashboard(world, "people")["rows"]]
    parts = [[row[2] for row in dashboard(world, "people", since=str(day), until=str(day))["rows"]] for day in days]
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
    assert today[1:] == [steps["submitted"], steps["accepted"], 2, 1]
    burn_up = next(chart for chart in overview["charts"] if chart["name"] == "days")
    assert burn_up["answer"].startswith("About 14 days")
    assert [values for _, values in burn_up["rows"][-2:]] == [[2, 1, 1], [None, None, 2]]
    classes = dict(overview["charts"][1]["rows"])
    assert classes == {"Cell": [0, 0, 1], "no class": [3, 0, 1]}


def test_the_first_review_is_of_whoever_had_handed_in_on_the_day_of_the_review(world: World) -> None:
    def reviews(**asked: Any) -> dict[str, list[int]]:
        return {row[0]: row[8:] for row in dashboard(world, "people", **asked)["rows"] if any(row[8:])}

    assert reviews() == {"annotator": [2, 0, 1]}, "handed in twice, sent back at the first review"
    Image.objects.filter(pk=world.image.pk).update(assignee=world.users["reviewer"])
    assert reviews() == {"annotator": [2, 0, 1]}, "whoever has it now had no part in that"
    later = timezone.now() + timedelta(days=40)
    StateChange.objects.filter(after="accepted").update(created_at=later)
    ImageTouch.objects.create(project=world.project, image_id=world.image.pk)
    assert reviews(since=later.date(), until=later.date()) == {}, "accepted then, but not at the first review"
    assert dashboard(world, "overview", since=later.date(), until=later.date())["rows"][0][2] == 1
    give_splits(world)
    assert reviews(split="train") == reviews(class_id=world.ids["class_id"]) == {"annotator": [2, 0, 1]}
    assert reviews(split="none") == {}


def test_the_oldest_that_waits_leads_to_its_image_and_is_chosen_too(world: World) -> None:
    give_splits(world)
    Image.objects.filter(pk=world.image.pk).update(status="submitted")

    def waiting(**asked: Any) -> list[str]:
        return dashboard(world, "overview", **asked)["charts"][3]["links"]

    mine = [f"/images/{world.image.pk}/"]
    chosen = {"class_id": world.ids["class_id"], "split": "train", "person": world.users["annotator"].pk}
    assert waiting() == waiting(**chosen) == mine
    assert waiting(split="none") == waiting(split="test") == waiting(person=1) == waiting(until="2020-01-01") == []


def test_cells_are_counted_by_class_and_size(world: World) -> None:
    data = dashboard(world, "data")
    assert dict(map(tuple, ((label, value) for label, [value] in data["charts"][0]["rows"]))) == {
        "no class": 4,
        "Cell": 1,
    }
    assert sum(row[3] for row in data["rows"]) == 5


def test_brightness_is_measured_once_and_extreme_cells_are_led_to(world: World) -> None:
    image_hw = np.arange(30 * 40, dtype=np.uint8).reshape(30, 40) % 200
    for image in Image.objects.filter(project=world.project):
        write_pyramid(ArraySource(image_hw), image.folder)
    data = dashboard(world, "data")
    assert (data["charts"][2]["rows"], len(data["charts"][3]["rows"])) == ([], 4), "nothing is measured yet"
    assert (do_measure_levels(), do_measure_levels()) == (5, 0)
    live = {cell: rle.decode(cell.rle) for cell in Annotation.objects.filter(deleted=False)}
    means = {
        cell: float(image_hw[cell.top : cell.top + cell.height, cell.left : cell.left + cell.width][mask_hw].mean())
        for cell, mask_hw in live.items()
    }
    bands = Counter(math.floor(2 * math.log2(mean)) for mean in means.values())
    data = dashboard(world, "data")
    assert [values for _, values in data["charts"][2]["rows"]] == [[bands[band]] for band in sorted(bands)]
    outliers = data["charts"][3]
    brightest = max(means, key=lambda cell: means[cell])
    place = next(n for n, (label, _) in enumerate(outliers["rows"]) if label.startswith("brightest"))
    assert outliers["links"][place] == f"/images/{brightest.image_id}/#cell={brightest.pk}"
    assert outliers["rows"][place][1][0] == pytest.approx(means[brightest])
    assert dashboard(world, "data", class_id=world.ids["class_id"])["charts"][3]["rows"][0][0].startswith("smallest")
    assert dashboard(world, "data", split="train")["charts"][3]["rows"] == []
    do_delete_image(world.image)
    assert sum(row[3] for row in dashboard(world, "data")["rows"]) == 3


@pytest.mark.parametrize("name", ["overview", "people", "models", "data"])
def test_every_chart_is_a_picture_and_every_table_a_file_and_the_page_escapes_names(world: World, name: str) -> None:
    world.project.label_classes.update(name="<script>=1")
    client, path = world.client("manager"), f"/projects/{world.project.pk}/dashboards/{name}"
    shown = dashboard(world, name)
    for chart in shown["charts"]:
        numbers = client.get(f"/api{path}/{chart['name']}.csv").content.decode()
        assert numbers.count("\r\n") == len(chart["rows"]) + 1
        png = client.get(f"/api{path}/{chart['name']}.png").content
        assert Picture.open(io.BytesIO(png)).width == 1280
    assert client.get(f"/api{path}/none.png").status_code == client.get(f"/api{path}/none.csv").status_code == 404
    table = list(csv.reader(io.StringIO(client.get(f"/api{path}.csv").content.decode())))
    assert (table[0], len(table)) == (shown["header"], len(shown["rows"]) + 1)
    page = client.get(f"{path}/").content.decode()
    assert "<script>=1" not in page
    assert all(chart["question"] in page.replace("&#x27;", "'") for chart in shown["charts"])
    for hostile in ("since=yesterday", "person=-1", "class_id=" + "9" * 30, "split=x", "until=0001-01-01"):
        assert {client.get(f"{where}?{hostile}").status_code for where in (f"{path}/", f"/api{path}")} == {422}
    for edge in ("until=1970-01-01", "since=2999-12-31", "since=2030-02-01&until=2030-01-01&class_id=0&person=0"):
        assert client.get(f"/api{path}?{edge}").status_code == 200

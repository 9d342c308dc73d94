"""The way of an image: who may move it where, who is given which, and that every step is written down."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.actions.operations import do_push
from annotation.actions.visits import do_note_visits
from annotation.actions.workflow import STEPS
from annotation.models import Annotation, Image, ImageStatus, LabelClass, Membership, StateChange, Visit
from annotation.protocol import Ack
from inference.rle import Rle
from tests.annotation.world import ROLES, World, make_image, make_user, make_world
from tests.factories import Tab, create, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def post(world: World, actor: str, path: str, **body: Any) -> Any:
    return world.client(actor).post(path, data=body, content_type="application/json")


def step(world: World, actor: str, to: str, **body: Any) -> Any:
    return post(world, actor, f"/api/images/{world.image.pk}/steps", to=to, **body)


def take(world: World, actor: str, **body: Any) -> Any:
    return post(world, actor, f"/api/projects/{world.project.pk}/next", **body).json()


def assign(world: World, images: list[Image], *people: str, **body: Any) -> Any:
    body |= {"images": [str(image.pk) for image in images], "people": [world.users[name].pk for name in people]}
    return post(world, "manager", f"/api/projects/{world.project.pk}/assignments", **body)


def put(image: Image, status: str, **fields: Any) -> None:
    Image.objects.filter(pk=image.pk).update(status=status, **fields)


def paint(world: World, actor: str) -> Ack:
    return do_push(world.users[actor], world.image.pk, Tab().push(create(square(1, 1))))


def test_an_image_goes_from_new_over_a_return_to_accepted_and_each_step_is_written_down(world: World) -> None:
    assign(world, [world.image], "annotator", due_on="2030-01-05")
    assert paint(world, "annotator").outcome == "commit"
    cell = Annotation.objects.get().pk
    steps = [
        ("annotator", "submitted", {}),
        ("reviewer", "in_review", {}),
        ("reviewer", "returned", {"reason": "Two cells in one.", "cell": str(cell)}),
        ("annotator", "submitted", {}),
        ("reviewer", "accepted", {}),
    ]
    for actor, to, body in steps:
        assert step(world, actor, to, **body).json()["status"] == to
    image = world.client("viewer").get(f"/api/images/{world.image.pk}").json()
    assert (image["assignee"]["name"], image["reviewer"]["name"], image["due_on"]) == (
        "annotator", "reviewer", "2030-01-05",
    )  # fmt: skip
    way = world.client("viewer").get(f"/api/images/{world.image.pk}/steps").json()
    assert [(one["actor"]["name"], one["before"], one["after"]) for one in way] == [
        ("manager", "new", "assigned"),
        ("annotator", "assigned", "in_progress"),
        ("annotator", "in_progress", "submitted"),
        ("reviewer", "submitted", "in_review"),
        ("reviewer", "in_review", "returned"),
        ("annotator", "returned", "submitted"),
        ("reviewer", "submitted", "accepted"),
    ]
    assert [(one["reason"], one["cell"], one["clock"]) for one in way][4] == ("Two cells in one.", str(cell), 1)


@pytest.mark.parametrize("before", ImageStatus.values)
def test_only_the_steps_of_the_table_can_be_taken_and_only_by_who_may(world: World, before: str) -> None:
    reviewers, annotators = {"owner", "manager", "reviewer"}, {"owner", "manager", "reviewer", "annotator"}
    for after in ImageStatus:
        needed = STEPS[ImageStatus(before)].get(after)
        for role in ROLES:
            put(world.image, before, assignee=None)
            status = step(world, role, after.value, reason="Because.").status_code
            if role == "viewer":
                assert status == 403
            elif needed is None:
                assert status == 409
            else:
                allowed = reviewers if needed.value == "review" else annotators
                assert status == (200 if role in allowed else 403), (before, after, role)


def test_sending_back_needs_a_reason_and_nobody_but_managers_accepts_their_own_work(world: World) -> None:
    put(world.image, "submitted", assignee=world.users["reviewer"])
    assert step(world, "reviewer", "returned", reason="  ").status_code == 422
    assert step(world, "reviewer", "accepted").status_code == 403
    assert step(world, "annotator", "in_progress").status_code == 403, "it is the reviewer's to take back"
    assert step(world, "manager", "accepted").status_code == 200


def test_what_is_in_review_is_closed_to_annotators_and_what_is_accepted_to_all(world: World) -> None:
    put(world.image, "in_review")
    refused = paint(world, "annotator")
    assert (refused.outcome, refused.code) == ("discard", "locked")
    assert paint(world, "reviewer").outcome == "commit"
    put(world.image, "accepted")
    assert paint(world, "owner").outcome == "discard"
    run = post(world, "owner", f"/api/images/{world.image.pk}/runs", engine="starter")
    assert (run.status_code, run.json()["code"]) == (409, "locked")


def test_whoever_goes_on_after_handing_in_has_taken_it_back_but_a_reviewers_fix_leaves_it(world: World) -> None:
    put(world.image, "submitted", assignee=world.users["annotator"])
    paint(world, "reviewer")
    assert Image.objects.get(pk=world.image.pk).status == "submitted"
    do_push(world.users["annotator"], world.image.pk, Tab().push(create(square(15, 15))))
    assert Image.objects.get(pk=world.image.pk).status == "in_progress"


def test_images_are_dealt_in_turn_by_load_and_taken_away_again(world: World) -> None:
    images = [world.image, *(make_image(world.project, f"{n}.tif") for n in range(3))]
    assert assign(world, images, "annotator", "reviewer").json() == {"assigned": 4}
    got = (
        Image.objects.filter(project=world.project).order_by("created_at").values_list("assignee__username", flat=True)
    )
    assert list(got.all()) == ["annotator", "reviewer", "annotator", "reviewer"]
    more = [make_image(world.project, f"more {n}.tif") for n in range(2)]
    put(images[1], "submitted")
    assign(world, more, "annotator", "reviewer", how="by_load")
    assert list(got.all())[4:] == ["reviewer", "annotator"]
    assert assign(world, images).json() == {"assigned": 3}, "the one that is handed in stays"
    assert list(got.all())[:4] == [None, "reviewer", None, None]
    assert Image.objects.get(pk=images[2].pk).status == "new"


def test_images_go_to_who_knows_their_most_frequent_class(world: World) -> None:
    other = LabelClass.objects.create(project=world.project, name="Mitotic", colour="#56b4e9")
    classes = {"annotator": world.ids["class_id"], "reviewer": other.pk}
    path = f"/api/projects/{world.project.pk}/members"
    for name, class_id in classes.items():
        body = {"classes": [class_id]}
        answer = world.client("manager").put(
            f"{path}/{world.users[name].pk}/classes", body, content_type="application/json"
        )
        assert answer.json()["classes"] == [class_id]
    for hostile in ([0], [2**40], [LabelClass.objects.exclude(project=world.project).first().pk], ["x"]):
        told = world.client("manager").put(
            f"{path}/{world.users['viewer'].pk}/classes", {"classes": hostile}, content_type="application/json"
        )
        assert told.status_code == 422
    images = [world.image, *(make_image(world.project, f"{n}.tif") for n in range(4))]
    for image, kinds in zip(images, ("rra", "rr", "aar", "r", ""), strict=True):
        for number, kind in enumerate(kinds):
            draw = create(square(4 * number, 0, 3), class_id=classes["annotator" if kind == "a" else "reviewer"])
            assert do_push(world.users["manager"], image.pk, Tab().push(draw)).outcome == "commit"
    assert assign(world, images, "annotator", "reviewer", how="by_class").json() == {"assigned": 5}
    got = (
        Image.objects.filter(project=world.project).order_by("created_at").values_list("assignee__username", flat=True)
    )
    assert list(got) == ["reviewer", "reviewer", "annotator", "reviewer", "annotator"]


def test_only_members_who_may_annotate_are_given_images(world: World) -> None:
    for name in ("viewer", "outsider", "neighbour"):
        assert assign(world, [world.image], name).status_code == 422
    theirs = Image.objects.get(project=world.other)
    assert assign(world, [theirs], "annotator").json() == {"assigned": 0}


def test_next_is_what_came_back_then_what_is_due_then_a_new_one(world: World) -> None:
    later, sooner, back = (make_image(world.project, name) for name in ("later", "sooner", "back"))
    assign(world, [later], "annotator", due_on="2030-02-02")
    assign(world, [sooner], "annotator", due_on="2030-01-01")
    put(back, "returned", assignee=world.users["annotator"])
    order = []
    for _ in range(4):
        order.append(Image.objects.get(pk=take(world, "annotator")["image"]))
        put(order[-1], "submitted")
    assert [image.name for image in order] == ["back", "sooner", "later", "cells.tif"]
    assert order[-1].assignee == world.users["annotator"]
    assert take(world, "annotator") == {"image": None}


def test_nobody_is_given_an_image_that_somebody_is_in_nor_two_people_the_same(world: World) -> None:
    do_note_visits([(world.image.pk, world.users["reviewer"].pk)])
    assert take(world, "annotator") == {"image": None}
    assert take(world, "reviewer", now_in=str(world.image.pk)) == {"image": None}
    Visit.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert take(world, "annotator") == {"image": str(world.image.pk)}
    assert take(world, "manager") == {"image": None}


def test_the_limit_on_begun_work_and_the_orders_are_the_projects(world: World) -> None:
    def setting(**body: Any) -> Any:
        path = f"/api/projects/{world.project.pk}/workflow"
        return world.client("manager").put(path, data=body, content_type="application/json")

    good, bad = make_image(world.project, "good"), make_image(world.project, "bad")
    for image, score in ((good, 0.9), (bad, 0.2)):
        cell = Annotation(image=image, label=1, provenance={"score": score})
        cell.rle = Rle(0, 0, 1, 1, (0, 1))
        cell.save()
    assert setting(next_order="worst", work_limit=1).json() == {"next_order": "worst", "work_limit": 1}
    assert take(world, "annotator")["image"] == str(bad.pk)
    put(bad, "in_progress")
    refused = take(world, "annotator")
    assert "limit" in refused["message"]
    setting(next_order="random", work_limit=None)
    assert take(world, "annotator")["image"] in {str(good.pk), str(world.image.pk)}
    assert setting(next_order="newest", work_limit=1).status_code == 422
    assert setting(next_order="oldest", work_limit=0).status_code == 422


def test_a_reviewer_is_given_what_waits_longest_and_never_their_own(world: World) -> None:
    put(world.image, "submitted", assignee=world.users["reviewer"])
    second = make_image(world.project, "second")
    put(second, "submitted", assignee=world.users["annotator"])
    assert take(world, "reviewer", task="review") == {"image": str(second.pk)}
    assert take(world, "reviewer", task="review") == {"image": str(second.pk)}, "it is in review by them"
    assert take(world, "manager", task="review") == {"image": str(world.image.pk)}
    assert StateChange.objects.filter(after="in_review").count() == 2


def test_visits_of_people_who_left_are_forgotten(world: World) -> None:
    do_note_visits([(world.image.pk, world.users["owner"].pk)] * 2)
    Visit.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    do_note_visits([])
    assert not Visit.objects.exists()


def test_somebody_who_left_the_project_is_still_named(world: World) -> None:
    ada = make_user("ada")
    Membership.objects.create(project=world.project, user=ada, role="annotator")
    world.users["ada"] = ada
    assign(world, [world.image], "ada")
    Membership.objects.filter(user=ada).delete()
    [image] = world.client("viewer").get(f"/api/projects/{world.project.pk}/images").json()
    assert image["assignee"] == {"id": ada.pk, "name": "ada"}
    assert step(world, "manager", "returned", cell=str(uuid.uuid4())).status_code == 409

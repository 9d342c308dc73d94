"""Projects, members, classes and images over HTTP."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Annotation, Image, LabelClass, Membership, Project, User
from inference.rle import Rle
from tests.annotation.world import World, make_image, make_project, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Client:
    return world.client("owner")


def call(client: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(client, method)(path, data=body, content_type="application/json")


def make_cell(image: Image, label: int, *, deleted: bool = False) -> None:
    cell = Annotation(image=image, label=label, deleted=deleted)
    cell.rle = Rle(0, 0, 1, 1, (0, 1))
    cell.save()


def test_a_new_project_is_its_makers_and_has_one_class(world: World) -> None:
    client = world.client("outsider")
    made = call(client, "post", "/api/projects", name="  Yeast ").json()
    assert (made["name"], made["role"], made["images"]) == ("Yeast", "owner", 0)
    classes = client.get(f"/api/projects/{made['id']}/classes").json()
    assert [(item["name"], item["key"], item["colour"]) for item in classes] == [("Cell", "1", "#e69f00")]


@pytest.mark.parametrize("name", ["", "   ", "\u0000x", "a\nb", "x" * 121])
def test_a_project_needs_a_name_that_can_be_seen(owner: Client, name: str) -> None:
    assert call(owner, "post", "/api/projects", name=name).status_code == 422


def test_a_project_counts_its_images_and_live_cells(world: World, owner: Client) -> None:
    done = make_image(world.project, "done.tif")
    Image.objects.filter(pk=done.pk).update(status="accepted")
    gone = make_image(world.project, "gone.tif")
    call(owner, "delete", f"/api/images/{gone.pk}")
    for image in (world.image, gone):
        make_cell(image, 1)
        make_cell(image, 2, deleted=True)
    [project] = owner.get("/api/projects").json()
    assert [project[key] for key in ("images", "done", "in_progress", "cells")] == [2, 1, 0, 1]
    assert project["thumbnails"] == [str(done.pk), str(world.image.pk)]
    assert {member["name"] for member in project["members"]} == {"owner", "manager", "annotator", "reviewer", "viewer"}


def test_the_project_list_asks_the_database_as_often_for_ten_projects_as_for_one(
    world: World, owner: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        project = make_project(f"p{number}", owner=world.users["owner"], viewer=world.users["viewer"])
        make_cell(make_image(project), 1)
    assert sum(project["cells"] for project in owner.get("/api/projects").json()) == 10
    with django_assert_max_num_queries(8):  # two of them are the session's
        assert len(owner.get("/api/projects").json()) == 11


def test_a_deleted_project_is_gone_for_everybody(world: World, owner: Client) -> None:
    assert call(owner, "delete", f"/api/projects/{world.project.pk}").status_code == 204
    assert owner.get("/api/projects").json() == []
    assert owner.get(f"/api/images/{world.image.pk}").status_code == 404
    assert Project.objects.filter(pk=world.project.pk).exists()


def members_path(world: World, who: str = "") -> str:
    return f"/api/projects/{world.project.pk}/members" + (f"/{world.users[who].pk}" if who else "")


def test_a_new_address_gets_an_account_and_its_link_once(world: World, owner: Client) -> None:
    body = {"email": "Marie.Curie@lab.example", "role": "annotator"}
    answer = call(owner, "post", members_path(world), **body)
    assert answer.status_code == 201
    added = answer.json()
    assert added["member"] | {"id": 0, "colour": ""} == {
        "id": 0, "name": "Marie.Curie", "email": body["email"], "role": "annotator", "colour": "", "invited": True,
        "classes": [],
    }  # fmt: skip
    assert Client().get(added["link"]).status_code == 200
    assert call(owner, "post", members_path(world), **body).status_code == 409


def test_somebody_who_is_known_is_added_without_a_link(world: World, owner: Client) -> None:
    answer = call(owner, "post", members_path(world), username="NEIGHBOUR", role="viewer").json()
    assert answer["link"] is None
    assert answer["member"]["name"] == "neighbour"


def test_an_unknown_name_is_said_to_be_unknown(world: World, owner: Client) -> None:
    answer = call(owner, "post", members_path(world), username="nobody", role="viewer")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_found")


def test_an_account_in_use_cannot_be_taken_over_by_a_link(world: World, owner: Client) -> None:
    user = world.users["annotator"]
    user.set_password("a password of their own")
    user.save()
    assert call(owner, "post", members_path(world, "annotator") + "/link").status_code == 409


def test_a_manager_can_neither_make_nor_touch_owners(world: World) -> None:
    manager = world.client("manager")
    assert call(manager, "patch", members_path(world, "viewer"), role="owner").status_code == 403
    assert call(manager, "patch", members_path(world, "manager"), role="owner").status_code == 403
    assert call(manager, "patch", members_path(world, "owner"), role="viewer").status_code == 403
    assert call(manager, "delete", members_path(world, "owner")).status_code == 403
    assert call(manager, "post", members_path(world), username="guest", role="owner").status_code == 403
    assert Membership.objects.get(project=world.project, role="owner").user == world.users["owner"]


def test_the_last_owner_stays(world: World, owner: Client) -> None:
    assert call(owner, "delete", members_path(world, "owner")).status_code == 409
    assert call(owner, "patch", members_path(world, "owner"), role="manager").status_code == 409
    call(owner, "patch", members_path(world, "manager"), role="owner")
    assert call(owner, "delete", members_path(world, "owner")).status_code == 204
    assert owner.get(members_path(world)).status_code == 404


def test_open_pages_hear_of_a_changed_role(world: World, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[Any]] = []
    monkeypatch.setattr("annotation.actions.members.send_members_changed", told.append)
    call(owner, "patch", members_path(world, "annotator"), role="viewer")
    call(owner, "delete", members_path(world, "annotator"))
    assert told == [[world.image.pk]] * 2


def test_addresses_are_for_managers_only(world: World) -> None:
    assert all(member["email"] for member in world.client("manager").get(members_path(world)).json())
    assert not any(member["email"] for member in world.client("annotator").get(members_path(world)).json())


def classes_path(world: World, suffix: str = "") -> str:
    return f"/api/projects/{world.project.pk}/classes{suffix}"


def test_classes_get_the_next_colour_and_key(world: World, owner: Client) -> None:
    made = [call(owner, "post", classes_path(world), name=name).json() for name in ("Mitotic", "Debris")]
    assert [(item["colour"], item["key"]) for item in made] == [("#56b4e9", "2"), ("#009e73", "3")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "CELL"}, 409),
        ({"name": "B", "key": "1"}, 409),
        ({"name": "B", "key": "x"}, 422),
        ({"name": "B", "colour": "red"}, 422),
        ({"name": "B", "colour": "#ff0000\n"}, 422),
        ({"name": "B", "colour": "url(x)"}, 422),
    ],
)
def test_a_class_that_cannot_be_is_refused(world: World, owner: Client, body: dict[str, Any], status: int) -> None:
    assert call(owner, "post", classes_path(world), **body).status_code == status


def test_a_deleted_class_frees_its_name_and_key(world: World, owner: Client) -> None:
    class_id = world.ids["class_id"]
    assert call(owner, "delete", classes_path(world, f"/{class_id}")).status_code == 204
    assert call(owner, "post", classes_path(world), name="Cell", key="1").status_code == 201
    assert LabelClass.objects.filter(pk=class_id).exists()


def test_a_class_of_another_project_is_not_there(world: World, owner: Client) -> None:
    theirs = world.other.label_classes.get()
    assert call(owner, "patch", classes_path(world, f"/{theirs.pk}"), name="Mine").status_code == 404


def test_an_image_knows_where_it_stands(world: World, owner: Client) -> None:
    second, third = make_image(world.project, "b.tif"), make_image(world.project, "c.tif")
    shown = owner.get(f"/api/images/{second.pk}").json()
    assert (shown["previous"], shown["next"]) == (str(world.image.pk), str(third.pk))
    assert (shown["position"], shown["total"], shown["project"]["role"]) == (2, 3, "owner")
    assert owner.get(f"/api/images/{third.pk}").json()["next"] is None


def test_images_are_listed_as_they_came(world: World, owner: Client) -> None:
    for number in range(12):
        make_cell(make_image(world.project, f"{number}.tif"), 1)
    path = f"/api/projects/{world.project.pk}/images"
    assert [image["name"] for image in owner.get(path).json()] == ["cells.tif", *(f"{n}.tif" for n in range(12))]


def test_an_image_is_renamed_by_managers_and_its_state_is_no_field_to_set(world: World) -> None:
    path = f"/api/images/{world.image.pk}"
    assert call(world.client("manager"), "patch", path, name=" new.tif ").json()["name"] == "new.tif"
    assert call(world.client("manager"), "patch", path, status="accepted").status_code == 422


HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


def test_a_hostile_name_is_text_on_every_page(world: World, settings: Any, tmp_path: Any) -> None:
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text('{"src/main.tsx": {"file": "assets/main-1.js"}}')
    settings.FRONTEND_DIST = tmp_path
    Project.objects.filter(pk=world.project.pk).update(name=HOSTILE)
    Image.objects.filter(pk=world.image.pk).update(name=HOSTILE)
    owner = world.client("owner")
    for path in (f"/projects/{world.project.pk}/", f"/images/{world.image.pk}/"):
        page = owner.get(path).content.decode()
        assert "<img" not in page
        assert "&lt;img src=x" in page
    answer = owner.get(f"/api/projects/{world.project.pk}")
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["name"] == HOSTILE


def test_unknown_filters_are_no_way_into_the_database(world: World) -> None:
    annotator = world.client("annotator")
    path = f"/api/projects/{world.project.pk}/images"
    plain = annotator.get(path).json()
    for key in ("created_by__password__startswith", "project__members__email", "_connector", "_negated", "order_by"):
        assert annotator.get(path, {key: "x"}).json() == plain


def test_pages_that_are_not_built_say_so(world: World, settings: Any, tmp_path: Any) -> None:
    settings.FRONTEND_DIST = tmp_path
    answer = world.client("owner").get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.content.decode()


def test_two_people_of_one_address_get_different_names() -> None:
    from annotation.actions.accounts import do_create_person

    make_user("sam")
    assert do_create_person("sam@one.example").username == "sam-2"
    assert do_create_person("sam@two.example").username == "sam-3"
    assert User.objects.count() == 3


def test_images_come_in_pages_by_age_whatever_is_deleted_meanwhile(world: World, owner: Client) -> None:
    images = [world.image, *(make_image(world.project, f"{number}.tif") for number in range(4))]
    path, seen = f"/api/projects/{world.project.pk}/images?limit=2", []
    while path:
        answer = owner.get(path)
        seen += [row["name"] for row in answer.json()]
        path = re.sub(r"<(.*)>.*", r"\1", answer.headers.get("Link", ""))
        Image.objects.filter(name=seen[-1]).update(deleted_at=timezone.now())
    assert seen == [image.name for image in images]
    for name in ("x", "2030-01-01 x", "2030-01-01T00:00:00+00:00 x", f"9999-12-31T23:59:59-12:00 {uuid4()}", "a b c"):
        cursor = urlsafe_b64encode(json.dumps([0, name]).encode()).decode()
        assert owner.get(f"/api/projects/{world.project.pk}/images?cursor={cursor}").status_code == 422

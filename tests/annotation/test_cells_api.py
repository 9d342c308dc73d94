"""Cells over HTTP are those of the pages: same operations, same refusals, same undo; long lists come in pages."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from annotation.models import Annotation, Image, Operation
from annotation.views import paging
from tests.annotation.matrix_scenes import draw_a_cell
from tests.annotation.world import World, make_image, make_world
from tests.factories import square

pytestmark = pytest.mark.django_db
SQUARE = square(2, 2, 4).model_dump()


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def ann(world: World) -> Client:
    return world.client("annotator")


def call(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, body or {}, content_type="application/json")


def cells_path(world: World) -> str:
    return f"/api/images/{world.image.pk}/cells"


def test_a_cell_is_made_read_changed_and_deleted_as_operations(world: World, ann: Client) -> None:
    path = cells_path(world)
    made = call(ann, "post", path, {"mask": SQUARE, "class_id": world.ids["class_id"]}).json()
    one = f"{path}/{made['cell']['id']}"
    assert ann.get(one).json() == made["cell"] == ann.get(path).json()[0]
    changed = call(ann, "patch", one, {"version": 1, "class_id": None, "mask": square(2, 2, 6).model_dump()}).json()
    assert (changed["cell"]["class_id"], changed["cell"]["mask"]["height"], changed["cell"]["version"]) == (None, 6, 2)
    assert ann.delete(one).status_code == 204
    assert ann.get(one).status_code == 404
    assert list(Operation.objects.order_by("clock").values_list("kind", "clock")) == [
        ("edit", 1),
        ("edit", 2),
        ("edit", 3),
    ]
    world.image.refresh_from_db()
    assert (world.image.status, world.image.clock) == ("in_progress", 3)


def test_what_was_done_is_undone_and_done_once(world: World, ann: Client) -> None:
    path = f"/api/images/{world.image.pk}/operations"
    cell = {"change": "create", "id": str(uuid.uuid4()), "mask": SQUARE, "provenance": {"source": "hand"}}
    asked = {"id": str(uuid.uuid4()), "changes": [cell]}
    first, again = call(ann, "post", path, asked), call(ann, "post", path, asked)
    assert first.json() == again.json()
    undone = call(ann, "post", path, {"undo": asked["id"]}).json()
    assert undone["removed"] == [cell["id"]]
    assert not Annotation.objects.filter(deleted=False).exists()


def test_an_old_version_is_refused_with_the_pages_sentence(world: World, ann: Client) -> None:
    draw_a_cell(world)
    one = f"{cells_path(world)}/{world.ids['cell_id']}"
    assert call(ann, "patch", one, {"version": 1, "mask": SQUARE}).status_code == 200
    refused = call(world.client("reviewer"), "patch", one, {"version": 1, "mask": SQUARE})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert call(ann, "patch", one, {"version": 1, "mask": SQUARE}).status_code == 409, "nor by the same person"


def test_an_accepted_image_is_closed_to_programs_too(world: World, ann: Client) -> None:
    Image.objects.filter(pk=world.image.pk).update(status="accepted")
    refused = call(ann, "post", cells_path(world), {"mask": SQUARE})
    assert (refused.status_code, refused.json()["code"]) == (409, "locked")


@pytest.mark.parametrize(
    "body",
    [{}, {"changes": [], "undo": None}, {"undo": str(uuid.UUID(int=1)), "changes": [{"change": "burn"}]},
     {"changes": [{"change": "delete", "id": str(uuid.UUID(int=1)), "base_version": 1}] * 2}],
)  # fmt: skip
def test_what_is_no_operation_is_said(world: World, ann: Client, body: dict[str, Any]) -> None:
    assert call(ann, "post", f"/api/images/{world.image.pk}/operations", body).status_code == 422


def test_masks_that_do_not_fit_are_refused(world: World, ann: Client) -> None:
    outside = {**SQUARE, "top": 29}
    assert call(ann, "post", cells_path(world), {"mask": outside}).status_code in (409, 422)
    assert call(ann, "post", cells_path(world), {"mask": {**SQUARE, "counts": [1, 2]}}).status_code == 422


def walk(client: Client, path: str) -> list[list[str]]:
    """The ids of each page."""
    pages, link = [], path
    while link:
        answer = client.get(link)
        assert answer.status_code == 200, answer.content
        pages.append([row["id"] for row in answer.json()])
        link = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
    return pages


def test_cells_come_in_pages(world: World, ann: Client) -> None:
    for _ in range(5):
        draw_a_cell(world)
    pages = walk(ann, f"{cells_path(world)}?limit=2&z=0")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({key for page in pages for key in page}) == 5
    assert walk(ann, f"{cells_path(world)}?t=1") == [[]]


def test_what_changes_meanwhile_shifts_no_page(world: World) -> None:
    images = [world.image, *(make_image(world.project, f"{n}.tif") for n in range(5))]
    owner, path = world.client("owner"), f"/api/projects/{world.project.pk}/images?limit=2"
    first = owner.get(path)
    second = first.headers["Link"].partition(">")[0].lstrip("<")
    Image.objects.filter(pk=images[0].pk).delete()
    assert [row["id"] for row in owner.get(second).json()] == [str(images[2].pk), str(images[3].pk)]
    Image.objects.filter(pk=images[1].pk).delete()
    assert len(owner.get(second).json()) == 2


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "W10", "WzEsICJub25lIl0", "!!!!", "W" * 501])
def test_a_cursor_of_nobodys_is_refused_or_begins_somewhere(world: World, ann: Client, cursor: str) -> None:
    assert ann.get(f"{cells_path(world)}?cursor={cursor}").status_code == 422
    assert ann.get(f"/api/projects/{world.project.pk}/images?cursor={cursor}").status_code in (200, 422)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x"])
def test_pages_have_a_size(world: World, ann: Client, limit: str) -> None:
    assert ann.get(f"{cells_path(world)}?limit={limit}").status_code == 422
    assert paging.MOST == 1000

"""Several people annotate the same pixels blind, and how far they agree is known."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.actions.operations import do_push
from annotation.actions.workflow import do_step
from annotation.listings import get_project
from annotation.models import Comparison, Image, ImageStatus, Role
from annotation.permissions import role_of
from annotation.tasks import compare
from tests.annotation.world import World, make_image, make_world
from tests.factories import Tab, create, delete, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    body = {"images": [str(made.image.pk)], "people": [made.users[name].pk for name in ("annotator", "owner")]}
    for expected in (2, 0):
        answer = made.client("manager").post(
            f"/api/projects/{made.project.pk}/twins", data=body, content_type="application/json"
        )
        assert answer.json() == {"assigned": expected}
    made.ids["twins"] = {twin.assignee.username: twin for twin in Image.objects.exclude(twin_of=None)}
    return made


def hand_in(world: World, *names: str) -> None:
    """These people hand in their twins; then what is handed in is compared."""
    for twin in Image.objects.filter(twin_of__isnull=False, assignee__username__in=names or world.users):
        assert twin.assignee is not None
        if twin.status != "submitted":
            do_step(twin, twin.assignee, role_of(twin.assignee, world.project.pk) or Role.VIEWER, ImageStatus.SUBMITTED)
    compare()


def test_a_twin_is_seen_by_its_annotator_and_reviewers_alone_and_is_in_no_list(world: World) -> None:
    twin = world.ids["twins"]["owner"]
    seen = {actor: world.client(actor).get(f"/api/images/{twin.pk}").status_code for actor in world.users}
    assert {actor for actor, status in seen.items() if status == 200} == {"owner", "manager", "reviewer"}
    assert set(seen.values()) == {200, 404}
    listed = world.client("owner").get(f"/api/projects/{world.project.pk}/images").json()
    assert [image["id"] for image in listed] == [str(world.image.pk)]
    assert get_project(world.users["owner"], world.project.pk).images == 1
    assert twin.folder == world.image.folder


def test_each_person_is_given_their_own_twin_and_the_image_itself_is_closed(world: World) -> None:
    path = f"/api/projects/{world.project.pk}/next"
    taken = world.client("annotator").post(path, data={}, content_type="application/json").json()
    assert taken == {"image": str(world.ids["twins"]["annotator"].pk)}
    blocked = do_push(world.users["annotator"], world.image.pk, Tab().push(create(square(0, 0))))
    assert (blocked.outcome, blocked.code) == ("discard", "locked")
    spare = make_image(world.project, "spare")
    assert world.client("reviewer").post(path, data={}, content_type="application/json").json() == {
        "image": str(spare.pk)
    }


def test_agreement_of_two_people_is_that_of_their_cells(world: World) -> None:
    kind = world.ids["class_id"]
    drawn = {"annotator": [(0, 0, kind), (0, 20, kind)], "owner": [(0, 0, kind), (2, 20, None), (18, 28, kind)]}
    for name, cells in drawn.items():
        changes = [create(square(top, left), class_id=class_id) for top, left, class_id in cells]
        assert do_push(world.users[name], world.ids["twins"][name].pk, Tab().push(*changes)).outcome == "commit"
    hand_in(world)
    [pair] = world.client("reviewer").get(f"/api/projects/{world.project.pk}/agreement").json()
    figures: dict[str, Any] = pair["figures"]
    assert (pair["person_a"], pair["person_b"]) == ("annotator", "owner")
    assert (figures["cells_a"], figures["cells_b"], figures["matched"]) == (2, 3, 2)
    assert figures["ap"] == pytest.approx(2 / 3)
    assert figures["pq"] == pytest.approx((1 + 80 / 120) / 2.5)
    assert figures["aji"] == pytest.approx(180 / (100 + 120 + 100))
    assert pair["boundary"] == pytest.approx(28 / 36 / 2, abs=0.15)
    table = world.client("manager").get(f"/api/projects/{world.project.pk}/agreement.csv").content.decode()
    assert table.splitlines()[1].startswith("cells.tif,annotator,owner,2,3,2,")


def test_cells_of_different_planes_never_meet(world: World) -> None:
    Image.objects.update(size_z=3)
    for name, plane in (("annotator", 0), ("owner", 2)):
        change = create(square(0, 0)).model_copy(update={"z": plane})
        do_push(world.users[name], world.ids["twins"][name].pk, Tab().push(change))
    hand_in(world)
    [pair] = world.client("reviewer").get(f"/api/projects/{world.project.pk}/agreement").json()
    assert (pair["figures"]["matched"], pair["boundary"], pair["kappa"]) == (0, None, None)


def test_the_classes_of_three_people_are_compared_together(world: World) -> None:
    body = {"images": [str(world.image.pk)], "people": [world.users["reviewer"].pk]}
    path = f"/api/projects/{world.project.pk}"
    world.client("manager").post(f"{path}/twins", data=body, content_type="application/json")
    kind = world.ids["class_id"]
    for twin in Image.objects.exclude(twin_of=None).select_related("assignee"):
        third = kind if twin.assignee.username == "owner" else None
        cells = [
            create(square(0, 0, 5), class_id=kind),
            create(square(0, 9, 5)),
            create(square(9, 0, 5), class_id=third),
        ]
        do_push(twin.assignee, twin.pk, Tab().push(*cells))
    hand_in(world)
    pairs = world.client("reviewer").get(f"{path}/agreement").json()
    seen, chance = (1 + 1 + 1 / 3) / 3, (4 / 9) ** 2 + (5 / 9) ** 2
    assert len(pairs) == 3
    assert [pair["kappa_of_all"] for pair in pairs] == [pytest.approx((seen - chance) / (1 - chance))] * 3


def test_only_what_is_handed_in_counts_and_what_changes_is_compared_again(world: World) -> None:
    twins, path = world.ids["twins"], f"/api/projects/{world.project.pk}/agreement"
    tab, cell = Tab(), create(square(0, 0))
    do_push(world.users["annotator"], twins["annotator"].pk, tab.push(cell))
    hand_in(world, "owner")
    assert world.client("reviewer").get(path).json() == []
    hand_in(world)
    [pair] = world.client("reviewer").get(path).json()
    assert (pair["figures"]["cells_a"], pair["figures"]["f1"]) == (1, 0)
    kept = Comparison.objects.get()
    compare()
    assert Comparison.objects.get().pk == kept.pk, "nothing has changed: nothing is computed again"
    do_push(world.users["owner"], twins["owner"].pk, Tab().push(create(square(0, 0))))
    compare()
    [pair] = world.client("reviewer").get(path).json()
    assert pair["figures"]["f1"] == 1, "a reviewer’s fix leaves it handed in"
    do_push(world.users["annotator"], twins["annotator"].pk, tab.push(delete(cell.id)))
    compare()
    assert world.client("reviewer").get(path).json() == [], "an annotator who goes on has taken it back"


def test_nobody_sees_others_twins_before_their_own_is_accepted(world: World) -> None:
    body = {"images": [str(world.image.pk)], "people": [world.users["reviewer"].pk]}
    path = f"/api/projects/{world.project.pk}"
    world.client("manager").post(f"{path}/twins", data=body, content_type="application/json")
    theirs, mine = world.ids["twins"]["annotator"], Image.objects.get(assignee=world.users["reviewer"])
    reviewer = world.client("reviewer")
    hand_in(world)
    assert reviewer.get(f"/api/images/{theirs.pk}").status_code == 404
    assert reviewer.get(f"/api/images/{theirs.pk}/cells").status_code == 404
    assert world.client("owner").get(f"/api/images/{theirs.pk}").status_code == 404
    taken = reviewer.post(f"{path}/next", data={"task": "review"}, content_type="application/json").json()
    assert taken == {"image": None}
    Image.objects.filter(pk=mine.pk).update(status="accepted")
    assert reviewer.get(f"/api/images/{theirs.pk}").status_code == 200


def test_a_person_who_annotates_an_image_again_is_compared_with_themselves(world: World) -> None:
    body = {"images": [str(world.image.pk)], "people": [world.users["annotator"].pk], "again": True}
    path = f"/api/projects/{world.project.pk}"
    manager = world.client("manager")
    for expected, finish in ((0, True), (1, False), (0, False)):
        assert manager.post(f"{path}/twins", data=body, content_type="application/json").json() == {
            "assigned": expected
        }
        if finish:
            hand_in(world, "annotator")
    hand_in(world, "annotator")
    [pair] = manager.get(f"{path}/agreement").json()
    assert pair["person_a"] == pair["person_b"] == "annotator"
    assert manager.get(f"{path}/agreement/figures", {"by": "person"}).json() == []
    assert "person, twice" in {row[0] for row in manager.get(f"{path}/dashboards/agreement").json()["rows"]}

"""The agreement of persons, classes, images and weeks, from random annotations in the database: equal to what Cellpose
and scikit-learn say of the same pixels, laid side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from cellpose import metrics
from sklearn.metrics import cohen_kappa_score

from annotation.actions.comparing import do_compare, get_changed
from annotation.actions.twins import make_twin
from annotation.models import Annotation, Image, LabelClass
from annotation.quality.agreement import agreement, match, overlaps_of
from inference import rle
from tests.annotation.test_agreement import scene
from tests.annotation.world import World, make_image, make_world

pytestmark = pytest.mark.django_db
PEOPLE = ("annotator", "manager", "reviewer")
WEEKS = (datetime(2030, 1, 7, 12, tzinfo=UTC), datetime(2030, 1, 16, 12, tzinfo=UTC))


def annotate(image: Image, labels_hw: np.ndarray, classes: dict[int, int]) -> None:
    """Cells as rows, in the order of their labels."""
    for label, class_id in classes.items():
        rows, cols = np.nonzero(labels_hw == label)
        top, left = int(rows.min()), int(cols.min())
        mask_hw = labels_hw[top : rows.max() + 1, left : cols.max() + 1] == label
        cell = Annotation(image=image, label=label, label_class_id=class_id)
        cell.rle = rle.encode(mask_hw, top=top, left=left)
        cell.save()


@pytest.fixture
def drawn() -> tuple[World, dict[tuple[int, str], tuple[np.ndarray, dict[int, int]]]]:
    """Three people's annotations of two images, a week apart."""
    world, found = make_world(), {}
    classes = [
        world.ids["class_id"],
        LabelClass.objects.create(project=world.project, name="Debris", colour="#000000").pk,
    ]
    for number, week in enumerate(WEEKS):
        image = make_image(world.project, f"image {number}")
        Image.objects.filter(pk=image.pk).update(height=90, width=110)
        image.refresh_from_db()
        for place, name in enumerate(PEOPLE):
            rng = np.random.default_rng([number, place])
            # Everybody draws the same discs, each a little otherwise.
            truth_hw, moved_hw = scene(number)
            labels_hw = np.where(rng.random() < 0.5, truth_hw, moved_hw) if place else truth_hw
            labels_hw = np.roll(labels_hw, rng.integers(-1, 2, 2), (0, 1))
            labels = [int(label) for label in np.unique(labels_hw) if label]
            said = {label: classes[int(rng.random() < 0.3 + 0.4 * (label % 2))] for label in labels}
            said_of = {"assignee": world.users[name], "status": "submitted", "handed_in_at": week}
            twin = make_twin(image, **said_of)
            annotate(twin, labels_hw, said)
            found[number, name] = (labels_hw, said)
    for changed in get_changed():
        do_compare(*changed)
    return world, found


def beside(pairs: list[tuple[Any, Any]], keep: Callable[[int], bool] = lambda _: True) -> list[np.ndarray]:
    """The A and the B of all pairs one below the other, labels 1, 2, 3 …, cells of other classes left out."""
    stacks = []
    for side in (0, 1):
        tall = [np.where(np.isin(pair[side][0], [k for k, v in pair[side][1].items() if keep(v)]), pair[side][0], 0)
                for pair in pairs]  # fmt: skip
        shifted = [np.where(labels_hw > 0, labels_hw + 10_000 * number, 0) for number, labels_hw in enumerate(tall)]
        stack = np.concatenate(shifted)
        stacks.append(np.unique(stack, return_inverse=True)[1].reshape(stack.shape))
    return stacks


def check(group: dict[str, Any], pairs: list[tuple[Any, Any]], keep: Callable[[int], bool] = lambda _: True) -> None:
    a_hw, b_hw = beside(pairs, keep)
    thresholds = [round(0.5 + 0.05 * step, 2) for step in range(10)]
    ap, hits, *_ = metrics.average_precision(a_hw, b_hw, threshold=thresholds)
    figures = group["figures"]
    assert group["pairs"] == len(pairs)
    assert (figures["cells_a"], figures["cells_b"], figures["matched"]) == (a_hw.max(), b_hw.max(), hits[0])
    assert group["ap_at"] == pytest.approx(list(ap), abs=1e-6)
    assert figures["f1"] == pytest.approx(2 * hits[0] / (a_hw.max() + b_hw.max()))
    together = agreement(overlaps_of(a_hw, b_hw))
    assert figures["pq"] == pytest.approx(together.pq)
    if group["by"] != "person":
        # Whose cells are the truth matters: a pair has one answer, whichever of both asks.
        assert figures["aji"] == pytest.approx(together.aji)


def kappa(pairs: list[tuple[Any, Any]]) -> float:
    said: list[list[int]] = [[], []]
    for pair in pairs:
        labels = [sorted(one[1]) for one in pair]
        for found in match(overlaps_of(pair[0][0], pair[1][0])):
            said[0].append(pair[0][1][labels[0][found.of_a]])
            said[1].append(pair[1][1][labels[1][found.of_b]])
    return float(cohen_kappa_score(*said))


def test_figures_of_groups_equal_those_of_all_their_pixels_side_by_side(drawn: Any) -> None:
    world, found = drawn
    path = f"/api/projects/{world.project.pk}/agreement/figures"

    def groups(by: str, **more: Any) -> dict[str, Any]:
        answer = world.client("reviewer").get(path, {"by": by, **more})
        return {group["name"]: group for group in answer.json()}

    def pairs(number: int) -> list[tuple[Any, Any]]:
        return [(found[number, one], found[number, other]) for one, other in combinations(PEOPLE, 2)]

    check(groups("all")["all"], pairs(0) + pairs(1))
    assert groups("all")["all"]["kappa"] == pytest.approx(kappa(pairs(0) + pairs(1)))
    for number in (0, 1):
        check(groups("image")[f"image {number}"], pairs(number))
        check(groups("week")[("07 Jan 2030", "14 Jan 2030")[number]], pairs(number))
    for name, group in groups("person").items():
        check(
            group,
            [(found[n, one], found[n, other]) for n in (0, 1) for one, other in permutations(PEOPLE, 2) if one == name],
        )
    by_class = groups("class")
    assert set(by_class) == {"Cell", "Debris"}
    for group in by_class.values():
        check(group, pairs(0) + pairs(1), lambda class_id, key=int(group["key"]): class_id == key)
    check(groups("all", since="2030-01-14")["all"], pairs(1))
    table = world.client("reviewer").get(f"/api/projects/{world.project.pk}/agreement/confusion").json()
    assert {(row["one"], row["other"]) for row in table} == {("Cell", "Cell"), ("Cell", "Debris"), ("Debris", "Debris")}


def test_pairs_are_paged_and_the_page_lists_them(drawn: Any) -> None:
    world, _ = drawn
    client, path = world.client("reviewer"), f"/api/projects/{world.project.pk}/agreement"
    first = client.get(path, {"limit": 4})
    rest = client.get(first["Link"].split(">")[0].lstrip("<")).json()
    assert (len(first.json()), len(rest)) == (4, 2)
    assert len(client.get(f"{path}.csv").content.decode().splitlines()) == 7
    page = client.get(f"/projects/{world.project.pk}/dashboards/agreement/", {"page": "many"}).content.decode()
    assert page.count("Adjudicate") == 6
    assert "Who agrees with the others?" in page
    assert client.get(path, {"since": "yesterday"}).status_code == 422
    assert client.get(f"{path}/figures", {"by": "moon"}).status_code == 422

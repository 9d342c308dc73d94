"""Training, validation and test: groups stay together, nothing moves, equal seeds draw equally."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from annotation.actions.splits import do_assign_splits, group_of
from annotation.errors import AppError
from annotation.models import Image, ImageSplit, LabelClass, Project
from inference.rle import Rle
from tests.annotation.export_scene import make_cell, make_image, make_person, make_project, signed_in

pytestmark = pytest.mark.django_db
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture
def project() -> Project:
    return make_project(make_person("ada"))


def assign(project: Project, grouping: str = "image", *, seed: int = 1, **shares: float) -> int:
    return do_assign_splits(project, seed=seed, shares=shares or SHARES, grouping=grouping)


def splits(project: Project) -> dict[str, str]:
    return dict(ImageSplit.objects.filter(project=project).values_list("image__name", "split"))


def counts(project: Project) -> list[int]:
    found = list(splits(project).values())
    return [found.count(name) for name in SHARES]


def test_shares_are_kept(project: Project) -> None:
    for n in range(20):
        make_image(project, f"{n}.tif")
    assert assign(project) == 20
    assert counts(project) == [12, 4, 4]


def test_groups_are_never_torn_apart(project: Project) -> None:
    for slide in range(10):
        for field in range(3):
            make_image(project, f"mouse{slide}_field{field}.tif")
    assign(project, "first_part")
    found = splits(project)
    assert all(len({found[f"mouse{slide}_field{field}.tif"] for field in range(3)}) == 1 for slide in range(10))


@pytest.mark.parametrize(
    ("grouping", "group"), [("first_part", "m1"), ("without_last_part", "m1_a"), ("file", "f" * 64)]
)
def test_what_belongs_together(grouping: str, group: str) -> None:
    assert group_of(Image(name="m1_a_03.tif", file_sha256="f" * 64), grouping) == group


def test_nothing_ever_moves_and_new_images_follow_their_group(project: Project) -> None:
    for n in range(10):
        make_image(project, f"m{n}_a.tif")
    assign(project, "first_part")
    before = splits(project)
    for n in range(10):
        make_image(project, f"m{n}_b.tif")
    assign(project, "first_part", seed=9, train=0.0, validation=0.0, test=1.0)
    after = splits(project)
    assert {name: after[name] for name in before} == before
    assert all(after[f"m{n}_b.tif"] == before[f"m{n}_a.tif"] for n in range(10))


def test_equal_seeds_draw_equally(project: Project) -> None:
    for n in range(12):
        make_image(project, f"{n}_x.tif")
    drawn = []
    for seed in (1, 1, 2):
        assign(project, "first_part", seed=seed)
        drawn.append(splits(project))
        ImageSplit.objects.all().delete()
    assert drawn[0] == drawn[1] != drawn[2]


def test_classes_are_spread(project: Project) -> None:
    rare = LabelClass.objects.create(project=project, name="Rare", colour="#000000")
    for n in range(20):
        image = make_image(project, f"{n}.tif")
        make_cell(image, 1, Rle(0, 0, 1, 1, (0, 1)), label_class=rare if n % 4 == 0 else None)
    assign(project)
    of_rare = ImageSplit.objects.filter(image__annotations__label_class=rare).values_list("split", flat=True)
    assert sorted(of_rare) == ["test", "train", "train", "train", "validation"]


def test_shares_add_up(project: Project) -> None:
    with pytest.raises(AppError, match="100 %"):
        assign(project, train=0.5, validation=0.1, test=0.1)


def test_twins_in_two_splits_are_told(project: Project, settings: Any, tmp_path: Any) -> None:
    settings.IMAGES = tmp_path
    rng = np.random.default_rng(3)
    same, other = (rng.integers(0, 255, (64, 64)).astype(np.uint8) for _ in range(2))
    for name, values in (("a.tif", same), ("b.tif", np.minimum(same, 250)), ("c.tif", other)):
        image = make_image(project, name)
        image.folder.mkdir()
        Pillow.fromarray(values).resize((256, 256)).save(image.thumbnail_path, "WEBP", lossless=True)
    assign(project, train=1.0, validation=0.0, test=0.0)
    ImageSplit.objects.filter(image__name="b.tif").update(split="test")
    found = signed_in(project.members.get()).get(f"/api/projects/{project.pk}/splits").json()
    assert found == {
        "train": 2, "validation": 0, "test": 1, "none": 0,
        "twins": [{"one": "a.tif", "one_split": "train", "other": "b.tif", "other_split": "test"}],
    }  # fmt: skip

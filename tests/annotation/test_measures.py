"""Measurements of a whole project: what skimage says of the same masks and pixels, by class, image and split."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.conf import settings
from numpy.typing import NDArray
from skimage.measure import regionprops

from annotation.actions.imports import do_import_file
from annotation.actions.operations import do_push
from annotation.models import (
    Annotation,
    Image,
    ImageMeasures,
    ImageSplit,
    Job,
    JobState,
    LabelClass,
    Project,
    Role,
    User,
)
from annotation.reports import measures as report
from annotation.tasks import measure_cells
from inference.rle import from_labels
from tests.annotation.export_scene import join, make_cell, make_project, random_labels, signed_in
from tests.factories import Tab, delete

pytestmark = pytest.mark.django_db(transaction=True)
UM = 0.5


class Scene:
    """Two images of two channels with classes, one of them without the size of its pixels."""

    def __init__(self, owner: User, folder: Path) -> None:
        self.owner, self.project = owner, make_project(owner)
        self.classes = [
            LabelClass.objects.create(project=self.project, name=name, colour="#000000")
            for name in ("Tumour", "=Immune")
        ]
        self.labels: dict[str, NDArray[np.int32]] = {}
        self.pixels: dict[str, NDArray[np.uint16]] = {}
        self.images = [
            self._image(folder, "sized.tif", 1, sized=True),
            self._image(folder, "plain.tif", 2, sized=False),
        ]
        ImageSplit.objects.create(project=self.project, image=self.images[0], split="train")

    def _image(self, folder: Path, name: str, seed: int, *, sized: bool) -> Image:
        rng = np.random.default_rng(seed)
        pixels_chw = rng.integers(0, 4000, (2, 60, 80)).astype(np.uint16)
        more: dict[str, Any] = {"axes": "CYX", "Channel": {"Name": ["DNA", "Actin"]}}
        if sized:
            more |= {"PhysicalSizeX": UM, "PhysicalSizeY": UM}
        path = folder / name
        tifffile.imwrite(path, pixels_chw, ome=True, photometric="minisblack", metadata=more)
        image = do_import_file(path, project=self.project, user=self.owner, name=name)
        labels_hw = random_labels(seed, height=60, width=80, cells=7)
        for label, rle in from_labels(labels_hw):
            make_cell(image, label, rle, label_class=(*self.classes, None)[label % 3])
        Image.objects.filter(pk=image.pk).update(clock=1, next_label=20)
        self.labels[name], self.pixels[name] = labels_hw, pixels_chw
        return image

    def props(self, name: str) -> list[Any]:
        return regionprops(self.labels[name], np.moveaxis(self.pixels[name], 0, -1))

    def get(self, what: str, **query: Any) -> Any:
        answer = signed_in(self.owner).get(f"/api/projects/{self.project.pk}/measurements{what}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def measure(self) -> Any:
        client = signed_in(self.owner)
        job = client.post(f"/api/projects/{self.project.pk}/measurements").json()
        measure_cells(job["id"])
        return client.get(f"/api/jobs/{job['id']}").json()


@pytest.fixture
def scene(owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(settings, "IMAGES", tmp_path / "images")
    return Scene(owner, tmp_path)


def test_figures_are_those_of_skimage(scene: Scene) -> None:
    every = [prop for name in ("sized.tif", "plain.tif") for prop in scene.props(name)]
    assert scene.get("")["waiting"] == 2
    job = scene.measure()
    assert (job["state"], job["result"]) == ("done", {"images": 2, "cells": len(every)})
    about = scene.get("")
    assert (about["cells"], about["images"], about["waiting"], about["job"]) == (len(every), 2, 0, None)
    assert (about["channels"], about["physical"]) == (["DNA", "Actin"], True)
    wanted = {
        "area_px": [prop.area for prop in every],
        "equivalent_diameter_px": [prop.equivalent_diameter_area for prop in every],
    }
    for measure, values in wanted.items():
        (group,) = scene.get("/distribution", measure=measure, by="")["groups"]
        assert group["cells"] == sum(group["counts"]) == len(every)
        assert group["mean"] == pytest.approx(np.mean(values), rel=1e-5)
        assert group["sd"] == pytest.approx(np.std(values, ddof=1), rel=1e-5)
        assert group["quartiles"] == pytest.approx(np.percentile(values, [0, 25, 50, 75, 100]), rel=1e-5)
    for channel, name in enumerate(("DNA", "Actin")):
        (group,) = scene.get("/distribution", measure="mean", channel=name, by="")["groups"]
        assert group["mean"] == pytest.approx(np.mean([prop.intensity_mean[channel] for prop in every]), rel=1e-5)
        (group,) = scene.get("/distribution", measure="max", channel=name, by="")["groups"]
        assert group["quartiles"][4] == max(prop.intensity_max[channel] for prop in every)


def test_groups_are_classes_images_and_splits(scene: Scene) -> None:
    scene.measure()
    classes = {one["name"]: one for one in scene.get("/distribution", by="class")["groups"]}
    cells = Annotation.objects.all()
    assert {name: one["cells"] for name, one in classes.items()} == {
        "Tumour": cells.filter(label_class=scene.classes[0]).count(),
        "=Immune": cells.filter(label_class=scene.classes[1]).count(),
        "no class": cells.filter(label_class=None).count(),
    }
    images = scene.get("/distribution", by="image")
    assert [one["name"] for one in images["groups"]] == ["sized.tif", "plain.tif"]
    assert images["group_count"] == 2
    assert {one["name"] for one in scene.get("/distribution", by="split")["groups"]} == {"train", "no place yet"}
    (train,) = scene.get("/distribution", by="", split="train")["groups"]
    assert train["cells"] == len(scene.props("sized.tif"))
    (rest,) = scene.get("/distribution", by="", split="none", classes=f"0,{scene.classes[0].pk}")["groups"]
    assert rest["cells"] == cells.filter(image=scene.images[1]).exclude(label_class=scene.classes[1]).count()


def test_micrometres_are_for_images_that_have_them(scene: Scene) -> None:
    scene.measure()
    found = scene.get("/distribution", measure="area_px", by="", physical=True)
    areas = [prop.area * UM**2 for prop in scene.props("sized.tif")]
    assert (found["unit"], found["without"]) == ("µm²", len(scene.props("plain.tif")))
    assert found["groups"][0]["mean"] == pytest.approx(np.mean(areas), rel=1e-5)
    long = scene.get("/distribution", measure="perimeter_px", by="", physical=True)
    pixels = scene.get("/distribution", measure="perimeter_px", by="", split="train")
    assert (long["unit"], pixels["unit"]) == ("µm", "px")
    assert long["groups"][0]["mean"] == pytest.approx(UM * pixels["groups"][0]["mean"], rel=1e-5)
    Image.objects.filter(name="sized.tif").update(pixel_um_y=2 * UM)
    assert scene.get("/distribution", measure="perimeter_px", by="", physical=True)["groups"] == []


def test_points_open_their_cells(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.measure()
    found = scene.get("/points", x="area_px", y="mean", y_channel="DNA")
    assert found["cells"] == len(found["ids"]) == Annotation.objects.count()
    areas = {str(cell.pk): cell.area for cell in Annotation.objects.all()}
    assert dict(zip(found["ids"], found["x"], strict=True)) == areas
    link = found["links"][0]
    assert link.startswith(f"/images/{scene.images[0].pk}/#x=")
    assert link.endswith(f"cell={found['ids'][0]}")
    monkeypatch.setattr(report, "MOST_POINTS", 5)
    few = scene.get("/points")
    assert (few["cells"], len(few["ids"])) == (found["cells"], 5)
    assert few == scene.get("/points")


def test_only_what_has_changed_is_measured_again(scene: Scene) -> None:
    scene.measure()
    cell = Annotation.objects.filter(image=scene.images[1]).first()
    assert cell is not None
    assert do_push(scene.owner, cell.image_id, Tab().push(delete(cell.pk))).outcome == "commit"
    before = ImageMeasures.objects.get(image=scene.images[0])
    assert scene.get("")["waiting"] == 1
    assert scene.measure()["result"]["images"] == 1
    assert ImageMeasures.objects.get(image=scene.images[0]) == before
    assert scene.get("")["cells"] == Annotation.objects.filter(deleted=False).count()
    Annotation.objects.filter(image=scene.images[0]).update(deleted=True)
    Image.objects.filter(pk=scene.images[0].pk).update(clock=9)
    scene.measure()
    assert scene.get("")["waiting"] == 0
    assert len(scene.get("/distribution", by="image")["groups"]) == 1


def test_two_who_ask_at_once_get_one_job_and_a_stopped_one_stops(scene: Scene) -> None:
    client = signed_in(scene.owner)
    path = f"/api/projects/{scene.project.pk}/measurements"
    jobs = [client.post(path).json()["id"] for _ in range(2)]
    assert jobs[0] == jobs[1] == scene.get("")["job"]["id"]
    Job.objects.update(state=JobState.CANCELLED)
    measure_cells(jobs[0])
    assert not ImageMeasures.objects.exists()


def test_a_table_can_be_taken_home(scene: Scene) -> None:
    scene.measure()
    path = f"/api/projects/{scene.project.pk}/measurements/distribution.csv?measure=area_px&by=class"
    answer = signed_in(scene.owner).get(path)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["class"] for row in rows} == {"Tumour", "'=Immune", "no class"}
    assert sum(int(row["cells"]) for row in rows) == Annotation.objects.count()


def test_what_is_not_there_is_empty_and_what_is_wrong_is_refused(owner: User) -> None:
    project = Project.objects.get(pk=make_project(owner, "Empty").pk)
    client, path = signed_in(owner), f"/api/projects/{project.pk}/measurements"
    assert client.get(f"{path}/distribution").json()["groups"] == []
    assert client.get(f"{path}/points?x=mean&x_channel=none").json()["cells"] == 0
    for query in ("measure=weight", "classes=1;2", "split=all", "by=person", "classes=" + "1," * 3000):
        assert client.get(f"{path}/distribution?{query}").status_code == 422, query
    viewer = signed_in(join(project, "vi", Role.VIEWER))
    assert viewer.post(path).status_code == 403
    assert viewer.get(path).status_code == 200

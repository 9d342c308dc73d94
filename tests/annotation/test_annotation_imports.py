"""Annotations from files: shown before anything is done, added as one step for each image, and undone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation.actions.findings import kept_findings
from annotation.actions.operations import do_push
from annotation.models import Annotation, Image, Job, JobState, LabelClass, Membership, Operation, Project, Upload, User
from annotation.tasks import add_annotations, read_annotations, sweep
from inference.rle import Rle, from_labels
from tests.annotation.datasets.scene import hard_image, hard_labels, write
from tests.annotation.datasets.scene import image as bare_image
from tests.annotation.datasets.test_tracks import film
from tests.annotation.export_scene import make_cell, make_image, make_person, make_project, signed_in
from tests.factories import Tab

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(owner: User) -> Project:
    project = make_project(owner)
    LabelClass.objects.create(project=project, name="Tumour", colour="#000000")
    return project


@pytest.fixture
def image(project: Project) -> Image:
    return make_image(project, "1.tif", height=60, width=90)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UPLOADS", "IMAGES"):
        monkeypatch.setattr(settings, name, tmp_path / name.lower())


def uploaded(user: User, project: Project, path: Path) -> str:
    client, data = signed_in(user), path.read_bytes()
    body = {"name": path.name, "size": len(data), "purpose": "annotations"}
    key = client.post(f"/api/projects/{project.pk}/uploads", body, content_type="application/json").json()["id"]
    answer = client.put(f"/api/uploads/{key}?offset=0", data, content_type="application/octet-stream").json()
    assert answer["state"] == "done", answer
    return str(key)


def reading(user: User, project: Project, path: Path, format_name: str = "") -> Any:
    body = {"upload": uploaded(user, project, path), "format": format_name}
    job = signed_in(user).post(f"/api/projects/{project.pk}/imports", body, content_type="application/json").json()
    read_annotations(job["id"])
    return signed_in(user).get(f"/api/jobs/{job['id']}").json()


def added(user: User, job: Any, **more: Any) -> Any:
    adding = signed_in(user).post(f"/api/imports/{job['id']}/add", more, content_type="application/json").json()
    add_annotations(adding["id"])
    return signed_in(user).get(f"/api/jobs/{adding['id']}").json()


def test_reading_changes_nothing_and_says_what_would_happen(
    owner: User, project: Project, image: Image, tmp_path: Path
) -> None:
    make_cell(image, 1, Rle(0, 0, 12, 15, (0, 180)))
    job = reading(
        owner, project, write(tmp_path / "a.zip", "coco", [hard_image(), hard_image(2, name="who", stem="who")])
    )
    assert job["state"] == "done", job
    assert job["result"] == {
        "format": "coco", "cells": 10, "covered": 1, "image_count": 1, "new_count": 0, "problem_count": 1,
        "images": [{"id": str(image.pk), "name": "1.tif", "cells": 10, "covered": 1, "new": False}],
        "problems": [{"name": "who", "problem": "no image of the project has this name"}],
        "unknown_classes": ["=immune, “T”"],
    }  # fmt: skip
    assert Annotation.objects.count() == 1
    assert signed_in(owner).get(f"/api/projects/{project.pk}/imports").json() == [job]


def test_adding_is_one_step_of_undo(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    kept = make_cell(image, 77, Rle(0, 0, 12, 15, (0, 180)))
    image.next_label = 78
    image.save()
    job = added(owner, reading(owner, project, write(tmp_path / "a.zip", "qupath-geojson", [hard_image()])))
    assert (job["state"], job["result"]) == ("done", {"cells": 9, "images": 1, "new_images": 0, "problems": []})
    cells = Annotation.objects.exclude(pk=kept.pk).select_related("label_class")
    assert {cell.label_class.name for cell in cells if cell.label_class} == {"Tumour"}
    assert cells[0].provenance["engine"] == "import"
    operation = Operation.objects.get()
    ack = do_push(owner, image.pk, Tab().push(undo=operation.pk))
    assert ack.outcome == "commit"
    assert list(Annotation.objects.filter(deleted=False)) == [kept]


def test_tracks_are_objects_again_with_their_mothers(owner: User, project: Project, tmp_path: Path) -> None:
    empty = make_image(project, "film.tif", height=30, width=50)
    Image.objects.filter(pk=empty.pk).update(size_t=4, size_z=2)
    job = reading(owner, project, write(tmp_path / "a.zip", "ctc", [film()]))
    assert added(owner, job)["result"] == {"cells": 8, "images": 1, "new_images": 0, "problems": []}
    cells = {(cell.t, cell.z, cell.top): cell for cell in Annotation.objects.all()}
    daughters = [cells[2, 0, 2], cells[2, 0, 8]]
    assert {cell.parent for cell in daughters} == {cells[0, 0, 2].label} == {cells[1, 0, 2].label}
    assert cells[3, 0, 9].label == daughters[1].label != daughters[0].label
    assert len({cells[key].label for key in ((0, 0, 20), (0, 1, 20), (2, 0, 20))}) == 1


def test_a_second_delivery_adds_nothing(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    job = reading(owner, project, write(tmp_path / "a.zip", "label-tiff", [hard_image()]))
    done = added(owner, job)
    Job.objects.filter(pk=done["id"]).update(state=JobState.QUEUED)
    add_annotations(done["id"])
    assert Annotation.objects.count() == 10
    assert Operation.objects.count() == 1


def test_it_is_not_an_image_and_is_swept(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    reading(owner, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    assert signed_in(owner).get(f"/api/projects/{project.pk}/uploads").json() == []
    assert Image.objects.count() == 1
    sweep()
    assert Upload.objects.exists()


def test_what_is_not_read_is_told(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and nothing else")
    job = reading(owner, project, tmp_path / "a.zip")
    assert (job["state"], "a.zip" in job["message"]) == ("failed", True)
    assert signed_in(owner).post(f"/api/imports/{job['id']}/add", content_type="application/json").status_code == 409
    body = {"upload": uploaded(owner, project, tmp_path / "a.zip"), "format": "pickle"}
    answer = signed_in(owner).post(f"/api/projects/{project.pk}/imports", body, content_type="application/json")
    assert (answer.status_code, "label-tiff" in answer.json()["message"]) == (400, True)


def test_what_the_reader_says_is_not_believed(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    job = reading(owner, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    kept = kept_findings(Job.objects.get(pk=job["id"]).pk).cells
    for line in ("[0,0,0,\"\",[59,0,2,1],[0,2]]", "[1,0,0,\"\",[0,0,1,1],[0,1]]", "[0,0,1,\"\",[0,0,1,1],[0,1]]",
                 "[0,0,0,\"\",[0,0,1,1],[0,9]]", "[]", "{"):  # fmt: skip
        kept.write_text(line + "\n")
        assert added(owner, job)["state"] == "failed", line
    assert not Annotation.objects.exists()


def test_a_read_file_that_is_gone_is_said(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    job = reading(owner, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    kept_findings(Job.objects.get(pk=job["id"]).pk).cells.unlink()
    assert signed_in(owner).post(f"/api/imports/{job['id']}/add", content_type="application/json").status_code == 410


def test_another_persons_upload_is_not_read(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    key = uploaded(owner, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    eve = make_person("eve")
    other = make_project(eve, "Hers")
    body = {"upload": key}
    path = f"/api/projects/{other.pk}/imports"
    assert signed_in(eve).post(path, body, content_type="application/json").status_code == 404
    mine = make_project(owner, "Mine too")
    path = f"/api/projects/{mine.pk}/imports"
    assert signed_in(owner).post(path, body, content_type="application/json").status_code == 409


def test_images_come_with_their_cells_and_classes(owner: User, tmp_path: Path) -> None:
    project = make_project(owner, "Empty")
    bare = bare_image(2, [], name="bare", stem="bare")
    job = reading(owner, project, write(tmp_path / "a.zip", "voc", [hard_image(), bare]))
    report = job["result"]
    assert (report["cells"], report["new_count"], report["problems"]) == (10, 2, [])
    assert {(row["id"], row["name"], row["cells"], row["new"]) for row in report["images"]} == {
        ("", "1.png", 10, True), ("", "bare.png", 0, True),
    }  # fmt: skip
    assert not Image.objects.exists()
    done = added(owner, job, make_classes=True)
    assert done["result"] == {"cells": 10, "images": 1, "new_images": 2, "problems": []}
    assert "2 images made" in done["message"]
    image = Image.objects.get(name="1.png")
    assert (image.width, image.height, image.created_by) == (90, 60, owner)
    assert image.original_path.is_file()
    masks = {cell.rle for cell in Annotation.objects.filter(image=image)}
    assert masks == {mask for _, mask in from_labels(hard_labels())}
    named = Annotation.objects.exclude(label_class=None).values_list("label_class__name", flat=True)
    assert set(named) == {"tumour", "=immune, “T”"} == set(LabelClass.objects.values_list("name", flat=True))
    Job.objects.filter(pk=done["id"]).update(state=JobState.QUEUED)
    add_annotations(done["id"])
    assert (Image.objects.count(), Annotation.objects.count()) == (2, 10)


def test_cells_stay_with_their_images_when_others_come_and_go(owner: User, project: Project, tmp_path: Path) -> None:
    """Between reading and adding somebody deletes an image and uploads another one."""
    make_image(project, "0.tif", height=60, width=90)
    kept = make_image(project, "1.tif", height=60, width=90)
    path = write(tmp_path / "a.zip", "coco", [hard_image(), hard_image(2, name="0.tif", stem="0")])
    job = reading(owner, project, path)
    Image.objects.filter(name="0.tif").update(deleted_at=timezone.now())
    make_image(project, "2.tif", height=60, width=90)
    assert added(owner, job)["result"]["cells"] == 10
    assert set(Annotation.objects.values_list("image", flat=True)) == {kept.pk}


def test_a_picture_that_breaks_while_it_is_read_leaves_the_others(owner: User, tmp_path: Path) -> None:
    project = make_project(owner, "Empty")
    job = reading(owner, project, write(tmp_path / "a.zip", "voc", [hard_image(), hard_image(2, name="b", stem="b")]))
    kept_findings(Job.objects.get(pk=job["id"]).pk).picture(0).write_bytes(b"no picture")
    result = added(owner, job)["result"]
    assert (result["cells"], result["new_images"], len(result["problems"])) == (10, 1, 1)


def test_only_managers_have_classes_made(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    bob = make_person("bob")
    Membership.objects.create(project=project, user=bob, role="annotator")
    job = reading(bob, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    path = f"/api/imports/{job['id']}/add"
    answer = signed_in(bob).post(path, {"make_classes": True}, content_type="application/json")
    assert answer.status_code == 403
    assert LabelClass.objects.count() == 1
    answer = signed_in(bob).post(path, {"make_classes": 7}, content_type="application/json")
    assert answer.status_code == 422


def command(path: Path, *more: str) -> str:
    out = io.StringIO()
    call_command(
        "import_annotations", str(path), "--project", "Zebrafish", "--user", "ada", *more, stdout=out, stderr=out
    )
    return out.getvalue()


def test_the_command_does_the_same(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", "imagej-roi", [hard_image()])
    assert "10 cells for 1 images" in command(path, "--dry-run")
    assert not Annotation.objects.exists()
    told = command(path)
    assert "10 cells added to 1 images." in told
    assert "=immune" in told
    with pytest.raises(CommandError, match="no file"):
        command(tmp_path / "away.zip")


def test_nothing_is_added_to_an_accepted_image(owner: User, project: Project, image: Image, tmp_path: Path) -> None:
    job = reading(owner, project, write(tmp_path / "a.zip", "coco", [hard_image()]))
    Image.objects.update(status="accepted")
    job = added(owner, job)
    assert (job["state"], Annotation.objects.count()) == ("failed", 0)
    assert image.name in job["message"]
    assert "accepted" in job["message"]

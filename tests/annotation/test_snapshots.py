"""Frozen states: what is in them, that they stay, what differs between two, and their exports."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.actions import jobs, snapshots
from annotation.datasets import frozen
from annotation.datasets.snapshots import snapshot_records
from annotation.errors import AppError
from annotation.models import (
    Annotation,
    Image,
    ImageSplit,
    ImageStatus,
    Job,
    JobState,
    LabelClass,
    Project,
    Region,
    Role,
    Snapshot,
    SnapshotImage,
    User,
    Verdict,
)
from annotation.tasks import export_project, make_snapshot, sweep
from inference.rle import Rle
from tests.annotation.export_scene import fill, join, make_cell, make_image, make_person, make_project, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PIXEL = Rle(3, 4, 1, 2, (0, 2))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EXPORTS", tmp_path / "exports")
    monkeypatch.setattr(snapshots, "PROGRESS_SECONDS", 0)


def ask(user: User, project: Project, name: str = "First", **selection: Any) -> Any:
    body = {"name": name, "selection": {"states": [], **selection}}
    return signed_in(user).post(f"/api/projects/{project.pk}/snapshots", body, content_type="application/json")


def frozen_now(user: User, project: Project, name: str = "First", **selection: Any) -> Snapshot:
    job = ask(user, project, name, **selection).json()
    make_snapshot(job["id"])
    assert Job.objects.get(pk=job["id"]).state == JobState.DONE, Job.objects.get(pk=job["id"]).message
    return Snapshot.objects.get(pk=job["id"])


def cells_of(snapshot: Snapshot) -> dict[str, list[tuple[int, Rle]]]:
    records = snapshot_records(snapshot, between=lambda _: None)
    return {record.name: [(cell.label, cell.mask) for cell in record.cells] for record in records}


def test_what_happens_later_changes_nothing(owner: User, project: Project) -> None:
    image = make_image(project)
    fill(image, 1)
    snapshot = frozen_now(owner, project)
    before = cells_of(snapshot)
    cell = Annotation.objects.filter(image=image).earliest("label")
    cell.rle = PIXEL
    cell.save()
    make_cell(image, 99, Rle(0, 0, 1, 1, (0, 1)))
    image.name = "renamed.tif"
    image.save()
    assert cells_of(Snapshot.objects.get()) == before
    assert len(before["a.tif"]) == snapshot.cells


def test_equal_states_have_equal_hashes_and_others_do_not(owner: User, project: Project) -> None:
    image = make_image(project)
    cell = make_cell(image, 1, PIXEL)
    first, second = frozen_now(owner, project, "A"), frozen_now(owner, project, "B")
    assert first.sha256 == second.sha256
    cell.label_class = LabelClass.objects.create(project=project, name="Other", colour="#000000")
    cell.save()
    assert frozen_now(owner, project, "C").sha256 != first.sha256


def test_reviews_are_in_it_as_long_as_they_are_of_the_cell_as_it_is(owner: User, project: Project) -> None:
    cell = make_cell(make_image(project), 1, PIXEL)
    said = {"image": cell.image, "judgement": "accepted", "actor": owner, "created_at": timezone.now()}
    without = frozen_now(owner, project, "A")
    verdict = Verdict.objects.create(annotation=cell, version=cell.version, **said)
    reviewed = frozen_now(owner, project, "B")
    (record,) = snapshot_records(reviewed, between=lambda _: None)
    assert [(one.judgement, one.by) for found in record.cells if (one := found.verdict)] == [("accepted", "ada")]
    Verdict.objects.filter(pk=verdict.pk).update(version=cell.version + 1)
    assert frozen_now(owner, project, "C").sha256 == without.sha256 != reviewed.sha256


def test_only_what_is_done_is_in_it_unless_one_says_otherwise(owner: User, project: Project) -> None:
    make_image(project, "new.tif")
    Image.objects.filter(pk=make_image(project, "accepted.tif").pk).update(status=ImageStatus.ACCEPTED)
    body = {"name": "First"}
    path = f"/api/projects/{project.pk}/snapshots"
    job = signed_in(owner).post(path, body, content_type="application/json").json()
    make_snapshot(job["id"])
    listed = signed_in(owner).get(path).json()
    assert [(row["name"], row["images"]) for row in listed] == [("First", 1)]
    assert list(cells_of(Snapshot.objects.get())) == ["accepted.tif"]


def test_classes_splits_and_regions_choose(owner: User, project: Project) -> None:
    image, other = make_image(project, "a.tif"), make_image(project, "b.tif")
    one = LabelClass.objects.create(project=project, name="One", colour="#000000")
    make_cell(image, 1, PIXEL, label_class=one)
    make_cell(image, 2, Rle(20, 20, 1, 2, (0, 2)))
    Region.objects.create(image=image, name="Corner", top=0, left=0, bottom=10, right=10)
    ImageSplit.objects.create(image=other, project=project, group="b", split="test")
    assert cells_of(frozen_now(owner, project, "A", classes=[one.pk])) == {"a.tif": [(1, PIXEL)], "b.tif": []}
    assert [label for label, _ in cells_of(frozen_now(owner, project, "B", classes=[0]))["a.tif"]] == [2]
    assert list(cells_of(frozen_now(owner, project, "C", splits=["test"]))) == ["b.tif"]
    assert cells_of(frozen_now(owner, project, "D", complete_only=True)) == {"a.tif": [(1, PIXEL)]}


def test_classes_of_other_projects_and_taken_names_are_refused(owner: User, project: Project) -> None:
    make_image(project)
    theirs = LabelClass.objects.create(project=make_project(owner, "Other"), name="X", colour="#000000")
    assert ask(owner, project, classes=[theirs.pk]).status_code == 400
    frozen_now(owner, project, "A")
    assert ask(owner, project, "A").status_code == 409


def test_nothing_chosen_is_said(owner: User, project: Project) -> None:
    job = ask(owner, project, states=["accepted"]).json()
    make_snapshot(job["id"])
    assert "No image fits" in Job.objects.get(pk=job["id"]).message
    assert not Snapshot.objects.exists()


def test_it_is_of_one_moment(owner: User, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody adds a cell to the second image while the first is read."""
    make_image(project, "a.tif")
    second = make_image(project, "b.tif")
    real = jobs.do_progress_job

    def meanwhile(*args: Any, **more: Any) -> bool:
        # Called on another connection, as another person's request is.
        if not Annotation.objects.exists():
            make_cell(second, 1, PIXEL)
        return real(*args, **more)

    monkeypatch.setattr(jobs, "do_progress_job", meanwhile)
    assert frozen_now(owner, project).cells == 0
    assert Annotation.objects.count() == 1


def test_stopping_leaves_nothing(owner: User, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    make_image(project)
    job = ask(owner, project).json()
    monkeypatch.setattr(jobs, "do_progress_job", lambda *_, **__: False)
    make_snapshot(job["id"])
    assert not Snapshot.objects.exists()
    Snapshot.objects.create(project=project, name="half")
    sweep()
    assert not Snapshot.objects.exists()


def test_the_difference_names_images_and_cells(owner: User, project: Project) -> None:
    image, gone = make_image(project, "a.tif"), make_image(project, "gone.tif")
    make_image(project, "same.tif")
    moved = make_cell(image, 1, Rle(0, 0, 1, 4, (0, 4)))
    away = make_cell(image, 2, Rle(5, 5, 1, 2, (0, 2)))
    old = frozen_now(owner, project, "A")
    moved.rle = Rle(0, 2, 1, 4, (0, 4))
    moved.save()
    Annotation.objects.filter(pk=away.pk).update(deleted=True)
    make_cell(image, 3, Rle(9, 9, 1, 1, (0, 1)))
    Image.objects.filter(pk=gone.pk).update(deleted_at=image.created_at)
    make_image(project, "new.tif")
    new = frozen_now(owner, project, "B")
    found = signed_in(owner).get(f"/api/snapshots/{new.pk}/changes-since/{old.pk}").json()
    change = {"label": 1, "iou": 0.3333, "class_changed": False, "object_changed": False}
    assert found == {
        "added": ["new.tif"], "removed": ["gone.tif"], "same": 1,
        "changed": [{"id": str(image.pk), "name": "a.tif", "added": 1, "removed": 1, "changed_count": 1,
                     "changed": [change]}],
    }  # fmt: skip


def test_snapshots_of_two_projects_are_not_compared(owner: User, project: Project) -> None:
    other = make_project(owner, "Other")
    make_image(project)
    make_image(other)
    keys = [frozen_now(owner, each, "A").pk for each in (project, other)]
    assert signed_in(owner).get(f"/api/snapshots/{keys[0]}/changes-since/{keys[1]}").status_code == 404


def export(user: User, project: Project, snapshot: Snapshot, name: str = "coco") -> Any:
    body = {"format": name, "snapshot": str(snapshot.pk)}
    return signed_in(user).post(f"/api/projects/{project.pk}/exports", body, content_type="application/json")


def test_its_export_is_the_same_file_whatever_happened_since(owner: User, project: Project) -> None:
    image = make_image(project)
    fill(image, 1)
    snapshot = frozen_now(owner, project)
    paths = []
    for _ in range(2):
        job = export(owner, project, snapshot).json()
        export_project(job["id"])
        paths.append(Job.objects.get(pk=job["id"]).archive_path)
        make_cell(image, 90 + len(paths), Rle(0, 0, 1, 1, (0, 1)))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    archive = zipfile.ZipFile(io.BytesIO(paths[0].read_bytes()))
    assert json.loads(archive.read("manifest.json"))["snapshot"] == {"name": "First", "sha256": snapshot.sha256}
    assert snapshot.sha256 in archive.read("README.txt").decode()


def test_another_projects_snapshot_is_not_exported(owner: User, project: Project) -> None:
    theirs = Snapshot.objects.create(project=make_project(make_person("eve"), "Theirs"), name="A", ready=True)
    assert export(owner, project, theirs).status_code == 404
    mine = Snapshot.objects.create(project=make_project(owner, "Mine too"), name="A", ready=True)
    assert export(owner, project, mine).status_code == 404


def test_damage_is_found_out(owner: User, project: Project) -> None:
    make_cell(make_image(project), 1, PIXEL)
    snapshot = frozen_now(owner, project)
    part = SnapshotImage.objects.get()
    lines = frozen._lines(bytes(part.cells))
    SnapshotImage.objects.update(cells=frozen.zlib.compress(next(lines).replace(b"[3,4,", b"[3,5,") + b"\n"))
    with pytest.raises(AppError, match="damaged"):
        cells_of(snapshot)


def test_managers_alone_remove_it(owner: User, project: Project) -> None:
    make_image(project)
    snapshot = frozen_now(owner, project)
    path = f"/api/snapshots/{snapshot.pk}"
    assert signed_in(join(project, "bob", Role.ANNOTATOR)).delete(path).status_code == 403
    assert signed_in(owner).delete(path).status_code == 204
    assert not SnapshotImage.objects.exists()

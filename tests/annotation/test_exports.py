"""An export from the request to the file at home."""

from __future__ import annotations

import errno
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import tifffile
from django.conf import settings
from django.test import Client
from django.utils import timezone

from annotation.actions import exports, jobs
from annotation.models import Annotation, Image, Job, JobKind, JobState, Project, Role, User
from annotation.tasks import export_project, sweep
from inference.rle import Rle
from tests.annotation.export_scene import fill, join, make_cell, make_image, make_person, make_project, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "EXPORTS", tmp_path / "exports")
    monkeypatch.setattr(exports, "PROGRESS_SECONDS", 0)
    return tmp_path / "exports"


def ask(user: User, project: Project, export_format: str = "label-tiff") -> Any:
    path = f"/api/projects/{project.pk}/exports"
    return signed_in(user).post(path, {"format": export_format}, content_type="application/json")


def exported(user: User, project: Project, export_format: str = "label-tiff") -> zipfile.ZipFile:
    job = ask(user, project, export_format).json()
    export_project(job["id"])
    answer = signed_in(user).get(f"/api/exports/{job['id']}/download")
    assert answer.status_code == 200, answer.content
    return zipfile.ZipFile(io.BytesIO(b"".join(answer)))


def test_the_label_tiffs_are_what_the_database_says(owner: User, project: Project) -> None:
    images = [make_image(project, name, height=h, width=w) for name, h, w in [("a.tif", 40, 60), ("b.png", 70, 20)]]
    expected = [fill(image, seed) for seed, image in enumerate(images)]
    archive = exported(owner, project)
    for labels_hw, name in zip(expected, ("labels/a.tif", "labels/b.tif"), strict=True):
        assert np.array_equal(tifffile.imread(io.BytesIO(archive.read(name))), labels_hw)  # noqa: TID251


def test_deleted_cells_and_images_stay_at_home(owner: User, project: Project) -> None:
    kept, away = make_image(project, "kept.tif"), make_image(project, "away.tif")
    make_cell(kept, 1, Rle(0, 0, 1, 2, (0, 2)))
    gone = make_cell(kept, 2, Rle(5, 5, 1, 2, (0, 2)))
    Annotation.objects.filter(pk=gone.pk).update(deleted=True)
    Image.objects.filter(pk=away.pk).update(deleted_at=timezone.now())
    archive = exported(owner, project)
    manifest = json.loads(archive.read("manifest.json"))
    assert [(row["name"], row["cells"]) for row in manifest["images"]] == [("kept.tif", 1)]
    assert "labels/away.tif" not in archive.namelist()


def test_hostile_and_equal_names_make_harmless_and_different_files(owner: User, project: Project) -> None:
    for name in ("../x.tif", "x.tif", "X.png", "CON.tif"):
        make_image(project, name)
    found = [name for name in exported(owner, project).namelist() if name.startswith("labels/")]
    assert found == ["labels/x.tif", "labels/x-2.tif", "labels/X-3.tif", "labels/_CON.tif"]


@pytest.mark.parametrize("export_format", ["label-tiff", "coco"])
def test_two_exports_of_one_state_are_the_same_file(owner: User, project: Project, export_format: str) -> None:
    fill(make_image(project), 1)
    first, second = (ask(owner, project, export_format).json()["id"] for _ in range(2))
    export_project(first)
    export_project(second)
    paths = [Job.objects.get(pk=key).archive_path for key in (first, second)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_job_says_what_came_out_and_where_to_get_it(owner: User, project: Project) -> None:
    fill(make_image(project), 1)
    job = ask(owner, project).json()
    assert (job["state"], job["download"]) == ("queued", None)
    export_project(job["id"])
    job = signed_in(owner).get(f"/api/jobs/{job['id']}").json()
    cells = Annotation.objects.count()
    size = Job.objects.get(pk=job["id"]).archive_path.stat().st_size
    name = f"Zebrafish {timezone.now():%Y-%m-%d} label-tiff.zip"
    assert job["result"] == {"bytes": size, "images": 1, "cells": cells, "name": name}
    assert signed_in(owner).get(f"/api/projects/{project.pk}/exports").json() == [job]
    answer = signed_in(owner).get(job["download"])
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert int(answer["Content-Length"]) == size


def test_a_projects_name_cannot_break_the_header(owner: User) -> None:
    project = make_project(owner, 'Fische\r\nX: y "ü" ../')
    job = ask(owner, project).json()
    export_project(job["id"])
    header = signed_in(owner).get(f"/api/exports/{job['id']}/download")["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\n" not in header
    assert ".." not in header


def test_a_third_export_has_to_wait(owner: User, project: Project) -> None:
    other = join(project, "bob", Role.ANNOTATOR)
    answers = [ask(owner, project) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert "Retry-After" in answers[2]
    assert ask(other, project).status_code == 201


def test_an_unknown_format_is_refused(owner: User, project: Project) -> None:
    answer = ask(owner, project, "pickle")
    assert answer.status_code == 400
    assert "label-tiff" in answer.json()["message"]


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MANAGER, 200), (Role.ANNOTATOR, 200), (Role.REVIEWER, 200), (Role.VIEWER, 403)]
)
def test_only_who_may_export_gets_the_file(owner: User, project: Project, role: Role, status: int) -> None:
    job = ask(owner, project).json()
    export_project(job["id"])
    client = signed_in(join(project, "bob", role))
    assert client.get(f"/api/exports/{job['id']}/download").status_code == status
    assert client.get(f"/api/projects/{project.pk}/exports").status_code == status


def test_for_others_there_is_no_such_export(owner: User, project: Project) -> None:
    job = ask(owner, project).json()
    export_project(job["id"])
    path = f"/api/exports/{job['id']}/download"
    assert Client().get(path).status_code == 401
    assert signed_in(make_person("eve")).get(path).status_code == 404
    assert signed_in(owner).get(f"/api/exports/{uuid4()}/download").status_code == 404


def test_what_is_not_an_export_or_not_done_is_no_download(owner: User, project: Project) -> None:
    waiting = ask(owner, project).json()
    assert signed_in(owner).get(f"/api/exports/{waiting['id']}/download").status_code == 409
    other = Job.objects.create(kind=JobKind.IMPORT, project=project, user=owner, state=JobState.DONE)
    assert signed_in(owner).get(f"/api/exports/{other.pk}/download").status_code == 404


def test_cancelling_in_the_middle_leaves_nothing_behind(
    owner: User, project: Project, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.tif", "b.tif", "c.tif"):
        fill(make_image(project, name), 1)
    job = ask(owner, project).json()
    heard, real = [], jobs.do_progress_job

    def cancel_at_the_second(job_id: Any, attempt: int, *, progress: float, message: str = "") -> bool:
        heard.append(progress)
        if len(heard) == 2:
            assert [path.suffix for path in own_folder.iterdir()] == [".tmp"]
            assert signed_in(owner).post(f"/api/jobs/{job_id}/cancel").json()["state"] == "cancelled"
        return real(job_id, attempt, progress=progress, message=message)

    monkeypatch.setattr(jobs, "do_progress_job", cancel_at_the_second)
    export_project(job["id"])
    assert heard == [0.0, pytest.approx(1 / 3)]
    assert list(own_folder.iterdir()) == []
    assert Job.objects.get().state == JobState.CANCELLED


def test_what_a_killed_worker_left_is_gone_after_the_next_attempt(
    owner: User, project: Project, own_folder: Path
) -> None:
    job = ask(owner, project).json()
    own_folder.mkdir()
    (own_folder / f".{job['id']}.1.tmp").write_bytes(b"half")
    Job.objects.filter(pk=job["id"]).update(attempt=1)
    export_project(job["id"])
    assert [path.name for path in own_folder.iterdir()] == [f"{job['id']}.zip"]


def test_an_older_attempt_leaves_the_newer_ones_work_alone(
    owner: User, project: Project, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_image(project)
    job = ask(owner, project).json()

    def taken_over(job_id: Any, attempt: int, **more: Any) -> bool:
        Job.objects.filter(pk=job_id).update(attempt=attempt + 1)
        return jobs.do_finish_job(job_id, attempt, **more)

    monkeypatch.setattr(exports, "do_finish_job", taken_over)
    export_project(job["id"])
    assert list(own_folder.iterdir()) == []
    assert Job.objects.get().state == JobState.RUNNING


def test_a_full_disk_is_said_and_leaves_no_half_file(
    owner: User, project: Project, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        (own_folder / f".{Job.objects.get().pk}.1.tmp").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exports, "write_archive", full)
    export_project(ask(owner, project).json()["id"])
    job = Job.objects.get()
    assert (job.state, "disk is full" in job.message) == (JobState.FAILED, True)
    assert list(own_folder.iterdir()) == []


def test_a_fault_is_tried_again_and_tells_people_nothing_of_its_inside(
    owner: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr(exports, "write_archive", broken)
    job = ask(owner, project).json()
    export_project(job["id"])
    assert Job.objects.get().state == JobState.QUEUED
    export_project(job["id"])
    export_project(job["id"])
    assert (Job.objects.get().state, "secret" in Job.objects.get().message) == (JobState.FAILED, False)


def test_exports_are_swept_after_a_week(owner: User, project: Project, own_folder: Path) -> None:
    old, new = (ask(owner, project).json()["id"] for _ in range(2))
    export_project(old)
    export_project(new)
    Job.objects.filter(pk=old).update(updated_at=timezone.now() - exports.KEPT - timedelta(seconds=1))
    (own_folder / f".{uuid4()}.1.tmp").write_bytes(b"orphan")
    sweep()
    assert [path.name for path in own_folder.iterdir()] == [f"{new}.zip"]
    assert signed_in(owner).get(f"/api/exports/{old}/download").status_code == 404


def test_the_sweep_leaves_running_exports_alone(owner: User, project: Project, own_folder: Path) -> None:
    job = jobs.do_start_job(ask(owner, project).json()["id"])
    assert job is not None
    own_folder.mkdir()
    (own_folder / f".{job.pk}.1.tmp").write_bytes(b"half")
    exports.do_sweep_exports()
    assert len(list(own_folder.iterdir())) == 1


def test_a_lost_file_is_said(owner: User, project: Project) -> None:
    job = ask(owner, project).json()
    export_project(job["id"])
    Job.objects.get().archive_path.unlink()
    assert signed_in(owner).get(f"/api/exports/{job['id']}/download").status_code == 410

"""R35: a file in parts, cut anywhere, becomes the image that was sent."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from annotation.actions import imports, reading
from annotation.actions.imports import do_import_upload
from annotation.actions.jobs import do_sweep_jobs
from annotation.actions.uploads import PART_BYTES, do_sweep_uploads, import_job_of
from annotation.models import Image, Job, Project, Upload
from annotation.tasks import import_upload
from tests.annotation.imaging.conftest import first_plane

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[str], Client]


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def announce(client: Client, project: Project, *, name: str, size: int) -> dict:
    path = f"/api/projects/{project.pk}/uploads"
    answer = client.post(path, {"name": name, "size": size}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(client: Client, upload_id: str, offset: int, part: bytes) -> dict:
    answer = client.put(f"/api/uploads/{upload_id}?offset={offset}", part, content_type="application/octet-stream")
    assert answer.status_code == 200, answer.content
    return answer.json()


def send_file(client: Client, project: Project, content: bytes, *, name: str = "cells.png") -> Upload:
    """Upload in two parts and do the import."""
    begun = announce(client, project, name=name, size=len(content))
    half = len(content) // 2
    send(client, begun["id"], 0, content[:half])
    send(client, begun["id"], half, content[half:])
    upload = Upload.objects.get(pk=begun["id"])
    job = import_job_of(upload)
    assert job is not None
    do_import_upload(job.pk)
    upload.refresh_from_db()
    return upload


def test_parts_become_an_image_whose_plane_is_what_was_sent(
    browser: Browser, project: Project, ramp_hw: np.ndarray
) -> None:
    client = browser("annotator")
    upload = send_file(client, project, png(ramp_hw))
    assert (upload.state, upload.message) == ("done", "")
    answer = client.get(f"/api/images/{upload.image_id}/tiles/0/0/0/0/0/0", headers={"accept-encoding": "gzip, zstd"})
    assert answer["Content-Encoding"] == "zstd"
    tile_hw = np.frombuffer(imagecodecs.zstd_decode(answer.content), "<u2").reshape(512, 512)
    assert (tile_hw[:40, :60] == ramp_hw).all()
    assert not upload.path.exists()


def test_a_file_cut_at_every_part_arrives_whole(
    browser: Browser, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are sent twice, at wrong places, and half-written ones are left behind by a killed server."""
    client = browser("owner")
    content = png(np.random.default_rng(2).integers(0, 255, (64, 64)).astype(np.uint8))
    upload_id = announce(client, project, name="cells.png", size=len(content))["id"]
    step, offset = len(content) // 5 + 1, 0
    while offset < len(content):
        with (Upload.objects.get(pk=upload_id).path).open("ab") as file:
            file.write(b"left by a request that was killed before its answer")
        assert send(client, upload_id, offset + 7, b"too far ahead")["received"] == offset
        state = send(client, upload_id, offset, content[offset : offset + step])
        assert send(client, upload_id, offset, content[offset : offset + step])["received"] == state["received"]
        offset = state["received"]
    upload = Upload.objects.get(pk=upload_id)
    assert (upload.state, upload.path.read_bytes()) == ("decoding", content)
    assert Job.objects.filter(kind="import").count() == 1
    assert client.get(f"/api/uploads/{upload_id}").json()["state"] == "decoding"
    assert not Image.objects.exists()


def test_an_import_that_was_killed_is_done_by_the_next_worker(
    browser: Browser, project: Project, ramp_hw: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(imports, "do_finish_job", die)
        with pytest.raises(KilledError):
            send_file(browser("owner"), project, png(ramp_hw))
    assert not Image.objects.exists()
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    do_sweep_jobs()
    do_import_upload(job.pk)
    image = Image.objects.get()
    assert (first_plane(image.folder) == ramp_hw).all()
    assert Upload.objects.get().state == "done"
    assert {path.name for path in image.folder.parent.iterdir()} == {image.store, ".staging"}
    assert list((image.folder.parent / ".staging").iterdir()) == []


@pytest.mark.parametrize("content", [b"<html></html>", b"\x89PNG\r\n\x1a\n" + bytes(3)])
def test_a_file_that_cannot_be_read_is_told_and_leaves_nothing(
    content: bytes, browser: Browser, project: Project
) -> None:
    client = browser("annotator")
    upload = send_file(client, project, content, name="cells_04.tif")
    assert upload.state == "failed"
    assert upload.message.startswith("cells_04.tif ")
    assert import_job_of(upload).state == "failed"
    assert not upload.path.exists()
    listed = client.get(f"/api/projects/{project.pk}/uploads").json()
    assert [(entry["state"], entry["message"]) for entry in listed] == [("failed", upload.message)]
    assert send_file(client, project, png(np.ones((4, 4), np.uint8))).state == "done"


def test_files_may_have_equal_names(browser: Browser, project: Project) -> None:
    content = png(np.ones((4, 4), np.uint8))
    first, second = (send_file(browser("owner"), project, content) for _ in range(2))
    assert first.image.name == second.image.name == "cells.png"
    assert first.image_id != second.image_id


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("", 5, 400), ("a.png", 0, 400), ("a.png", -1, 400), ("a.png", 10**15, 413), ("/", 5, 400)],
)
def test_what_cannot_be_announced(name: str, size: int, status: int, browser: Browser, project: Project) -> None:
    path = f"/api/projects/{project.pk}/uploads"
    answer = browser("owner").post(path, {"name": name, "size": size}, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["message"]
    assert not Upload.objects.exists()


def test_a_nearly_full_disk_takes_no_more(
    browser: Browser, project: Project, settings: LazySettings, data_folder: Path
) -> None:
    client = browser("owner")
    begun = announce(client, project, name="a.png", size=100)
    settings.DISK_RESERVE_BYTES = 10**18
    path = f"/api/projects/{project.pk}/uploads"
    answer = client.post(path, {"name": "b.png", "size": 5}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    part = client.put(f"/api/uploads/{begun['id']}?offset=0", b"part", content_type="application/octet-stream")
    assert (part.status_code, part.json()["code"]) == (507, "disk_full")


@pytest.mark.parametrize(("part", "status"), [(b"", 400), (b"x" * 101, 400), (b"x" * (PART_BYTES + 1), 413)])
def test_parts_that_do_not_fit_change_nothing(part: bytes, status: int, browser: Browser, project: Project) -> None:
    client = browser("owner")
    begun = announce(client, project, name="a.png", size=100)
    answer = client.put(f"/api/uploads/{begun['id']}?offset=0", part, content_type="application/octet-stream")
    assert answer.status_code == status
    assert Upload.objects.get().received == 0


def test_a_removed_upload_leaves_nothing_and_stops_its_import(browser: Browser, project: Project) -> None:
    client = browser("owner")
    content = png(np.ones((4, 4), np.uint8))
    begun = announce(client, project, name="a.png", size=len(content))
    send(client, begun["id"], 0, content)
    path = Upload.objects.get().path
    assert client.delete(f"/api/uploads/{begun['id']}").status_code == 204
    assert not path.exists()
    job = Job.objects.get()
    assert job.state == "cancelled"
    do_import_upload(job.pk)
    assert not Image.objects.exists()


def test_the_sweep_removes_what_nobody_goes_on_with(browser: Browser, project: Project, data_folder: Path) -> None:
    client = browser("owner")
    old, new = (announce(client, project, name=name, size=9) for name in ("old.png", "new.png"))
    for upload in (old, new):
        send(client, upload["id"], 0, b"abc")
    orphan = data_folder / "images" / ".staging" / "tmpleft"
    orphan.mkdir(parents=True)
    day_ago = time.time() - 25 * 3600
    for path in (Upload.objects.get(pk=old["id"]).path, orphan):
        os.utime(path, (day_ago, day_ago))
    Upload.objects.filter(pk=old["id"]).update(updated_at=timezone.now() - timedelta(hours=25))
    do_sweep_uploads()
    assert [upload.name for upload in Upload.objects.all()] == ["new.png"]
    assert [path.name for path in (data_folder / "uploads").iterdir()] == [new["id"]]
    assert not orphan.exists()


def test_an_import_that_was_given_up_is_told_on_the_upload(browser: Browser, project: Project) -> None:
    client = browser("owner")
    begun = announce(client, project, name="a.png", size=3)
    send(client, begun["id"], 0, b"abc")
    Job.objects.update(state="failed", message="It was interrupted three times")
    Upload.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
    do_sweep_uploads()
    upload = Upload.objects.get()
    assert upload.state == "failed"
    assert "a.png was not imported: It was interrupted three times" in upload.message


def test_the_task_tries_again_what_broke(browser: Browser, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser("owner")
    begun = announce(client, project, name="a.png", size=3)
    send(client, begun["id"], 0, b"abc")

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(reading, "decode", break_down)
    import_upload(str(Job.objects.get().pk))
    assert (Job.objects.get().state, Job.objects.get().attempt) == ("queued", 1)

"""What a file leaves open is asked, with pictures, once for a batch; and can be put right before anybody annotates."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
import zarr
from django.test import Client
from PIL import Image as Pillow

from annotation.actions.imports import do_import_upload
from annotation.actions.uploads import import_job_of
from annotation.models import Annotation, Image, Job, Project, Region, Upload
from annotation.tasks import add_annotations, reread_image
from tests.annotation.imaging.test_upload_flow import send

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[str], Client]
STACK = np.random.default_rng(5).integers(0, 60_000, (6, 30, 40)).astype(np.uint16)
"""Six planes of which nothing is said."""


def plain(stack: np.ndarray = STACK) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, stack, photometric="minisblack", metadata=None)
    return file.getvalue()


def wells() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, ome=True) as tiff:
        for number in range(3):
            tiff.write(np.full((30, 40 + number), number, np.uint8), metadata={"axes": "YX", "Name": f"well {number}"})
    return file.getvalue()


def uploaded(client: Client, project: Project, content: bytes, *, name: str = "stack.tif", **wish: object) -> Upload:
    """Sent, and its import done as far as it goes."""
    body = {"name": name, "size": len(content), **wish}
    answer = client.post(f"/api/projects/{project.pk}/uploads", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    send(client, answer.json()["id"], 0, content)
    return imported(Upload.objects.get(pk=answer.json()["id"]))


def imported(upload: Upload) -> Upload:
    job = import_job_of(upload)
    assert job is not None
    do_import_upload(job.pk)
    upload.refresh_from_db()
    return upload


def answer(client: Client, *uploads: Upload, **said: object) -> tuple[int, list[dict] | dict]:
    body = {"uploads": [str(upload.pk) for upload in uploads], **said}
    found = client.post("/api/uploads/answers", body, content_type="application/json")
    return found.status_code, found.json()


def test_planes_without_a_word_are_asked_about_with_a_picture_and_read_as_answered(
    browser: Browser, project: Project
) -> None:
    client = browser("annotator")
    first, second = (uploaded(client, project, plain(STACK + more), ask=True) for more in (0, 1))
    assert (first.state, Image.objects.count(), import_job_of(first).state) == ("asking", 0, "done")
    told = client.get(f"/api/uploads/{first.pk}").json()["question"]
    assert told["planes"] == 6
    assert [(one["size_z"], one["dtype"], one["preview"]) for one in told["series"]] == [(6, "uint16", True)]
    listed = client.get(f"/api/projects/{project.pk}/uploads").json()
    assert {entry["state"] for entry in listed} == {"asking"}
    shown = client.get(f"/api/uploads/{first.pk}/previews/0")
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
    # Six planes of 40 pixels beside each other.
    assert Pillow.open(io.BytesIO(shown.content)).size == (6 * 42 - 2, 30)
    assert client.get(f"/api/uploads/{first.pk}/previews/1").status_code == 404
    status, said = answer(client, first, second, planes="c2t3")
    assert (status, [one["state"] for one in said]) == (200, ["decoding"] * 2)
    image = imported(first).image
    assert (image.channels, image.size_t, image.size_z) == (2, 3, 1)
    assert imported(second).image.size_t == 3
    assert not first.previews.exists()
    tile = client.get(f"/api/images/{image.pk}/tiles/0/1/1/0/0/0", headers={"accept-encoding": "identity"})
    np.testing.assert_array_equal(np.frombuffer(tile.content, "<u2").reshape(512, 512)[:30, :40], STACK[3])


def test_of_several_images_those_that_are_wanted_are_imported(browser: Browser, project: Project) -> None:
    client = browser("owner")
    upload = uploaded(client, project, wells(), name="plate.ome.tif", ask=True)
    assert [(one["name"], one["width"]) for one in upload.question["series"]] == [
        ("well 0", 40), ("well 1", 41), ("well 2", 42),
    ]  # fmt: skip
    assert client.get(f"/api/uploads/{upload.pk}/previews/2").status_code == 200
    for series in ([], [3], [0, 0], [-1], "all"):
        assert answer(client, upload, series=series)[0] == 422
    assert answer(client, upload, series=[2, 0])[0] == 200
    done = imported(upload)
    assert (done.state, done.message) == ("done", "")
    assert done.image_id == done.pk
    names = Image.objects.order_by("name").values_list("name", "width")
    assert list(names) == [("plate.ome.tif well 0", 40), ("plate.ome.tif well 2", 42)]
    everything = uploaded(client, project, wells(), name="again.ome.tif", series=None)
    assert import_job_of(everything).result["images"][0] == str(everything.image_id)
    assert Image.objects.filter(name__startswith="again.ome.tif well").count() == 3


def test_who_asks_for_no_questions_gets_a_guess_and_is_told(browser: Browser, project: Project) -> None:
    upload = uploaded(browser("owner"), project, plain())
    assert (upload.state, upload.image.size_z) == ("done", 6)
    assert "taken as slices in z" in upload.message
    assert uploaded(browser("owner"), project, plain(), planes="t").image.size_t == 6
    assert uploaded(browser("owner"), project, plain(), planes="c4z2").state == "failed"


@pytest.mark.parametrize("planes", ["", "x", "c2", "c2z4", "c2c3", "z" * 50, "c999999t999999z999999", "../../etc"])
def test_an_answer_that_does_not_fit_changes_nothing(planes: str, browser: Browser, project: Project) -> None:
    client = browser("owner")
    upload = uploaded(client, project, plain(), ask=True)
    status, said = answer(client, upload, planes=planes)
    assert status == 422
    assert said["message"]
    upload.refresh_from_db()
    assert (upload.state, Job.objects.count()) == ("asking", 1)


def test_only_its_person_answers_and_only_once(browser: Browser, project: Project) -> None:
    client = browser("annotator")
    upload = uploaded(client, project, plain(), ask=True)
    assert answer(browser("owner"), upload, planes="z")[0] == 404
    assert answer(client, upload, planes="z")[0] == 200
    assert answer(client, upload, planes="t")[0] == 409
    assert client.delete(f"/api/uploads/{upload.pk}").status_code == 204
    assert not upload.previews.exists()


def test_planes_are_put_right_as_long_as_nothing_is_annotated(browser: Browser, project: Project) -> None:
    client = browser("annotator")
    image = uploaded(client, project, plain()).image
    path = f"/api/images/{image.pk}/planes"
    assert client.get(f"/api/images/{image.pk}").json()["planes_in_file"] == 6
    assert client.post(path, {"planes": "z5"}, content_type="application/json").status_code == 422
    assert client.post(path, {"planes": "c4z2"}, content_type="application/json").status_code == 422
    job = client.post(path, {"planes": "t"}, content_type="application/json").json()
    reread_image(job["id"])
    before, image = image.pixels_sha256, Image.objects.get(pk=image.pk)
    assert (image.size_t, image.size_z, image.reading["overrule"]) == (6, 1, True)
    assert image.pixels_sha256 != before
    Region.objects.create(image=image, name="Corner", top=0, left=0, bottom=4, right=4)
    refused = client.post(path, {"planes": "z"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "annotated" in refused.json()["message"]


def test_what_was_annotated_meanwhile_keeps_its_planes(browser: Browser, project: Project) -> None:
    client = browser("annotator")
    image = uploaded(client, project, plain()).image
    job = client.post(f"/api/images/{image.pk}/planes", {"planes": "t"}, content_type="application/json").json()
    Image.objects.filter(pk=image.pk).update(clock=1)
    reread_image(job["id"])
    assert Job.objects.get(pk=job["id"]).state == "failed"
    assert Image.objects.get(pk=image.pk).size_z == 6


def test_a_file_that_says_its_axes_wrongly_is_put_right_too(browser: Browser, project: Project) -> None:
    client, file = browser("owner"), io.BytesIO()
    tifffile.imwrite(file, STACK, ome=True, metadata={"axes": "TYX"})
    image = uploaded(client, project, file.getvalue(), name="wrong.ome.tif", ask=True).image
    assert image.size_t == 6
    path = f"/api/images/{image.pk}/planes"
    reread_image(client.post(path, {"planes": "z"}, content_type="application/json").json()["id"])
    assert Image.objects.get(pk=image.pk).size_z == 6


@pytest.mark.parametrize("version", [2, 3])
def test_labels_beside_an_image_become_cells_when_asked_for(
    version: Literal[2, 3], browser: Browser, project: Project, tmp_path: Path
) -> None:
    client = browser("annotator")
    upload = uploaded(client, project, labelled(tmp_path, version), name="mine.zip", ask=True)
    assert upload.question["labels"] == ["heart.ome.zarr/labels/nuclei"]
    assert answer(client, upload, labels=True)[0] == 200
    image = imported(upload).image
    assert "labels" not in upload.message
    add_annotations(str(Job.objects.get(kind="add").pk))
    cells = Annotation.objects.filter(image=image).order_by("z", "left")
    assert [(cell.z, cell.left, cell.area) for cell in cells] == [(0, 2, 12), (1, 2, 12), (1, 20, 25)]
    assert Job.objects.get(kind="add").state == "done"


def labelled(folder: Path, version: Literal[2, 3]) -> bytes:
    """An OME-Zarr of two slices in which two nuclei are labelled."""
    pixels, labels = np.zeros((2, 30, 40), np.uint16), np.zeros((2, 30, 40), np.uint32)
    labels[:, 4:8, 2:5], labels[1, 10:15, 20:25] = 1, 2
    root = folder / "heart.ome.zarr"
    for path, values in (("", pixels), ("labels/nuclei", labels)):
        group = zarr.open_group(root / path, mode="w", zarr_format=version)
        group.create_array("0", data=values, chunks=(1, 30, 40))
        axes = [{"name": name, "type": "space"} for name in "zyx"]
        scale = [{"type": "scale", "scale": [1, 1, 1]}]
        said = {"multiscales": [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]}
        said |= {"image-label": {}} if path else {}
        group.attrs.update(said if version == 2 else {"ome": {"version": "0.5", **said}})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for each in sorted(root.rglob("*")):
            if each.is_file():
                archive.write(each, each.relative_to(folder).as_posix())
    return file.getvalue()

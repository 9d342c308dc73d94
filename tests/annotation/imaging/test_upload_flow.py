"""R35: a file in parts, cut anywhere, becomes the image that was sent."""

from __future__ import annotations

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
from django.test import Client
from PIL import Image as Pillow

from annotation.actions.imports import do_import_upload
from annotation.actions.uploads import import_job_of
from annotation.models import Project, Upload

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
    answer = client.get(f"/api/images/{upload.image_id}/plane", headers={"accept-encoding": "gzip, zstd"})
    assert answer["Content-Encoding"] == "zstd"
    raw = imagecodecs.zstd_decode(b"".join(answer))
    assert (np.frombuffer(raw, "<u2").reshape(40, 60) == ramp_hw).all()
    assert not upload.path.exists()

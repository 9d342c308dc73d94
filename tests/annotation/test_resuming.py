"""A download that broke off goes on where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from annotation.models import Job, JobKind, JobState
from tests.annotation.export_scene import make_person, make_project, signed_in

pytestmark = pytest.mark.django_db
FILE = bytes(range(256)) * 8


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(settings, "EXPORTS", tmp_path)
    return signed_in(make_person("ada"))


@pytest.fixture
def path(client: Client) -> str:
    from annotation.models import User

    project = make_project(User.objects.get())
    job = Job.objects.create(kind=JobKind.EXPORT, project=project, state=JobState.DONE, result={"name": "a.zip"})
    job.archive_path.write_bytes(FILE)
    return f"/api/exports/{job.pk}/download"


def get(client: Client, path: str, **headers: str) -> tuple[int, bytes, Any]:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer.status_code, b"".join(answer) if answer.streaming else answer.content, answer


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("0-99", 0, 99), ("2000-", 2000, 2047), ("-48", 2000, 2047), ("40-999999", 40, 2047)]
)
def test_a_part_is_given(client: Client, path: str, asked: str, first: int, last: int) -> None:
    status, body, answer = get(client, path, range=f"bytes={asked}")
    assert (status, body) == (206, FILE[first : last + 1])
    assert answer["Content-Range"] == f"bytes {first}-{last}/2048"
    assert int(answer["Content-Length"]) == len(body)


def test_what_goes_on_must_be_the_same_file(client: Client, path: str) -> None:
    status, body, answer = get(client, path)
    assert (status, body, answer["Accept-Ranges"]) == (200, FILE, "bytes")
    assert get(client, path, range="bytes=9-", if_range=answer["ETag"])[:2] == (206, FILE[9:])
    assert get(client, path, range="bytes=9-", if_range='"older"')[:2] == (200, FILE)


def test_nothing_beyond_the_end(client: Client, path: str) -> None:
    for asked in ("2048-", "9-5"):
        status, body, answer = get(client, path, range=f"bytes={asked}")
        assert (status, body, answer["Content-Range"]) == (416, b"", "bytes */2048")


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=" + "9" * 40 + "-"])
def test_what_is_no_range_gets_the_whole_file(client: Client, path: str, asked: str) -> None:
    assert get(client, path, range=asked)[:2] == (200, FILE)

"""Equal files are kept once, and go with the last image that shows them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from annotation.actions import reading
from annotation.actions.imports import do_import_file
from annotation.imaging.source import Choice
from annotation.models import Image, Project, Snapshot, SnapshotImage, User
from tests.annotation.imaging.test_questions import plain

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Image]


@pytest.fixture
def make(project: Project, person: Callable[[str], User], tmp_path: Path) -> Make:
    """An image of the same file each time."""
    path = tmp_path / "stack.tif"
    path.write_bytes(plain())

    def run(planes: str = "", into: Project = project) -> Image:
        return do_import_file(path, project=into, user=person("owner"), name="a.tif", choice=Choice(0, planes))

    return run


def delete(image: Image, *, days: int = 40) -> None:
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now() - timedelta(days=days))


def clean() -> str:
    said = io.StringIO()
    call_command("clean_storage", stdout=said)
    return said.getvalue()


def test_a_file_that_comes_twice_is_read_and_kept_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(reading, "decode", refuse)
    second = make(into=Project.objects.create(name="Another"))
    assert second.folder == first.folder
    assert (second.size_z, second.channel_info, second.pixels_sha256) == (
        first.size_z,
        first.channel_info,
        first.pixels_sha256,
    )


def test_the_same_file_read_in_another_way_is_another_image(make: Make) -> None:
    assert make("t").folder != make("z").folder


def test_files_go_with_the_last_image_that_shows_them(make: Make) -> None:
    first, second, other = make(), make(), make("t")
    delete(first)
    clean()
    assert second.folder.is_dir()
    delete(second, days=3)
    clean()
    assert second.folder.is_dir()
    delete(second)
    assert "files of 1 images" in clean()
    assert not second.folder.exists()
    assert other.folder.is_dir()
    assert make().folder.is_dir()


def test_a_snapshot_keeps_the_files_of_deleted_images(make: Make, project: Project) -> None:
    image = make()
    snapshot = Snapshot.objects.create(project=project, name="First")
    SnapshotImage.objects.create(snapshot=snapshot, image=image, position=0, header={}, cells=b"", count=0)
    delete(image)
    clean()
    assert image.folder.is_dir()
    snapshot.delete()
    clean()
    assert not image.folder.exists()


def test_twins_and_images_from_before_keep_their_files(make: Make, project: Project, data_folder: Path) -> None:
    image = make()
    Image.objects.filter(pk=image.pk).update(store="")
    image.refresh_from_db()
    image.folder.mkdir()
    twin = Image.objects.get(pk=image.pk)
    twin.pk, twin.twin_of = None, image
    twin.save(force_insert=True)
    delete(image)
    clean()
    assert image.folder.is_dir()
    delete(twin)
    clean()
    assert not image.folder.exists()


def test_what_a_crash_left_behind_goes_when_it_is_old(data_folder: Path) -> None:
    left, new = (data_folder / "images" / (letter * 64) for letter in "ab")
    for folder in (left, new):
        folder.mkdir(parents=True)
    np.save(left / "x.npy", np.zeros(1))
    long_ago = (timezone.now() - timedelta(days=40)).timestamp()
    os.utime(left, (long_ago, long_ago))
    clean()
    assert not left.exists()
    assert new.exists()

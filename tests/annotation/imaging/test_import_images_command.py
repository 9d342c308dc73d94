"""manage.py import_images: the same decoder, from a shell."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command

from annotation.models import Image, Project, User

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_images", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.tif"
    tifffile.imwrite(path, np.arange(48, dtype=np.uint16).reshape(6, 8))
    return path


def test_a_bad_file_gets_a_sentence_and_the_others_go_on(
    person: Callable[[str], User], project: Project, good: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.tif"
    bad.write_bytes(good.read_bytes()[:60])
    out, err = run(bad, tmp_path / "missing.tif", good, "--project", "Nuclei", "--user", person("annotator"))
    assert out.startswith("good.tif: 8 × 6, uint16")
    assert "bad.tif is cut off after 60 bytes" in err
    assert "missing.tif cannot be opened: No such file" in err
    assert "2 of 3 files were not imported." in err
    image = Image.objects.get()
    assert (image.name, image.project, image.created_by) == ("good.tif", project, person("annotator"))
    assert good.exists()


def test_a_project_is_named_by_its_id_too(person: Callable[[str], User], project: Project, good: Path) -> None:
    assert run(good, "--project", project.pk, "--user", person("owner"))[1] == ""


def test_of_several_images_in_a_file_one_or_all_are_imported(
    person: Callable[[str], User], project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "cells.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for number in (1, 2, 3):
            tiff.write(np.full((number, 6, 8), number, np.uint8), metadata={"axes": "ZYX", "Name": f"well {number}"})
    out, err = run(path, "--project", "Nuclei", "--user", person("owner"), "--series", 2)
    assert err == ""
    assert "It holds 3 series; only “well 2” was imported." in out
    assert [image.size_z for image in Image.objects.all()] == [2]
    run(path, "--project", "Nuclei", "--user", "owner", "--all-series")
    names = Image.objects.order_by("created_at").values_list("name", "size_z")[1:]
    assert list(names) == [("cells.ome.tif", 1), ("cells.ome.tif well 2", 2), ("cells.ome.tif well 3", 3)]
    assert "no series 4" in run(path, "--project", "Nuclei", "--user", "owner", "--series", 4)[1]
    assert "no series 0" in run(path, "--project", "Nuclei", "--user", "owner", "--series", 0)[1]


def test_the_planes_of_a_plain_stack_are_what_the_person_says(
    person: Callable[[str], User], project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((5, 6, 8), np.uint8), photometric="minisblack", metadata=None)
    said = {"z": "slices in z", "t": "frames in time", "c": "channels"}
    for axis, words in said.items():
        assert words in run(path, "--project", "Nuclei", "--user", person("owner"), "--stack-as", axis)[0]
    sizes = Image.objects.order_by("created_at").values_list("size_z", "size_t", "channels")
    assert list(sizes) == [(5, 1, 1), (1, 5, 1), (1, 1, 5)]


@pytest.mark.parametrize(
    ("who", "where", "sentence"),
    [
        ("nobody", "Nuclei", "There is nobody called nobody"),
        ("owner", "Elsewhere", "no project called “Elsewhere”"),
        ("outsider", "Nuclei", "no project called “Nuclei”"),
        ("viewer", "Nuclei", "does not allow uploads"),
    ],
)
def test_only_those_who_may_upload_import(
    who: str, where: str, sentence: str, person: Callable[[str], User], project: Project, good: Path
) -> None:
    if who != "nobody":
        person(who)
    assert sentence in run(good, "--project", where, "--user", who)[1]
    assert not Image.objects.exists()

"""What comes back of an export is found out by reading it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from annotation.actions import round_trips
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from annotation.models import Job, JobState, LabelClass, Project, Snapshot, User
from annotation.tasks import export_project
from inference.rle import from_labels
from tests.annotation.datasets.scene import hard_labels
from tests.annotation.export_scene import make_cell, make_image, make_project
from tests.annotation.test_snapshots import export, frozen_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def snapshot(owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    for name in ("UPLOADS", "IMAGES", "EXPORTS"):
        monkeypatch.setattr(settings, name, tmp_path / name.lower())
    project = make_project(owner)
    image = make_image(project, "1.tif", height=60, width=90)
    image.folder.mkdir(parents=True)
    write_pyramid(ArraySource(np.zeros((60, 90), np.uint8)), image.folder)
    tumour = LabelClass.objects.create(project=project, name="Tumour", colour="#000000")
    for label, mask in from_labels(hard_labels()):
        make_cell(image, label, mask, label_class=tumour if label % 2 else None)
    make_image(project, "empty.tif").folder.mkdir()
    return frozen_now(owner, project)


def report(owner: User, snapshot: Snapshot, name: str) -> Any:
    job = export(owner, Project.objects.get(), snapshot, name).json()
    export_project(job["id"])
    done = Job.objects.get(pk=job["id"])
    assert done.state == JobState.DONE, done.message
    return done.result["round_trip"]


def test_run_lengths_come_back_pixel_by_pixel_with_their_classes(owner: User, snapshot: Snapshot) -> None:
    found = report(owner, snapshot, "coco")
    assert found == {
        "measured": True, "cells": 10, "exact": 10, "missing": 0, "median": 1.0, "lowest": 1.0, "classes": 10,
        "worst": [],
    }  # fmt: skip
    assert Snapshot.objects.get().round_trips == {"coco": found}


def test_what_a_format_cannot_hold_is_told_by_cell(owner: User, snapshot: Snapshot) -> None:
    polygons = report(owner, snapshot, "coco-polygon")
    assert (polygons["exact"], polygons["missing"]) == (7, 0)
    assert {row["label"] for row in polygons["worst"]} == {3, 4, 7}
    assert report(owner, snapshot, "label-tiff")["classes"] == 5


def test_what_was_found_out_is_not_found_out_again(
    owner: User, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = report(owner, snapshot, "coco")
    monkeypatch.setattr(round_trips, "run_reader", None)
    assert report(owner, snapshot, "coco") == first


def test_measurements_have_no_masks(owner: User, snapshot: Snapshot) -> None:
    assert report(owner, snapshot, "measurements")["why"] == "There are no masks in this format."

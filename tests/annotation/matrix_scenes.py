"""What there is before a row of the permission matrix is asked, and what is sent with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from annotation.actions.findings import kept_findings
from annotation.actions.tokens import do_create_token
from annotation.actions.twins import make_twin
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from annotation.models import (
    Annotation,
    Comment,
    Delivery,
    Image,
    Job,
    JobKind,
    JobState,
    Region,
    Upload,
    Webhook,
)
from inference.rle import Rle
from inference.weights import path_of, weights_file
from tests.annotation.world import World


def make_export(world: World) -> None:
    """An export of nobody's that is done, so that only managers may stop it."""
    job = Job.objects.create(
        kind=JobKind.EXPORT, project=world.project, state=JobState.DONE, params={"format": "coco"},
        result={"name": "cells.zip"},
    )  # fmt: skip
    job.archive_path.parent.mkdir(parents=True, exist_ok=True)
    job.archive_path.write_bytes(b"zip")
    world.ids["job_id"] = job.pk


def have_weights(_: World) -> None:
    """A file where an engine's weights are looked for; nothing loads it."""
    path = path_of(weights_file("cpsam_v2"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")


def begin_upload(world: World) -> None:
    """The annotator's upload of eight bytes, of which none have come."""
    user = world.users["annotator"]
    world.ids["upload_id"] = Upload.objects.create(project=world.project, user=user, name="a.png", size=8).pk
    Path(settings.UPLOADS).mkdir(parents=True, exist_ok=True)


def ask_of_upload(world: World) -> None:
    """The annotator's upload of a file that does not say what its two planes are."""
    begin_upload(world)
    upload = Upload.objects.get(pk=world.ids["upload_id"])
    upload.previews.mkdir(exist_ok=True)
    (upload.previews / "preview-0.webp").write_bytes(b"bytes")
    upload.question, upload.state = {"series": [{"preview": True}], "planes": 2, "labels": []}, "asking"
    upload.save()
    world.ids["number"] = 0


def answer_upload(world: World) -> dict[str, Any]:
    return {"uploads": [str(world.ids.get("upload_id", world.image.pk))], "planes": "t"}


def begin_annotations(world: World) -> None:
    """The annotator's file of annotations, which has arrived."""
    begin_upload(world)
    Upload.objects.filter(pk=world.ids["upload_id"]).update(for_dataset=True, state="done")


def read_upload(world: World) -> dict[str, Any]:
    return {"upload": str(world.ids.get("upload_id", world.image.pk))}


def make_reading(world: World) -> None:
    """A file of annotations that was read."""
    job = Job.objects.create(
        kind=JobKind.READ, project=world.project, state=JobState.DONE, params={"name": "a.zip"},
        result={"format": "coco", "unknown_classes": []},
    )  # fmt: skip
    findings = kept_findings(job.pk)
    findings.folder.mkdir(parents=True, exist_ok=True)
    findings.cells.write_bytes(b"")
    findings.keep([], [])
    world.ids["job_id"] = job.pk


def make_token(world: World) -> None:
    """The annotator's."""
    made, _ = do_create_token(world.users["annotator"], name="notebook", scopes=[], days=1)
    world.ids["token_id"] = made.pk


def make_webhook(world: World) -> None:
    """A webhook of the project, and something it was told."""
    webhook = Webhook.objects.create(project=world.project, url="https://lab.example/", secret="whsec_", events=[])
    delivery = Delivery.objects.create(webhook=webhook, event="ping", body="{}")
    world.ids |= {"webhook_id": webhook.pk, "delivery_id": delivery.pk}


def read_two_planes(world: World) -> None:
    """An image of a file that does not say what its two planes are, and nothing in it yet."""
    Region.objects.filter(image=world.image).delete()
    Image.objects.filter(pk=world.image.pk).update(clock=0, reading={"planes_in_file": 2, "series": 0})


def store_pixels(world: World) -> None:
    """The files that a decoded image has."""
    folder = world.image.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_pyramid(ArraySource(np.zeros((30, 40), np.uint8)), folder)
    for name in ("thumbnail.webp", "original.tif"):
        (folder / name).write_bytes(b"bytes")


def draw_a_cell(world: World) -> None:
    """One cell."""
    number = world.image.annotations.count()
    cell = Annotation(image=world.image, label=number + 1, provenance={"source": "hand"})
    cell.rle = Rle(0, number, 1, 1, (0, 1))
    cell.save()
    world.ids["cell_id"] = cell.pk


def hand_in_a_cell(world: World) -> None:
    """An image with one cell that waits for review."""
    Image.objects.filter(pk=world.image.pk).update(status="submitted")
    draw_a_cell(world)


def deletion(world: World) -> dict[str, Any]:
    """Of that cell."""
    return {"change": "delete", "id": str(world.ids.get("cell_id", world.image.pk)), "base_version": 1}


def blind(world: World) -> dict[str, Any]:
    """Two people annotate the image independently."""
    return {"images": [str(world.image.pk)], "people": [world.users[name].pk for name in ("annotator", "reviewer")]}


def comment(world: World) -> None:
    """Something that somebody said who has left since."""
    world.ids["comment_id"] = Comment.objects.create(image=world.image, text="Dust?").pk


def overview(world: World) -> None:
    """The dashboard that everybody in the project sees."""
    world.ids |= {"name": "overview", "chart": "states"}


def people(world: World) -> None:
    """The dashboard of who did how much."""
    world.ids["name"] = "people"


def judgement(world: World) -> dict[str, Any]:
    """Accept that cell."""
    return {"cells": [{"id": str(world.ids.get("cell_id", world.image.pk)), "version": 1}], "judgement": "accepted"}


def make_twins(world: World) -> None:
    """Two annotations of the image by people who have left, a cell in each."""
    for name in ("a", "b"):
        twin = make_twin(world.image, status="in_review")
        cell = Annotation(image=twin, label=1, provenance={"source": "auto", "engine": name})
        cell.rle = Rle(0, 0, 1, 2, (0, 2))
        cell.save()
        world.ids |= {name: twin.pk, f"{name}_cell": cell.pk}


def adjudication(world: World) -> dict[str, Any]:
    """Take the first one's cell."""
    nothing = str(world.image.pk)
    a, b, cell = (str(world.ids.get(name, nothing)) for name in ("a", "b", "a_cell"))
    return {"a": a, "b": b, "choices": [{"a": cell, "take": "a"}]}

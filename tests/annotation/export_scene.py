"""A project with cells in it, written straight into the database."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from django.test import Client
from numpy.typing import NDArray

from annotation.models import Annotation, Image, LabelClass, Membership, Project, Role, User
from inference.rle import Rle, from_labels
from tests.annotation.world import CHANNEL


def make_person(name: str) -> User:
    return User.objects.create_user(name, f"{name}@example.org", "a long pass phrase")


def make_project(owner: User, name: str = "Zebrafish") -> Project:
    project = Project.objects.create(name=name)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    return project


def join(project: Project, name: str, role: Role) -> User:
    person = make_person(name)
    Membership.objects.create(project=project, user=person, role=role)
    return person


def make_image(project: Project, name: str = "a.tif", *, height: int = 40, width: int = 60) -> Image:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Image.objects.create(
        project=project, name=name, width=width, height=height, channels=1, dtype="uint8", channel_info=[CHANNEL],
        file_suffix=".tif", file_bytes=1, file_sha256=digest, pixels_sha256=digest,
    )  # fmt: skip


def make_cell(
    image: Image, label: int, rle: Rle, *, label_class: LabelClass | None = None, **provenance: Any
) -> Annotation:
    cell = Annotation(
        image=image, label=label, label_class=label_class, provenance={"source": "hand", "engine": "", **provenance}
    )
    cell.rle = rle
    cell.save()
    return cell


def random_labels(seed: int, *, height: int, width: int, cells: int = 6) -> NDArray[np.int32]:
    """labels_hw with ragged, overlapping-free blobs, some at the border."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    labels_hw = np.zeros((height, width), np.int32)
    for label in range(1, cells + 1):
        row, col, radius = rng.integers(height), rng.integers(width), rng.integers(2, max(3, min(height, width) // 3))
        blob = ((rows - row) ** 2 + (cols - col) ** 2 <= radius**2) & (rng.random((height, width)) < 0.9)
        labels_hw[blob & (labels_hw == 0)] = label
    return labels_hw


def fill(image: Image, seed: int) -> NDArray[np.int32]:
    """Cells with labels 3, 6, 9, … in the database; the same as a label image."""
    labels_hw = 3 * random_labels(seed, height=image.height, width=image.width)
    for label, rle in from_labels(labels_hw):
        make_cell(image, label, rle)
    return labels_hw


def signed_in(user: User) -> Client:
    """A browser of this person."""
    client = Client()
    client.force_login(user)
    return client

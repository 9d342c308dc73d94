"""People, projects, images and cells for tests."""

from __future__ import annotations

import uuid
from itertools import count
from typing import Any

import numpy as np

from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.arrays import ArraySource
from annotation.models import Image, LabelClass, Membership, Project, Role, User
from annotation.protocol import CreateCell, DeleteCell, Mask, Provenance, Push, UpdateCell
from inference import rle

_numbers = count(1)


def make_user(name: str | None = None, **fields: Any) -> User:
    name = name or f"person{next(_numbers)}"
    return User.objects.create_user(name, email=f"{name}@example.org", password="correct horse", **fields)


def make_project(owner: User | None = None, **roles: User) -> Project:
    """A project with one class; ``roles`` maps a role's name to a member."""
    project = Project.objects.create(name=f"Project {next(_numbers)}")
    members = {"owner": owner or make_user(), **roles}
    for role, user in members.items():
        Membership.objects.create(project=project, user=user, role=Role(role))
    LabelClass.objects.create(project=project, name="Nucleus", colour="#e69f00", key="1")
    return project


def make_image(project: Project, *, height: int = 60, width: int = 80, pixels: bool = False, **fields: Any) -> Image:
    """A row; with ``pixels`` also a pyramid on disk."""
    image = Image.objects.create(
        project=project,
        name=f"image {next(_numbers)}.png",
        height=height,
        width=width,
        channels=1,
        dtype="uint8",
        channel_info=[{"name": "", "colour": "#ffffff", "low": 0.0, "high": 255.0}],
        file_suffix=".png",
        file_bytes=1,
        file_sha256="0" * 64,
        pixels_sha256=uuid.uuid4().hex * 2,
        **fields,
    )
    if pixels:
        image.folder.mkdir(parents=True)
        write_pyramid(ArraySource(np.zeros((height, width), np.uint8)), image.folder)
    return image


def square(top: int, left: int, size: int = 10, *, width: int | None = None) -> Mask:
    """A filled rectangle."""
    return Mask.of(rle.encode(np.ones((size, width or size), bool), top=top, left=left))


BY_HAND = Provenance(source="hand")


class Tab:
    """One browser tab: numbers its operations as the frontend does."""

    def __init__(self) -> None:
        self.client_id = uuid.uuid4()
        self.seq = 0

    def push(self, *changes: CreateCell | UpdateCell | DeleteCell, undo: uuid.UUID | None = None) -> Push:
        self.seq += 1
        return Push(
            type="push", id=uuid.uuid4(), client_id=self.client_id, seq=self.seq, changes=list(changes), undo=undo
        )


def create(mask: Mask, *, class_id: int | None = None, cell_id: uuid.UUID | None = None) -> CreateCell:
    return CreateCell(change="create", id=cell_id or uuid.uuid4(), mask=mask, class_id=class_id, provenance=BY_HAND)


def reshape(cell_id: uuid.UUID, mask: Mask, *, base: int = 1) -> UpdateCell:
    return UpdateCell(change="update", id=cell_id, base_version=base, mask=mask)


def relabel(cell_id: uuid.UUID, class_id: int | None, *, base: int = 1) -> UpdateCell:
    return UpdateCell(change="update", id=cell_id, base_version=base, class_id=class_id, set_class=True)


def lock(cell_id: uuid.UUID, *, locked: bool = True, base: int = 1) -> UpdateCell:
    return UpdateCell(change="update", id=cell_id, base_version=base, locked=locked)


def delete(cell_id: uuid.UUID, *, base: int = 1) -> DeleteCell:
    return DeleteCell(change="delete", id=cell_id, base_version=base)

"""A small world: a project with one person of each role, and another project whose manager has no business here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from annotation.models import Image, LabelClass, Membership, Project, Region, Role, Snapshot, User

ROLES = tuple(role.value for role in Role)
ACTORS = (*ROLES, "outsider", "neighbour", "anonymous")
"""``neighbour`` manages another project; ``outsider`` has an account and no project."""


CHANNEL = {"name": "", "colour": "#ffffff", "low": 0.0, "high": 255.0}
FIRST_TILE = dict.fromkeys(("level", "t", "c", "z", "row", "col"), 0)


def make_user(name: str, **fields: Any) -> User:
    user = User(username=name, email=f"{name}@lab.example", **fields)
    user.set_unusable_password()
    user.save()
    return user


def make_image(project: Project, name: str = "cells.tif") -> Image:
    """A row without files: 40 × 30 pixels, grey, 8 bit."""
    return Image.objects.create(
        project=project, name=name, width=40, height=30, channels=1, dtype="uint8", channel_info=[CHANNEL],
        file_suffix=".tif", file_bytes=1200, file_sha256="0" * 64, pixels_sha256="1" * 64,
    )  # fmt: skip


def make_project(name: str, **members: User) -> Project:
    """A project with one class; keywords are roles."""
    project = Project.objects.create(name=name)
    for role, user in members.items():
        Membership.objects.create(project=project, user=user, role=role)
    LabelClass.objects.create(project=project, name="Cell", colour="#e69f00", key="1")
    return project


@dataclass
class World:
    """``users`` by actor; ``ids`` fill the placeholders of routes and always belong to ``project``."""

    users: dict[str, User]
    project: Project
    image: Image
    other: Project
    ids: dict[str, Any] = field(default_factory=dict)

    def client(self, actor: str, **options: Any) -> Client:
        client = Client(**options)
        if actor != "anonymous":
            client.force_login(self.users[actor], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


def make_world() -> World:
    users = {name: make_user(name) for name in (*ROLES, "outsider", "neighbour", "guest")}
    project = make_project("Nuclei", **{role: users[role] for role in ROLES})
    other = make_project("Elsewhere", manager=users["neighbour"], owner=users["guest"])
    image = make_image(project)
    make_image(other, "theirs.tif")
    world = World(users, project, image, other)
    snapshot = Snapshot.objects.create(project=project, name="January", ready=True)
    world.ids = {
        **FIRST_TILE,
        "project_id": project.pk,
        "image_id": image.pk,
        "user_id": users["viewer"].pk,
        "class_id": project.label_classes.get().pk,
        "region_id": Region.objects.create(image=image, name="Corner", top=0, left=0, bottom=5, right=8).pk,
        "comment_id": image.pk,
        "snapshot_id": snapshot.pk,
        "older_id": snapshot.pk,
        "engine": "starter",
        "name": "using",
        "uid": "MQ",
        "token": "no-such-token",
    }
    return world

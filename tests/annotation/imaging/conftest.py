"""People, projects and files for the tests of what comes in and goes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr
from django.conf import LazySettings
from django.test import Client

from annotation.imaging.decode import decode
from annotation.imaging.layout import store_of
from annotation.imaging.measure import Decoded
from annotation.models import Membership, Project, Role, User

ROLES = [*Role.values, "outsider", "anonymous"]


def first_plane(folder: Path) -> np.ndarray:
    """What lies on disk of the first plane: (row, column) or (row, column, RGB)."""
    channels_chw = zarr.open_array(store_of(folder) / "0", mode="r")[0, :, 0]
    return channels_chw[0] if len(channels_chw) == 1 else np.moveaxis(channels_chw, 0, -1)


@pytest.fixture(autouse=True)
def data_folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Each test has its own disk."""
    settings.IMAGES, settings.UPLOADS = tmp_path / "images", tmp_path / "uploads"
    settings.DISK_RESERVE_BYTES = 0
    return tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="Nuclei")


@pytest.fixture
def person(project: Project) -> Callable[[str], User]:
    """A person with this role in the project; outsiders have none."""

    def make(role: str) -> User:
        user, created = User.objects.get_or_create(username=role, email=f"{role}@example.org")
        if created and role != "outsider":
            Membership.objects.create(project=project, user=user, role=role)
        return user

    return make


@pytest.fixture
def browser(person: Callable[[str], User]) -> Callable[[str], Client]:
    """A signed-in browser of a person with this role."""

    def make(role: str) -> Client:
        client = Client()
        if role != "anonymous":
            client.force_login(person(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Path], tuple[Decoded, np.ndarray]]:
    """Decode a file as an import does; its description and its pixels."""

    def run(path: Path) -> tuple[Decoded, np.ndarray]:
        folder = tmp_path / "decoded" / path.name
        folder.mkdir(parents=True)
        return decode(path, folder, name=path.name), first_plane(folder)

    return run


@pytest.fixture
def ramp_hw() -> np.ndarray:
    """A picture that differs from each of its mirror images: 40 rows, 60 columns, uint16."""
    rows, columns = np.mgrid[:40, :60]
    return (rows * 1000 + columns * 7 + 3).astype(np.uint16)

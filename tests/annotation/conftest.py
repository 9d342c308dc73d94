"""Who and what most tests of actions and views begin with."""

from __future__ import annotations

import pytest

from annotation.models import Project, User
from tests.annotation.export_scene import make_person, make_project


@pytest.fixture
def owner() -> User:
    return make_person("ada")


@pytest.fixture
def project(owner: User) -> Project:
    return make_project(owner)

"""Who and what most tests of actions and views begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from annotation.models import Image, Membership, Project, Role, User
from tests import factories
from tests.annotation.export_scene import make_person, make_project
from tests.annotation.tabs import Page, opening, run


@pytest.fixture
def owner() -> User:
    return make_person("ada")


@pytest.fixture
def project(owner: User) -> Project:
    return make_project(owner)


@pytest.fixture
def allowed_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
async def image(allowed_host: None) -> Image:
    return await run(lambda: factories.make_image(factories.make_project()))


@pytest.fixture
async def pages(image: Image) -> AsyncIterator[Any]:
    def make(role: Role | None = Role.ANNOTATOR, **kwargs: Any) -> Page:
        user = factories.make_user()
        if role is not None:
            Membership.objects.create(project=image.project, user=user, role=role)
        return Page(user, image.pk, **kwargs)

    async with opening(make) as open_one:
        yield open_one

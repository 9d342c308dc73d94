"""The first start: somebody may sign in, and there is something to click."""

from __future__ import annotations

import io
import time

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command

from annotation.imaging.layout import store_of
from annotation.models import Image, LabelClass, Project, User


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("first_run", "--url", "http://localhost:8000", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_start_makes_an_administrator_and_a_demo_project_in_time() -> None:
    begun = time.monotonic()
    printed = run()
    assert time.monotonic() - begun < 30, "10 s on an idle machine"
    user = User.objects.get()
    assert (user.username, user.is_staff, user.is_superuser, user.has_usable_password()) == ("admin", True, True, False)
    project = Project.objects.get(name="Demo: fluorescent nuclei")
    classes = LabelClass.objects.filter(project=project).values_list("name", "key")
    assert list(classes) == [("Nucleus", "1"), ("Dividing", "2"), ("Debris", "3")]
    images = Image.objects.filter(project=project)
    assert {(image.dtype, image.channels) for image in images} == {("uint8", 1), ("uint16", 1), ("uint8", 3)}
    assert all(store_of(image.folder).is_dir() and image.thumbnail_path.is_file() for image in images)
    token = printed.strip().rstrip("/").rsplit("/", 1)[-1]
    assert printed.startswith("Cytomark runs at http://localhost:8000  ·  first sign-in: http://localhost:8000/link/")
    assert printed.count("\n") == 1
    assert default_token_generator.check_token(user, token)


@pytest.mark.django_db
def test_a_second_start_makes_nothing_and_says_the_link_until_it_was_used() -> None:
    run("--no-demo")
    assert "first sign-in" in run("--no-demo")
    user = User.objects.get()
    user.set_password("correct horse battery")
    user.save()
    assert run() == "Cytomark runs at http://localhost:8000\n"
    assert not Project.objects.exists()

"""R38: the auditor finds whatever is not as the log says."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.actions.operations import do_push
from annotation.models import Annotation, Client, Image, LabelClass, Operation, Receipt
from annotation.verify import verify_all
from tests.factories import Tab, create, delete, make_image, make_project, make_user, reshape, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    """With a living and a deleted cell."""
    user = make_user()
    image = make_image(make_project(user))
    tab, first, second = Tab(), uuid.uuid4(), uuid.uuid4()
    for change in (
        create(square(5, 5), cell_id=first), create(square(30, 30), cell_id=second), reshape(first, square(5, 5, 12)),
        delete(second),
    ):  # fmt: skip
        assert do_push(user, image.pk, tab.push(change)).outcome == "commit"
    return image


def test_a_sound_database_is_well(image: Image) -> None:
    said = StringIO()
    call_command("verify", stdout=said)
    assert "All is well: 1 images are what their 4 operations" in said.getvalue()


def _newest(**fields: object) -> Callable[[Image], object]:
    return lambda image: Operation.objects.filter(image=image, clock=4).update(**fields)


CORRUPTIONS: dict[str, Callable[[Image], object]] = {
    "a lost operation": lambda image: Operation.objects.filter(clock=3).delete(),
    "a lost last operation": lambda image: Operation.objects.filter(clock=4).delete(),
    "a clock that ran ahead": lambda image: Image.objects.update(clock=9),
    "a clock that fell back": lambda image: Image.objects.update(clock=2),
    "an operation emptied": _newest(changes=[]),
    "a shape changed past the log": lambda image: Annotation.objects.filter(deleted=False).update(top=7),
    "a class changed past the log": lambda image: Annotation.objects.update(label_class=LabelClass.objects.first()),
    "a cell deleted past the log": lambda image: Annotation.objects.update(deleted=True),
    "a cell back past the log": lambda image: Annotation.objects.update(deleted=False),
    "a row lost": lambda image: Annotation.objects.filter(deleted=False).delete(),
    "a wrong area": lambda image: Annotation.objects.filter(deleted=False).update(area=1),
    "an answer lost": lambda image: Receipt.objects.filter(seq=2).delete(),
    "a tab that fell back": lambda image: Client.objects.update(last_seq=3),
    "a number that would be given twice": lambda image: Image.objects.update(next_label=2),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_r38_each_planted_corruption_is_found(image: Image, name: str) -> None:
    CORRUPTIONS[name](image)
    assert list(verify_all()) != []
    with pytest.raises(CommandError, match="wrong"):
        call_command("verify", stdout=StringIO())

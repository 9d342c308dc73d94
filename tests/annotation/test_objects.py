"""Cells of several planes are one object, and objects divide."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from annotation.actions.operations import NewCell, do_add_cells, do_push
from annotation.actions.restore import do_restore
from annotation.errors import ErrorCode
from annotation.models import Annotation, Image, Role
from annotation.protocol import Ack, CreateCell, UpdateCell
from annotation.verify import verify_all
from tests.factories import BY_HAND, Tab, delete, lock, make_image, make_project, make_user, square

pytestmark = pytest.mark.django_db


class Film:
    """Ann in an image of three frames of four slices, with a cell on the first plane."""

    def __init__(self) -> None:
        self.ann, self.tab = make_user(), Tab()
        self.image = make_image(make_project(self.ann), size_t=3, size_z=4)
        self.first = self.draw()

    def push(self, *changes: Any, undo: uuid.UUID | None = None) -> Ack:
        return do_push(self.ann, self.image.pk, self.tab.push(*changes, undo=undo))

    def draw(self, left: int = 5, **more: Any) -> uuid.UUID:
        change = draw(left, **more)
        assert self.push(change).outcome == "commit"
        return change.id

    def label(self, cell_id: uuid.UUID) -> int:
        return Annotation.objects.get(pk=cell_id).label

    def parent(self, cell_id: uuid.UUID) -> int | None:
        return Annotation.objects.get(pk=cell_id).parent


def draw(left: int, **more: Any) -> CreateCell:
    return CreateCell(change="create", id=uuid.uuid4(), mask=square(5, left, size=6), provenance=BY_HAND, **more)


def join(cell_id: uuid.UUID, other: uuid.UUID) -> UpdateCell:
    return UpdateCell(change="update", id=cell_id, base_version=1, joins=other)


def descend(cell_id: uuid.UUID, mother: uuid.UUID | None) -> UpdateCell:
    return UpdateCell(change="update", id=cell_id, base_version=1, parent=mother, set_parent=True)


@pytest.fixture
def film() -> Film:
    return Film()


def test_a_cell_of_another_slice_joins_an_object(film: Film) -> None:
    above = film.draw(z=1, joins=film.first)
    assert film.label(above) == film.label(film.first) == 1
    assert film.label(film.draw(20)) == 2


def test_an_object_has_one_cell_on_a_plane(film: Film) -> None:
    refused = film.push(draw(20, joins=film.first))
    assert (refused.outcome, refused.code) == ("discard", ErrorCode.CONFLICT)
    other, above = film.draw(20), film.draw(z=1)
    assert film.push(join(other, film.first)).code == ErrorCode.CONFLICT
    assert film.push(draw(20, z=2, joins=film.first), draw(30, z=2, joins=film.first)).code == ErrorCode.CONFLICT
    assert film.push(join(above, film.first)).outcome == "commit"


def test_two_cells_change_places_in_their_objects(film: Film) -> None:
    above, right = film.draw(z=1, joins=film.first), film.draw(20)
    right_above = film.draw(20, z=1, joins=right)
    assert film.push(join(above, right), join(right_above, film.first)).outcome == "commit"
    assert (film.label(above), film.label(right_above)) == (film.label(right), film.label(film.first))
    assert list(verify_all()) == []


def test_linking_is_undone_and_done_again(film: Film) -> None:
    above = film.draw(z=1)
    linked = film.push(join(above, film.first))
    undone = film.push(undo=linked.id)
    assert (undone.outcome, film.label(above)) == ("commit", 2)
    assert film.push(undo=undone.id).outcome == "commit"
    assert film.label(above) == 1
    assert film.push(join(above, above)).outcome == "commit"
    assert film.label(above) == 3


def test_a_deleted_part_stays_away_where_another_took_its_place(film: Film) -> None:
    above = film.draw(z=1, joins=film.first)
    deleted = film.push(delete(above))
    film.draw(20, z=1, joins=film.first)
    assert film.push(undo=deleted.id).code == ErrorCode.CONFLICT
    assert list(verify_all()) == []


def test_a_cell_divides_into_two(film: Film) -> None:
    one, two = film.draw(t=1, parent=film.first), film.draw(20, t=1)
    assert film.push(descend(two, film.first)).outcome == "commit"
    assert film.parent(one) == film.parent(two) == film.label(film.first)
    assert film.push(descend(two, None)).outcome == "commit"
    assert film.parent(two) is None


def test_a_mother_lies_in_an_earlier_frame(film: Film) -> None:
    above, later = film.draw(z=1), film.draw(t=1, joins=film.first)
    assert film.push(descend(above, film.first)).code == ErrorCode.BAD_REQUEST
    assert film.push(descend(later, film.first)).code == ErrorCode.BAD_REQUEST
    assert film.push(descend(film.first, later)).code == ErrorCode.BAD_REQUEST


def test_who_joins_nobody_or_a_locked_cell_is_refused(film: Film) -> None:
    above = film.draw(z=1)
    assert film.push(join(above, uuid.uuid4())).code == ErrorCode.GONE
    film.push(lock(above, locked=True))
    assert film.push(join(above, film.first)).code == ErrorCode.LOCKED
    elsewhere = Film()
    assert film.push(join(film.first, elsewhere.first)).code == ErrorCode.BAD_REQUEST


def test_a_restored_image_has_its_objects_again(film: Film) -> None:
    above = film.draw(z=1, joins=film.first)
    film.push(join(above, above))
    image = Image.objects.get(pk=film.image.pk)
    assert do_restore(image, film.ann, 2, role=Role.OWNER, cells=None) == 1
    assert film.label(above) == 1
    assert list(verify_all()) == []


def test_a_file_s_objects_stay_together(film: Film) -> None:
    masks = [square(20, left, size=6).to_rle() for left in (5, 15, 25)]
    new = [
        NewCell((0, 0), masks[0], None, number=7),
        NewCell((1, 0), masks[0], None, number=7),
        NewCell((2, 0), masks[0], None, number=9, parent=7),
        NewCell((2, 0), masks[1], None, number=9, parent=7),
        NewCell((2, 0), masks[2], None),
    ]
    assert do_add_cells(film.image.pk, film.ann, new, operation_id=uuid.uuid4(), provenance=BY_HAND) == 5
    made = Annotation.objects.exclude(pk=film.first).order_by("t", "left").values_list("label", "parent")
    assert list(made) == [(2, None), (2, None), (3, 2), (4, 2), (5, None)]

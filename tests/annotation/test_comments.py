"""Comments: pinned, answered, resolved, taken back; who is told; what is refused."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.http import HttpResponse

from annotation import events
from annotation.actions.comments import MAX_COMMENTS
from annotation.models import Annotation, Comment, Image, Notification
from inference.rle import Rle
from tests.annotation.world import World, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def ask(world: World, actor: str, method: str, path: str, **body: Any) -> HttpResponse:
    return world.client(actor).generic(method, path, json.dumps(body), content_type="application/json")


def say(world: World, text: str, actor: str = "annotator", **more: Any) -> Any:
    answer = ask(world, actor, "POST", f"/api/images/{world.image.pk}/comments", text=text, **more)
    assert answer.status_code == 201, answer.content
    return answer.json()


def listed(world: World) -> list[Any]:
    return list(world.client("viewer").get(f"/api/images/{world.image.pk}/comments").json())


def make_cell(world: World) -> Annotation:
    cell = Annotation(image=world.image, label=1)
    cell.rle = Rle(0, 0, 1, 1, (0, 1))
    cell.save()
    return cell


def told(actor: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in Notification.objects.filter(user__username=actor).order_by("pk")]


def test_a_thread_about_a_cell_is_answered_resolved_and_open_again(world: World) -> None:
    cell = make_cell(world)
    first = say(world, " Is this one cell or two? ", cell=str(cell.pk))
    assert (first["text"], first["cell"], first["author"]["name"]) == (
        "Is this one cell or two?", str(cell.pk), "annotator",
    )  # fmt: skip
    say(world, "Two.", "reviewer", thread=first["id"])
    path = f"/api/comments/{first['id']}"
    resolved = ask(world, "reviewer", "PATCH", path, resolved=True).json()
    assert resolved["resolved_by"] == "reviewer"
    assert [one["thread"] for one in listed(world)] == [None, first["id"]]
    say(world, "No, wait.", thread=first["id"])
    assert listed(world)[0]["resolved_at"] is None, "an answer opens the thread again"


def test_a_point_and_the_whole_image_are_pins_too(world: World) -> None:
    point = say(world, "Dust?", row=3.5, col=7.25)
    whole = say(world, "Out of focus")
    assert [(one["row"], one["col"], one["cell"]) for one in (point, whole)] == [(3.5, 7.25, None), (None, None, None)]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": "  "}, 422),
        ({"text": "x" * 4001}, 422),
        ({"text": "a\u0000b"}, 422),
        ({"row": 1.0}, 422),
        ({"row": 31.0, "col": 1.0}, 422),
        ({"row": -1.0, "col": 1.0}, 422),
        ({"row": 1.0, "col": 1.0, "z": 1}, 422),
        ({"cell": str(uuid.UUID(int=1))}, 409),
        ({"cell": "all"}, 422),
        ({"thread": str(uuid.UUID(int=1))}, 404),
        ({"cell": str(uuid.UUID(int=1)), "row": 1.0, "col": 1.0}, 422),
    ],
)
def test_what_is_no_comment_is_refused_with_a_sentence(world: World, change: dict[str, Any], status: int) -> None:
    body = {"text": "Look", **change}
    answer = ask(world, "annotator", "POST", f"/api/images/{world.image.pk}/comments", **body)
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)
    assert not Comment.objects.exists()


def test_only_who_said_it_changes_it_and_managers_may_take_it_back(world: World) -> None:
    path = f"/api/comments/{say(world, 'Frist')['id']}"
    assert ask(world, "owner", "PATCH", path, text="First").status_code == 403
    changed = ask(world, "annotator", "PATCH", path, text="First").json()
    assert (changed["text"], changed["edited_at"] is not None) == ("First", True)
    assert ask(world, "reviewer", "DELETE", path).status_code == 403
    assert ask(world, "manager", "DELETE", path).status_code == 204
    assert listed(world) == []


def test_a_thread_keeps_its_place_while_somebody_s_answer_stands(world: World) -> None:
    first = say(world, "Secret")
    answer = say(world, "Indeed", "reviewer", thread=first["id"])
    ask(world, "annotator", "DELETE", f"/api/comments/{first['id']}")
    assert [(one["text"], one["deleted"]) for one in listed(world)] == [("", True), ("Indeed", False)]
    ask(world, "reviewer", "DELETE", f"/api/comments/{answer['id']}")
    assert listed(world) == []


def test_viewers_speak_but_resolve_only_what_they_began(world: World) -> None:
    mine, other = say(world, "Why?", "viewer"), say(world, "How?")
    assert ask(world, "viewer", "PATCH", f"/api/comments/{other['id']}", resolved=True).status_code == 403
    assert ask(world, "viewer", "PATCH", f"/api/comments/{mine['id']}", resolved=True).status_code == 200


def test_members_who_are_mentioned_are_told_once(world: World) -> None:
    made = say(world, "@Reviewer and @owner. Not @guest, mail@viewer or @annotator")
    assert sorted(made["mentions"]) == ["annotator", "owner", "reviewer"]
    assert [kind for kind, _ in told("reviewer")] == [kind for kind, _ in told("owner")] == ["mentioned"]
    assert told("guest") == told("viewer") == told("annotator") == []
    ask(world, "annotator", "PATCH", f"/api/comments/{made['id']}", text="@reviewer and @viewer")
    assert (len(told("reviewer")), len(told("viewer"))) == (1, 1)


def test_whoever_spoke_in_a_thread_is_told_of_answers(world: World) -> None:
    first = say(world, "Hm")
    say(world, "Yes?", "reviewer", thread=first["id"])
    say(world, "@reviewer No.", "owner", thread=first["id"])
    assert [kind for kind, _ in told("annotator")] == ["answered", "answered"]
    assert told("reviewer") == [("mentioned", "owner mentions you on cells.tif: “@reviewer No.”")]


def test_people_who_annotate_blind_are_not_told_of_each_other(world: World) -> None:
    twin = Image.objects.get(pk=world.image.pk)
    twin.pk, twin.twin_of, twin.assignee = uuid.uuid4(), world.image, world.users["annotator"]
    twin.save(force_insert=True)
    answer = ask(world, "annotator", "POST", f"/api/images/{twin.pk}/comments", text="@viewer @reviewer Hello")
    assert answer.json()["mentions"] == ["reviewer"]
    assert ask(world, "viewer", "PATCH", f"/api/comments/{answer.json()['id']}", resolved=True).status_code == 404


def test_an_answer_belongs_to_a_thread_of_the_same_image(world: World) -> None:
    theirs = Image.objects.get(project=world.other)
    other = Comment.objects.create(image=theirs, author=make_user("x"), text="Ours")
    path = f"/api/images/{world.image.pk}/comments"
    assert ask(world, "annotator", "POST", path, text="Hi", thread=str(other.pk)).status_code == 404


def test_everybody_in_the_image_is_told_to_look(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(events, "_to_group", lambda group, event: sent.append((group, event["text"])))
    with django_capture_on_commit_callbacks(execute=True):
        made = say(world, "@reviewer Look")
        ask(world, "annotator", "DELETE", f"/api/comments/{made['id']}")
    image, person = events.image_group(world.image.pk), events.person_group(world.users["reviewer"].pk)
    assert [group for group, _ in sent] == [person, image, image]
    assert json.loads(sent[0][1]) == {
        "type": "notified", "unread": 1, "text": "annotator mentions you on cells.tif: “@reviewer Look”",
    }  # fmt: skip
    assert sent[1][1] == '{"type":"comments"}'


def test_there_is_a_limit_for_one_image(world: World) -> None:
    Comment.objects.bulk_create(Comment(image=world.image, text="x") for _ in range(MAX_COMMENTS))
    answer = ask(world, "annotator", "POST", f"/api/images/{world.image.pk}/comments", text="More")
    assert answer.status_code == 409

"""What all requests of the API have in common: the shape of a refusal, repeats, the rate."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpResponse
from django.test import Client
from redis.exceptions import ConnectionError as CacheAway

from annotation.actions.repeats import KEPT, do_sweep_answers
from annotation.actions.tokens import do_create_token
from annotation.models import KeptAnswer, Membership, Project
from annotation.permissions import Scope
from annotation.views import gate
from tests.annotation.world import World, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def post(client: Client, path: str, body: dict[str, Any], *, key: str = "a key") -> HttpResponse:
    return client.post(path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize("path", ["/api/projects/00000000-0000-0000-0000-000000000000", "/api/me"])
def test_a_refusal_is_a_problem_with_our_code(world: World, path: str) -> None:
    actor = "owner" if "projects" in path else "anonymous"
    answer = world.client(actor).get(path)
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["detail"] == problem["message"]
    assert (problem["code"], problem["title"]) in {("not_found", "Not Found"), ("not_signed_in", "Unauthorized")}


@pytest.mark.parametrize(
    ("broken", "status", "code"),
    [(OperationalError("gone"), 503, "retry"), (RuntimeError("a secret"), 500, "internal")],
)
def test_r4_a_database_that_is_away_and_what_nobody_foresaw_are_problems_too(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: Exception, status: int, code: str
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise broken

    client = world.client("owner")
    client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(CursorWrapper, "execute", break_down)
        answer, page = client.get("/api/projects"), client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert page.status_code == status
    assert "secret" not in answer.content.decode() + page.content.decode()


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_a_repeat_is_answered_the_same_and_does_nothing(world: World) -> None:
    client = world.client("outsider")
    first, second = (post(client, "/api/projects", {"name": "Yeast"}) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Project.objects.filter(name="Yeast").count() == 1
    post(client, "/api/projects", {"name": "Yeast"}, key="another")
    assert Project.objects.filter(name="Yeast").count() == 2


def test_a_key_is_its_persons_own(world: World) -> None:
    post(world.client("outsider"), "/api/projects", {"name": "Yeast"})
    post(world.client("guest"), "/api/projects", {"name": "Yeast"})
    assert Project.objects.filter(name="Yeast").count() == 2


def test_a_key_stands_for_one_request(world: World) -> None:
    client = world.client("outsider")
    post(client, "/api/projects", {"name": "Yeast"})
    refused = post(client, "/api/projects", {"name": "Worms"})
    assert (refused.status_code, refused.json()["code"]) == (422, "conflict")
    assert not Project.objects.filter(name="Worms").exists()


def test_what_was_refused_may_be_tried_again(world: World) -> None:
    client, path = world.client("viewer"), f"/api/projects/{world.project.pk}/classes"
    assert post(client, path, {"name": "Mitotic"}).status_code == 403
    assert not KeptAnswer.objects.exists()
    Membership.objects.filter(user=world.users["viewer"]).update(role="manager")
    assert post(client, path, {"name": "Mitotic"}).status_code == 201


def test_a_repeat_needs_the_person(world: World) -> None:
    post(world.client("outsider"), "/api/projects", {"name": "Yeast"})
    assert post(world.client("anonymous"), "/api/projects", {"name": "Yeast"}).status_code == 401
    wrong = {"Authorization": "Bearer cytomark_x", "Idempotency-Key": "a key"}
    assert world.client("outsider").post("/api/projects", {"name": "Yeast"}, headers=wrong).status_code == 401


def test_secrets_are_not_kept_for_repeats(world: World) -> None:
    client = world.client("owner")
    made = post(client, "/api/tokens", {"name": "notebook", "scopes": [], "days": 1})
    invited = post(client, f"/api/projects/{world.project.pk}/members", {"email": "new@lab.example", "role": "viewer"})
    assert (made.status_code, invited.status_code, invited.json()["link"][:6]) == (201, 201, "/link/")
    assert made.headers["Cache-Control"] == invited.headers["Cache-Control"] == "no-store"
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 129, "a\x01b"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    assert post(world.client("outsider"), "/api/projects", {"name": "Yeast"}, key=key).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_done() -> None:
    user = make_user("ada")

    def send(_: int) -> bytes:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        try:
            return post(client, "/api/projects", {"name": "Yeast"}).content
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = set(threads.map(send, range(4)))
    assert len(answers) == 1
    assert Project.objects.filter(name="Yeast").count() == 1


def test_answers_are_forgotten_after_a_day(world: World) -> None:
    post(world.client("outsider"), "/api/projects", {"name": "Yeast"})
    assert do_sweep_answers() == 0
    kept = KeptAnswer.objects.get()
    KeptAnswer.objects.update(created_at=kept.created_at - KEPT)
    assert do_sweep_answers() == 1


# --- rate -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_a_minute(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    settings.REQUESTS_PER_MINUTE = 3
    monkeypatch.setattr(gate.time, "time", lambda: 1_800_000_010.0)


@pytest.fixture
def program(world: World, three_a_minute: None) -> dict[str, str]:
    _, secret = do_create_token(world.users["owner"], name="loop", scopes=[Scope.ANNOTATE], days=1)
    return {"Authorization": f"Bearer {secret}"}


def test_a_program_hears_how_many_requests_are_left(world: World, program: dict[str, str]) -> None:
    answers = [Client().get("/api/me", headers=program) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["Retry-After"] == "50"
    assert answers[3].json()["code"] == "too_fast"
    assert (
        world.client("viewer").post("/api/projects", {"name": "x"}, content_type="application/json").status_code == 201
    )


def test_pages_may_look_as_often_as_they_like(world: World, three_a_minute: None) -> None:
    client = world.client("owner")
    assert {client.get("/api/me").status_code for _ in range(6)} == {200}
    path, body = f"/api/projects/{world.project.pk}", {"name": "x"}
    changed = [client.patch(path, body, content_type="application/json").status_code for _ in range(4)]
    assert changed == [200, 200, 200, 429]


def test_nobody_waits_for_a_cache_that_is_away(program: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise CacheAway

    monkeypatch.setattr(gate.cache, "add", away)
    assert {Client().get("/api/me", headers=program).status_code for _ in range(5)} == {200}

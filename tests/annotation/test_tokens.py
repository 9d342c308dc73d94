"""Programs that act for a person: what they may do, and when that ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from annotation.actions.tokens import MAX_TOKENS, PREFIX, do_create_token
from annotation.errors import AppError
from annotation.models import Token, User
from annotation.permissions import SCOPE_OF, Action, Scope, access_project
from tests.annotation.matrix import ROWS, Row
from tests.annotation.world import World, make_world

pytestmark = pytest.mark.django_db
API_ROWS = [row for row in ROWS if row.path.startswith("/api/")]


@pytest.fixture
def world() -> World:
    return make_world()


def secret_of(user: User, *scopes: Scope) -> str:
    return do_create_token(user, name="notebook", scopes=scopes, days=30)[1]


def ask(secret: str, method: str, path: str, body: Any = None, client: Client | None = None) -> HttpResponse:
    """A request by token; bodies are JSON unless they are bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body or {})
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    client = client or Client(enforce_csrf_checks=True)
    return client.generic(method, path, raw, content_type=kind, headers={"Authorization": f"Bearer {secret}"})


def ask_row(row: Row, world: World, secret: str) -> int:
    if row.prepare:
        row.prepare(world)
    body = row.raw if row.body is None else row.body(world)
    return ask(secret, row.method, (row.path + row.query).format(**world.ids), body).status_code


@pytest.mark.parametrize("actor", ["annotator", "viewer"])
def test_a_token_may_do_what_its_person_may(world: World, actor: str) -> None:
    secret = secret_of(world.users[actor], *Scope)
    answers, expected = {}, {}
    for row in API_ROWS:
        with transaction.atomic():
            key = f"{row.name} {row.private}"
            answers[key] = ask_row(row, world, secret)
            allowed, unseen = actor in row.allowed and not row.signed_in, row.private and not row.signed_in
            expected[key] = row.ok if allowed else (404 if unseen else 403)
            transaction.set_rollback(True)
    assert answers == expected


def test_a_token_that_only_reads_changes_nothing(world: World) -> None:
    secret = secret_of(world.users["owner"])
    for row in API_ROWS:
        if row.method != "GET":
            with transaction.atomic():
                assert ask_row(row, world, secret) == 403, row.name
                transaction.set_rollback(True)
    assert ask(secret, "GET", f"/api/projects/{world.project.pk}").status_code == 200


@pytest.mark.parametrize("action", Action)
def test_each_action_needs_its_scope(world: World, action: Action) -> None:
    owner = world.users["owner"]
    owner.scopes = frozenset({SCOPE_OF[action]})
    access_project(owner, world.project.pk, action)
    owner.scopes = frozenset(Scope) - {SCOPE_OF[action]}
    with pytest.raises(AppError, match="has no scope"):
        access_project(owner, world.project.pk, action)


def test_a_token_makes_projects_only_where_it_may_manage(world: World) -> None:
    body = {"name": "Yeast"}
    assert ask(secret_of(world.users["outsider"], Scope.ANNOTATE), "POST", "/api/projects", body).status_code == 403
    assert ask(secret_of(world.users["outsider"], Scope.MANAGE), "POST", "/api/projects", body).status_code == 201


def test_the_secret_is_told_once_and_stored_nowhere(world: World) -> None:
    client = world.client("owner")
    body = {"name": "  notebook ", "scopes": ["export"], "days": 7}
    made = client.post("/api/tokens", body, content_type="application/json").json()
    assert made["token"].startswith(PREFIX)
    assert len(made["token"]) >= len(PREFIX) + 43
    listed = client.get("/api/tokens").json()
    assert [(one["name"], one["scopes"]) for one in listed] == [("notebook", ["export", "read"])]
    assert made["token"] not in json.dumps(listed) + str(list(Token.objects.values()))


def test_a_token_ends_when_it_is_taken_back_over_or_its_account_closed(world: World) -> None:
    secret = secret_of(world.users["owner"])
    assert ask(secret, "GET", "/api/me").json()["username"] == "owner"
    with transaction.atomic():
        Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert ask(secret, "GET", "/api/me").status_code == 401
        transaction.set_rollback(True)
    with transaction.atomic():
        User.objects.filter(username="owner").update(is_active=False)
        assert ask(secret, "GET", "/api/me").status_code == 401
        transaction.set_rollback(True)
    assert world.client("owner").delete(f"/api/tokens/{Token.objects.get().pk}").status_code == 204
    refused = ask(secret, "GET", "/api/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("secret", ["", "x", "cytomark_", "cytomark_" + "a" * 43, "é", "\t", "a" * 100_000])
def test_an_unknown_token_is_refused_even_beside_a_session(world: World, secret: str) -> None:
    assert ask(secret, "GET", "/api/me", client=world.client("owner")).status_code == 401


def test_a_token_is_judged_by_itself_beside_a_session(world: World) -> None:
    answer = ask(secret_of(world.users["outsider"]), "GET", "/api/me", client=world.client("owner"))
    assert answer.json()["username"] == "outsider"


def test_the_last_use_is_kept(world: World) -> None:
    secret = secret_of(world.users["owner"])
    ask(secret, "GET", "/api/me")
    used = Token.objects.get().last_used_at
    assert used is not None
    ask(secret, "GET", "/api/me")
    assert Token.objects.get().last_used_at == used


def test_tokens_are_not_made_without_end(world: World) -> None:
    for _ in range(MAX_TOKENS):
        secret_of(world.users["owner"])
    with pytest.raises(AppError, match="Remove those"):
        secret_of(world.users["owner"])


@pytest.mark.parametrize("change", [{"days": 0}, {"days": 366}, {"scopes": ["root"]}, {"name": "\n"}, {"name": ""}])
def test_a_token_that_cannot_be_is_refused(world: World, change: dict[str, Any]) -> None:
    body = {"name": "a", "scopes": [], "days": 1, **change}
    assert world.client("owner").post("/api/tokens", body, content_type="application/json").status_code == 422

"""S4, S5, S20: generated from the routes that there are, so that a new one cannot be forgotten."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from annotation.models import AuditEntry, Extreme, ImageFigures, ImageTouch, Tally
from annotation.views.urls import api
from tests.annotation.matrix import EVERYBODY, MEMBERS, OPEN_TO_ALL, ROWS, Row
from tests.annotation.world import ACTORS, World, make_world

pytestmark = pytest.mark.django_db
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture(autouse=True)
def built_pages(settings: Any, tmp_path: Any) -> None:
    """Pages need the bundle's list of files, not the bundle."""
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text('{"src/main.tsx": {"file": "assets/main-1.js"}}')
    settings.FRONTEND_DIST = tmp_path


def placeholders(route: str) -> str:
    """<uuid:project_id> and {uuid:project_id} as {project_id}."""
    return re.sub(r"[<{](?:\w+:)?(\w+)[>}]", r"{\1}", route)


def plain_routes(patterns: list[Any], prefix: str = "/") -> set[str]:
    """Every path outside of the API."""
    found: set[str] = set()
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= set() if route == "/api/" else plain_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.add(placeholders(route))
    return found


def api_routes() -> set[tuple[str, str]]:
    """Every method and path of the API."""
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema(path_prefix="/api/")["paths"]
    return {(method.upper(), placeholders(path)) for path, methods in paths.items() for method in methods}


SUMS = {ImageTouch, ImageFigures, Tally, Extreme}


def snapshot() -> dict[str, list[Any]]:
    """All that the application has in its tables, but for sessions and sign-ins, and the sums that are brought up to
    date for whoever looks."""
    found = {}
    for model in apps.get_app_config("annotation").get_models():
        if model in SUMS:
            continue
        fields = [field.attname for field in model._meta.concrete_fields if field.name != "last_login"]
        rows = model.objects.exclude(kind="sign_in") if model is AuditEntry else model.objects.all()
        found[model.__name__] = list(rows.order_by("pk").values(*fields))
    return found


def send(row: Row, world: World, actor: str, **options: Any) -> HttpResponse:
    if row.prepare:
        row.prepare(world)
    path = (row.path + row.query).format(**world.ids)
    client = world.client(actor, **options)
    if row.body is None:
        return client.generic(row.method, path, row.raw or b"", headers=row.headers)
    return client.generic(
        row.method, path, json.dumps(row.body(world)), content_type="application/json", headers=row.headers
    )


def expected(row: Row, actor: str) -> int:
    if actor in row.allowed:
        return row.ok
    if actor == "anonymous":
        return 401 if row.path.startswith("/api/") else 302
    return 403 if actor in MEMBERS and not row.private else 404


def test_every_route_has_a_row() -> None:
    rows = {(row.method, row.path) for row in ROWS}
    assert api_routes() - rows == set(), "add these to tests/annotation/matrix.py"
    assert plain_routes(get_resolver().url_patterns) - {path for _, path in rows} - set(OPEN_TO_ALL) == set()


def test_every_row_has_a_route() -> None:
    known = {path for _, path in api_routes()} | plain_routes(get_resolver().url_patterns)
    assert {row.path for row in ROWS} | set(OPEN_TO_ALL) <= known


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_role_is_answered_as_the_matrix_says(row: Row, world: World) -> None:
    before = snapshot()
    answers = {}
    for actor in ACTORS:
        with transaction.atomic():
            answers[actor] = send(row, world, actor).status_code
            if actor not in row.allowed and row.prepare is None:
                assert snapshot() == before, f"{actor} was refused and yet changed something"
            transaction.set_rollback(True)
    assert answers == {actor: expected(row, actor) for actor in ACTORS}


@pytest.mark.parametrize("row", [row for row in ROWS if row.method in UNSAFE], ids=lambda row: row.name)
def test_nothing_is_changed_without_the_csrf_token(row: Row, world: World) -> None:
    before = snapshot()
    assert send(row, world, "owner", enforce_csrf_checks=True).status_code == 403
    assert row.prepare or snapshot() == before


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=lambda row: row.name)
def test_looking_changes_nothing(row: Row, world: World) -> None:
    if row.prepare:
        row.prepare(world)
    before = snapshot()
    for actor in sorted(row.allowed):
        world.client(actor).get(row.path.format(**world.ids), headers=row.headers)
    assert snapshot() == before


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.body and row.allowed != EVERYBODY], ids=lambda row: row.name
)
def test_a_field_that_is_not_declared_is_refused(row: Row, world: World) -> None:
    assert row.body is not None
    if row.prepare:
        row.prepare(world)
    body = {**row.body(world), "is_staff": True, "deleted_at": None, "project_id": str(world.other.pk)}
    path = row.path.format(**world.ids)
    client = world.client("owner")
    answer = client.generic(row.method, path, json.dumps(body), content_type="application/json")
    assert answer.status_code == 422

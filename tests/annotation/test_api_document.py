"""What the API says of itself, and whether it keeps to it whatever is sent: schemathesis makes the requests."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NOT_SET

from annotation.views.urls import openapi
from tests.annotation.matrix import ROWS
from tests.annotation.world import World, make_world

pytestmark = pytest.mark.django_db
document = openapi.document
EXAMPLES = int(os.environ.get("API_EXAMPLES", "4"))
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
OPERATIONS = {f"{one.ok().method.upper()} {one.ok().path}": one.ok() for one in SCHEMA.get_all_operations()}
PREPARED = {row.name: row.prepare for row in ROWS if row.prepare}


@pytest.fixture
def world() -> World:
    return make_world()


def test_it_is_served_and_valid(world: World) -> None:
    said = world.client("viewer").get("/api/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(said).validate()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_described(name: str) -> None:
    method, path = name.split()
    operation = document()["paths"][path][method.lower()]
    assert operation["description"].strip()
    assert operation["tags"]
    assert operation["security"]
    assert all(parameter["description"] for parameter in operation["parameters"])
    assert {401, 403, 429} <= {int(status) for status in operation["responses"]}
    succeeded = [answer for status, answer in operation["responses"].items() if int(status) < 300]
    assert succeeded
    assert all("content" in answer for answer in succeeded) or 204 in operation["responses"]


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent_the_answer_is_one_of_those_described(name: str, world: World) -> None:
    if name in PREPARED:
        PREPARED[name](world)
    operation, client = OPERATIONS[name], world.client("owner", raise_request_exception=False)
    described = {int(status) for status in document()["paths"][operation.path][operation.method]["responses"]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def sent(case: schemathesis.Case) -> None:
        case.path_parameters = {**case.path_parameters, **{k: v for k, v in world.ids.items() if k.endswith("_id")}}
        raw = b"" if case.body is NOT_SET else case.body
        body: Any = raw if isinstance(raw, bytes) else json.dumps(raw)
        with transaction.atomic():
            answer = client.generic(
                case.method,
                case.formatted_path,
                body,
                content_type=case.media_type or "application/json",
                query_params=dict(case.query),
                headers=dict(case.headers),
            )
            transaction.set_rollback(True)
        assert answer.status_code in described, answer.content[:300]
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"].startswith("application/problem+json")

    sent()

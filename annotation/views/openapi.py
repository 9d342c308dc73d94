"""The description of the HTTP API for programs: OpenAPI 3.1, made of the routes that there are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest
from ninja import Router

from annotation.views.api import api
from annotation.views.schemas import ErrorOut

router = Router()
Json = dict[str, Any]

PROBLEM = {"$ref": "#/components/schemas/ErrorOut"}
REFUSALS = {
    400: "What was sent is not what can be done; `message` says why.",
    401: "No token, an unknown one, or one that is over.",
    403: "Your role, or the token's scopes, do not allow this.",
    404: "There is no such thing, or you have no access to it.",
    409: "Something stands against it now, such as a name that is taken.",
    410: "It was there, and is no longer.",
    413: "More bytes than the server takes at once, or for one file.",
    422: "A field is missing, unknown or out of its range.",
    429: "Too many requests or too much work at once; `Retry-After` says when to go on.",
    507: "The server's disk is nearly full.",
}
MORE = {
    "create_upload": (413, 507),
    "append_part": (413, 507),
    "download_export": (409, 410),
    "get_past_cells": (409,),
    "answer_uploads": (404,),
}
"""By which statuses single operations can be refused besides."""
PARAMETERS = {
    "level": "The level of the pyramid: at k a pixel is 2^k image pixels wide.",
    "t": "The frame, from 0.",
    "c": "The channel, from 0.",
    "z": "The slice, from 0.",
    "row": "The tile's row, from 0.",
    "col": "The tile's column, from 0.",
    "limit": "How many rows at most.",
    "cursor": "Where to go on: from the `Link` header (rel=next) of the page before.",
    "offset": "The byte at which the part begins: `received` of the upload.",
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any 1 to 128 characters of yours. The same request with the same key within a day is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


def _refusal(status: int) -> Json:
    answer: Json = {"description": REFUSALS[status], "content": {"application/problem+json": {"schema": PROBLEM}}}
    if status == 429:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def _statuses(method: str, operation: Json) -> Iterator[int]:
    """How this operation can be refused."""
    yield from (401, 403, 429)
    yield from MORE.get(operation["operationId"], ())
    if operation["parameters"]:
        yield from (404, 422)
    if method != "get":
        yield from (400, 409)
    if "requestBody" in operation:
        yield 422


def _noun(path: str) -> str:
    """The last word of a path that is not a placeholder or a verb: what the operation is about."""
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    noun = words[-1] if words[-1] not in ("cancel", "link", "download", "ping", "again") else words[-2]
    return noun.removesuffix(".json")


def _meaning(name: str) -> str:
    """What a parameter is: project_id is the project."""
    return PARAMETERS.get(name) or f"The {name.removesuffix('_id').replace('_', ' ')}."


def _complete(path: str, method: str, operation: Json) -> None:
    operation["tags"] = [_noun(path)]
    for parameter in operation["parameters"]:
        parameter.setdefault("description", _meaning(parameter["name"]))
    for status in sorted(set(_statuses(method, operation))):
        operation["responses"].setdefault(status, _refusal(status))
    if method == "post":
        operation["parameters"].append(KEY)


@cache
def document() -> Json:
    """The whole description."""
    found: Json = api.get_openapi_schema(path_prefix="/api/")
    found["components"]["schemas"]["ErrorOut"] = ErrorOut.model_json_schema()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)
    found["tags"] = [{"name": name} for name in sorted({_noun(path) for path in found["paths"]})]
    return found


@router.get("/openapi.json", response=dict[str, Any])
def describe(request: HttpRequest) -> Json:  # noqa: ARG001
    """This description."""
    return document()

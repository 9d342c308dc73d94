"""manage.py protocol [--check]: writes what TypeScript knows of the WebSocket protocol and of the HTTP schemas.

Interfaces come from the models' JSON schemas. A field with a default may be left out by who sends it: it is optional in
what a browser sends, and filled in by the decoder in what only the server sends.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from ninja import Schema
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from annotation import protocol
from annotation.views import (
    access_schemas,
    agreement_schemas,
    dataset_schemas,
    discussion_schemas,
    measures_schemas,
    recipe_schemas,
    review_schemas,
    schemas,
    schemas_history,
    upload_schemas,
    webhook_schemas,
)

Json = dict[str, Any]

HEADER = "// Written by `make protocol` from {source}. Do not edit.\n"
TARGET = Path("frontend/src/protocol")
SCHEMAS = (
    schemas,
    access_schemas,
    dataset_schemas,
    review_schemas,
    agreement_schemas,
    schemas_history,
    upload_schemas,
    webhook_schemas,
    discussion_schemas,
    measures_schemas,
    recipe_schemas,
)
CONSTANTS = re.compile(r"VERSION|(MAX|CLOSE)_[A-Z_]+")
PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _typescript(schema: Json) -> str:
    """The type of one field."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(_typescript(branch) for branch in branches)
    if schema.get("type") == "array":
        inner = _typescript(schema["items"])
        return f"readonly ({inner})[]" if " " in inner else f"readonly {inner}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"Readonly<Record<string, {_typescript(values) if isinstance(values, dict) else 'unknown'}>>"
    return PRIMITIVES.get(schema.get("type", ""), "unknown")


def _shape(schema: Json) -> Any:
    """The same as data, for the decoder (decode.ts)."""
    if "$ref" in schema:
        return {"ref": _name(schema["$ref"])}
    if "const" in schema:
        return {"oneOf": [schema["const"]]}
    if "enum" in schema:
        return {"oneOf": schema["enum"]}
    if branches := schema.get("anyOf"):
        rest = [branch for branch in branches if branch.get("type") != "null"]
        if len(rest) != 1 or len(rest) == len(branches):
            raise CommandError(f"The decoder knows no union but “or null”: {branches}")
        return {"nullable": _shape(rest[0])}
    if schema.get("type") == "array":
        return {"list": _shape(schema["items"])}
    return schema["type"]


def _comment(schema: Json, indent: str = "") -> str:
    text = " ".join(schema.get("description", "").replace("``", "`").split())
    return f"{indent}/** {text} */\n" if text else ""


def _interface(name: str, schema: Json, *, filled: bool) -> str:
    if "enum" in schema:
        return f"{_comment(schema)}export type {name} =\n  | " + "\n  | ".join(map(json.dumps, schema["enum"])) + ";\n"
    required = set(schema.get("required", ()))
    lines = [
        f"  readonly {field}{'' if filled or field in required else '?'}: {_typescript(inner)};\n"
        for field, inner in schema.get("properties", {}).items()
    ]
    return f"{_comment(schema)}export interface {name} {{\n{''.join(lines)}}}\n"


def _shape_of_model(schema: Json, *, filled: bool) -> Any:
    if "enum" in schema:
        return {"oneOf": schema["enum"]}
    required = set(schema.get("required", ()))
    fields = {field: _shape(inner) for field, inner in schema["properties"].items()}
    absent = {field: inner["default"] for field, inner in schema["properties"].items() if field not in required}
    # What browsers send too keeps its optional fields optional; only the server's own are filled in.
    return {"fields": fields, "optional": sorted(absent), "defaults": absent if filled else {}}


def _union(name: str, schema: Json) -> str:
    members = " | ".join(_name(branch["$ref"]) for branch in schema["oneOf"])
    return f"export type {name} = {members};\n"


def messages() -> str:
    """messages.gen.ts: constants, interfaces, unions and the decoder of what the server sends."""
    client: Json = TypeAdapter(protocol.ClientMessage).json_schema()
    server: Json = protocol.SERVER.json_schema()
    known: Json = dict(sorted({**server["$defs"], **client["$defs"]}.items()))
    constants = {name: value for name, value in vars(protocol).items() if CONSTANTS.fullmatch(name)}
    parts = [HEADER.format(source="annotation/protocol.py"), 'import { decoder } from "./decode";\n']
    parts += ["".join(f"export const {name} = {value};\n" for name, value in sorted(constants.items()))]
    parts += [_interface(name, schema, filled=name not in client["$defs"]) for name, schema in known.items()]
    parts += [_union("Change", client["$defs"]["Push"]["properties"]["changes"]["items"])]
    parts += [_union("ClientMessage", client), _union("ServerMessage", server)]
    shapes = {
        name: _shape_of_model(schema, filled=name not in client["$defs"])
        for name, schema in sorted(server["$defs"].items())
    }
    by_type = {tag: _name(reference) for tag, reference in server["discriminator"]["mapping"].items()}
    decode = f"decoder<ServerMessage>({json.dumps(by_type)}, {json.dumps(shapes, indent=2)})"
    parts += ["/** The message in a text frame. Throws ProtocolError with the first thing that is wrong with it. */"]
    parts += [f"export const decodeServerMessage = {decode};\n"]
    return "\n".join(parts)


def api() -> str:
    """api.gen.ts: an interface for each schema of the HTTP API."""
    models = [
        model
        for module in SCHEMAS
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, Schema) and model.__module__ == module.__name__
    ]
    _, schema = models_json_schema([(model, "validation") for model in models])
    taken = {model.__name__ for model in models if issubclass(model, schemas.In)}
    parts = [HEADER.format(source="the schemas of annotation/views")]
    parts += [
        _interface(name, inner, filled=name not in taken)
        for name, inner in sorted(schema["$defs"].items())
        if name != "In"
    ]
    return "\n".join(parts)


class Command(BaseCommand):
    """One generator for both files."""

    help = "Write the TypeScript of the protocol, or with --check say whether it is up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        """One flag."""
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is out of date")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exit code 1 with the stale files' names when only checking."""
        folder = settings.BASE_DIR / TARGET
        stale = []
        for name, text in {"messages.gen.ts": messages(), "api.gen.ts": api()}.items():
            path = folder / name
            if path.is_file() and path.read_text() == text:
                continue
            stale.append(name)
            if not options["check"]:
                path.write_text(text)
        if stale and options["check"]:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run “make protocol” and commit what it writes.")

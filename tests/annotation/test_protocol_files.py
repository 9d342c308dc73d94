"""What TypeScript knows of the protocol is what Python says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pydantic import TypeAdapter

from annotation import protocol
from annotation.management.commands import protocol as command

FIXTURES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "frontend/src/protocol/fixtures.json").read_text()
)


def _types(union: TypeAdapter[Any]) -> set[str]:
    return set(union.json_schema()["discriminator"]["mapping"])


def test_the_committed_files_are_fresh() -> None:
    call_command("protocol", "--check")


def test_a_stale_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match=r"messages\.gen\.ts, api\.gen\.ts"):
        call_command("protocol", "--check")
    (tmp_path / command.TARGET).mkdir(parents=True)
    call_command("protocol")
    call_command("protocol", "--check")


@pytest.mark.parametrize("name", FIXTURES["client"])
def test_the_server_takes_each_message_that_clients_send(name: str) -> None:
    message = FIXTURES["client"][name]
    assert protocol.parse(json.dumps(message)).model_dump(mode="json", exclude_unset=True) == message


@pytest.mark.parametrize("name", FIXTURES["server"])
def test_the_server_would_say_each_message_that_clients_understand(name: str) -> None:
    message = FIXTURES["server"][name]
    assert protocol.SERVER.validate_python(message).model_dump(mode="json") == message


def test_every_message_has_a_fixture() -> None:
    said = {side: {message["type"] for message in messages.values()} for side, messages in FIXTURES.items()}
    assert said == {"client": _types(TypeAdapter(protocol.ClientMessage)), "server": _types(protocol.SERVER)}

"""What is wrong before the start is told in one sentence that says what to do."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from webapp.embedded import command, preflight
from webapp.embedded.errors import StartError
from webapp.embedded.roles import roles

EVERYWHERE = "0.0.0.0"  # noqa: S104 (only its spelling is used)


def test_a_busy_port_names_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(StartError) as raised:
            preflight.check_port("127.0.0.1", port)
    assert str(raised.value) == (
        f"Port {port} is in use by another program. Stop it, or choose another: make up PORT={port + 1}."
    )


def test_an_address_of_another_machine_is_told_apart_from_a_busy_port() -> None:
    with pytest.raises(StartError, match="Choose an address with --host"):
        preflight.check_port("192.0.2.1", 8000)


def test_a_second_cytomark_on_the_same_data_folder_learns_where_the_first_is(tmp_path: Path) -> None:
    with (
        preflight.data_lock(tmp_path, "http://127.0.0.1:8000"),
        pytest.raises(StartError, match=r"already runs on .*http://127\.0\.0\.1:8000.*DATA="),
        preflight.data_lock(tmp_path, "http://127.0.0.1:8001"),
    ):
        pass


def test_a_lock_file_of_a_dead_process_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "cytomark.lock").write_text("process 1, http://127.0.0.1:9\n")
    with preflight.data_lock(tmp_path, "http://127.0.0.1:8000"):
        assert (tmp_path / "cytomark.lock").read_text() == f"process {os.getpid()}, http://127.0.0.1:8000\n"


def test_a_missing_parent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"no/such does not exist\. Make it"):
        preflight.prepare_data(tmp_path / "no" / "such" / "data")


def test_a_file_in_place_of_the_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartError, match="is a file"):
        preflight.prepare_data(tmp_path / "data")


def test_a_nearly_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="MB are free"):
        preflight.check_disk(tmp_path, needed=2**62)


def test_pages_that_are_not_built_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="make up"):
        preflight.check_frontend(tmp_path)


def test_windows_is_sent_to_wsl2_or_docker() -> None:
    with pytest.raises(StartError, match="WSL2"):
        preflight.check_platform("win32")


def test_the_command_tells_the_sentence_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "check_frontend", lambda _: None)
    assert command.main(["--data", str(tmp_path / "no" / "data")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_wildcard_address_is_shown_as_one_that_can_be_opened() -> None:
    assert command.shown_host(EVERYWHERE) == "127.0.0.1"
    assert command.shown_host("::1") == "[::1]"
    assert "*" not in command.allowed_hosts(EVERYWHERE)


def test_a_click_decodes_on_one_core_and_no_process_takes_all_of_them() -> None:
    found = {role.name: role for role in roles("127.0.0.1", 8000, cores=8, schedule="/tmp/s")}
    assert set(found) == {"web", "click", "embed", "batch", "io", "beat"}
    assert found["click"].env["CYTOMARK_TORCH_THREADS"] == "1"
    assert found["embed"].env["CYTOMARK_TORCH_THREADS"] == "7"
    assert found["batch"].argv[:3] == ("nice", "-n", "10")

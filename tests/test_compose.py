"""docker-compose.yml and the Dockerfile start what `manage.py up` starts, closed and with health checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from webapp.celery import QUEUES
from webapp.embedded.roles import beat_argv, web_argv, worker_argv

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
COMPUTE = ("embed", "batch", "train")


def test_every_service_is_there() -> None:
    wanted = {"migrate", "web", "worker-click", "worker-gpu", "worker-cpu", "worker-io", "beat", "postgres", "redis"}
    assert set(SERVICES) == wanted


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_commands_are_those_of_the_one_machine_command() -> None:
    assert tuple(SERVICES["worker-click"]["command"]) == worker_argv("click", ("click",))
    assert tuple(SERVICES["worker-io"]["command"]) == worker_argv("io", ("io",), threads=2)
    assert tuple(SERVICES["worker-gpu"]["command"]) == worker_argv("compute", COMPUTE)
    assert SERVICES["worker-cpu"]["command"] == SERVICES["worker-gpu"]["command"]
    assert tuple(SERVICES["beat"]["command"]) == beat_argv("/tmp/beat-schedule")


def test_the_image_starts_the_same_web_server() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    found = re.search(r"^CMD (\[.*\])", text, re.MULTILINE)
    assert found is not None
    assert tuple(ast.literal_eval(found[1])) == web_argv("0.0.0.0", 8000)  # noqa: S104 (inside its container)


def test_every_queue_has_a_worker_in_both_profiles() -> None:
    for compute in ("worker-gpu", "worker-cpu"):
        workers = [SERVICES[name]["command"] for name in ("worker-click", "worker-io", compute)]
        queues = [queue for argv in workers for queue in argv[argv.index("-Q") + 1].split(",")]
        assert sorted(queues) == sorted(QUEUES)


def test_the_gpu_worker_reserves_a_gpu_and_only_in_its_profile() -> None:
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    devices = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]


def test_every_named_volume_is_declared_and_postgres_18_keeps_its_parent_folder() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_images_are_pinned_and_only_the_web_server_has_a_port() -> None:
    assert all(re.search(r":\d+\.\d", service["image"]) for service in SERVICES.values())
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${CYTOMARK_ADDRESS:-127.0.0.1:8000}:8000"]


def test_the_database_orders_text_as_the_embedded_one_does() -> None:
    words = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert "--locale-provider=builtin --builtin-locale=C.UTF-8" in words
    assert "--auth=scram-sha-256" in words


def test_the_image_runs_as_an_ordinary_user() -> None:
    assert "\nUSER cytomark\n" in (ROOT / "Dockerfile").read_text()

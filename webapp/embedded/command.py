"""`manage.py up`: the database, the broker, the workers and the web server on one machine, with one command."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from webapp.embedded import places, preflight
from webapp.embedded.child import spawn
from webapp.embedded.errors import StartError
from webapp.embedded.postgres import Postgres
from webapp.embedded.roles import Role, module, roles
from webapp.embedded.supervisor import Child, KeepsDyingError, StoppedError, Supervisor
from webapp.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent.parent
WEB_SECONDS = 120.0
STAGE_VALKEY, STAGE_POSTGRES = 8, 9


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start Cytomark on this machine.")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the one folder that keeps everything")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (0.0.0.0: every one)")
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Runs until Ctrl-C; returns the exit status. What is wrong is told in a sentence, not in a traceback."""
    options = parse(argv)
    data = options.data.expanduser().absolute()
    address = f"http://{shown_host(options.host)}:{options.port}"
    try:
        preflight.check_platform()
        preflight.check_frontend(ROOT / "frontend" / "dist")
        preflight.prepare_data(data)
        preflight.check_disk(data)
        with preflight.data_lock(data, address):
            preflight.check_port(options.host, options.port)
            return serve(data, options.host, options.port, address=address)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def serve(data: Path, host: str, port: int, *, address: str) -> int:
    """Starts everything in order and keeps it running."""
    with Supervisor() as supervisor:
        try:
            environment = start_stores(supervisor, data, host)
            run_command(supervisor, environment, "migrate", "--noinput", "--verbosity", "0")
            run_command(supervisor, environment, "convert_images")
            greeting = first_run(environment, address)
            schedule = str(places.run_folder(data) / "beat-schedule")
            for role in roles(host, port, cores=os.cpu_count() or 1, schedule=schedule):
                supervisor.start(role_child(role, environment))
            if not supervisor.wait_for(lambda: answers(f"{address}/healthz"), seconds=WEB_SECONDS):
                raise StartError(
                    f"The web server did not answer within {WEB_SECONDS:.0f} seconds. See its lines above."
                )
            supervisor.say("cytomark", greeting)
            supervisor.run()
        except StoppedError:
            supervisor.say("cytomark", "stopping (Ctrl-C again: at once)")
            return 0
        except KeepsDyingError as error:
            raise StartError(str(error)) from error
    return 0


def start_stores(supervisor: Supervisor, data: Path, host: str) -> dict[str, str]:
    """Starts PostgreSQL and Valkey and returns the environment in which Django runs."""
    postgres, valkey = Postgres(data), Valkey(data)
    postgres.prepare()
    supervisor.start(
        Child("postgres", postgres.spawn, stage=STAGE_POSTGRES, grace=4.0, stop_signal=signal.SIGINT),
    )
    supervisor.start(Child("valkey", valkey.spawn, stage=STAGE_VALKEY, grace=2.0))
    for name, ready in (("PostgreSQL", postgres.is_ready), ("Valkey", valkey.is_ready)):
        if not supervisor.wait_for(ready, seconds=120):
            raise StartError(f"{name} was not ready after two minutes. Its lines above say why.")
    postgres.make_database()
    return environment_of(data, host, database=postgres.url, broker=valkey.url)


def environment_of(data: Path, host: str, *, database: str, broker: str) -> dict[str, str]:
    """What every process of the application gets; the person's own settings (ALLOWED_HOSTS …) win where harmless."""
    return {
        "ALLOWED_HOSTS": allowed_hosts(host),
        "CYTOMARK_WEIGHTS": str(data / "weights"),
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "SECRET_KEY": places.secret(data, "secret_key"),
        "CYTOMARK_DATA": str(data),
        "CYTOMARK_EMBEDDINGS": str(data / "embeddings"),
        "PYTHONUNBUFFERED": "1",
        # Celery warns of root in every worker; that `up` may run as root is decided, see about.md.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def allowed_hosts(host: str) -> str:
    names = ["localhost", "127.0.0.1", "[::1]"]
    names += [socket.gethostname(), socket.getfqdn()] if host in {"0.0.0.0", "::"} else [host]  # noqa: S104
    return ",".join(dict.fromkeys(names))


def shown_host(host: str) -> str:
    """The host in the address that we print and ask: a wildcard is not an address."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def role_child(role: Role, environment: Mapping[str, str]) -> Child:
    def start(output: int) -> subprocess.Popen[bytes]:
        return spawn(
            module(role.argv),
            output=output,
            env={**environment, **role.env},
            folder=ROOT,
            death_signal=role.death_signal,
        )

    return Child(role.name, start, stage=role.stage, grace=role.grace)


def run_command(supervisor: Supervisor, environment: Mapping[str, str], name: str, *words: str) -> None:
    """Runs `manage.py name …` to its end. Raises: StartError where it fails."""
    argv = (sys.executable, "manage.py", name, *words)
    child = role_child(Role(name, argv), environment)
    if supervisor.run_once(child) != 0:
        raise StartError(f"“manage.py {name}” failed. Its lines above say why.")


def first_run(environment: Mapping[str, str], address: str) -> str:
    """The line for the person: the address and, until somebody has set a password, the sign-in link.

    Raises: StartError where the command fails.
    """
    argv = [sys.executable, "manage.py", "first_run", "--url", address]
    ran = subprocess.run(argv, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise StartError(f"“manage.py first_run” failed:\n{ran.stderr.strip()}")
    return ran.stdout.strip() or f"Cytomark runs at {address}"


def answers(url: str) -> bool:
    """Whether the web server says that it is alive."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 (our own http address)
            return bool(reply.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False

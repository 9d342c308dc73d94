"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier

import pytest


def pytest_configure() -> None:
    """A password is hashed slowly on purpose; hundreds of tests make people."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def socket_connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """The sockets' threads keep their connections, with which the test database could not be dropped."""
    if any(item.get_closest_marker("django_db") for item in request.session.items):
        request.getfixturevalue("django_db_setup")
    yield
    from django.db import connection

    from annotation.database import THREADS

    together = Barrier(THREADS._max_workers)

    def close() -> None:
        together.wait(timeout=10)
        connection.close()

    for closing in [THREADS.submit(close) for _ in range(THREADS._max_workers)]:
        closing.result()

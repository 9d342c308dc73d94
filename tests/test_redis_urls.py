"""One REDIS_URL serves redis-py, the channel layer and Celery."""

from __future__ import annotations

import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection

from webapp.redis_urls import broker_url


@pytest.mark.parametrize("url", ["redis://:word@redis:6379/0", "rediss://user:word@host/2"])
def test_addresses_of_servers_stay_as_they_are(url: str) -> None:
    assert broker_url(url) == url


def test_a_socket_keeps_its_user_password_path_and_number() -> None:
    url = broker_url("unix://cytomark:w-1@/tmp/run/valkey.sock?db=3")
    assert url == "redis+socket://cytomark:w-1@/tmp/run/valkey.sock?virtual_host=3"


def test_celery_reaches_the_embedded_server_through_it() -> None:
    with Connection(broker_url(os.environ["REDIS_URL"])) as connection:
        queue = connection.SimpleQueue("test-redis-urls")
        queue.put({"n": 1})
        message = queue.get(timeout=5)
        assert message.payload == {"n": 1}
        message.ack()
        queue.close()


@pytest.mark.parametrize("url", ["", "localhost:6379", "http://redis", "unix://", "memory://"])
def test_other_addresses_are_refused_with_the_forms_that_work(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="redis://"):
        broker_url(url)

"""One REDIS_URL for three libraries: redis-py and the channel layer read it as it is, Celery spells it differently."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured


def broker_url(redis_url: str) -> str:
    """Celery's form of `redis_url`.

    redis:// and rediss:// stay as they are; unix://USER:PASSWORD@/PATH?db=N becomes
    redis+socket://USER:PASSWORD@/PATH?virtual_host=N.

    Raises: ImproperlyConfigured for any other address.
    """
    parts = urlsplit(redis_url)
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return redis_url
    if parts.scheme != "unix" or not parts.path:
        raise ImproperlyConfigured(
            "REDIS_URL must look like redis://:PASSWORD@HOST:6379/0, rediss://… or unix://:PASSWORD@/PATH/valkey.sock?db=0."
        )
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"

"""One REDIS_URL, in the spelling that each library wants."""

from __future__ import annotations


def broker_url(redis_url: str) -> str:
    """Celery's spelling: kombu calls a unix socket redis+socket://."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url.startswith("unix://") else redis_url

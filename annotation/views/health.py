"""Is it running, and can it work (R34)?"""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def alive(_: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


def _database_works() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_works() -> bool:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        return False
    return True


def ready(_: HttpRequest) -> JsonResponse:
    """Without the database nothing works (503); without the broker editing goes on, so that is only said."""
    database, broker = _database_works(), _broker_works()
    return JsonResponse({"database": database, "broker": broker}, status=200 if database else 503)

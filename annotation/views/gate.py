"""What every request of the API passes: the rate of its person, and repeats that are done once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from annotation.actions.repeats import Answer, do_once
from annotation.errors import AppError
from annotation.models import User
from annotation.views.access import TokenAuth
from annotation.views.paging import tell_next

logger = logging.getLogger(__name__)

WINDOW_S = 60
Run = Callable[..., HttpResponseBase]


def _counted(request: HttpRequest) -> bool:
    """All of programs; of pages what they change: they look at hundreds of tiles in a moment."""
    return "Authorization" in request.headers or request.method not in ("GET", "HEAD")


class PersonRate(BaseThrottle):
    """At most settings.REQUESTS_PER_MINUTE of one person in each minute of the clock, whatever tokens they use. Where
    the cache is away nobody is kept waiting."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count it, and note for the headers how many are left."""
        if not _counted(request) or not isinstance(request.user, User):
            return True
        key = f"rate.{request.user.pk}.{int(time.time()) // WINDOW_S}"
        try:
            cache.add(key, 0, timeout=2 * WINDOW_S)
            used = cache.incr(key)
        except (RedisError, OSError, ValueError) as error:
            logger.warning("Requests are not counted, the cache is away: %s", error)
            return True
        request.rate_left = max(settings.REQUESTS_PER_MINUTE - used, 0)  # type: ignore[attr-defined]
        return bool(used <= settings.REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return WINDOW_S - time.time() % WINDOW_S


def _tell_rate(request: HttpRequest, response: HttpResponseBase) -> None:
    left: int | None = getattr(request, "rate_left", None)
    if left is not None:
        response["RateLimit-Limit"] = str(settings.REQUESTS_PER_MINUTE)
        response["RateLimit-Remaining"] = str(left)
        response["RateLimit-Reset"] = str(int(WINDOW_S - time.time() % WINDOW_S) + 1)


def _caller(request: HttpRequest) -> User | None:
    """Who asks, where that is known to be somebody; the operation itself says what is wrong otherwise."""
    try:
        found = TokenAuth()(request) or request.user
    except AppError:
        return None
    return found if isinstance(found, User) else None


def _done_once(request: HttpRequest, run: Callable[[], HttpResponseBase], user: User, key: str) -> HttpResponseBase:
    made: list[HttpResponseBase] = []

    def do() -> Answer:
        response = run()
        made.append(response)
        keep = response.status_code < 300 and response.headers.get("Cache-Control") != "no-store"
        return Answer(response.status_code, getattr(response, "content", b"").decode(), keep=keep)

    asked = request.get_full_path().encode() + b"\n" + request.body
    kept = do_once(user, key, request=asked, do=do)
    if kept is None:
        return made[0]
    repeated = HttpResponse(kept.body, status=kept.status, content_type="application/json; charset=utf-8")
    repeated["Idempotency-Replayed"] = "true"
    return repeated


def gate(refuse: Callable[[HttpRequest, AppError], HttpResponse]) -> Callable[[Run], Run]:
    """A decorator around whole operations, authentication included; ``refuse`` answers what is refused here."""

    def around(run: Run) -> Run:
        @wraps(run)
        def passed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            key = request.headers.get("Idempotency-Key")
            user = _caller(request) if key is not None and request.method == "POST" else None
            try:
                if key is None or user is None:
                    response = run(request, *args, **kwargs)
                else:
                    response = _done_once(request, lambda: run(request, *args, **kwargs), user, key)
            except AppError as error:
                response = refuse(request, error)
            _tell_rate(request, response)
            tell_next(request, response)
            return response

        return passed

    return around

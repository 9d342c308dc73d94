"""The HTTP API: sessions with CSRF, one shape of error, a router for each noun."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import django_auth

from annotation.errors import AppError, ErrorCode
from annotation.models import User

api = NinjaAPI(title="Cytomark", version="1", auth=django_auth, docs_url=None, openapi_url=None, urls_namespace="api")


def person(request: HttpRequest) -> User:
    """Who asks; the API's authentication has made sure that it is somebody."""
    return cast(User, request.user)


def _answer(request: HttpRequest, code: ErrorCode, message: str, *, status: int) -> HttpResponse:
    response = api.create_response(request, {"code": code.value, "message": message}, status=status)
    if status == 429:
        response["Retry-After"] = "30"
    return response


@api.exception_handler(AppError)
def on_refusal(request: HttpRequest, error: AppError) -> HttpResponse:
    """Every refusal as {"code", "message"}."""
    return _answer(request, error.code, error.message, status=error.status)


@api.exception_handler(ValidationError)
def on_bad_request(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first thing that is wrong with the request, in words."""
    first = error.errors[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "request"
    return _answer(request, ErrorCode.BAD_REQUEST, f"{where[:100]}: {str(first['msg'])[:200]}", status=422)


@api.exception_handler(AuthenticationError)
def on_stranger(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    """Nobody is signed in, or no longer."""
    return _answer(request, ErrorCode.NOT_SIGNED_IN, "You are not signed in. Sign in and try again.", status=401)


@api.exception_handler(HttpError)
def on_framework_refusal(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What is refused before a view is reached: a missing CSRF token (403) or a body that is not JSON (400)."""
    if error.status_code == 403:
        message = "This page was open for too long, or the request came from elsewhere. Reload the page and try again."
        return _answer(request, ErrorCode.FORBIDDEN, message, status=403)
    return _answer(request, ErrorCode.BAD_REQUEST, str(error)[:200], status=error.status_code)

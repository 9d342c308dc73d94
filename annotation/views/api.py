"""The HTTP API: tokens, or sessions with CSRF; one shape of error; a router for each noun."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from annotation.actions.tokens import do_use_token
from annotation.errors import AppError, ErrorCode, forbidden
from annotation.models import User
from annotation.permissions import Scope

_SAFE = ("GET", "HEAD")


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …`. Whoever sends one is judged by it alone, whatever cookies come along."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """The token's person, who may change nothing by a token that only reads."""
        user = do_use_token(token)
        if user is None:
            raise AppError(
                ErrorCode.NOT_SIGNED_IN, "This token is unknown, over or taken back. Make another one.", status=401
            )
        if request.method not in _SAFE and user.scopes == frozenset({Scope.READ.value}):
            raise forbidden("This token may only read. Make another one in your account.")
        request.user = user
        return user


class SignedIn(SessionAuth):
    """The person in the browser, never a program."""

    def __call__(self, request: HttpRequest) -> Any:
        """Refuse a token with a sentence instead of looking for cookies."""
        if "Authorization" in request.headers:
            raise forbidden("A token cannot do this. Sign in and open your account.")
        return super().__call__(request)


api = NinjaAPI(
    title="Cytomark",
    version="1",
    auth=[TokenAuth(), SessionAuth()],
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)


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

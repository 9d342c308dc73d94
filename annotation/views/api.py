"""The HTTP API: tokens, or sessions with CSRF; one shape of error; a router for each noun."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found, server_error
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.operation import Operation
from ninja.security import SessionAuth

from annotation.errors import AppError, ErrorCode
from annotation.models import User
from annotation.views.access import TokenAuth
from annotation.views.gate import PersonRate, gate
from annotation.views.paging import in_pages


class CytomarkAPI(NinjaAPI):
    """Operations are called what their functions are called."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Such as list_images."""
        return operation.view_func.__name__


api = CytomarkAPI(
    title="Cytomark",
    version="1",
    description="Everything that the pages of Cytomark do. See the guides at /docs/api/.",
    auth=[TokenAuth(), SessionAuth()],
    throttle=[PersonRate()],
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)


def person(request: HttpRequest) -> User:
    """Who asks; the API's authentication has made sure that it is somebody."""
    return cast(User, request.user)


def _answer(request: HttpRequest, code: ErrorCode, message: str, *, status: int) -> HttpResponse:
    """A problem of RFC 9457 with our code; ``message`` stays beside ``detail`` for those who know it by that name."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "code": code.value,
        "message": message,
    }
    response = api.create_response(request, said, status=status)
    response["Content-Type"] = "application/problem+json"
    if status == 429:
        response["Retry-After"] = "30"
    return response


def not_found_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that there is not: a problem for programs, a page for people."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    return _answer(request, ErrorCode.NOT_FOUND, "There is no such address; /api/openapi.json lists all.", status=404)


def failure_page(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw: a problem for programs, a page for people. A database that is away is no fault of ours, and
    the same request will do later (R4)."""
    is_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if is_away else 500
    if not request.path.startswith("/api/"):
        page = server_error(request)
        page.status_code = status
        return page
    if is_away:
        message = "The database is away for a moment. Try again in a few seconds."
        response = _answer(request, ErrorCode.RETRY, message, status=status)
        response["Retry-After"] = "5"
        return response
    message = "Something went wrong on the server; it is in the log. What was saved is safe."
    return _answer(request, ErrorCode.INTERNAL, message, status=status)


@api.exception_handler(AppError)
def on_refusal(request: HttpRequest, error: AppError) -> HttpResponse:
    """Every refusal as {"code", "message"}."""
    return _answer(request, error.code, error.message, status=error.status)


api.add_decorator(gate(on_refusal), mode="view")
api.add_decorator(in_pages, mode="operation")


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


@api.exception_handler(Throttled)
def on_too_fast(request: HttpRequest, _: Throttled) -> HttpResponse:
    """More requests in this minute than one person may make; ninja adds when to come back."""
    message = "That was too many requests in a minute. Wait as long as Retry-After says, then go on."
    return _answer(request, ErrorCode.TOO_FAST, message, status=429)


@api.exception_handler(HttpError)
def on_framework_refusal(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What is refused before a view is reached: a missing CSRF token (403) or a body that is not JSON (400)."""
    if error.status_code == 403:
        message = "This page was open for too long, or the request came from elsewhere. Reload the page and try again."
        return _answer(request, ErrorCode.FORBIDDEN, message, status=403)
    return _answer(request, ErrorCode.BAD_REQUEST, str(error)[:200], status=error.status_code)

"""Who asks: a program by its token, or a person by their session."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
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

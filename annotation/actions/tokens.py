"""Tokens: made and taken back by their person, in the browser; found by what a program sends."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotation.actions.audit import do_audit
from annotation.actions.projects import check_name
from annotation.errors import AppError, ErrorCode, not_found
from annotation.models import AuditKind, Token, User
from annotation.permissions import Scope

PREFIX = "cytomark_"
"""By this a token is recognised where it does not belong, such as in a repository."""
MAX_TOKENS = 50
_USE_STEP = timedelta(minutes=1)
"""The last use is not written more often than this."""


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


@transaction.atomic
def do_create_token(user: User, *, name: str, scopes: Iterable[Scope], days: int) -> tuple[Token, str]:
    """A new token and its secret, which is told this once. Every token may read."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if Token.objects.filter(user_id=user.pk).count() >= MAX_TOKENS:
        message = f"You have {MAX_TOKENS} tokens. Remove those that nothing uses any more."
        raise AppError(ErrorCode.CONFLICT, message, status=409)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        name=check_name(name, "token"),
        digest=_digest(secret),
        scopes=sorted({Scope.READ, *scopes}),
        expires_at=timezone.now() + timedelta(days=days),
    )
    do_audit(user, AuditKind.TOKEN_MADE, subject=token.name, scopes=list(token.scopes), days=days)
    return token, secret


@transaction.atomic
def do_delete_token(user: User, token_id: UUID) -> None:
    """Programs that use it are refused from now on. Raises NOT_FOUND for what is not this person's."""
    token = Token.objects.filter(pk=token_id, user_id=user.pk).first()
    if token is None:
        raise not_found("token")
    do_audit(user, AuditKind.TOKEN_REMOVED, subject=token.name)
    token.delete()


def do_use_token(secret: str) -> User | None:
    """The person whose token this is, limited to its scopes. None for one that is unknown, over, or of a closed
    account."""
    now = timezone.now()
    valid = Token.objects.filter(digest=_digest(secret), expires_at__gt=now, user__is_active=True)
    token = valid.select_related("user").first()
    if token is None:
        return None
    unused = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_STEP)
    Token.objects.filter(unused, pk=token.pk).update(last_used_at=now)
    token.user.scopes = frozenset(token.scopes)
    return token.user

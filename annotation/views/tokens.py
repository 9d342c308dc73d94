"""A person's own tokens. Only the person makes and sees them, signed in: a token cannot make another one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from annotation.actions.tokens import do_create_token, do_delete_token
from annotation.models import Token
from annotation.permissions import Scope
from annotation.queries import get_tokens
from annotation.views.access import SignedIn
from annotation.views.access_schemas import TokenIn, TokenMadeOut, TokenOut
from annotation.views.api import person
from annotation.views.paging import paged

router = Router(auth=SignedIn())


@router.get("/tokens", response=list[TokenOut])
@paged
def list_tokens(request: HttpRequest) -> list[Token]:
    """One's tokens, oldest first, without their secrets."""
    return get_tokens(person(request))


@router.post("/tokens", response={201: TokenMadeOut})
def create_token(request: HttpRequest, response: HttpResponse, body: TokenIn) -> Status[TokenMadeOut]:
    """A new token; the answer is the only one that has its secret."""
    response["Cache-Control"] = "no-store"
    scopes = [Scope(name) for name in body.scopes]
    token, secret = do_create_token(person(request), name=body.name, scopes=scopes, days=body.days)
    made = TokenOut.model_validate(token)
    return Status(201, TokenMadeOut(**made.model_dump(), token=secret))


@router.delete("/tokens/{uuid:token_id}", response={204: None})
def delete_token(request: HttpRequest, token_id: UUID) -> Status[None]:
    """Refuse it from now on."""
    do_delete_token(person(request), token_id)
    return Status(204, None)

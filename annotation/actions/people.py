"""Letting people in."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from annotation.models import User


def sign_in_path(user: User) -> str:
    """The path of a link that lets this person choose a password, once.

    The token is made from the present password and the last sign-in, so that using the link ends it; it also ends after
    settings.PASSWORD_RESET_TIMEOUT seconds.
    """
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return f"/link/{uid}/{default_token_generator.make_token(user)}/"

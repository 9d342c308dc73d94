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


FIRST_NAME = "admin"


def first_administrator() -> User | None:
    """The account that the first start made, as long as nobody has chosen a password for it."""
    user = User.objects.filter(username=FIRST_NAME, is_superuser=True, is_active=True).first()
    return user if user is not None and not user.has_usable_password() else None


def do_create_first_administrator() -> User | None:
    """An account that may do everything, to be taken over through its sign-in link. None when there are people."""
    if User.objects.exists():
        return None
    user = User(username=FIRST_NAME, email="admin@localhost", is_staff=True, is_superuser=True)
    user.set_unusable_password()
    user.save()
    return user

"""Making accounts, and the one-time link by which their person takes them."""

from __future__ import annotations

import re

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.http import urlsafe_base64_decode

from annotation.errors import AppError, ErrorCode
from annotation.models import User

_NAME = re.compile(r"[\w.+-]{1,40}")


def _refused(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message, status=422)


def _free_name(email: str) -> str:
    """A name that nobody has, made of the address: ada@example.org becomes ada, ada-2, ada-3…"""
    wanted = re.sub(r"[^\w.+-]+", "", email.split("@")[0])[:30] or "person"
    taken = {
        name.lower() for name in User.objects.filter(username__istartswith=wanted).values_list("username", flat=True)
    }
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name.lower() not in taken)


@transaction.atomic
def do_create_person(email: str) -> User:
    """A new account without a password: it opens only through a one-time link (annotation.actions.people)."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise _refused("That is not an e-mail address.") from error
    user = User(username=_free_name(email), email=email)
    user.set_unusable_password()
    user.save()
    return user


def check_link(uid: str, token: str, *, lock: bool = False) -> User:
    """The person whom the link is for. Raises GONE when it was used, is too old or was never valid."""
    people = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    try:
        user = people.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        user = None
    if user is None or not default_token_generator.check_token(user, token):
        raise AppError(
            ErrorCode.GONE,
            "This link was used already or is too old. If it was you, sign in with the name and password that you "
            "chose. Otherwise ask whoever sent it for a new one.",
            status=410,
        )
    return user


def check_new_name(name: str, user: User) -> None:
    """Raise ValidationError unless ``user`` may be called this. No @: no name passes for an address."""
    if not _NAME.fullmatch(name):
        raise ValidationError("Use 1 to 40 letters, digits and . + - _ for your name.")
    if User.objects.filter(username__iexact=name).exclude(pk=user.pk).exists():
        raise ValidationError("Somebody else has this name. Choose another.")


@transaction.atomic
def do_redeem_link(uid: str, token: str, *, username: str, password: str) -> User:
    """Take the account: name and password are set, which ends the link. Of two at once the row's lock lets one win.

    Raises AppError(GONE) for a link that is over, ValidationError for a name or password that cannot be had.
    """
    user = check_link(uid, token, lock=True)
    check_new_name(username, user)
    user.username = username
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["username", "password"])
    return user

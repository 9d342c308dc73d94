"""Who uses Cytomark."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Somebody who signs in. ``username`` is the name that others see."""

    email = models.EmailField("e-mail address", unique=True)

    scopes: frozenset[str] | None = None
    """What the token allows by which this person asks now (names of permissions.Scope); None: signed in themselves."""

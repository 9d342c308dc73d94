"""Signing in and out."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):
    """Accounts are made by people who already have one, never by strangers (S26)."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

"""Signing in and out, and taking an account by its one-time link."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from django import forms
from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotation.actions.accounts import check_link, do_redeem_link
from annotation.errors import AppError
from annotation.models import User
from annotation.views.pages import refusal_page

_WRONG = "The name or the password is wrong. Check both, capitals included."
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class ClosedAdapter(DefaultAccountAdapter):
    """Accounts are made by people who already have one, never by strangers; whether a name exists is not told (S26)."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _WRONG,
        "email_password_mismatch": _WRONG,
        "too_many_login_attempts": "Too many wrong passwords. Wait a quarter of an hour, then try again.",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, _user: User) -> HttpResponse:
        return refusal_page(request, "This account was closed. Ask an administrator to open it again.", status=403)


class SignInForm(LoginForm):
    """A name longer than any that can be is refused before anything is done with it (S26)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label="Name or e-mail address",
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
        )
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].max_length = 1024


class SignInView(LoginView):
    """Name, password, and the throttling of settings.ACCOUNT_RATE_LIMITS."""

    form_class = SignInForm


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session; open sockets of it notice (S3)."""
    logout(request)
    return redirect("account_login")


class WelcomeForm(forms.Form):
    """The name that others see, and a password twice."""

    username = forms.CharField(
        label="Your name here",
        help_text="Others see it beside your work. Letters, digits and . + - _",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 10 characters, not a common word and not your name.",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same password again",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        if self.cleaned_data.get("password") != self.cleaned_data.get("again"):
            self.add_error("again", "The two passwords differ. Type both again.")
        return self.cleaned_data


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_account(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Looking at the link changes nothing; sending the form uses it up and signs in (S27)."""
    try:
        user = check_link(uid, token)
        form = WelcomeForm(request.POST or None, initial={"username": user.username})
        if request.method == "POST" and form.is_valid():
            return _take(request, form, uid=uid, token=token)
    except AppError as error:
        return refusal_page(request, error.message, status=error.status)
    return render(request, "account/link.html", {"form": form})


def _take(request: HttpRequest, form: WelcomeForm, *, uid: str, token: str) -> HttpResponse:
    name, password = form.cleaned_data["username"], form.cleaned_data["password"]
    try:
        user = do_redeem_link(uid, token, username=name, password=password)
    except ValidationError as error:
        form.add_error(None, error)
        return render(request, "account/link.html", {"form": form})
    login(request, user, backend=_BACKEND)
    return redirect("/")

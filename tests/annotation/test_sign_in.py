"""S26, S30 and the headers of every page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import User
from tests.annotation.world import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 42"


@pytest.fixture
def ada(settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    user = make_user("ada")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, name: str, password: str, **query: str) -> Any:
    return client.post("/sign-in/", {"login": name, "password": password, **query})


def test_a_name_and_its_password_open_the_projects(ada: User) -> None:
    client = Client()
    answer = sign_in(client, "ada", PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/api/me").json()["username"] == "ada"


def test_the_address_is_as_good_as_the_name(ada: User) -> None:
    assert sign_in(Client(), "Ada@lab.example", PASSWORD).status_code == 302


def test_a_wrong_password_and_an_unknown_name_are_answered_the_same(ada: User) -> None:
    known = sign_in(Client(), "ada", "wrong").content.decode()
    unknown = sign_in(Client(), "eve", "wrong").content.decode()
    assert "The name or the password is wrong." in known
    without_token = [line for line in known.splitlines() if "csrf" not in line]
    assert [line.replace("eve", "ada") for line in unknown.splitlines() if "csrf" not in line] == without_token


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_five_wrong_passwords_lock_the_door_also_for_the_right_one(ada: User, name: str) -> None:
    for _ in range(5):
        assert "is wrong" in sign_in(Client(), name, "wrong").content.decode()
    answer = sign_in(Client(), name, PASSWORD)
    assert answer.status_code == 200
    assert "Too many wrong passwords" in answer.content.decode()


def test_a_name_longer_than_any_is_refused(ada: User) -> None:
    assert "at most 254 characters" in sign_in(Client(), "x" * 255, "wrong").content.decode()


def test_a_closed_account_does_not_open(ada: User) -> None:
    User.objects.update(is_active=False)
    client = Client()
    assert sign_in(client, "ada", PASSWORD).status_code == 403
    assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil", "/\\evil"]
)
def test_after_signing_in_one_stays_at_home(ada: User, elsewhere: str) -> None:
    assert sign_in(Client(), "ada", PASSWORD, next=elsewhere)["Location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(ada: User) -> None:
    assert sign_in(Client(), "ada", PASSWORD, next="/projects/1/")["Location"] == "/projects/1/"


def test_signing_out_needs_a_post_and_ends_the_session(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/api/me").status_code == 401


def test_strangers_are_sent_to_the_sign_in_page() -> None:
    assert Client().get("/")["Location"] == "/sign-in/?next=/"
    assert Client().get("/api/me").json()["code"] == "not_signed_in"


def test_nobody_can_make_an_account_for_themselves() -> None:
    assert Client().get("/sign-up/").status_code == 404
    assert Client().get("/accounts/signup/").status_code == 404


@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page/"])
def test_every_page_tells_the_browser_to_be_careful(path: str) -> None:
    headers = Client().get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in (
        "script-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_the_sign_in_page_is_ours() -> None:
    page = Client().get("/sign-in/").content.decode()
    assert "Annotate microscopy images together." in page
    assert "annotation/plain.css" in page
    assert "sign up" not in page.lower()


def test_no_page_of_the_server_has_inline_script_or_style() -> None:
    page = Client().get("/sign-in/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script(?! src=)", page) == []

"""S27: a link opens an account once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotation.actions.accounts import do_create_person, do_redeem_link
from annotation.actions.people import sign_in_path
from annotation.errors import AppError
from annotation.models import User
from tests.annotation.world import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a quiet microscope"
FORM = {"username": "grace", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def invited() -> User:
    return do_create_person("grace@lab.example")


def test_the_link_sets_name_and_password_and_signs_in(invited: User) -> None:
    client = Client()
    assert client.post(sign_in_path(invited), FORM)["Location"] == "/"
    assert client.get("/api/me").json()["username"] == "grace"
    assert User.objects.get(pk=invited.pk).check_password(PASSWORD)


def test_looking_at_the_link_does_not_use_it_up(invited: User) -> None:
    path = sign_in_path(invited)
    assert Client().get(path).status_code == 200
    assert Client().get(path).status_code == 200


def test_a_used_link_says_what_to_do(invited: User) -> None:
    path = sign_in_path(invited)
    Client().post(path, FORM)
    answer = Client().get(path)
    assert answer.status_code == 410
    assert "ask whoever sent it for a new one" in answer.content.decode()
    assert Client().post(path, {**FORM, "password": "another good one", "again": "another good one"}).status_code == 410
    assert User.objects.get(pk=invited.pk).check_password(PASSWORD)


def test_an_old_link_is_over(invited: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sign_in_path(invited)
    later = timezone.now().replace(tzinfo=None) + timedelta(days=4)
    monkeypatch.setattr("django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda _: later)
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize("path", ["/link/x/y/", "/link/MQ/no-token/", "/link/MTIzNDU2Nzg5MDEyMzQ1Njc4OTA/t/"])
def test_a_made_up_link_is_over(path: str) -> None:
    assert Client().get(path).status_code == 410


def test_a_closed_account_has_no_link(invited: User) -> None:
    path = sign_in_path(invited)
    User.objects.filter(pk=invited.pk).update(is_active=False)
    assert Client().post(path, FORM).status_code == 410


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"username": "ADA"}, "Somebody else has this name"),
        ({"username": "grace@lab"}, "letters, digits"),
        ({"again": "something else"}, "The two passwords differ"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "password123", "again": "password123"}, "too common"),
    ],
)
def test_what_cannot_be_had_is_said_and_the_link_stays(invited: User, change: dict[str, str], sentence: str) -> None:
    make_user("ada")
    path = sign_in_path(invited)
    assert sentence in Client().post(path, {**FORM, **change}).content.decode()
    assert Client().get(path).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_wins(invited: User) -> None:
    _, _, uid, token, _ = sign_in_path(invited).split("/")
    start, outcomes = threading.Barrier(2), []

    def redeem(number: int) -> None:
        start.wait()
        try:
            do_redeem_link(uid, token, username=f"grace{number}", password=f"{PASSWORD} {number}")
            outcomes.append("won")
        except AppError as error:
            outcomes.append(error.code.value)
        finally:
            connection.close()

    threads = [threading.Thread(target=redeem, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "won"]

"""The guides in the application: every page, its links, its pictures, and nothing that runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from annotation import documents
from annotation.documents import FOLDER, guide_names, read_guide
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FRONTEND = Path(__file__).resolve().parents[2] / "frontend/src"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_every_guide_of_the_folder_has_a_page() -> None:
    assert set(guide_names()) == {path.stem for path in FOLDER.glob("*.md")}


@pytest.mark.parametrize("name", guide_names())
def test_all_that_a_guide_links_to_is_there(name: str, client: Client) -> None:
    path = "/docs/" if name == "index" else f"/docs/{name}/"
    page = client.get(path).content.decode()
    assert f"<title>{read_guide(name).title} ·" in page
    for target in set(re.findall(r'(?:href|src)="(/docs/[^"]*)"', page)):
        file, _, anchor = target.partition("#")
        answer = client.get(file)
        assert answer.status_code == 200, target
        assert not anchor or f'id="{anchor}"' in answer.content.decode(), target


def test_the_links_of_panels_lead_to_headings(client: Client) -> None:
    sources = "".join(path.read_text() for path in FRONTEND.rglob("*.ts*"))
    targets = set(re.findall(r'"(/docs/[\w-]+/)#([\w-]+)"', sources))
    assert len(targets) >= 4
    for file, anchor in targets:
        assert f'id="{anchor}"' in client.get(file).content.decode(), f"{file}#{anchor}"


@pytest.mark.parametrize("path", ["/docs/nothing/", "/docs/images/nothing.png"])
def test_what_is_not_there_is_said_in_a_sentence(path: str, client: Client) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_guide_cannot_run_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.md").write_text("# Index\n\n[x](bad.md)\n")
    (tmp_path / "bad.md").write_text(
        "# Bad <b>\n\n<script>alert(1)</script>\n\n[click](javascript:alert(1)) <img src=x onerror=alert(1)>\n"
    )
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    read_guide.cache_clear()
    html = read_guide("bad").html
    read_guide.cache_clear()
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html

"""What the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annotation.datasets.registry import EXPORTERS
from annotation.imaging.kinds import Kind

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SOURCE = "\n".join(
    path.read_text()
    for folder in ("webapp", "annotation", "inference")
    for path in (ROOT / folder).rglob("*.py")
    if "tests" not in path.parts
)
COMMANDS = {path.stem for path in (ROOT / "annotation/management/commands").glob("*.py")} | {"up", "migrate"}


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def page(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        assert found.is_file(), target
        assert not anchor or anchor in anchors(found.read_text()), target


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_commands_exist(path: Path) -> None:
    assert set(re.findall(r"manage\.py (\w+)", path.read_text())) <= COMMANDS


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_variables_are_read_by_the_code(path: Path) -> None:
    named = re.findall(r"`(CYTOMARK_\w+|SECRET_KEY|DATABASE_URL|REDIS_URL|ALLOWED_HOSTS)`", path.read_text())
    assert [name for name in named if f'"{name}"' not in SOURCE] == []


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_make_targets_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([\w-]+)", path.read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)\)", (ROOT / "docs/index.md").read_text()))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked


def test_every_setting_of_the_server_is_explained() -> None:
    settings = (ROOT / "webapp/settings.py").read_text() + (ROOT / "inference/environment.py").read_text()
    known = set(re.findall(r'"(CYTOMARK_[A-Z_]+)"', settings)) - {"CYTOMARK_RUNS"}
    assert known <= set(re.findall(r"CYTOMARK_[A-Z_]+", (ROOT / "docs/running.md").read_text()))


def test_formats_in_and_out_are_those_of_the_code() -> None:
    """S36."""
    text = (ROOT / "docs/files.md").read_text()
    assert all(kind.title.lower() in text.lower() for kind in Kind)
    assert all(f"`{name}`" in text for name in EXPORTERS)


def test_keys_are_those_of_the_application() -> None:
    files = sorted((ROOT / "frontend/src/commands").glob("*commands.ts"))
    commands = "".join(path.read_text() for path in files)
    table = (ROOT / "docs/using.md").read_text().split("## Keys")[1]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    named = {key for row in rows for key in re.findall(r"`([^`]+)`", row)} - {*"0123456789"}
    assert [key for key in sorted(named) if f'"{key}"' not in commands] == []

"""The guides of docs/ as HTML: CommonMark with tables. HTML in a guide is text, so that a guide cannot run anything."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide by its ``name`` in addresses; ``html`` is safe to show."""

    name: str
    title: str
    html: str


def guide_names() -> list[str]:
    """All guides, in the order of the index that links them."""
    linked = re.findall(r"\]\((\w[\w-]*)\.md\)", (FOLDER / "index.md").read_text())
    return ["index", *linked]


@cache
def read_guide(name: str) -> Guide | None:
    """The guide of that name, None where there is none. Read once: guides change with a release."""
    if name not in guide_names():
        return None
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((FOLDER / f"{name}.md").read_text())
    title = _name_headings(tokens)
    for token in _all(tokens):
        _point(token, "href")
        _point(token, "src")
    return Guide(name, title or name.capitalize(), markdown.renderer.render(tokens, markdown.options, {}))


def anchor_of(title: str) -> str:
    """What a heading is called in links, as on GitHub."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _name_headings(tokens: list[Token]) -> str:
    """Give each heading its anchor. Returns the first one's text."""
    titles = []
    for token, inside in itertools.pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(inside.content))
            titles.append(inside.content)
    return titles[0] if titles else ""


def _point(token: Token, attribute: str) -> None:
    """Links between guides lead to their pages here, pictures to where they are served."""
    target = token.attrGet(attribute)
    if not isinstance(target, str) or ":" in target or target.startswith(("#", "/")):
        return
    token.attrSet(attribute, "/docs/" + re.sub(r"\.md(?=$|#)", "/", target))

"""Pieces of JSON and of lists that several formats write, one item at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any

from annotation.datasets.base import ClassRecord

UNCLASSIFIED = "unclassified"


def compact(content: Any) -> str:
    """JSON on one line."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def pretty(content: Any) -> bytes:
    """JSON for people."""
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


class JsonWriter:
    """Writes {"key": [items…], …} item by item."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._separator = "{"

    def value(self, key: str, content: Any) -> None:
        """ "key": content."""
        self._file.write(f"{self._separator}\n{json.dumps(key)}: {compact(content)}".encode())
        self._separator = ","

    def array(self, key: str, items: Iterable[Any]) -> None:
        """ "key": [items…]."""
        self._file.write(f"{self._separator}\n{json.dumps(key)}: [".encode())
        separator = "\n"
        for item in items:
            self._file.write(f"{separator}{compact(item)}".encode())
            separator = ",\n"
        self._file.write(b"\n]")
        self._separator = ","

    def end(self) -> None:
        """The last brace."""
        self._file.write(b"\n}\n")


class Categories:
    """Numbers from ``first`` on, in the project's order of classes; what else turns up comes after them."""

    def __init__(self, classes: Iterable[ClassRecord], *, first: int = 1) -> None:
        self._first = first
        self._classes: list[ClassRecord | None] = list(classes)
        self._numbers = {one.id if one else None: n for n, one in enumerate(self._classes, start=first)}

    def number(self, label_class: ClassRecord | None) -> int:
        """The class's number."""
        key = label_class.id if label_class else None
        if key not in self._numbers:
            self._numbers[key] = self._first + len(self._classes)
            self._classes.append(label_class)
        return self._numbers[key]

    def named(self) -> list[tuple[int, str, ClassRecord | None]]:
        """Number, name and class of all, by number. Cells without a class are “unclassified”."""
        numbered = enumerate(self._classes, start=self._first)
        return [(number, one.name if one else UNCLASSIFIED, one) for number, one in numbered]

    @property
    def names(self) -> list[str]:
        """By number."""
        return [name for _, name, _ in self.named()]


def colour_of(one: ClassRecord | None) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    red, green, blue = bytes.fromhex((one.colour if one else "#999999")[1:])
    return red, green, blue

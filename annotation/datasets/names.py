"""File names that every computer takes, made from what people called their images."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_SUFFIX = re.compile(r"(\.ome)?\.[A-Za-z0-9]{1,5}\Z", re.IGNORECASE)
MOST_BYTES = 120


def split_name(name: str) -> tuple[str, str]:
    """A safe stem and the suffix (“.tif”, “.ome.tif” or nothing)."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    found = _SUFFIX.search(last)
    suffix = found.group() if found and found.start() else ""
    return _safe(last.removesuffix(suffix)), suffix


def _safe(stem: str) -> str:
    visible = "".join(one for one in stem if unicodedata.category(one) not in {"Cf", "Cs", "Co", "Cn"})
    stem = _FORBIDDEN.sub("_", visible)
    stem = stem.encode()[:MOST_BYTES].decode(errors="ignore").strip(". ")
    if not stem:
        return "image"
    return f"_{stem}" if stem.split(".")[0].strip().lower() in _RESERVED else stem


class Names:
    """Hands out stems that differ, also where upper and lower case are the same (Windows, macOS)."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, stem: str) -> str:
        """The stem itself, or with “-2”, “-3”, … where it is taken."""
        key, found = stem.casefold(), stem
        while found.casefold() in self._taken:
            number = self._next.get(key, 2)
            self._next[key] = number + 1
            found = f"{stem}-{number}"
        self._taken.add(found.casefold())
        return found

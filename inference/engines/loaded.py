"""What every engine of our own networks does alike: read its file once, and know its hash."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


class LoadedOnce(ABC, Generic[First, Second]):
    """Two parts that belong together (a network and what is told of it, or two networks) and the hash of their file."""

    _loaded: tuple[First, Second, str] | None = None

    @abstractmethod
    def _read(self) -> tuple[First, Second, str]:
        """Both parts, ready to answer, and the file's SHA-256 (hex). Raises EngineError (permanent) when the file is
        missing or invalid."""

    def load(self) -> None:
        """See Engine.load."""
        if self._loaded is None:
            self._loaded = self._read()

    def _parts(self) -> tuple[First, Second, str]:
        self.load()
        assert self._loaded is not None  # noqa: S101 - load() raises otherwise
        return self._loaded

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the weights file."""
        return self._parts()[2]

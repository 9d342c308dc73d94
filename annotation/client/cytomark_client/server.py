"""A Cytomark server."""

from __future__ import annotations

import os
from types import TracebackType

from .errors import CytomarkError
from .project import Project
from .records import Engine, read
from .transport import Transport


class Cytomark:
    """A server, as the person whose ``token`` it is. Without them, address and token are read from CYTOMARK_URL and
    CYTOMARK_TOKEN."""

    def __init__(
        self, url: str | None = None, *, token: str | None = None, verify: bool | str = True, timeout_s: float = 60.0
    ) -> None:
        url, token = url or os.environ.get("CYTOMARK_URL"), token or os.environ.get("CYTOMARK_TOKEN")
        if not url or not token:
            message = "Give the server's address and a token, or set CYTOMARK_URL and CYTOMARK_TOKEN."
            raise CytomarkError("no_address", message)
        self._transport = Transport(url, token, verify=verify, timeout_s=timeout_s)

    def __enter__(self) -> Cytomark:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._transport.close()

    def user(self) -> str:
        """The name of the person whose token this is."""
        return str(self._transport.get("/api/me")["username"])

    def projects(self) -> list[Project]:
        """The person's projects, last used first."""
        return [self._project(said) for said in self._transport.list("/api/projects")]

    def project(self, name: str) -> Project:
        """The project of that name or id. Raises CytomarkError where there is none, or where several have the name."""
        found = [one for one in self.projects() if name in (one.id, one.name)]
        if len(found) == 1:
            return found[0]
        several = f"{len(found)} projects are called “{name}”. Use an id: {', '.join(one.id for one in found)}."
        raise CytomarkError("not_found", several if found else f"You have no project “{name}”.")

    def create_project(self, name: str) -> Project:
        """A new project of one's own. Needs a token with the scope `manage`."""
        return self._project(self._transport.post("/api/projects", {"name": name}))

    def engines(self) -> list[Engine]:
        """The server's models, those that miss something too."""
        return [read(Engine, said) for said in self._transport.list("/api/engines")]

    def _project(self, said: dict[str, str]) -> Project:
        return Project(self._transport, said["id"], said["name"], said["role"])

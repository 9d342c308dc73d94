"""manage.py weights list | fetch NAME | verify [NAME]: which checkpoints exist, and which are here."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.errors import EngineError
from inference.weights import CATALOGUE, WeightsFile, path_of, variable_of, verify, weights_file
from inference.weights_fetch import fetch
from inference.weights_found import FoundFile, found_files


def _size(entry: WeightsFile) -> str:
    return f"{entry.size / 1e6:,.0f} MB" if entry.size else "not stated"


def _own_row(found: FoundFile) -> dict[str, Any]:
    """A file of one's own with the keys of the catalogue's entries."""
    entry = WeightsFile(found.path.stem, found.engine, found.path.name, "", None, found.size, "not known here")
    return {**asdict(entry), "path": str(found.path), "present": True}


def _advice(found: FoundFile) -> str:
    if not found.engine:
        return "no engine is known to fit: it is never loaded"
    variable = variable_of(found.engine)
    return f"to use it, set {variable}={found.path.name}" if variable else "in use by its name"


class Command(BaseCommand):
    """Nothing is fetched unless this command is asked to."""

    help = "List, fetch or verify the engines' weights."

    def add_arguments(self, parser: CommandParser) -> None:
        """Three verbs; fetch needs a name, verify takes one."""
        parser.add_argument("action", choices=("list", "fetch", "verify"))
        parser.add_argument("name", nargs="?", default="", help="a name from “weights list”")
        parser.add_argument("--json", action="store_true", help="list for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Exit code 1 with a sentence when something is missing or wrong."""
        try:
            if options["action"] == "list":
                self._list(as_json=options["json"])
            elif options["action"] == "fetch":
                self._fetch(options["name"])
            else:
                self._verify(options["name"])
        except EngineError as error:
            raise CommandError(error.message) from error

    def _list(self, *, as_json: bool) -> None:
        rows = [
            {**asdict(entry), "path": str(path_of(entry)), "present": path_of(entry).is_file()} for entry in CATALOGUE
        ]
        own = found_files()
        if as_json:
            self.stdout.write(json.dumps([*rows, *map(_own_row, own)], indent=2))
            return
        for entry, row in zip(CATALOGUE, rows, strict=True):
            here = "here" if row["present"] else "not here"
            self.stdout.write(f"{entry.name:<10} {entry.engine:<13} {here:<9} {_size(entry):<11} {entry.licence}")
            self.stdout.write(f"           SHA-256 {entry.sha256 or 'not stated; recorded at the first fetch'}")
            self.stdout.write(f"           {entry.url or 'comes with Cytomark'}")
            self.stdout.write(f"           {entry.notice}")
        for found in own:
            self.stdout.write(f"{found.path.name}: your own, {found.size / 1e6:,.1f} MB, {found.engine or 'unknown'}")
            self.stdout.write(f"           {_advice(found)}")

    def _fetch(self, name: str) -> None:
        if not name:
            raise CommandError("Say which: “manage.py weights fetch NAME”. “manage.py weights list” shows the names.")
        entry = weights_file(name)
        self.stdout.write(f"{entry.name}: {_size(entry)} from {entry.url}. Licence: {entry.licence}. {entry.notice}")
        shown = -1

        def show(received: int, size: int | None) -> None:
            nonlocal shown
            step = received * 10 // size if size else received // 100_000_000
            if step > shown:
                shown = step
                self.stdout.write(f"  {received / 1e6:,.0f} MB")

        path, digest = fetch(entry, progress=show)
        self.stdout.write(f"{path}\nSHA-256 {digest}")
        if entry.sha256 is None:
            self.stdout.write("Its publisher states no sum: this one is recorded and checked from now on.")

    def _verify(self, name: str) -> None:
        entries = [weights_file(name)] if name else [entry for entry in CATALOGUE if path_of(entry).is_file()]
        bad = []
        for entry in entries:
            found = verify(entry)
            self.stdout.write(f"{entry.name:<10} {found.state} {found.sha256}".rstrip())
            if found.state in ("missing", "wrong"):
                bad.append(entry.name)
        if bad:
            raise CommandError(f"Missing or wrong: {', '.join(bad)}. Run “manage.py weights fetch NAME”.")

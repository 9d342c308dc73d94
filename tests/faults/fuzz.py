"""`make fuzz`: four people do everything that there is to do in one image, at random, over bad connections; at the end
all of them, the database and the replayed log say the same. CYTOMARK_FUZZ_SEEDS (200), CYTOMARK_FUZZ_OPERATIONS (2000
each) and CYTOMARK_SEED (the first one) choose how much. A seed that fails is printed, and fails the same way again."""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from tests.services import FAST, running_postgres, running_valkey, temporary_data

SIDE, PLANES = 160, 2
BAD_LINKS = ((0.1, 0.1, 6), (0.3, 0.3, 12), (0.02, 0.5, 30), (0.0, 0.0, 1))
"""Shares of frames lost and doubled, and the longest delay: each seed draws one for all."""


class Fuzz:
    """One seed."""

    def __init__(self, seed: int) -> None:
        from annotation.models import LabelClass, Role
        from tests.factories import make_image, make_project, make_user
        from tests.faults.people import Link, Server, Somebody, Wire

        self.dice = random.Random(seed)  # noqa: S311 - seeded
        users = [make_user() for _ in range(4)]
        project = make_project(users[0], manager=users[1], annotator=users[2], reviewer=users[3])
        self.classes = [None, LabelClass.objects.get(project=project).pk]
        image = make_image(project, height=SIDE, width=SIDE, size_z=PLANES)
        self.wire = Wire(self.dice, Link(*self.dice.choice(BAD_LINKS)))
        self.server = Server(image, self.wire)
        roles = (Role.OWNER, Role.MANAGER, Role.ANNOTATOR, Role.REVIEWER)
        self.people = [
            Somebody(user, role, self.server, self.dice, client_id=self._id(), holder=self._id())
            for user, role in zip(users, roles, strict=True)
        ]
        self.server.people = self.people

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self.dice.getrandbits(128))

    def run(self, operations: int) -> dict[str, int]:
        """So many by each; how many were done, and refused for which reason."""
        from tests.faults.people import Link, heard_by

        left = {id(one): operations for one in self.people}
        with contextmanager(heard_by)(self.server):
            while any(left.values()):
                for somebody in self.people:
                    if left[id(somebody)] and somebody.ready and self.dice.random() < 0.5:
                        self.act(somebody)
                        left[id(somebody)] -= 1
                    somebody.look_after()
                self.wire.tick()
            self.wire.link = Link()
            for _ in range(10_000):
                self.server.image.refresh_from_db()
                if all(somebody.settled for somebody in self.people):
                    break
                for somebody in self.people:
                    somebody.heard_of = max(somebody.heard_of, self.server.image.clock)
                    somebody.look_after()
                self.wire.tick()
        self.check()
        counts: dict[str, int] = {}
        for somebody in self.people:
            for word, count in somebody.counts.items():
                counts[word] = counts.get(word, 0) + count
        return counts

    def check(self) -> None:
        """Everybody, the database and the log agree."""
        from annotation.history import get_cells_at
        from annotation.queries import cell_states
        from annotation.verify import _verify_image
        from tests.faults.people import hash_of

        image = self.server.image
        truth = hash_of(cell_states(image.pk))
        assert {hash_of(somebody.cells.values()) for somebody in self.people} == {truth}, "people see different cells"
        assert hash_of(get_cells_at(image.pk, image.clock)) == truth, "the replayed log says something else"
        assert list(_verify_image(image.pk)) == []

    # --- what people do -----------------------------------------------------------------------------------------

    def act(self, somebody: Any) -> None:
        doings: list[tuple[Callable[[Any], None], int]] = [
            (self.create, 24), (self.reshape, 14), (self.relabel, 8), (self.lock, 6), (self.delete, 10),
            (self.split, 5), (self.merge, 5), (self.link, 6), (self.divide, 3), (self.two_parts, 3),
            (self.undo, 9), (self.redo, 4), (self.hold, 3), (self.restore, 1),
        ]  # fmt: skip
        [doing] = self.dice.choices([doing for doing, _ in doings], [weight for _, weight in doings])
        doing(somebody)

    def mask(self) -> dict[str, Any]:
        height, width = self.dice.randint(2, 14), self.dice.randint(2, 14)
        top, left = self.dice.randrange(SIDE - height), self.dice.randrange(SIDE - width)
        return {"top": top, "left": left, "height": height, "width": width, "counts": [0, height * width]}

    def new(self, **more: Any) -> dict[str, Any]:
        made = {"change": "create", "id": self._id(), "mask": self.mask(), "provenance": {"source": "hand"}}
        return {**made, "class_id": self.dice.choice(self.classes), "z": self.dice.randrange(PLANES), **more}

    def some(self, somebody: Any, count: int = 1) -> list[Any]:
        known = sorted(somebody.cells.values(), key=lambda cell: str(cell.id))
        return self.dice.sample(known, min(count, len(known)))

    def update(self, cell: Any, **change: Any) -> dict[str, Any]:
        return {"change": "update", "id": cell.id, "base_version": cell.version, **change}

    def create(self, somebody: Any) -> None:
        somebody.push(self.new())

    def _one(self, somebody: Any, change: Callable[[Any], dict[str, Any]]) -> None:
        cells = self.some(somebody)
        somebody.push(change(cells[0]) if cells else self.new())

    def reshape(self, somebody: Any) -> None:
        self._one(somebody, lambda cell: self.update(cell, mask=self.mask()))

    def relabel(self, somebody: Any) -> None:
        self._one(somebody, lambda cell: self.update(cell, class_id=self.dice.choice(self.classes), set_class=True))

    def lock(self, somebody: Any) -> None:
        self._one(somebody, lambda cell: self.update(cell, locked=not cell.locked))

    def delete(self, somebody: Any) -> None:
        self._one(somebody, lambda cell: {"change": "delete", "id": cell.id, "base_version": cell.version})

    def split(self, somebody: Any) -> None:
        cells = self.some(somebody)
        more = [self.update(cells[0], mask=self.mask())] if cells else []
        somebody.push(*more, self.new())

    def merge(self, somebody: Any) -> None:
        cells = self.some(somebody, 2)
        gone = [{"change": "delete", "id": cell.id, "base_version": cell.version} for cell in cells[1:]]
        somebody.push(*([self.update(cells[0], mask=self.mask()), *gone] if cells else [self.new()]))

    def link(self, somebody: Any) -> None:
        cells = self.some(somebody, 2)
        self._one(somebody, lambda cell: self.update(cell, joins=self.dice.choice([cell, *cells]).id))

    def divide(self, somebody: Any) -> None:
        cells = self.some(somebody)
        somebody.push(self.new(parent=cells[0].id) if cells else self.new())

    def two_parts(self, somebody: Any) -> None:
        first = somebody.push(self.new())
        somebody.push(self.new(), continues=first.id)

    def undo(self, somebody: Any) -> None:
        somebody.push(undo=somebody.undoable or self._id())

    def redo(self, somebody: Any) -> None:
        somebody.push(undo=somebody.redoable or self._id())

    def hold(self, somebody: Any) -> None:
        somebody.hold([cell.id for cell in self.some(somebody, self.dice.randint(0, 2))])

    def restore(self, somebody: Any) -> None:
        from django.db import transaction

        from annotation.actions.restore import do_restore
        from annotation.errors import RefusedError
        from annotation.models import Image

        cells = [cell.id for cell in self.some(somebody, 3)]
        clock = self.dice.randint(max(0, (somebody.clock or 0) - 30), somebody.clock or 0)
        with suppress(RefusedError), transaction.atomic():
            image = Image.objects.select_for_update(no_key=True).get(pk=self.server.image.pk)
            do_restore(image, somebody.user, clock, role=somebody.role, cells=cells)


def main() -> int:
    seeds = int(os.environ.get("CYTOMARK_FUZZ_SEEDS", "200"))
    operations = int(os.environ.get("CYTOMARK_FUZZ_OPERATIONS", "2000"))
    first = int(os.environ.get("CYTOMARK_SEED", "1"))
    with ExitStack() as stack:
        data = stack.enter_context(temporary_data())
        postgres = stack.enter_context(running_postgres(data, **FAST))
        valkey = stack.enter_context(running_valkey(data))
        os.environ |= {
            "SECRET_KEY": "only for this test, on loopback only", "CYTOMARK_DATA": str(data),
            "DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "DJANGO_SETTINGS_MODULE": "webapp.settings",
        }  # fmt: skip
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        connection.settings_dict["CONN_MAX_AGE"] = None
        call_command("migrate", verbosity=0)
        for seed in range(first, first + seeds):
            start = time.monotonic()
            try:
                counts = Fuzz(seed).run(operations)
            except Exception:
                print(f"seed {seed} FAILED", flush=True)  # noqa: T201
                raise
            print(f"seed {seed}: {counts}, all equal, {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

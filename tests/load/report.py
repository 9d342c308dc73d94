"""How every benchmark says what it measured: a table, and build/bench/NAME.json."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Row:
    """One figure. ``aim`` says in words what we want; ``ok`` is whether it is reached, None where nothing is."""

    row: str
    value: float
    unit: str
    aim: str = ""
    ok: bool | None = None


def at_most(name: str, value: float, limit: float, *, unit: str) -> Row:
    return Row(name, round(value, 2), unit, f"≤ {limit:g} {unit}", value <= limit)


def at_least(name: str, value: float, limit: float, *, unit: str) -> Row:
    return Row(name, round(value, 3), unit, f"≥ {limit:g} {unit}".strip(), value >= limit)


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def publish(name: str, rows: list[Row]) -> None:
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    said = {"rows": [asdict(row) for row in rows], "machine": machine()}
    (folder / f"{name}.json").write_text(json.dumps(said, indent=1) + "\n")
    width = max(len(row.row) for row in rows)
    for row in rows:
        verdict = "" if row.ok is None else ("reached" if row.ok else "NOT REACHED")
        print(f"{row.row:<{width}}  {row.value:>10g} {row.unit:<4}  {row.aim:<12} {verdict}")  # noqa: T201
    print(f"on {machine()}; also in build/bench/{name}.json")  # noqa: T201

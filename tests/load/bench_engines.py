"""`make bench-engines`: what our engines cost beside the libraries that they replace. Each row is a ratio, or a bound, of
medians in one run on the same threads; every group runs in a process of its own, as threads once started stay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.load.report import ROOT, Row, publish

GROUPS = ("sam", "flows", "tiled")


def rows_of(group: str, folder: Path) -> list[Row]:
    """The rows that tests.load.engines_GROUP measures."""
    out = folder / f"{group}.json"
    code = (
        "import dataclasses, json, pathlib, sys; "
        f"from tests.load.engines_{group} import rows; "
        "pathlib.Path(sys.argv[1]).write_text(json.dumps([dataclasses.asdict(row) for row in rows()]))"
    )
    subprocess.run([sys.executable, "-c", code, str(out)], cwd=ROOT, check=True, timeout=1800)  # noqa: S603
    return [Row(**row) for row in json.loads(out.read_text())]


def main() -> None:
    with TemporaryDirectory() as folder:
        publish("engines", [row for group in GROUPS for row in rows_of(group, Path(folder))])


if __name__ == "__main__":
    main()

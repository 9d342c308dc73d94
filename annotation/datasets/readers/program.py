"""The program that reads one file of annotations: `python -m annotation.datasets.readers.program INPUT FOLDER OPTIONS`.

It is started for each file, behind the walls of annotation.imaging.containment, and thrown away. It imports no Django.
Into the folder it writes cells.jsonl, a line for each cell: [image's index, t, z, class, [top, left, height, width],
counts, number, parent]; the pictures that came along and that the project does not have; and result.json:
{"ok": true, "format", "planes", "pictures", "walls"} or {"ok": false, "code", "sentence"}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from annotation.datasets.readers.found import UNKNOWN, FoundPlane, Target, Targets, read_manifest
from annotation.datasets.readers.pictures import Bounds, Pictures
from annotation.datasets.readers.registry import READERS, choose, open_archive
from annotation.datasets.readers.shapes import BROKEN
from annotation.imaging.containment import Limits, contain
from annotation.imaging.readers.breaking import damaged_where_it_breaks
from annotation.imaging.refusals import RefusalError, damaged, too_large

MOST_PLANES = 20_000
CELLS = "cells.jsonl"
UNCLASSIFIED = "unclassified"


def read(
    file: BinaryIO, folder: Path, *, name: str, chosen: str, images: list[Target], bounds: Bounds | None = None
) -> dict[str, Any]:
    """The result, a refusal included. Pictures are looked for where ``bounds`` say how large they may be."""
    try:
        with damaged_where_it_breaks(*BROKEN, SyntaxError, RecursionError, reason="it does not keep to its format"):
            archive = open_archive(file, file_bytes=os.fstat(file.fileno()).st_size, name=name)
            manifest = read_manifest(archive)
            format_ = chosen or choose(archive, manifest)
            targets = Targets(images, manifest)
            pictures = None if bounds is None else Pictures(archive, format_, folder, first=len(images), bounds=bounds)
            with (folder / CELLS).open("w", encoding="utf-8") as lines:
                planes = list(_planes(READERS[format_](archive), targets, pictures, lines))
            taken = [] if pictures is None else [asdict(target) for target in pictures.taken]
    except RefusalError as error:
        return {"ok": False, "code": error.code, "sentence": _sentence(error)}
    except MemoryError:
        why = too_large("needs more memory than this server gives to one file", "Import it in parts.")
        return {"ok": False, "code": why.code, "sentence": why.sentence}
    return {"ok": True, "format": format_, "planes": planes, "pictures": taken}


def _sentence(error: RefusalError) -> str:
    return error.sentence if error.sentence.startswith("{name}") else f"{{name}} cannot be read: {error.sentence}."


def _planes(
    found: Iterator[FoundPlane], targets: Targets, pictures: Pictures | None, lines: TextIO
) -> Iterator[dict[str, Any]]:
    for number, plane in enumerate(found):
        if number >= MOST_PLANES:
            raise damaged(f"it has more than {MOST_PLANES:,} planes")
        row: dict[str, Any] = {"name": plane.name[:255], "t": plane.t, "z": plane.z, "image": None, "cells": 0}
        problem = ""
        try:
            target, placed = _target(plane, targets, pictures)
            row |= {"image": target.index, "cells": _write(placed, target, lines)}
        except RefusalError as error:
            problem = _reason(error.sentence)
        yield {**row, "problem": problem}
    for name, sentence in pictures.take_rest(targets) if pictures else ():
        yield {"name": name[:255], "t": None, "z": None, "image": None, "cells": 0, "problem": _reason(sentence)}


def _reason(sentence: str) -> str:
    return sentence.replace("{name}", "it")[:300]


def _target(plane: FoundPlane, targets: Targets, pictures: Pictures | None) -> tuple[Target, FoundPlane]:
    """The image of the project that the plane is about, or else the picture that came with it."""
    target, problem = targets.find(plane.name)
    if target is not None:
        return target, plane
    beside = pictures.find(plane) if pictures and problem == UNKNOWN else None
    if beside is None:
        raise RefusalError(problem)
    return beside


def _write(plane: FoundPlane, target: Target, lines: TextIO) -> int:
    t = 0 if plane.t is None else plane.t
    # A file that says no slice is about the one that an image opens at.
    z = target.size_z // 2 if plane.z is None else plane.z
    if not (0 <= t < target.size_t and 0 <= z < target.size_z):
        raise RefusalError(f"the image has no frame {t} with slice {z}")
    texts = []
    with damaged_where_it_breaks(*BROKEN, reason="its outlines cannot be understood"):
        for cell in plane.cells(target.height, target.width):
            mask = cell.mask
            if mask.area:
                box = [mask.top, mask.left, mask.height, mask.width]
                name = "" if cell.name == UNCLASSIFIED else cell.name[:60]
                row = [target.index, t, z, name, box, list(mask.counts), cell.number, cell.parent]
                texts.append(json.dumps(row, separators=(",", ":")))
    lines.writelines(f"{text}\n" for text in texts)
    return len(texts)


def main(arguments: list[str]) -> int:
    """Opens the file, then closes every other door, then looks into it."""
    path, folder, options = Path(arguments[0]), Path(arguments[1]), json.loads(Path(arguments[2]).read_text())
    images = [Target(**image) for image in options["images"]]
    with path.open("rb") as file:
        walls = contain(folder, Limits(**options["limits"]), readable=path)
        bounds = Bounds(**options["pictures"]) if options["pictures"] else None
        result = read(file, folder, name=options["name"], chosen=options["format"], images=images, bounds=bounds)
    (folder / "result.json").write_text(json.dumps({**result, "walls": walls}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

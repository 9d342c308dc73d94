"""The program that decodes one file: `python -m annotation.imaging.decoder INPUT OUTPUT_FOLDER OPTIONS_JSON`.

It is started for each file, behind the walls of containment.py, and thrown away. It imports no Django and gets an empty
environment. Into the folder it writes pixels.ome.zarr (layout.py), thumbnail.webp, `progress` (the share that is done)
and result.json: {"ok": true, kind, about, colours, ranges, walls} or {"ok": false, code, sentence}.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from annotation.imaging.containment import Limits, contain
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.registry import open_source
from annotation.imaging.refusals import RefusalError, too_large
from annotation.imaging.source import STACKS
from annotation.imaging.thumbnail import write_thumbnail


def decode(
    file: BinaryIO,
    folder: Path,
    *,
    limit_pixels: int,
    limit_values: int,
    series: int = 0,
    stack_as: str = STACKS[0],
) -> dict[str, Any]:
    """The result, a refusal included."""
    said = folder / "progress"
    try:
        kind, source = open_source(
            file,
            file_bytes=os.fstat(file.fileno()).st_size,
            limit_pixels=limit_pixels,
            limit_values=limit_values,
            series=series,
            stack_as=stack_as,
        )
        written = write_pyramid(source, folder, progress=lambda share: _say(said, share))
        write_thumbnail(folder / "thumbnail.webp", source.about, written)
    except RefusalError as error:
        refusal = error
    except MemoryError:
        refusal = too_large("needs more memory than this server gives to one image", "Crop it and try again.")
    else:
        about = asdict(source.about)
        return {"ok": True, "kind": kind.title, "about": about, "colours": written.colours, "ranges": written.ranges}
    return {"ok": False, "code": refusal.code, "sentence": refusal.sentence}


def _say(path: Path, share: float) -> None:
    path.write_text(f"{share:.4f}")


def main(arguments: list[str]) -> int:
    """Opens the file, then closes every other door, then looks into it."""
    path, folder, options = Path(arguments[0]), Path(arguments[1]), json.loads(arguments[2])
    reading = {name: options.pop(name) for name in ("limit_pixels", "limit_values", "series", "stack_as")}
    with path.open("rb") as file:
        walls = contain(folder, Limits(**options), readable=path)
        result = decode(file, folder, **reading)
    (folder / "result.json").write_text(json.dumps({**result, "walls": walls}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

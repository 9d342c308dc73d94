"""The program that decodes one file: `python -m annotation.imaging.decoder INPUT OUTPUT_FOLDER OPTIONS_JSON`.

It is started for each file, behind the walls of containment.py, and thrown away. It imports no Django and gets an empty
environment. Into the folder it writes pixels.ome.zarr (layout.py), thumbnail.webp, `progress` (the share that is done)
and result.json: {"ok": true, kind, about, colours, ranges, walls}, {"ok": true, question, walls} beside pictures that
help to answer, or {"ok": false, code, sentence}.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from annotation.imaging.asking import question_of
from annotation.imaging.containment import Limits, contain
from annotation.imaging.kinds import Kind
from annotation.imaging.pyramid import write_pyramid
from annotation.imaging.readers.registry import open_source
from annotation.imaging.refusals import RefusalError, too_large
from annotation.imaging.source import Choice, Source
from annotation.imaging.thumbnail import write_thumbnail


def decode(
    file: BinaryIO,
    folder: Path,
    *,
    limit_pixels: int,
    limit_values: int,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    ask: bool = False,
) -> dict[str, Any]:
    """The result, a refusal included. With ``ask``, what the file leaves open instead."""
    said = folder / "progress"

    def opened(choice: Choice) -> tuple[Kind, Source]:
        size = os.fstat(file.fileno()).st_size
        return open_source(file, file_bytes=size, limit_pixels=limit_pixels, limit_values=limit_values, choice=choice)

    try:
        kind, source = opened(choice)
        if ask and source.about.asks:
            question = question_of(source.about, lambda number: opened(Choice(series=number))[1], folder)
            return {"ok": True, "question": asdict(question)}
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
    reading = {name: options.pop(name) for name in ("limit_pixels", "limit_values", "ask")}
    choice = Choice(**options.pop("choice"))
    with path.open("rb") as file:
        walls = contain(folder, Limits(**options), readable=path)
        result = decode(file, folder, choice=choice, **reading)
    (folder / "result.json").write_text(json.dumps({**result, "walls": walls}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""One project."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from tqdm import tqdm

from .data import IMAGES, LABELS
from .errors import CytomarkError
from .jobs import run_all, wait
from .records import STATES, Image, ImageState, Job, read
from .transport import Transport
from .uploads import Uploaded, Uploader, files_of

RUNS_AT_ONCE = 8


class Project:
    """Images that are annotated together; ``role`` is what the token's person is in it."""

    def __init__(self, transport: Transport, project_id: str, name: str, role: str) -> None:
        self._transport = transport
        self._path = f"/api/projects/{project_id}"
        self.id, self.name, self.role = project_id, name, role

    def __repr__(self) -> str:
        return f"<Project {self.name!r} {self.id}>"

    # --- images in ----------------------------------------------------------------------------------------------

    def images(self) -> list[Image]:
        """All images, oldest first."""
        return [read(Image, said) for said in self._transport.list(f"{self._path}/images")]

    def upload(self, source: str | Path | Iterable[str | Path], *, progress: bool = True) -> Uploaded:
        """Upload a file, the files of a folder, or several of both. Files whose name is in the project already are
        skipped, and a file that was interrupted goes on where it stopped: simply call it again."""
        sources = [source] if isinstance(source, str | Path) else source
        files = [file for one in sources for file in files_of(Path(one))]
        uploader = Uploader(self._transport, self.id, progress=progress)
        return uploader.upload(files, there=[image.name for image in self.images()])

    # --- cells --------------------------------------------------------------------------------------------------

    def find_cells(
        self, engine: str, *, images: Iterable[Image] | None = None, progress: bool = True, **params: float
    ) -> list[Job]:
        """Have an engine find all cells of the images (of all, unless given) and wait. Cells that are there stay.
        ``params`` are the engine's: cell_probability, flow_error, min_area, diameter. Raises CytomarkError, when all
        have ended, for those that failed."""
        chosen = self.images() if images is None else list(images)

        def start(image: Image) -> Job:
            body = {"engine": engine, "params": params}
            return read(Job, self._transport.post(f"/api/images/{image.id}/runs", body))

        with tqdm(total=len(chosen), desc="Find cells", unit="image", disable=None if progress else True) as bar:
            jobs = run_all(self._transport, chosen, start, at_once=RUNS_AT_ONCE, bar=bar)
        failed = [
            f"{image.name}: {job.message}" for image, job in zip(chosen, jobs, strict=True) if job.state != "done"
        ]
        if failed:
            raise CytomarkError("job_failed", f"{len(failed)} of {len(jobs)} images failed. {'; '.join(failed[:5])}")
        return jobs

    # --- review -------------------------------------------------------------------------------------------------

    def states(self) -> dict[ImageState, int]:
        """How many images are in each state of the review."""
        counts = Counter(image.status for image in self.images())
        return {state: counts[state] for state in STATES}

    def set_state(self, image: Image, state: ImageState, *, reason: str = "") -> Image:
        """Move an image on, such as to "submitted" (handed in) or "accepted"; sending it back ("returned") needs a
        reason."""
        answer = self._transport.request("POST", f"/api/images/{image.id}/steps", json={"to": state, "reason": reason})
        return read(Image, answer.json())

    # --- data out -----------------------------------------------------------------------------------------------

    def export(self, export_format: str, target: str | Path, *, progress: bool = True) -> Path:
        """Have the cells written in a format such as `coco` or `label-tiff`, and save the zip file as ``target``."""
        target = Path(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        asked = read(Job, self._transport.post(f"{self._path}/exports", {"format": export_format}))
        job = wait(self._transport, asked)
        self._transport.download(str(job.download), target, progress=progress)
        return target

    def plane(self, image: Image) -> NDArray[Any]:
        """The pixels that are annotated, (row, column) or (row, column, RGB), 8 or 16 bits."""
        about = self._transport.get(f"/api/images/{image.id}")
        planes = [[self._plane(image, about, t=t, z=z) for z in range(about["size_z"])] for t in range(about["size_t"])]
        stack = np.stack([np.stack(slices) for slices in planes])
        return stack[0, 0] if stack.shape[:2] == (1, 1) else stack

    def _plane(self, image: Image, about: dict[str, Any], *, t: int, z: int) -> NDArray[Any]:
        """(row, column) of the first channel, or (row, column, RGB), put together from tiles."""
        side, numbers = about["tile"], np.dtype(about["dtype"]).newbyteorder("<")
        rows, cols = -(-image.height // side), -(-image.width // side)
        channels = []
        for c in (0, 1, 2) if about["rgb"] else (0,):
            at = f"/api/images/{image.id}/tiles/0/{t}/{c}/{z}"
            tiles = [
                [
                    np.frombuffer(self._transport.request("GET", f"{at}/{row}/{col}").content, numbers)
                    for col in range(cols)
                ]
                for row in range(rows)
            ]
            whole = np.block([[tile.reshape(side, side) for tile in line] for line in tiles])
            channels.append(whole[: image.height, : image.width])
        return np.stack(channels, axis=-1) if about["rgb"] else channels[0]

    def download(self, folder: str | Path, *, only: Iterable[ImageState] | None = None, progress: bool = True) -> Path:
        """Images and labels as pairs of files, images/NAME.tif and labels/NAME.tif, for `load` and `CellDataset`;
        ``only`` those whose state is one of these, such as ["accepted"]. Returns the folder."""
        root = Path(folder)
        for part in (IMAGES, LABELS):
            (root / part).mkdir(parents=True, exist_ok=True)
        states = None if only is None else set(only)
        wanted = {image.id: image for image in self.images() if states is None or image.status in states}
        archive = self.export("label-tiff", root / "labels.zip", progress=progress)
        with zipfile.ZipFile(archive) as opened:
            rows = [row for row in json.loads(opened.read("manifest.json"))["images"] if row["id"] in wanted]
            for row in tqdm(rows, desc="Images", unit="image", disable=None if progress else True):
                name = f"{_plain(row['stem'])}.tif"
                (root / LABELS / name).write_bytes(opened.read(f"labels/{row['stem']}.tif"))
                plane = self.plane(wanted[row["id"]])
                photometric = "rgb" if plane.ndim == 3 else "minisblack"
                tifffile.imwrite(root / IMAGES / name, plane, photometric=photometric, compression="zlib")
        return root


def _plain(stem: str) -> str:
    """A file's name that stays in its folder, whatever the server says."""
    if Path(stem).name != stem or "\\" in stem or stem in ("", ".", ".."):
        raise CytomarkError("unexpected", f"The server sent a file name that leaves the folder: {stem[:80]!r}.")
    return stem

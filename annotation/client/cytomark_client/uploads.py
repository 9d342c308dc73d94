"""A folder of images up, in parts. What was interrupted goes on where it stopped, in another process too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from .errors import CytomarkError
from .jobs import pauses
from .records import Upload, read
from .transport import Transport

PART_BYTES = 8 * 1024**2
AT_ONCE = 50
"""Files that the server may be decoding while others are sent."""
_ENDED = ("done", "failed")


@dataclass(slots=True)
class Uploaded:
    """What became of the files: ``images`` are the new images' ids by file, ``failed`` says why a file was refused,
    ``skipped`` were there already."""

    images: dict[Path, str] = field(default_factory=dict)
    failed: dict[Path, str] = field(default_factory=dict)
    skipped: list[Path] = field(default_factory=list)


def files_of(source: Path) -> list[Path]:
    """The file itself, or the files of a folder by name, without hidden ones and those in folders of it."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise CytomarkError("no_such_folder", f"There is no file or folder {source}.")
    return sorted(path for path in source.iterdir() if path.is_file() and not path.name.startswith("."))


class Uploader:
    """Sends files into one project."""

    def __init__(self, transport: Transport, project_id: str, *, progress: bool) -> None:
        self.transport = transport
        self.path = f"/api/projects/{project_id}/uploads"
        self.progress = progress
        self.report = Uploaded()
        self.decoding: dict[Path, Upload] = {}

    def upload(self, files: Iterable[Path], *, there: Iterable[str]) -> Uploaded:
        """Send what is not ``there`` by name yet. A file that is refused is reported, and the others go on."""
        known = Counter(there)
        left: list[Path] = []
        for file in files:
            known[file.name] -= 1
            (self.report.skipped if known[file.name] >= 0 else left).append(file)
        begun = self._begun()
        total = sum(file.stat().st_size for file in left)
        with tqdm(total=total, unit="B", unit_scale=True, desc="Upload", disable=_off(self.progress)) as bar:
            for file in left:
                self._send(file, begun.pop((file.name, file.stat().st_size), None), bar)
                self._settle(leave=AT_ONCE - 1)
        with tqdm(total=len(self.decoding), desc="Read", unit="image", disable=_off(self.progress)) as bar:
            self._settle(leave=0, bar=bar)
        return self.report

    def _begun(self) -> dict[tuple[str, int], Upload]:
        """Files of which an earlier attempt has sent a part, by name and size."""
        uploads = [read(Upload, one) for one in self.transport.list(self.path)]
        return {(one.name, one.size): one for one in uploads if one.state not in _ENDED}

    def _send(self, file: Path, upload: Upload | None, bar: tqdm[None]) -> None:
        try:
            size = file.stat().st_size
            if upload is None:
                upload = read(Upload, self.transport.post(self.path, {"name": file.name, "size": size}))
            bar.update(upload.received)
            while upload.state == "receiving":
                upload = self._part(file, upload, bar)
        except CytomarkError as error:
            if error.status in (0, 401, 403, 404, 507):
                raise
            self.report.failed[file] = error.message
        else:
            self.decoding[file] = upload

    def _part(self, file: Path, upload: Upload, bar: tqdm[None]) -> Upload:
        with file.open("rb") as opened:
            opened.seek(upload.received)
            part = opened.read(PART_BYTES)
        path = f"/api/uploads/{upload.id}?offset={upload.received}"
        now = read(Upload, self.transport.request("PUT", path, content=part).json())
        bar.update(now.received - upload.received)
        return now

    def _settle(self, *, leave: int, bar: tqdm[None] | None = None) -> None:
        """Wait until at most ``leave`` files are still being decoded."""
        for _ in pauses():
            for file, upload in list(self.decoding.items()):
                if len(self.decoding) <= leave:
                    return
                now = read(Upload, self.transport.get(f"/api/uploads/{upload.id}"))
                if now.state in _ENDED:
                    del self.decoding[file]
                    self._note(file, now)
                    if bar is not None:
                        bar.update()
            if len(self.decoding) <= leave:
                return

    def _note(self, file: Path, upload: Upload) -> None:
        if upload.state == "done" and upload.image is not None:
            self.report.images[file] = upload.image
        else:
            self.report.failed[file] = upload.message


def _off(progress: bool) -> bool | None:  # noqa: FBT001 - tqdm's own question
    """None: tqdm looks whether somebody is at the screen."""
    return None if progress else True

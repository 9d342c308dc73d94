"""A file as an image's fields and files. What was read of the same content in the same way is kept once, in a folder
that is called by both: any number of images of any projects share it, and it goes with the last of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from annotation.imaging.decode import OnTick, decode, decode_or_ask
from annotation.imaging.measure import Decoded
from annotation.imaging.source import Choice, Question
from annotation.imaging.storage import place_folder, remove, staging_folder
from annotation.models import Image, Project, SnapshotImage, User

_FORMAT = 1
"""Of the pyramid: with another one everything is read again."""
_NAME = 64
"""Letters of a folder that is called by content; those of before are called by an image's id."""


@dataclass(frozen=True)
class Ready:
    """What an image will be: its fields, and its files in a staging folder, None where they are in their place already.
    ``series`` are the names of all images of the file where it has several; ``notes`` what people are told."""

    fields: dict[str, Any]
    staged: Path | None
    series: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _nothing(_share: float) -> None:
    """Nobody asks how far it is."""


def sha256_of(path: Path) -> str:
    """Hex, of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store_of_reading(file_sha256: str, choice: Choice) -> str:
    """What the folder is called that keeps what is read of this content in this way."""
    said = json.dumps([_FORMAT, file_sha256, asdict(choice)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def read(
    path: Path, staged: Path, *, name: str, sha256: str, choice: Choice, ask: bool = False, on_tick: OnTick = _nothing
) -> Ready | Question:
    """Decode into ``staged``, unless somebody else's image was read of the same content in the same way. With ``ask``,
    what the file leaves open is returned instead, and pictures of it are in ``staged``. ``path`` stays as it is. Raises
    AppError."""
    store = store_of_reading(sha256, choice)
    known = Image.objects.filter(store=store).first()
    if known is not None and known.folder.is_dir() and not (ask and known.reading["asks"]):
        return _shared(known)
    if ask:
        found = decode_or_ask(path, staged, name=name, choice=choice, on_tick=on_tick)
        if isinstance(found, Question):
            return found
    else:
        found = decode(path, staged, name=name, choice=choice, on_tick=on_tick)
    for extra in ("result.json", "progress"):
        (staged / extra).unlink(missing_ok=True)
    _keep_original(path, staged / f"original{found.kind.suffix}")
    about = found.about
    fields = {
        **_axes(found),
        "file_suffix": found.kind.suffix,
        "file_bytes": path.stat().st_size,
        "file_sha256": sha256,
        "pixels_sha256": found.pixels_sha256,
        "store": store,
        "reading": {
            **asdict(choice),
            "planes_in_file": about.planes,
            "asks": about.asks,
            "names": list(about.series),
            "notes": list(about.notes),
            "labels": list(about.labels),
        },
    }
    return Ready(fields, staged, about.series, about.notes)


def _keep_original(path: Path, original: Path) -> None:
    try:
        os.link(path, original)
    except OSError:
        shutil.copyfile(path, original)


_SHARED = (
    "width", "height", "channels", "size_t", "size_z", "rgb", "dtype", "channel_info", "pixel_um_x", "pixel_um_y",
    "pixel_um_z", "time_step", "file_suffix", "file_bytes", "file_sha256", "pixels_sha256", "store", "reading",
)  # fmt: skip


def _shared(image: Image) -> Ready:
    """What another image was read as."""
    fields = {name: getattr(image, name) for name in _SHARED}
    return Ready(fields, None, tuple(image.reading["names"]), tuple(image.reading["notes"]))


def _axes(what: Decoded) -> dict[str, Any]:
    """The image's fields that its pixels decide on."""
    about = what.about
    z_um, y_um, x_um = about.pixel_um
    named = zip(about.channels, what.colours, what.ranges, strict=True)
    return {
        "width": about.width,
        "height": about.height,
        "channels": about.size_c,
        "size_t": about.size_t,
        "size_z": about.size_z,
        "rgb": about.rgb,
        "dtype": about.dtype,
        "channel_info": [
            {"name": channel.name, "colour": colour, "low": low, "high": high} for channel, colour, (low, high) in named
        ],
        "pixel_um_x": x_um,
        "pixel_um_y": y_um,
        "pixel_um_z": z_um,
        "time_step": about.time_step,
    }


def _lock(store: str) -> None:
    """Until the transaction ends nobody else puts something into this folder or takes it away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(store[:15], 16)])


class StoreGoneError(Exception):
    """The files that were to be shared were removed meanwhile: read again."""


def do_place(ready: Ready) -> None:
    """Put the files in their place, where they stay once the caller's transaction is committed."""
    store = str(ready.fields["store"])
    folder = Path(settings.IMAGES) / store
    _lock(store)
    if not folder.is_dir():
        if ready.staged is None:
            raise StoreGoneError
        place_folder(ready.staged, folder)


def do_make_image(image_id: UUID, ready: Ready, *, project: Project, user: User | None, name: str) -> Image:
    """The row, and its files in place. The caller is in a transaction that may still fail: a repetition then finds the
    files as they are."""
    do_place(ready)
    image = Image(id=image_id, project=project, name=name, created_by=user, **ready.fields)
    image.save(force_insert=True)
    return image


def do_read_image(
    path: Path,
    *,
    image_id: UUID,
    project: Project,
    user: User | None,
    name: str,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    on_read: Callable[[Ready], None] = lambda _ready: None,
) -> Image:
    """An image from a file that is only read, without a question. ``on_read`` is told what was read before anything is
    kept, and within the transaction that keeps it: what it raises keeps nothing. Raises AppError."""
    with staging_folder() as staged, staging_folder() as copies:
        copy = copies / "original"
        shutil.copyfile(path, copy)
        ready = read(copy, staged, name=name, sha256=sha256_of(copy), choice=choice)
        assert isinstance(ready, Ready)  # noqa: S101 - nobody is asked
        with transaction.atomic():
            on_read(ready)
            return do_make_image(image_id, ready, project=project, user=user, name=name)


def do_remove_unused_files(*, before: datetime) -> int:
    """Remove the files of images of which all were deleted before this time, unless a snapshot holds one, and what no
    image knows of. The rows stay: the log speaks of them. Returns how many folders went."""
    folder = Path(settings.IMAGES)
    removed = 0
    for store in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not store.name.startswith(".") and store.is_dir():
            removed += _remove_unused(store, before)
    return removed


@transaction.atomic
def _remove_unused(store: Path, before: datetime) -> bool:
    by_content = len(store.name) == _NAME
    if by_content:
        _lock(store.name)
    images = Image.objects.filter(Q(store=store.name) if by_content else Q(pk=store.name) | Q(twin_of=store.name))
    held = Exists(SnapshotImage.objects.filter(image=OuterRef("pk")))
    gone = Q(deleted_at__lt=before) | Q(project__deleted_at__lt=before)
    unused = not images.exclude(gone & ~held).exists()
    if unused and (images.exists() or store.stat().st_mtime < before.timestamp()):
        remove(store)
        return True
    return False

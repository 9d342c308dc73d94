"""Which weights exist, which are here, and the one door through which a checkpoint comes into a process.

Nothing is ever fetched by the way: see weights_fetch for the explicit command. A checkpoint is data from
strangers (S13): it is hashed, compared with its pinned sum where there is one, and read as tensors only.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from inference.environment import GIBIBYTE, weights_folder
from inference.errors import EngineError, EngineErrorCode

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_BYTES = 3 * GIBIBYTE
_SAM = "https://dl.fbaipublicfiles.com/segment_anything/"
_CELLPOSE = "https://huggingface.co/mouseland/cellpose-sam/resolve/main/"
_SAM_NOTICE = "Segment Anything by Meta AI (Kirillov et al., 2023)."
CELLPOSE_LICENCE = "BSD-3-Clause (weights as published); training data CC-BY-NC"
CELLPOSE_NOTICE = (
    "Cellpose-SAM (Pachitariu, Rariden, Stringer, 2025): the weights are published under BSD-3-Clause; the "
    "Cellpose README says that they were trained on data licensed CC-BY-NC, that is, not for commercial use."
)


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One published checkpoint. ``sha256`` and ``size`` (bytes) are None where the publisher states none;
    then the sum of the first fetch is recorded beside the file. ``url`` is empty for what comes with
    Cytomark."""

    name: str
    engine: str
    filename: str
    url: str
    sha256: str | None
    size: int | None
    licence: str
    notice: str = ""


CATALOGUE: tuple[WeightsFile, ...] = (
    WeightsFile(
        "starter", "starter", "starter.safetensors", "", None, None, "Apache-2.0",
        "Trained by the Cytomark project; data, licences and figures are in its model card.",
    ),
    WeightsFile(
        "sam_vit_b", "sam", "sam_vit_b_01ec64.pth", f"{_SAM}sam_vit_b_01ec64.pth",
        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912", 375_042_383,
        "Apache-2.0", _SAM_NOTICE,
    ),
    WeightsFile(
        "sam_vit_l", "sam", "sam_vit_l_0b3195.pth", f"{_SAM}sam_vit_l_0b3195.pth",
        "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622", 1_249_524_607,
        "Apache-2.0", _SAM_NOTICE,
    ),
    WeightsFile(
        "sam_vit_h", "sam", "sam_vit_h_4b8939.pth", f"{_SAM}sam_vit_h_4b8939.pth",
        "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e", 2_564_550_879,
        "Apache-2.0", _SAM_NOTICE,
    ),
    WeightsFile(
        "mobile_sam", "mobile-sam", "mobile_sam.pt",
        "https://raw.githubusercontent.com/ChaoningZhang/MobileSAM/master/weights/mobile_sam.pt",
        "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f", 40_728_226,
        "Apache-2.0", "MobileSAM (Zhang et al., 2023), distilled from Segment Anything.",
    ),
    WeightsFile(
        "cpsam_v2", "cellpose-sam", "cpsam_v2", f"{_CELLPOSE}cpsam_v2", None, None,
        CELLPOSE_LICENCE, CELLPOSE_NOTICE,
    ),
    WeightsFile(
        "cpsam", "cellpose-sam", "cpsam", f"{_CELLPOSE}cpsam", None, None,
        CELLPOSE_LICENCE, CELLPOSE_NOTICE,
    ),
)  # fmt: skip

TRAINED = ("cellpose", "unet", "segnet")
"""Engines whose weights nobody publishes: people train them, into ENGINE.safetensors of the weights folder."""

_CHOICES = {
    "sam": "CYTOMARK_SAM_CHECKPOINT",
    "mobile-sam": "CYTOMARK_MOBILE_SAM_CHECKPOINT",
    "cellpose-sam": "CYTOMARK_CELLPOSE_SAM_CHECKPOINT",
    "cellpose": "CYTOMARK_CELLPOSE_CHECKPOINT",
    "unet": "CYTOMARK_UNET_CHECKPOINT",
    "segnet": "CYTOMARK_SEGNET_CHECKPOINT",
}
"""The variable that names a file in the weights folder, for engines which can run other people's
checkpoints."""


def variable_of(engine: str) -> str:
    """The environment variable that names a file in the weights folder for an engine; empty where none does."""
    return _CHOICES.get(engine, "")


State = Literal["missing", "ok", "unknown sum", "wrong"]


@dataclass(frozen=True, slots=True)
class Verification:
    """``state`` of one catalogue file: missing, ok (the sum is the pinned or recorded one), unknown sum
    (nothing to compare with), or wrong. ``sha256`` is what was computed."""

    state: State
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state dict on the CPU and the SHA-256 (hex) of the file that it came from."""

    state: Mapping[str, Tensor]
    sha256: str


def weights_file(name: str) -> WeightsFile:
    """The catalogue's entry of that name."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise EngineError(
        EngineErrorCode.WEIGHTS_MISSING,
        f"There are no weights “{name}”. Choose one of: {known}.",
        permanent=True,
    )


def path_of(entry: WeightsFile) -> Path:
    """Where the file is, or would be: the weights folder, or this package for what comes with it."""
    if not entry.url:
        return Path(__file__).parent / "networks" / entry.filename
    return weights_folder() / entry.filename


def sidecar_of(path: Path) -> Path:
    """Where the sum of the first fetch is written, for files whose publisher states none."""
    return path.with_name(path.name + ".sha256")


def known_sum(path: Path) -> str | None:
    """The SHA-256 that the file has to have: pinned in the catalogue, recorded at its fetch, or None."""
    for entry in CATALOGUE:
        if entry.sha256 and path_of(entry) == path:
            return entry.sha256
    sidecar = sidecar_of(path)
    return sidecar.read_text().split()[0] if sidecar.is_file() else None


def verify(entry: WeightsFile) -> Verification:
    """Read the whole file and compare its sum."""
    path = path_of(entry)
    if not path.is_file():
        return Verification("missing")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    known = known_sum(path)
    if known is None:
        return Verification("unknown sum", found)
    return Verification("ok" if known == found else "wrong", found)


def checkpoint_for(engine: str) -> Path:
    """The checkpoint that an engine runs: the file named in the environment, else the first of the catalogue
    that is here. Raises EngineError (permanent) when there is none."""
    variable = variable_of(engine)
    chosen = os.environ.get(variable, "") if variable else ""
    if chosen:
        return _chosen_path(chosen, variable)
    if engine in TRAINED:
        return _trained_path(engine, variable)
    entries = [entry for entry in CATALOGUE if entry.engine == engine]
    for entry in entries:
        if path_of(entry).is_file():
            return path_of(entry)
    raise EngineError(
        EngineErrorCode.WEIGHTS_MISSING,
        f"The weights of “{engine}” are not here. {_advice(entries[0], variable)}",
        permanent=True,
    )


def _trained_path(engine: str, variable: str) -> Path:
    path = weights_folder() / f"{engine}.safetensors"
    if path.is_file():
        return path
    raise EngineError(
        EngineErrorCode.WEIGHTS_MISSING,
        f"There are no weights for “{engine}” yet. Train them with “manage.py train {engine} --images FOLDER --labels "
        f"FOLDER --out {path}”, or put a file that was trained elsewhere into {path.parent} and name it in {variable}.",
        permanent=True,
    )


def _advice(entry: WeightsFile, variable: str) -> str:
    if not entry.url:
        return f"They come with Cytomark: put {path_of(entry)} back, from a fresh copy of the repository."
    return (
        f"Run “manage.py weights fetch {entry.name}”, or put a checkpoint into {weights_folder()} and name it in "
        f"{variable}."
    )


def _chosen_path(chosen: str, variable: str) -> Path:
    path = weights_folder() / chosen
    if Path(chosen).name != chosen:
        problem = f"{variable} is “{chosen}”; give the name of a file in {weights_folder()}, without folders."
    elif not path.is_file():
        problem = f"{variable} names “{chosen}”, which is not in {weights_folder()}. Put it there."
    else:
        return path
    raise EngineError(EngineErrorCode.WEIGHTS_MISSING, problem, permanent=True)


def load_checkpoint(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> Checkpoint:
    """Read a checkpoint as tensors: safetensors, or torch's zip format with nothing but tensors inside.

    Raises EngineError (permanent): WEIGHTS_MISSING, or WEIGHTS_INVALID for a file that is empty, too large,
    truncated, foreign, changed since it was recorded, full of objects instead of tensors, or not finite.
    """
    if not path.is_file():
        raise EngineError(
            EngineErrorCode.WEIGHTS_MISSING,
            f"The weights {path.name} are not in {path.parent}.",
            permanent=True,
        )
    if not 0 < path.stat().st_size <= largest_bytes:
        raise invalid_weights(path, f"its size is not between 1 and {largest_bytes:,} bytes")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if (known_sum(path) or digest) != digest:
            raise invalid_weights(path, "its SHA-256 is not the published or recorded one")
        file.seek(0)
        state = _read_tensors(path, file, largest_bytes=largest_bytes)
    _check_tensors(path, state)
    return Checkpoint(state, digest)


def invalid_weights(path: Path, why: str) -> EngineError:
    """The error for a file that cannot be used; ``why`` completes “cannot be used: …”."""
    advice = "Fetch it again with “manage.py weights fetch”, train it again, or put another file in its place."
    message = f"The weights {path.name} cannot be used: {why}. {advice}"
    return EngineError(EngineErrorCode.WEIGHTS_INVALID, message, permanent=True)


def _read_tensors(path: Path, file: IO[bytes], *, largest_bytes: int) -> Mapping[str, Tensor]:
    start = file.read(9)
    file.seek(0)
    if start[:4] == b"PK\x03\x04":
        return _read_zip(path, file, largest_bytes=largest_bytes)
    if start[8:9] == b"{":
        return _read_safetensors(path)
    raise invalid_weights(path, "it is neither safetensors nor a torch checkpoint in zip form (torch 1.6 or newer)")


def _read_safetensors(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise invalid_weights(path, f"it is damaged ({error})") from error


def _read_zip(path: Path, file: IO[bytes], *, largest_bytes: int) -> Mapping[str, Tensor]:
    import pickle  # noqa: TID251 (only for the name of torch's exception; nothing is unpickled with it)

    import torch

    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
        if sum(member.file_size for member in members) > largest_bytes:
            raise invalid_weights(path, "it unpacks to more than it may")
        file.seek(0)
        # The one reviewed place (S13): weights_only lets tensors through and nothing that could run.
        loaded = torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251
    except pickle.UnpicklingError as error:
        raise invalid_weights(path, "it holds other objects than tensors, which are never loaded") from error
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, KeyError, EOFError) as error:
        raise invalid_weights(path, "it is damaged or not a checkpoint") from error
    if not isinstance(loaded, Mapping):
        raise invalid_weights(path, "it is not a dictionary of tensors")
    return loaded


def _check_tensors(path: Path, state: Mapping[str, Tensor]) -> None:
    import torch

    if not state:
        raise invalid_weights(path, "it is empty")
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise invalid_weights(path, f"“{name}” in it is not a tensor")
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise invalid_weights(path, f"“{name}” in it has values that are not finite")

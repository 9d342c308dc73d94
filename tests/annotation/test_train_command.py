"""`manage.py train` refuses what does not go together, before any time is spent; killed, it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from inference.networks.cellpose import CellposeNetwork
from inference.networks.trained import load_trained
from inference.training.synthetic import fluorescence

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 120.0


@pytest.fixture
def start(tmp_path: Path) -> list[str]:
    """The command's beginning, for four images with labels."""
    for seed in range(4):
        image_hw, labels_hw = fluorescence(seed, height=72, width=80, cells=6)
        for kind, array in (("images", image_hw), ("labels", labels_hw.astype(np.uint16))):
            (tmp_path / kind).mkdir(exist_ok=True)
            Pillow.fromarray(array).save(tmp_path / kind / f"{seed}.png")
    images, labels = str(tmp_path / "images"), str(tmp_path / "labels")
    return ["--images", images, "--labels", labels, "--out", str(tmp_path / "own.safetensors")]


@pytest.mark.parametrize(
    ("engine", "more", "said"),
    [
        ("cellpose", (), "--steps or --minutes"),
        ("cellpose", ("--steps", "0"), "--steps has to be above zero"),
        ("cellpose", ("--steps", "5", "--patience", "0"), "--patience has to be above zero"),
        ("cellpose", ("--steps", "5", "--width", "999"), "--width goes from 1 to 128"),
        ("cellpose", ("--steps", "5", "--val-share", "1"), "--val-share goes from 0"),
        ("cellpose", ("--steps", "5", "--classes", "a"), "are for unet and segnet"),
        ("unet", ("--steps", "5", "--classes", "a", "--boundary"), "not both"),
        ("unet", ("--steps", "5", "--classes", "a,b"), "pixels of class 6, but --classes names 2"),
        ("unet", ("--steps", "5", "--val-images", "x"), "one --val-labels for each --val-images"),
        ("unet", ("--steps", "5", "--val-images", "no-x", "--val-labels", "no-y"), "There is no folder “no-x”"),
    ],
)
def test_what_does_not_go_together_is_said(start: list[str], engine: str, more: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("train", engine, *start, *more)


def test_files_that_do_not_fit_are_named(start: list[str], tmp_path: Path) -> None:
    def refused() -> str:
        with pytest.raises(CommandError) as caught:
            call_command("train", "unet", *start, "--steps", "5")
        return str(caught.value)

    Pillow.fromarray(np.zeros((7, 9), np.uint16)).save(tmp_path / "labels" / "2.png")
    assert "“2.png” is 80 × 72 pixels, but its labels are 9 × 7" in refused()
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    assert "holds no PNG, JPEG or TIFF file" in refused()


def test_a_damaged_checkpoint_is_refused(start: list[str], tmp_path: Path) -> None:
    (tmp_path / "own.part").write_bytes(b"half a checkpoint")
    with pytest.raises(CommandError, match=r"Training cannot go on from “own\.part”.*Remove the file"):
        call_command("train", "cellpose", *start, "--steps", "2", "--width", "2", "--resume")


def run(start: list[str], *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "train", "cellpose", *start, "--width", "2", "--round-steps", "1", *more]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_training_that_was_killed_goes_on(start: list[str], tmp_path: Path) -> None:
    first = run(start, "--steps", "100000")
    checkpoint, limit = tmp_path / "own.part", time.monotonic() + MOST_SECONDS
    while not checkpoint.exists() and time.monotonic() < limit and first.poll() is None:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert checkpoint.exists()
    assert not (tmp_path / "own.safetensors").exists()
    second = run(start, "--minutes", "0.0001", "--resume")
    said = second.communicate(timeout=MOST_SECONDS)[0].decode()
    assert second.returncode == 0, said
    load_trained(tmp_path / "own.safetensors", engine="cellpose", make=lambda facts: CellposeNetwork(facts.width))
    assert not checkpoint.exists()

"""The Python client and its command line against the running application."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from cytomark_client import Cytomark, CytomarkError, Project, load
from cytomark_client.command import main
from cytomark_client.torch_data import CellDataset
from cytomark_client.transport import Transport
from playwright.sync_api import BrowserContext

from inference.torch_runtime import mend_torchvision
from inference.training.synthetic import fluorescence
from tests.e2e.pages import person_of
from tests.running import App

mend_torchvision()

# isort: split
from cellpose import models, train  # noqa: E402 (after the mending)

from tests.inference.tiny_checkpoints import save, tiny_cpsam, tiny_registry  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["a.tif", "b.tif", "c.tif"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small images, one of them of 16 bits, and a file that is none."""
    images = tmp_path_factory.mktemp("client") / "images"
    images.mkdir()
    for number, name in enumerate(NAMES):
        image_hw, _ = fluorescence(number, height=160, width=200, cells=12)
        tifffile.imwrite(images / name, image_hw.astype(np.uint16) * 7 if name == "b.tif" else image_hw)
    (images / "notes.txt").write_text("not an image")
    return images


@pytest.fixture(scope="module")
def token(app: App, ann: BrowserContext) -> str:
    scopes = ["read", "annotate", "export", "manage"]
    return str(person_of(app, ann).post("/api/tokens", name="test", scopes=scopes, days=1)["token"])


@pytest.fixture
def server(app: App, token: str, monkeypatch: pytest.MonkeyPatch) -> Cytomark:
    monkeypatch.setenv("CYTOMARK_URL", app.url)
    monkeypatch.setenv("CYTOMARK_TOKEN", token)
    return Cytomark()


@pytest.fixture(scope="module")
def project(app: App, token: str, folder: Path) -> Project:
    """A project with the folder's images and the cells that the starter finds."""
    project = Cytomark(app.url, token=token).create_project("From a script")
    report = project.upload(folder)
    assert sorted(file.name for file in report.images) == NAMES
    assert [file.name for file in report.failed] == ["notes.txt"]
    project.find_cells("starter")
    return project


def test_what_is_there_is_not_sent_again(project: Project, folder: Path) -> None:
    report = project.upload([folder / name for name in NAMES])
    assert (report.images, [file.name for file in report.skipped]) == ({}, NAMES)


def test_an_interrupted_upload_goes_on_where_it_stopped(
    server: Cytomark, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = server.create_project("Interrupted")
    monkeypatch.setattr("cytomark_client.uploads.PART_BYTES", 10_000)
    sent: list[str] = []
    request = Transport.request

    def cut(self: Transport, method: str, path: str, **more: Any) -> Any:
        if method == "PUT":
            sent.append(path.rsplit("=", 1)[1])
            if len(sent) == 2:
                raise CytomarkError("offline", "cut")
        return request(self, method, path, **more)

    monkeypatch.setattr(Transport, "request", cut)
    with pytest.raises(CytomarkError, match="cut"):
        project.upload(folder / "a.tif")
    project.upload(folder / "a.tif")
    assert sent[:3] == ["0", "10000", "10000"]
    assert [image.name for image in project.images()] == ["a.tif"]


def test_images_and_labels_come_back_as_arrays(project: Project, folder: Path, tmp_path: Path) -> None:
    first, second, _ = sorted(project.images(), key=lambda image: image.name)
    project.set_state(first, "submitted")
    project.set_state(second, "submitted")
    assert {state: count for state, count in project.states().items() if count} == {"in_progress": 1, "submitted": 2}
    pairs = load(project.download(tmp_path, only=["submitted"]))
    assert [pair.name for pair in pairs] == ["a", "b"]
    for pair, image in zip(pairs, (first, second), strict=True):
        np.testing.assert_array_equal(pair.image, tifffile.TiffFile(folder / image.name).asarray())
        cells = len(np.unique(pair.labels)) - 1
        assert cells == next(one.cells for one in project.images() if one.id == image.id) > 3
    image, labels = CellDataset(tmp_path)[1]
    assert (image.shape, image.dtype, labels.shape, labels.dtype) == (
        (1, 160, 200), torch.float32, (160, 200), torch.int64,
    )  # fmt: skip
    assert 0 <= float(image.min()) < float(image.max()) <= 1


def test_the_command_line_does_the_same(
    server: Cytomark, project: Project, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upload", project.id, str(folder)]) == 1
    printed = capsys.readouterr()
    assert "3 there already, 1 refused" in printed.out
    assert "notes.txt" in printed.err
    assert main(["find", project.name, "starter"]) == 0
    assert main(["hand-in", project.name, "c.tif"]) == 0
    assert main(["states", project.name]) == 0
    assert main(["images", project.name]) == 0
    assert main(["projects"]) == main(["engines"]) == 0
    assert main(["download", "--state", "submitted", project.name, str(tmp_path / "pairs")]) == 0
    assert main(["export", project.name, "coco", str(tmp_path / "coco.zip")]) == 0
    assert (tmp_path / "coco.zip").stat().st_size > 0
    assert f"\t{project.name}\n" in capsys.readouterr().out
    assert main(["images", "no such project"]) == 1
    assert "You have no project" in capsys.readouterr().err


def test_a_refusal_is_the_servers_sentence(server: Cytomark, project: Project, app: App) -> None:
    with pytest.raises(CytomarkError, match="no engine “none”") as refused:
        project.find_cells("none")
    assert (refused.value.code, refused.value.status) == ("bad_request", 400)
    with pytest.raises(CytomarkError, match="taken back"):
        Cytomark(app.url, token="cytomark_wrong").user()


def test_the_example_of_the_guide_trains_cellpose(
    server: Cytomark, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As printed, but for the size of the network and the number of epochs."""
    text = (ROOT / "docs/python.md").read_text()
    example = text[text.index("## From a folder") :].split("```python\n")[1].split("```")[0]
    assert len(list(filter(None, example.splitlines()))) <= 20
    save(tiny_cpsam(), tmp_path / "cpsam_v2")
    model, train_seg = models.CellposeModel, train.train_seg

    def tiny(*, gpu: bool, pretrained_model: str) -> models.CellposeModel:
        with tiny_registry():
            return model(gpu=False, pretrained_model=str(tmp_path / pretrained_model), use_bfloat16=False)

    monkeypatch.setattr(models, "CellposeModel", tiny)
    monkeypatch.setattr(train, "train_seg", lambda net, **asked: train_seg(net, **{**asked, "n_epochs": 1}))
    monkeypatch.setattr("builtins.input", lambda _: done(server))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").symlink_to(folder)
    exec(compile(example, "docs/python.md", "exec"), {})  # noqa: S102 - it is what this is about
    trained = Path(re.findall(r"Trained on 2 images: (.+)", capsys.readouterr().out)[0])
    assert (tmp_path / trained).stat().st_size > 10_000


def done(server: Cytomark) -> str:
    """What the person does in the browser meanwhile."""
    project = server.project("Yeast, batch 7")
    for image in project.images():
        project.set_state(image, "submitted")
        project.set_state(image, "accepted")
    return ""

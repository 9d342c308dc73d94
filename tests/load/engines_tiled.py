"""Cellpose-SAM over several images and over a very large one, against the package's own `CellposeModel.eval`.

The published network needs a minute of CPU for one tile. So a checkpoint of the same format, but small, is made here:
its last layer is fitted to generated nuclei, the others are random. Both sides load that same file. Its size is in the
rows' names.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import nn

from inference import torch_runtime as torch_runtime  # mends torchvision, which the next imports need
from inference.contracts import AutoParams
from inference.engines.cellpose_sam import CellposeSamEngine
from inference.flows import flow_targets
from inference.parts import segment_all
from inference.training.metrics import overlap_ious, true_positives
from inference.training.synthetic import fluorescence
from tests.load.report import Row, at_least, at_most, publish

# isort: split
from cellpose import vit
from cellpose.models import CellposeModel
from segment_anything.modeling import ImageEncoderViT

ROOT = Path(__file__).resolve().parents[2]
IMAGES, SIDE, ROUNDS = 8, 512, 5
LARGE = 10_000
EMBED, PATCH = 256, 16
DEPTH, SMALL_DEPTH = 3, 1


def new_network(depth: int) -> Any:
    """Cellpose's own CPSAM with a smaller encoder than SAM's ViT-L. Its first layer passes a grey patch's pixels on as
    they are, its neck those of the patch and mixtures of its neighbours'; attention adds a little to that."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(
        img_size=1024, patch_size=16, embed_dim=EMBED, depth=depth, num_heads=EMBED // 32, mlp_ratio=2.0,
        out_chans=EMBED + 64, use_rel_pos=True, window_size=14, global_attn_indexes=(),
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
    )  # fmt: skip
    with torch.no_grad():
        encoder.patch_embed.proj.weight.zero_()
        encoder.patch_embed.proj.weight[:, 0] = torch.eye(EMBED).reshape(EMBED, 16, 16)
        first, second = encoder.neck[0], encoder.neck[2]
        nn.init.orthogonal_(first.weight)
        nn.init.normal_(second.weight, std=0.02)
        second.weight[:EMBED, :, 1, 1] += first.weight[:, :, 0, 0].T
    with patch.object(vit, "sam_model_registry", {"vit_l": lambda _: SimpleNamespace(image_encoder=encoder)}):
        return vit.CPSAM(ps=PATCH).eval()


def parameters(network: nn.Module) -> str:
    return f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.1f} M parameters"


def nuclei(seed: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A generated image and its labels, about as dense as the demo's."""
    image, labels_hw = fluorescence(seed, height=side, width=side, cells=side * side // 3000)
    return np.asarray(image), labels_hw


def batch_of(step: int, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Inputs (tile, 1, 256, 256) at percentiles 0 and 1, flows times five, and whether there is a cell."""
    pairs = [nuclei(1000 + step * count + index, 256) for index in range(count)]
    images = np.stack([image.astype(np.float32) for image, _ in pairs])[:, None]
    low, high = (np.percentile(images, level, axis=(1, 2, 3), keepdims=True) for level in (1, 99))
    flows = np.stack([5 * flow_targets(labels_hw) for _, labels_hw in pairs])
    cells = np.stack([labels_hw > 0 for _, labels_hw in pairs])
    scaled = ((images - low) / np.maximum(high - low, 1e-3)).astype(np.float32)
    return torch.from_numpy(scaled), torch.from_numpy(flows), torch.from_numpy(cells).float()


def fit(network: Any, *, tiles: int) -> None:
    """The last layer as the linear answer to what the others say of generated tiles (ridge regression): flows and cell
    logits that are rough, but have cells in them."""
    caught: list[torch.Tensor] = []
    hook = network.encoder.neck.register_forward_hook(lambda _layer, _inputs, output: caught.append(output))
    images, flows, cells = batch_of(0, tiles)
    wanted = torch.cat((flows, 8 * cells[:, None] - 4), dim=1)
    with torch.inference_mode():
        for image in images:
            network(image[None])
    hook.remove()
    features = torch.cat(caught).permute(0, 2, 3, 1).flatten(0, 2).double()
    features = torch.cat((features, torch.ones(len(features), 1, dtype=torch.float64)), dim=1)
    targets = nn.functional.pixel_unshuffle(wanted, PATCH).permute(0, 2, 3, 1).flatten(0, 2).double()
    square = features.T @ features + 1e-2 * len(features) * torch.eye(features.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(square, features.T @ targets).T.float()
    with torch.no_grad():
        network.out.weight.copy_(weights[:, :-1, None, None])
        network.out.bias.copy_(weights[:, -1])


def checkpoint(folder: Path, *, depth: int) -> str:
    """Write a checkpoint where the engine looks for it; its size in words."""
    network = new_network(depth)
    fit(network, tiles=24)
    torch.save(network.state_dict(), folder / "cpsam_v2")
    return parameters(network)


def peer_of(folder: Path) -> Any:
    """CellposeModel with the checkpoint. Its constructor knows one size only, so it gets its network from here."""
    network = new_network(DEPTH)
    network.load_state_dict(torch.load(folder / "cpsam_v2", weights_only=True))  # noqa: TID251 (made above)
    model: Any = CellposeModel.__new__(CellposeModel)
    model.net, model.backbone, model.device, model.gpu = network, "sam_vitl", torch.device("cpu"), False
    model.timing = []
    return model


def agreement(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """AP@0.9 between two sets of masks, mean over images."""
    scores = []
    for mine, other in zip(ours, theirs, strict=True):
        ious = overlap_ious(other, mine)
        hits = true_positives(ious, 0.9)
        scores.append(hits / max(sum(ious.shape) - hits, 1))
    return float(np.mean(scores))


def rows_of_a_list(folder: Path) -> list[Row]:
    """Both ways over the same images, turn by turn."""
    size = checkpoint(folder, depth=DEPTH)
    images = [nuclei(seed, SIDE)[0] for seed in range(IMAGES)]
    engine, model = CellposeSamEngine(), peer_of(folder)
    list(segment_all(engine, images[:1], AutoParams()))
    model.eval(images[:1])
    ours, theirs, found, expected = [], [], [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = [each.labels_hw for each in segment_all(engine, images, AutoParams())]
        middle = time.perf_counter()
        expected = model.eval(images)[0]
        ours.append(middle - start)
        theirs.append(time.perf_counter() - middle)
    cells = sum(int(labels_hw.max()) for labels_hw in found)
    name = f"cellpose-sam, {IMAGES} images {SIDE}² ({size}, {cells} cells)"
    ratio = statistics.median(theirs) / statistics.median(ours)
    return [
        Row(f"{name}: CellposeModel.eval on the list", round(statistics.median(theirs), 2), "s"),
        Row(f"{name}: ours", round(statistics.median(ours), 2), "s"),
        at_least(f"{name}: times faster", ratio, 1.2, unit="×"),
        at_least(f"{name}: AP@0.9 between the two", agreement(found, expected), 0.99, unit=""),
    ]


def large_plane(path: Path) -> None:
    """A plane of many nuclei on disk, made of one generated part."""
    part = nuclei(7, 1000)[0].astype(np.uint8)
    plane = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(LARGE, LARGE))
    for top in range(0, LARGE, 1000):
        for left in range(0, LARGE, 1000):
            plane[top : top + 1000, left : left + 1000] = np.roll(part, (top // 3, left // 7), axis=(0, 1))
    plane.flush()


def resident(field: str) -> float:
    """Megabytes that this process has in memory (VmRSS), or had at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def measure_large(path: str) -> None:
    """In a process of its own: everything loaded and used once, then the plane, part by part."""
    engine = CellposeSamEngine()
    for _ in engine.stream(nuclei(1, 600)[0].astype(np.uint8), AutoParams()):
        pass
    Path("/proc/self/clear_refs").write_text("5")
    idle, start, first, cells = resident("VmRSS"), time.perf_counter(), 0.0, 0
    for part in engine.stream(np.load(path, mmap_mode="r"), AutoParams()):
        first = first or time.perf_counter() - start
        cells += len(part.cells)
    said = {"idle": idle, "peak": resident("VmHWM"), "first": first, "s": time.perf_counter() - start, "cells": cells}
    print(json.dumps(said))  # noqa: T201


def rows_of_a_large_plane(folder: Path) -> list[Row]:
    """Peak memory above idle, and when the first cells were there."""
    size = checkpoint(folder, depth=SMALL_DEPTH)
    large_plane(folder / "plane.npy")
    command = [sys.executable, "-m", "tests.load.engines_tiled", str(folder / "plane.npy")]
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    said = json.loads(answer.stdout.splitlines()[-1])
    name = f"cellpose-sam, plane of {LARGE:,}² ({size}, {said['cells']:,} cells)"
    return [
        at_most(f"{name}: memory above idle", (said["peak"] - said["idle"]) / 1024, 2, unit="GiB"),
        Row(f"{name}: idle", round(said["idle"] / 1024, 2), "GiB"),
        Row(f"{name}: first cells after", round(said["first"], 1), "s"),
        Row(f"{name}: all of it", round(said["s"], 1), "s"),
    ]


def rows() -> list[Row]:
    """All rows; takes about six minutes on two cores."""
    torch_runtime.set_threads()
    found = []
    for measure in (rows_of_a_list, rows_of_a_large_plane):
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, _environment(folder)):
            found += measure(Path(folder))
    return found


def _environment(folder: str) -> dict[str, str]:
    return {"CYTOMARK_WEIGHTS": folder, "CYTOMARK_EMBEDDINGS": f"{folder}/embeddings"}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_large(sys.argv[1])
    else:
        publish("engines_tiled", rows())

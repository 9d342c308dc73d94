"""`make bench-images`: a large TIFF on its way in, against the plainest script that writes the same pyramid."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile

from tests.load.images_served import rows_of_serving
from tests.load.report import Row, at_least, at_most, publish

SIDE = 10_000
ROUNDS = 5
_MEASURED = """
import json, sys, time
from pathlib import Path
{imports}
idle = int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1])
Path("/proc/self/clear_refs").write_text("5")
start = time.perf_counter()
{work}
took = time.perf_counter() - start
peak = int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
print(json.dumps({{"s": took, "mb": (peak - idle) / 1024}}))
"""
OURS = _MEASURED.format(
    imports="from annotation.imaging.decoder import decode",
    work="""
with open(sys.argv[1], "rb") as file:
    assert decode(file, Path(sys.argv[2]), limit_pixels=10**9, limit_values=10**10)["ok"]
""",
)
PLAIN = _MEASURED.format(
    imports="import numpy as np, tifffile, zarr\nfrom zarr.codecs import ZstdCodec",
    work="""
level, number = tifffile.imread(sys.argv[1]), 0
while True:
    array = zarr.create_array(
        Path(sys.argv[2]) / str(number), shape=(1, 1, 1, *level.shape), chunks=(1, 1, 1, 512, 512), dtype=level.dtype,
        compressors=ZstdCodec(level=3),
    )
    array[0, 0, 0] = level
    if max(level.shape) <= 512:
        break
    even = np.pad(level, [(0, side % 2) for side in level.shape], mode="edge")
    sums = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).mean(axis=(1, 3))
    level, number = np.rint(sums).astype(level.dtype), number + 1
""",
)


def large_tiff(path: Path) -> None:
    """16-bit nuclei on a noisy ground, in strips, as microscopes write it: uncompressed."""
    rng = np.random.default_rng(1)
    part = rng.poisson(400, (1000, 1000)).astype(np.uint16)
    rows, cols = np.mgrid[:1000, :1000]
    for row, col in rng.uniform(0, 1000, (300, 2)):
        part += (3000 * np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / 120)).astype(np.uint16)
    plane = np.tile(part, (SIDE // 1000, SIDE // 1000))
    # No part is another's twin: compression would find it.
    for row in range(0, SIDE, 1000):
        plane[row : row + 1000] += rng.poisson(20, (1000, SIDE)).astype(np.uint16)
    tifffile.imwrite(path, plane, rowsperstrip=64)


def run(program: str, path: Path) -> tuple[float, float]:
    """Seconds and megabytes above idle, in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), folder], check=True, stdout=subprocess.PIPE, env=environment
        )
    said = json.loads(done.stdout)
    return said["s"], said["mb"]


def rows_of_ingest(folder: Path) -> list[Row]:
    """Both write the same levels in chunks of the same size with the same compression, in turn."""
    path = folder / "large.tif"
    large_tiff(path)
    taken = [(run(OURS, path), run(PLAIN, path)) for _ in range(ROUNDS)]
    ours_s, ours_mb = (statistics.median(ours[which] for ours, _ in taken) for which in (0, 1))
    plain_s, plain_mb = (statistics.median(plain[which] for _, plain in taken) for which in (0, 1))
    name = f"{SIDE:,}² 16-bit TIFF"
    return [
        Row(f"{name}: tifffile and zarr in a plain script", round(plain_s, 2), "s"),
        Row(f"{name}: ours", round(ours_s, 2), "s"),
        at_least(f"{name}: times faster", plain_s / ours_s, 1, unit="×"),
        Row(f"{name}: memory above idle, plain script", round(plain_mb), "MB"),
        Row(f"{name}: memory above idle, ours", round(ours_mb), "MB"),
        at_most(f"{name}: share of the plain script's memory", ours_mb / plain_mb, 0.25, unit="×"),
    ]


def main() -> None:
    """All rows; takes about four minutes on two cores."""
    with tempfile.TemporaryDirectory() as folder:
        ingest = rows_of_ingest(Path(folder))
        publish("images", [*ingest, *rows_of_serving(Path(folder) / "large.tif", Path(folder))])


if __name__ == "__main__":
    main()

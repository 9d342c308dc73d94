"""What goes out: pixels once packed, our own types and names, nothing that a browser would run (S14, S16)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from django.test import AsyncClient, Client
from PIL import Image as Pillow

from annotation.actions.imports import do_import_file
from annotation.imaging.packing import choose_coding
from annotation.models import Image, Project, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(person: Callable[[str], User], project: Project, ramp_hw: np.ndarray, tmp_path: Path) -> Image:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, ramp_hw, byteorder=">")
    return do_import_file(path, project=project, user=person("owner"), name="cells.tif")


@pytest.fixture
def client(browser: Callable[[str], Client]) -> Client:
    return browser("viewer")


@pytest.mark.parametrize("accepted", ["", "br", "gzip, deflate", "gzip;q=0", "zstd;q=0, gzip", "zstd"])
def test_every_browser_gets_the_same_values(accepted: str, image: Image, client: Client, ramp_hw: np.ndarray) -> None:
    answer = client.get(f"/api/images/{image.pk}/tiles/0/0/0/0/0/0", headers={"accept-encoding": accepted})
    unpack = {"gzip": gzip.decompress, "zstd": imagecodecs.zstd_decode, "": bytes}
    raw = unpack[answer.get("Content-Encoding", "")](answer.content)
    tile_hw = np.frombuffer(raw, "<u2").reshape(512, 512)
    np.testing.assert_array_equal(tile_hw[:40, :60], ramp_hw)
    assert not tile_hw[40:].any()
    assert not tile_hw[:, 60:].any()


PLACES = (
    "1/0/0/0/0/0",
    "0/1/0/0/0/0",
    "0/0/1/0/0/0",
    "0/0/0/1/0/0",
    "0/0/0/0/1/0",
    "0/0/0/0/0/1",
    "9" * 40 + "/0/0/0/0/0",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_tile_beyond_the_image_is_not_there(place: str, image: Image, client: Client) -> None:
    answer = client.get(f"/api/images/{image.pk}/tiles/{place}")
    assert answer.status_code == 404
    assert "part of the image" in answer.json()["message"]


@pytest.mark.parametrize(
    "place", ["-1/0/0/0/0/0", "0/0/0/0/0", "0/0/0/0/0/..", "0/0/0/0/0/0/0", "a/0/0/0/0/0", "0/0/0/0/0/%2e%2e"]
)
def test_what_is_no_place_of_a_tile_leads_nowhere(place: str, image: Image, client: Client) -> None:
    assert client.get(f"/api/images/{image.pk}/tiles/{place}").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "zstd"), ("GZIP", "gzip"), ("zstd;q=0,gzip;q=0.5", "gzip"), ("*", "identity")],
)
def test_the_best_coding_is_chosen(accepted: str, coding: str) -> None:
    assert choose_coding(accepted) == coding


async def test_files_are_streamed_in_blocks_under_asgi(image: Image, person: Callable[[str], User]) -> None:
    client = AsyncClient()
    await client.aforce_login(
        await User.objects.aget(username="owner"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    answer = await client.get(f"/api/images/{image.pk}/original")
    assert answer.is_async
    assert len(b"".join([block async for block in answer])) == image.file_bytes


@pytest.mark.parametrize("part", ["tiles/0/0/0/0/0/0", "thumbnail", "original"])
def test_what_a_browser_has_is_not_sent_again(part: str, image: Image, client: Client) -> None:
    first = client.get(f"/api/images/{image.pk}/{part}", headers={"accept-encoding": "zstd"})
    assert first["Cache-Control"] == "private, max-age=31536000, immutable"
    again = client.get(
        f"/api/images/{image.pk}/{part}", headers={"accept-encoding": "zstd", "if-none-match": f'"x", {first["ETag"]}'}
    )
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    first.close()


@pytest.mark.parametrize("part", ["tiles/0/0/0/0/0/0", "thumbnail", "original"])
def test_nothing_is_run_by_a_browser(part: str, image: Image, client: Client) -> None:
    answer = client.get(f"/api/images/{image.pk}/{part}")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    answer.close()


NAMES = {
    "cells.tif": 'attachment; filename="cells.tif"',
    "CELLS.TIFF": 'attachment; filename="CELLS.TIFF"',
    "x.html": 'attachment; filename="x.html.tif"',
    "x.png.html": 'attachment; filename="x.png.html.tif"',
    "x.svg": 'attachment; filename="x.svg.tif"',
    "x.php": 'attachment; filename="x.php.tif"',
    "CON": 'attachment; filename="CON.tif"',
    'a\r\nSet-Cookie: b="c".tif': r'attachment; filename="a__Set-Cookie: b=\"c\".tif"',
    "../../etc/passwd": 'attachment; filename="passwd.tif"',
    "C:\\cells\\a.tif": 'attachment; filename="a.tif"',
    "Zellkern ü.tif": "attachment; filename*=utf-8''Zellkern%20%C3%BC.tif",
    "n" * 300: f'attachment; filename="{"n" * 255}.tif"',
}


@pytest.mark.parametrize("name", NAMES)
def test_an_original_is_saved_under_a_name_and_type_of_ours(
    name: str, person: Callable[[str], User], project: Project, client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "upload"
    tifffile.imwrite(path, np.ones((4, 4), np.uint8))
    image = do_import_file(path, project=project, user=person("owner"), name=name)
    answer = client.get(f"/api/images/{image.pk}/original")
    assert answer["Content-Type"] == "image/tiff"
    assert answer["Content-Disposition"] == NAMES[name]
    assert "Set-Cookie" not in answer
    assert {file.name for file in image.folder.iterdir()} == {
        "original.tif",
        "pixels.ome.zarr",
        "thumbnail.webp",
    }
    answer.close()


def test_a_picture_that_is_also_a_page_is_only_ever_a_picture(
    person: Callable[[str], User], project: Project, client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "polyglot.html"
    Pillow.new("L", (8, 8)).save(path, "PNG")
    with path.open("ab") as file:
        file.write(b"<script>window.x = 1</script>")
    image = do_import_file(path, project=project, user=person("owner"), name=path.name)
    answer = client.get(f"/api/images/{image.pk}/original")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "image/png",
        'attachment; filename="polyglot.html.png"',
    )
    answer.close()


def test_a_missing_file_is_an_answer(image: Image, client: Client) -> None:
    image.thumbnail_path.unlink()
    assert client.get(f"/api/images/{image.pk}/thumbnail").status_code == 404

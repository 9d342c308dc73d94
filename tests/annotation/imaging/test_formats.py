"""S7: only PNG, JPEG, WebP and TIFF reach a decoder, whatever a file is called."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow

from annotation.imaging.decoder import decode

Pillow.init()
OURS = {"PNG", "JPEG", "WEBP", "TIFF"}
DOCUMENTS = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "html": b"<!doctype html><script>1</script>",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "psd": b"8BPS\0\x01" + bytes(30),
    "fits": b"SIMPLE  =                    T" + b" " * 2850,
    "text": b"not an image at all",
    "panasonic raw": b"IIU\0" + bytes(40),
    "zeros": bytes(64),
}


def written_as(name: str) -> bytes | None:
    """A picture in one of Pillow's formats, or None where it cannot write that without more."""
    for mode in ("RGB", "L", "1", "P", "RGBA"):
        file = io.BytesIO()
        try:
            Pillow.new(mode, (32, 32)).save(file, name)
        except (OSError, ValueError, KeyError, AttributeError, TypeError, SystemError, RuntimeError):
            continue
        return file.getvalue()
    return None


FILES = {name: data for name in sorted(Pillow.SAVE) if (data := written_as(name))} | DOCUMENTS


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Which of Pillow's plugins were asked to open something."""
    seen: set[str] = set()

    def spy(name: str) -> object:
        factory, accept = Pillow.OPEN[name]

        def watched(*arguments: object) -> object:
            seen.add(name)
            return factory(*arguments)

        return watched, accept

    for name in list(Pillow.OPEN):
        monkeypatch.setitem(Pillow.OPEN, name, spy(name))
    return seen


def test_the_corpus_has_most_of_pillows_formats() -> None:
    assert len(FILES) > 25


@pytest.mark.parametrize("name", FILES)
def test_a_file_called_png_reaches_only_the_decoder_of_what_it_is(name: str, tmp_path: Path, opened: set[str]) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(FILES[name])
    with path.open("rb") as file:
        result = decode(file, tmp_path, limit_pixels=10_000, limit_values=10_000)
    assert opened <= {"PNG", "JPEG", "WEBP"}
    # An MPO begins as a JPEG, and its first frame is one.
    assert result["ok"] is (name in OURS | {"MPO"}), result
    if not result["ok"]:
        assert result["sentence"].startswith("{name} ")
        assert not (tmp_path / "pixels.ome.zarr").exists()

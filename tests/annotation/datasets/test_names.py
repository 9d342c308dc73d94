"""What people call images becomes names that every computer takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.datasets.names import Names, split_name


@pytest.mark.parametrize(
    ("name", "stem", "suffix"),
    [
        ("cells.tif", "cells", ".tif"),
        ("well A1 (2).ome.tiff", "well A1 (2)", ".ome.tiff"),
        ("../../etc/passwd", "passwd", ""),
        ("C:\\Users\\x\\a.png", "a", ".png"),
        ("CON.tif", "_CON", ".tif"),
        ("con", "_con", ""),
        ("a\x00b\n.png", "a_b_", ".png"),
        ("..", "image", ""),
        ("", "image", ""),
        (".tif", "tif", ""),
        ("evil\u202egnp.exe", "evilgnp", ".exe"),
        ("__proto__", "__proto__", ""),
        ("München µm.tif", "München µm", ".tif"),
    ],
)
def test_hostile_names_become_harmless(name: str, stem: str, suffix: str) -> None:
    assert split_name(name) == (stem, suffix)


@given(st.text(max_size=300))
def test_a_stem_never_leaves_its_folder_and_fits(name: str) -> None:
    stem, suffix = split_name(name)
    assert stem
    assert not set(stem + suffix) & set('/\\:*?"<>|\x00')
    assert not stem.startswith(".")
    assert len((stem + suffix).encode()) <= 140


def test_twins_get_numbers_also_when_only_case_differs() -> None:
    names = Names()
    assert [names.take(stem) for stem in ("a", "A", "a-2", "a", "b")] == ["a", "A-2", "a-2-2", "a-3", "b"]

"""Why a file is not read, in words. Runs in the decoder: no Django.

Sentences begin with ``{name}``, which the server replaces by what the person called the file.
"""

from __future__ import annotations

NAME = "{name}"
READABLE = (
    "PNG, JPEG, WebP, TIFF (OME-TIFF too), OME-Zarr as a zip, CZI, ND2, LIF, DICOM, SVS and NDPI "
    "with 8, 16 or 32 bits per channel"
)
RESAVE = "Open it in Fiji and save a copy as TIFF."


class RefusalError(Exception):
    """This file is not read. ``code`` is ``unreadable`` or ``too_large``."""

    def __init__(self, sentence: str, *, code: str = "unreadable") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


def size_text(count: int) -> str:
    """Bytes for people, such as 3.1 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count} bytes"


def cut_off(file_bytes: int) -> RefusalError:
    """The file ends too early."""
    return RefusalError(
        f"{NAME} is cut off after {size_text(file_bytes)}. Upload it again, or open it in Fiji and save a copy."
    )


def damaged(reason: str) -> RefusalError:
    """The file breaks the rules of its format."""
    return RefusalError(f"{NAME} is damaged: {reason}. Upload it again, or open it in Fiji and save a copy.")


def unsupported(what: str) -> RefusalError:
    """A sound file of a sort that is not read yet. ``what`` completes “cells.tif …”."""
    return RefusalError(f"{NAME} {what}. Cytomark reads {READABLE} for now. {RESAVE}")


def too_large(what: str, advice: str) -> RefusalError:
    """More than this server decodes."""
    return RefusalError(f"{NAME} {what}. {advice}", code="too_large")


def check_dimensions(width: int, height: int, *, limit_pixels: int) -> None:
    """Raise for an empty plane and for one with more pixels than allowed."""
    if width <= 0 or height <= 0:
        raise damaged("it says that it has no pixels")
    if width * height > limit_pixels:
        raise too_large(
            f"has {width:,} × {height:,} pixels; at most {limit_pixels / 1e6:,.0f} million are read",
            "Crop it or save it at a lower resolution.",
        )

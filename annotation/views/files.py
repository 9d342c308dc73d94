"""What an image consists of: its pixels, its thumbnail, the file as it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router
from pydantic import Field

from annotation.imaging.kinds import download_name, kind_of_suffix
from annotation.imaging.packing import Coding, access_chunk, access_maximum, choose_coding, packed, packed_maximum
from annotation.permissions import Action, access_image
from annotation.views.api import person
from annotation.views.streaming import binary, cached, never_run, stream_file

router = Router()
Slice = Annotated[int, Field(ge=0)] | Literal["max"]


def _answer(request: HttpRequest, make: Callable[[], HttpResponseBase], tag: str) -> HttpResponseBase:
    """Kept by this person's browser for good; nothing of what a person sent is ever run by it."""
    return never_run(cached(request, make, tag))


def _coded(response: HttpResponseBase, coding: Coding) -> HttpResponseBase:
    """Say how it is packed, which depends on what the browser reads."""
    if coding != "identity":
        response["Content-Encoding"] = coding
    response["Vary"] = "Accept-Encoding, Cookie"
    return response


@router.get(
    "/images/{uuid:image_id}/tiles/{int:level}/{int:t}/{int:c}/{z}/{int:row}/{int:col}",
    openapi_extra=binary("application/octet-stream"),
)
def get_tile(
    request: HttpRequest, image_id: UUID, level: int, t: int, c: int, z: Slice, row: int, col: int
) -> HttpResponseBase:
    """512 × 512 raw little-endian values of one channel of one plane, rows first, padded with zeros beyond the image.
    At ``level`` k a pixel is 2^k image pixels wide; of ``z`` “max” it is the largest value of all slices."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    coding = choose_coding(request.headers.get("Accept-Encoding", ""))
    place = (level, t, c, 0 if z == "max" else z, row, col)
    paths = access_maximum(image, place) if z == "max" else [access_chunk(image, place)]

    def make() -> HttpResponseBase:
        data = packed_maximum(paths, image.dtype, coding) if z == "max" else packed(paths[0], coding)
        return _coded(HttpResponse(data, content_type="application/octet-stream"), coding)

    return _answer(request, make, f"{image.pixels_sha256}.{level}.{t}.{c}.{z}.{row}.{col}.{coding}")


@router.get("/images/{uuid:image_id}/thumbnail", openapi_extra=binary("image/webp"))
def get_thumbnail(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    """WebP, at most 256 pixels wide or high."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    return _answer(request, lambda: stream_file(image.thumbnail_path, "image/webp"), f"{image.pixels_sha256}.webp")


@router.get("/images/{uuid:image_id}/original", openapi_extra=binary("application/octet-stream"))
def get_original(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    """The file as it was uploaded, only to be saved: never shown, with a type and an ending of ours (S14, S16)."""
    image, _ = access_image(person(request), image_id, Action.VIEW)
    kind = kind_of_suffix(image.file_suffix)

    def make() -> HttpResponseBase:
        response = stream_file(image.original_path, kind.content_type)
        name = content_disposition_header(as_attachment=True, filename=download_name(image.name, kind))
        response["Content-Disposition"] = name or "attachment"
        return response

    return _answer(request, make, image.file_sha256)

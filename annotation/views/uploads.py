"""Uploading: announce, send in parts, ask how it went."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Status

from annotation.actions.answers import Answer, do_answer, preview_of
from annotation.actions.uploads import (
    PART_BYTES,
    do_append_part,
    do_create_upload,
    do_delete_upload,
    unfinished_uploads,
)
from annotation.models import Upload, UploadState
from annotation.permissions import access_upload
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.streaming import binary, never_run
from annotation.views.upload_schemas import AnswerIn, UploadIn, UploadOut

router = Router()
_PART = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def _out(upload: Upload) -> UploadOut:
    return UploadOut.model_validate(
        {
            "id": upload.pk,
            "name": upload.name,
            "size": upload.size,
            "received": upload.received,
            "state": upload.state,
            "message": upload.message,
            "image": upload.image_id,
            "question": upload.question if upload.state == UploadState.ASKING else None,
        }
    )


@router.post("/projects/{uuid:project_id}/uploads", response={201: UploadOut})
def create_upload(request: HttpRequest, project_id: UUID, body: UploadIn) -> Status[UploadOut]:
    """Announce a file."""
    annotations = body.purpose == "annotations"
    wish = body.model_dump(include={"ask", "series", "planes", "labels"})
    upload = do_create_upload(
        person(request), project_id, name=body.name, size=body.size, for_dataset=annotations, wish=wish
    )
    return Status(201, _out(upload))


@router.get("/projects/{uuid:project_id}/uploads", response=list[UploadOut])
@paged
def list_uploads(request: HttpRequest, project_id: UUID) -> list[UploadOut]:
    """What this person has under way here, and what failed."""
    return [_out(upload) for upload in unfinished_uploads(person(request), project_id)]


@router.post("/uploads/answers", response=list[UploadOut])
def answer_uploads(request: HttpRequest, body: AnswerIn) -> list[UploadOut]:
    """Say what files leave open: the same for all of these."""
    series = None if body.series is None else tuple(body.series)
    answer = Answer(series=series, planes=body.planes, labels=body.labels)
    return [_out(upload) for upload in do_answer(person(request), body.uploads, answer)]


@router.get("/uploads/{uuid:upload_id}/previews/{int:number}", openapi_extra=binary("image/webp"))
def get_preview(request: HttpRequest, upload_id: UUID, number: int) -> HttpResponseBase:
    """A picture of image ``number`` of a file that leaves something open; of planes without names the first few beside
    each other."""
    upload = access_upload(person(request), upload_id)
    return never_run(HttpResponse(preview_of(upload, number), content_type="image/webp"))


@router.get("/uploads/{uuid:upload_id}", response=UploadOut)
def get_upload(request: HttpRequest, upload_id: UUID) -> UploadOut:
    """How far it is."""
    return _out(access_upload(person(request), upload_id))


@router.put("/uploads/{uuid:upload_id}", response=UploadOut, openapi_extra=_PART)
def append_part(request: HttpRequest, upload_id: UUID, offset: int = 0) -> UploadOut:
    """Store the request's body, at most PART_BYTES, at ``offset``. The answer's ``received`` says where to go on."""
    part = request.read(PART_BYTES + 1)
    return _out(do_append_part(person(request), upload_id, offset=offset, part=part))


@router.delete("/uploads/{uuid:upload_id}", response={204: None})
def delete_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Forget it. An image that came of it stays."""
    do_delete_upload(person(request), upload_id)
    return Status(204, None)

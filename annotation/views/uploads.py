"""Uploading: announce, send in parts, ask how it went."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.uploads import (
    PART_BYTES,
    do_append_part,
    do_create_upload,
    do_delete_upload,
    unfinished_uploads,
)
from annotation.models import Upload
from annotation.permissions import access_upload
from annotation.views.api import person
from annotation.views.schemas import UploadIn, UploadOut

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
        }
    )


@router.post("/projects/{uuid:project_id}/uploads", response={201: UploadOut})
def create_upload(request: HttpRequest, project_id: UUID, body: UploadIn) -> Status[UploadOut]:
    """Announce a file."""
    annotations = body.purpose == "annotations"
    upload = do_create_upload(person(request), project_id, name=body.name, size=body.size, for_dataset=annotations)
    return Status(201, _out(upload))


@router.get("/projects/{uuid:project_id}/uploads", response=list[UploadOut])
def list_uploads(request: HttpRequest, project_id: UUID) -> list[UploadOut]:
    """What this person has under way here, and what failed."""
    return [_out(upload) for upload in unfinished_uploads(person(request), project_id)]


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

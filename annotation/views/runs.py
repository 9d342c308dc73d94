"""“Find all cells”."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.runs import do_create_run
from annotation.permissions import Action, access_image
from annotation.views.api import person
from annotation.views.jobs import job_out
from annotation.views.schemas import JobOut, RunIn

router = Router()


@router.post("/images/{uuid:image_id}/runs", response={201: JobOut})
def create_run(request: HttpRequest, image_id: UUID, body: RunIn) -> Status[JobOut]:
    """Have an engine find all cells of the image; those that are there already are kept."""
    image, _ = access_image(person(request), image_id, Action.ANNOTATE)
    params = body.params.model_dump(exclude_none=True, exclude_defaults=True)
    run = do_create_run(person(request), image, (body.t, body.z), engine=body.engine, params=params)
    return Status(201, job_out(run))

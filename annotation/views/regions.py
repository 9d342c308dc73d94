"""“Complete here” regions of an image over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.regions import do_change_region, do_create_region, do_delete_region
from annotation.actions.workflow import check_may_edit
from annotation.listings import get_regions
from annotation.models import Region
from annotation.permissions import Action, access_image, access_region
from annotation.views.api import person
from annotation.views.paging import paged
from annotation.views.schemas import RegionChangeIn, RegionIn, RegionOut

router = Router()


@router.get("/images/{uuid:image_id}/regions", response=list[RegionOut])
@paged
def list_regions(request: HttpRequest, image_id: UUID) -> list[Region]:
    """The image's regions, oldest first."""
    access_image(person(request), image_id, Action.VIEW)
    return get_regions(image_id)


@router.post("/images/{uuid:image_id}/regions", response={201: RegionOut})
@transaction.atomic
def create_region(request: HttpRequest, image_id: UUID, body: RegionIn) -> Status[Region]:
    """All cells in this rectangle are annotated."""
    image, role = access_image(person(request), image_id, Action.ANNOTATE, lock=True)
    check_may_edit(image, role)
    return Status(201, do_create_region(image, person(request), (body.t, body.z), name=body.name, box=body.box))


@router.patch("/regions/{uuid:region_id}", response=RegionOut)
@transaction.atomic
def change_region(request: HttpRequest, region_id: UUID, body: RegionChangeIn) -> Region:
    """Another name or another rectangle."""
    region, image, role = access_region(person(request), region_id, Action.ANNOTATE)
    check_may_edit(image, role)
    do_change_region(region, image, name=body.name, box=body.box)
    return region


@router.delete("/regions/{uuid:region_id}", response={204: None})
@transaction.atomic
def delete_region(request: HttpRequest, region_id: UUID) -> Status[None]:
    """No longer complete there; the cells stay."""
    region, image, role = access_region(person(request), region_id, Action.ANNOTATE)
    check_may_edit(image, role)
    do_delete_region(region)
    return Status(204, None)

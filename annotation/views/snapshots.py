"""Snapshots: make one, see them, compare two. Splits: which images are for what."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from annotation.actions.audit import do_audit
from annotation.actions.snapshots import do_create_snapshot, do_delete_snapshot
from annotation.actions.splits import do_assign_splits
from annotation.datasets.comparing import compare
from annotation.errors import not_found
from annotation.models import AuditKind, Snapshot
from annotation.permissions import Action, access_project, access_snapshot
from annotation.queries import get_snapshots, get_split_counts, get_twins
from annotation.views.api import person
from annotation.views.dataset_schemas import DifferenceOut, SnapshotIn, SnapshotOut, SplitsIn, SplitsOut
from annotation.views.jobs import job_out
from annotation.views.paging import paged
from annotation.views.schemas import JobOut

router = Router()


def _out(snapshot: Snapshot) -> SnapshotOut:
    return SnapshotOut.model_validate(
        {
            "id": snapshot.pk,
            "name": snapshot.name,
            "sha256": snapshot.sha256,
            "images": snapshot.images,
            "cells": snapshot.cells,
            "created_at": snapshot.created_at,
            "created_by": snapshot.created_by.username if snapshot.created_by else "",
            "selection": snapshot.selection,
        }
    )


@router.post("/projects/{uuid:project_id}/snapshots", response={201: JobOut})
def create_snapshot(request: HttpRequest, project_id: UUID, body: SnapshotIn) -> Status[JobOut]:
    """Have a part of the project frozen, as it is at one moment."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    selection = body.selection.model_dump(mode="json")
    return Status(201, job_out(do_create_snapshot(person(request), project, name=body.name, selection=selection)))


@router.get("/projects/{uuid:project_id}/snapshots", response=list[SnapshotOut])
@paged
def list_snapshots(request: HttpRequest, project_id: UUID) -> list[SnapshotOut]:
    """The project's snapshots, newest first."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    return [_out(snapshot) for snapshot in get_snapshots(project.pk)]


@router.delete("/snapshots/{uuid:snapshot_id}", response={204: None})
@transaction.atomic
def delete_snapshot(request: HttpRequest, snapshot_id: UUID) -> Status[None]:
    """Away with it. It cannot be changed otherwise."""
    snapshot = access_snapshot(person(request), snapshot_id, Action.MANAGE)
    kept = {"sha256": snapshot.sha256, "images": snapshot.images, "cells": snapshot.cells}
    do_delete_snapshot(snapshot)
    do_audit(
        person(request), AuditKind.SNAPSHOT_DELETED, project=snapshot.project, subject=snapshot.name, snapshot=kept
    )
    return Status(204, None)


@router.get("/snapshots/{uuid:snapshot_id}/changes-since/{uuid:older_id}", response=DifferenceOut)
def compare_snapshots(request: HttpRequest, snapshot_id: UUID, older_id: UUID) -> DifferenceOut:
    """What came, went and changed between two snapshots of a project."""
    newer = access_snapshot(person(request), snapshot_id, Action.EXPORT)
    older = access_snapshot(person(request), older_id, Action.EXPORT)
    if older.project_id != newer.project_id:
        raise not_found("snapshot")
    return DifferenceOut.model_validate(compare(older, newer), from_attributes=True)


def _splits(project_id: UUID) -> SplitsOut:
    return SplitsOut.model_validate({**get_split_counts(project_id), "twins": get_twins(project_id)})


@router.get("/projects/{uuid:project_id}/splits", response=SplitsOut)
def get_splits(request: HttpRequest, project_id: UUID) -> SplitsOut:
    """How the images are split."""
    project, _ = access_project(person(request), project_id, Action.EXPORT)
    return _splits(project.pk)


@router.post("/projects/{uuid:project_id}/splits", response=SplitsOut)
def assign_splits(request: HttpRequest, project_id: UUID, body: SplitsIn) -> SplitsOut:
    """Give images that have none a split, for good."""
    project, _ = access_project(person(request), project_id, Action.MANAGE)
    shares = {"train": body.train, "validation": body.validation, "test": body.test}
    do_assign_splits(project, seed=body.seed, shares=shares, grouping=body.group_by)
    return _splits(project.pk)

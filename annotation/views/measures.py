"""Measurements of a project's cells over HTTP."""

# No postponed annotations here: ninja could not read them through transaction.atomic.
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from annotation.actions.measures import do_create_measuring, open_measuring, unmeasured
from annotation.datasets.measured import INTENSITIES
from annotation.permissions import Action, access_project
from annotation.reports.measures import (
    MEASURES,
    Distribution,
    Points,
    get_distribution,
    get_measured,
    get_points,
)
from annotation.tables import csv_text
from annotation.views.api import person
from annotation.views.audit import csv_answer
from annotation.views.jobs import job_out
from annotation.views.measures_schemas import DistributionOut, DistributionQuery, MeasuredOut, PointsOut, PointsQuery
from annotation.views.schemas import JobOut
from annotation.views.streaming import binary

router = Router()


@router.get("/projects/{uuid:project_id}/measurements", response=MeasuredOut)
def show_measured(request: HttpRequest, project_id: UUID) -> dict[str, Any]:
    """How much is measured, and what can be asked for."""
    access_project(person(request), project_id, Action.VIEW)
    job = open_measuring(project_id)
    measures = [{"name": name, "title": title, "by_channel": name in INTENSITIES} for name, title in MEASURES.items()]
    waiting = unmeasured(project_id).count()
    return {
        **get_measured(project_id), "waiting": waiting, "job": job_out(job) if job else None, "measures": measures,
    }  # fmt: skip


@router.post("/projects/{uuid:project_id}/measurements", response={201: JobOut})
@transaction.atomic
def create_measuring(request: HttpRequest, project_id: UUID) -> Status[JobOut]:
    """Have the images measured whose cells have changed since."""
    project, _ = access_project(person(request), project_id, Action.EXPORT, lock=True)
    return Status(201, job_out(do_create_measuring(person(request), project)))


@router.get("/projects/{uuid:project_id}/measurements/distribution", response=DistributionOut)
def show_distribution(request: HttpRequest, project_id: UUID, asked: Query[DistributionQuery]) -> Distribution:
    """How one figure is distributed over the cells."""
    access_project(person(request), project_id, Action.VIEW)
    return get_distribution(project_id, asked.figure(), asked.chosen(), by=asked.by)


@router.get("/projects/{uuid:project_id}/measurements/distribution.csv", openapi_extra=binary("text/csv"))
def download_distribution(request: HttpRequest, project_id: UUID, asked: Query[DistributionQuery]) -> HttpResponse:
    """The same as a table: a row for each group, its bins included."""
    project, _ = access_project(person(request), project_id, Action.VIEW)
    found = get_distribution(project_id, asked.figure(), asked.chosen(), by=asked.by)
    bins = [f"{low:.6g} to {high:.6g}" for low, high in zip(found.edges, found.edges[1:], strict=False)]
    header = (asked.by or "group", "cells", "mean", "sd", "min", "q1", "median", "q3", "max", "unit", *bins)
    rows = [
        (one.name, one.cells, one.mean, one.sd, *one.quartiles, found.unit, *one.counts) for one in found.groups
    ]  # fmt: skip
    return csv_answer(csv_text(header, rows), f"{project.name} {asked.measure}.csv")


@router.get("/projects/{uuid:project_id}/measurements/points", response=PointsOut)
def show_points(request: HttpRequest, project_id: UUID, asked: Query[PointsQuery]) -> Points:
    """Two figures of each cell."""
    access_project(person(request), project_id, Action.VIEW)
    return get_points(project_id, asked.figures(), asked.chosen())

"""Which engines there are, and what each of them needs."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest
from ninja import Router

from annotation.queries import engine_statuses
from annotation.views.paging import paged
from annotation.views.schemas import EngineOut, FigureOut, WeightsOut
from inference.weights_status import weights_of

router = Router()


@router.get("/engines", response=list[EngineOut])
@paged
def list_engines(request: HttpRequest) -> list[EngineOut]:  # noqa: ARG001
    """All engines in the order of the menu, those without weights too: ``problem`` says what is missing."""
    return [
        EngineOut(
            name=status.card.name,
            title=status.card.title,
            summary=status.card.summary,
            capabilities=sorted(status.card.capabilities),
            available=status.available,
            problem=status.problem,
            licence=status.card.licence,
            notice=status.card.notice,
            about=status.card.about.strip(),
            figures=[FigureOut(**asdict(figure)) for figure in status.card.figures],
            weights=[WeightsOut(**asdict(file)) for file in weights_of(status.card.name)],
        )
        for status in engine_statuses()
    ]

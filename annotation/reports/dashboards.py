"""All dashboards, by name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from annotation.reports.agreement import get_agreement_dashboard
from annotation.reports.asked import Asked
from annotation.reports.charts import Dashboard
from annotation.reports.data import get_data
from annotation.reports.overview import get_overview
from annotation.reports.people import get_models, get_people

DASHBOARDS: dict[str, Callable[[UUID, Asked], Dashboard]] = {
    "overview": get_overview,
    "people": get_people,
    "models": get_models,
    "data": get_data,
    "agreement": get_agreement_dashboard,
}

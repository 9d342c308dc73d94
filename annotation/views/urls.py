"""Every address of the application."""

from __future__ import annotations

from django.urls import path

from annotation.views import engines, exports, files, health, jobs, runs, uploads
from annotation.views.api import api

for noun in (jobs, exports, runs, engines, uploads, files):
    api.add_router("", noun.router)

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/", api.urls),
]

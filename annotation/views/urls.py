"""Every address of the application."""

from __future__ import annotations

from django.urls import path

from annotation.views import exports, files, health, jobs, uploads
from annotation.views.api import api

api.add_router("", uploads.router)
api.add_router("", files.router)
api.add_router("", jobs.router)
api.add_router("", exports.router)

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/", api.urls),
]

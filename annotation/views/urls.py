"""Every address of the application."""

from __future__ import annotations

from django.urls import path

from annotation.views import files, health, uploads
from annotation.views.api import api

api.add_router("", uploads.router)
api.add_router("", files.router)

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/", api.urls),
]

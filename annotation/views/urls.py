"""Every address of the application."""

from __future__ import annotations

from django.urls import path

from annotation.views import health
from annotation.views.api import api

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/", api.urls),
]

"""Where everything lives."""

from django.urls import include, path

urlpatterns = [path("", include("annotation.views.urls"))]

"""Where everything lives."""

from django.urls import include, path

urlpatterns = [path("", include("annotation.views.urls"))]
handler404 = "annotation.views.api.not_found_page"
handler500 = "annotation.views.api.failure_page"

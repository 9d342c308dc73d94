"""Every address of the application."""

from __future__ import annotations

from django.urls import path

from annotation.views import (
    accounts,
    adjudication,
    agreement,
    annotation_imports,
    audit,
    cells,
    comments,
    dashboards,
    documents,
    engines,
    exports,
    files,
    health,
    history,
    images,
    jobs,
    label_classes,
    looks,
    measures,
    members,
    notifications,
    openapi,
    pages,
    presence,
    projects,
    recipes,
    regions,
    runs,
    snapshots,
    tokens,
    uploads,
    webhooks,
    workflow,
)
from annotation.views.api import api

api.add_router("", uploads.router)
api.add_router("", files.router)
api.add_router("", jobs.router)
api.add_router("", exports.router)
api.add_router("", snapshots.router)
api.add_router("", annotation_imports.router)
api.add_router("", runs.router)
api.add_router("", engines.router)
api.add_router("", projects.router)
api.add_router("", members.router)
api.add_router("", label_classes.router)
api.add_router("", images.router)
api.add_router("", looks.router)
api.add_router("", recipes.router)
api.add_router("", regions.router)
api.add_router("", history.router)
api.add_router("", workflow.router)
api.add_router("", audit.router)
api.add_router("", agreement.router)
api.add_router("", adjudication.router)
api.add_router("", dashboards.router)
api.add_router("", measures.router)
api.add_router("", tokens.router)
api.add_router("", cells.router)
api.add_router("", webhooks.router)
api.add_router("", comments.router)
api.add_router("", notifications.router)
api.add_router("", presence.router)
api.add_router("", openapi.router)

urlpatterns = [
    path("", pages.project_list, name="projects"),
    path("projects/<uuid:project_id>/", pages.project_page, name="project"),
    path("projects/<uuid:project_id>/audit/", pages.audit_page, name="audit"),
    path("projects/<uuid:project_id>/dashboards/agreement/", agreement.agreement_page, name="agreement"),
    path("projects/<uuid:project_id>/dashboards/<slug:name>/", dashboards.dashboard_page, name="dashboard"),
    path("projects/<uuid:project_id>/datasets/", pages.project_page, name="datasets"),
    path("projects/<uuid:project_id>/measurements/", pages.project_page, name="measurements"),
    path("models/", pages.model_list, name="models"),
    path("models/<slug:engine>/", pages.model_card, name="model"),
    path("images/<uuid:image_id>/", pages.annotator_page, name="image"),
    path("account/", pages.account, name="account"),
    path("notifications/", pages.notifications, name="notifications"),
    path("docs/", documents.guide, name="guides"),
    path("docs/<slug:name>/", documents.guide, name="guide"),
    path("docs/images/<slug:name>.png", documents.picture, name="guide_picture"),
    path("sign-in/", accounts.SignInView.as_view(), name="account_login"),
    path("sign-out/", accounts.sign_out, name="account_logout"),
    path("link/<str:uid>/<str:token>/", accounts.take_account, name="link"),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/", api.urls),
]

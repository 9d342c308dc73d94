"""The guides, for whoever is signed in: the help inside the application links here."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation.documents import FOLDER, guide_names, read_guide
from annotation.views.pages import refusal_page

_MISSING = "There is no such page in the guides. Its name may have changed."


@require_safe
@login_required
def guide(request: HttpRequest, name: str = "index") -> HttpResponse:
    """One guide, with the list of all."""
    found = read_guide(name)
    if found is None:
        return refusal_page(request, _MISSING, status=404)
    guides = [one for one in map(read_guide, guide_names()) if one is not None]
    return render(request, "annotation/guide.html", {"guide": found, "guides": guides})


@require_safe
@login_required
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of the guides."""
    pictures = {path.stem: path for path in (FOLDER / "images").glob("*.png")}
    if name not in pictures:
        return refusal_page(request, _MISSING, status=404)
    return FileResponse(pictures[name].open("rb"), content_type="image/png")

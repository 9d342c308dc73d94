"""Lists in pages: `?limit=` and `?cursor=`, and where there is more a `Link` to the next page (RFC 8288).

A cursor names the last thing that was seen and where it stood: what is added or removed elsewhere meanwhile shifts
nothing.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query
from ninja.utils import contribute_operation_args
from pydantic import Field

from annotation.errors import AppError, ErrorCode
from annotation.views.schemas import In


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the database, read page by page by primary key, or ``by_age``: by created_at before that. Each is
    answered as ``read`` makes it."""

    found: QuerySet[Any]
    read: Callable[[Any], Any]
    by_age: bool = False


View = TypeVar("View", bound=Callable[..., Any])
MOST = 1000
_ARGUMENT = "page_asked"
_SOURCE: Any = Query(...)  # type: ignore[type-arg]


class PageIn(In):
    """How many rows at most, and after which: the cursor comes from the `Link` of the page before."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST
    cursor: Annotated[str, Field(max_length=500)] = ""


def paged(view: View) -> View:
    """Below the route of an operation that answers a list, or Rows."""
    contribute_operation_args(view, _ARGUMENT, PageIn, _SOURCE)
    return view


def _name(row: Any) -> str:
    """What tells a row from the others."""
    keys = ("pk", "id", "name")
    found = next((getattr(row, key) for key in keys if getattr(row, key, None) is not None), None)
    return "" if found is None else str(found)


def _place(found: Any, row: Any) -> str:
    by_age = isinstance(found, Rows) and found.by_age
    return f"{row.created_at.isoformat()} {row.pk}" if by_age else _name(row)


def _cursor(position: int, name: str) -> str:
    return urlsafe_b64encode(json.dumps([position, name]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    """The position and the name of the last row that was seen."""
    try:
        position, name = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(position, int) and 0 <= position < 2**31 and isinstance(name, str):
            return position, name
    except (ValueError, TypeError, RecursionError):
        pass
    raise _no_cursor()


def _no_cursor() -> AppError:
    message = "cursor: this is none of ours. Begin without it, and follow the Link header."
    return AppError(ErrorCode.BAD_REQUEST, message, status=422)


def _rest(rows: Sequence[Any], cursor: str) -> int:
    """Where the next page begins."""
    if not cursor:
        return 0
    position, name = _read(cursor)
    if position < len(rows) and _name(rows[position]) == name:
        return position + 1
    moved = next((index for index, row in enumerate(rows) if name and _name(row) == name), None)
    # It is gone: what followed it has its place.
    return position if moved is None else moved + 1


def _after(rows: Rows, cursor: str) -> QuerySet[Any]:
    """By an index, which costs the same on each page."""
    ordered = rows.found.order_by("created_at", "pk") if rows.by_age else rows.found.order_by("pk")
    if not cursor:
        return ordered
    _, name = _read(cursor)
    try:
        if not rows.by_age:
            return ordered.filter(pk__gt=name)
        day, key = name.split(" ")
        at = datetime.fromisoformat(day).astimezone(UTC)
        return ordered.filter(created_at__gte=at).exclude(created_at=at, pk__lte=key)
    except (ValueError, OverflowError, ValidationError) as error:
        raise _no_cursor() from error


def _cut(found: Any, asked: PageIn) -> tuple[list[Any], str]:
    """The page, and the cursor of the next one or nothing."""
    if isinstance(found, Rows):
        rows, start = list(_after(found, asked.cursor)[: asked.limit + 1]), 0
    else:
        rows, start = list(found), _rest(found, asked.cursor)
    page = rows[start : start + asked.limit]
    more = start + len(page) < len(rows)
    cursor = _cursor(start + len(page) - 1, _place(found, page[-1])) if more else ""
    return [found.read(row) for row in page] if isinstance(found, Rows) else page, cursor


def in_pages(run: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator around the functions of all operations."""

    @wraps(run)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked: PageIn | None = kwargs.pop(_ARGUMENT, None)
        found = run(request, *args, **kwargs)
        if asked is None:
            return found
        page, cursor = _cut(found, asked)
        if cursor:
            go_on(request, cursor=cursor)
        return page

    return answered


def go_on(request: HttpRequest, **query: object) -> None:
    """There is a next page, at this address but for what is given here."""
    request.next_query = query  # type: ignore[attr-defined]


def tell_next(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say where the next page is. The address is a path: whatever stands before the server knows its own name."""
    more: dict[str, object] = getattr(request, "next_query", {})
    if more:
        query = request.GET.copy()
        for name, value in more.items():
            query[name] = str(value)
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'

"""From JSON to the contracts and back: what travels through the queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import cast, get_args

from inference.contracts import (
    AutoParams,
    Box,
    ImageRef,
    MaskResult,
    PlaneView,
    Point,
    Projection,
    Prompts,
    Scribble,
)
from inference.engines.base import Tile
from inference.errors import EngineError, EngineErrorCode
from inference.rle import Rle, check_counts

Json = Mapping[str, object]


def _invalid(what: str) -> EngineError:
    return EngineError(
        EngineErrorCode.REQUEST_INVALID,
        f"The request is not as agreed: {what}. Reload the page.",
        permanent=True,
    )


def _object(data: object, what: str) -> Json:
    if not isinstance(data, Mapping):
        raise _invalid(f"{what} is missing")
    return data


def get_number(data: Json, name: str) -> float:
    """A number of a request."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"{name} is not a number")
    return float(value)


def get_whole(data: Json, name: str) -> int:
    """A whole number of a request."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _invalid(f"{name} is not a whole number")
    return value


def get_text(data: Json, name: str) -> str:
    """A non-empty text of a request."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise _invalid(f"{name} is missing")
    return value


def get_image(data: Json) -> ImageRef:
    """``{"image": {"path", "sha256", "height", "width", "view": {"t", "z", "channels", "projection", "ranges"}}}``."""
    image = _object(data.get("image"), "image")
    return ImageRef(
        path=get_text(image, "path"),
        sha256=get_text(image, "sha256"),
        height=get_whole(image, "height"),
        width=get_whole(image, "width"),
        view=_view(_object(image.get("view"), "view")),
    )


def image_json(image: ImageRef) -> Json:
    """What get_image reads."""
    view = asdict(image.view)
    lists = {"channels": list(image.view.channels), "ranges": [list(limits) for limits in image.view.ranges]}
    return {**asdict(image), "view": {**view, **lists}}


def _is_range(limits: object) -> bool:
    numbers = isinstance(limits, list) and all(isinstance(each, int | float) for each in limits)
    return numbers and len(cast(list[float], limits)) == 2


def _view(view: Json) -> PlaneView:
    channels, ranges, projection = view.get("channels"), view.get("ranges"), get_text(view, "projection")
    if not isinstance(channels, list) or len(channels) not in (1, 3) or any(type(each) is not int for each in channels):
        raise _invalid("channels are not one whole number, or three")
    if not isinstance(ranges, list) or len(ranges) not in (0, len(channels)) or not all(map(_is_range, ranges)):
        raise _invalid("ranges do not fit the channels")
    if projection not in get_args(Projection):
        raise _invalid(f"{projection} is no projection")
    return PlaneView(
        t=get_whole(view, "t"),
        z=get_whole(view, "z"),
        channels=tuple(channels),
        projection=cast(Projection, projection),
        ranges=tuple((float(low), float(high)) for low, high in ranges),
    )


def get_tile(data: Json) -> Tile:
    """``{"tile": [top, left, height, width]}``, inside of ``{"image": {…}}``."""
    tile, image = data.get("tile"), get_image(data)
    if not isinstance(tile, list) or len(tile) != 4 or any(type(side) is not int for side in tile):
        raise _invalid("tile is not four whole numbers")
    top, left, height, width = tile
    if min(top, left) < 0 or min(height, width) < 1 or top + height > image.height or left + width > image.width:
        raise _invalid("tile is not a part of the image")
    return top, left, height, width


def get_prompts(data: Json) -> Prompts:
    """``{"prompts": {"points": [{"row", "col", "positive"}], "box": {"top", "left", "bottom", "right"} |
    null, "mask": {"top", "left", "height", "width", "counts"} | null, "scribbles": [{"places": [[row, column]],
    "positive"}]}}``."""
    prompts = _object(data.get("prompts"), "prompts")
    return Prompts(
        points=tuple(_point(_object(point, "a point")) for point in _list(prompts, "points")),
        box=None if prompts.get("box") is None else _box(_object(prompts["box"], "box")),
        mask=None if prompts.get("mask") is None else _mask(_object(prompts["mask"], "mask")),
        scribbles=tuple(_scribble(_object(stroke, "a scribble")) for stroke in _list(prompts, "scribbles")),
    )


def _list(data: Json, name: str) -> list[object]:
    """A list, or an empty one where there is none."""
    value = data.get(name) or []
    if not isinstance(value, list):
        raise _invalid(f"{name} is not a list")
    return value


def _flag(data: Json, name: str, *, default: bool) -> bool:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _invalid(f"{name} is neither true nor false")
    return value


def _point(data: Json) -> Point:
    return Point(
        row=get_number(data, "row"), col=get_number(data, "col"), positive=_flag(data, "positive", default=True)
    )


def _scribble(data: Json) -> Scribble:
    places = []
    for place in _list(data, "places"):
        if not isinstance(place, list) or len(place) != 2 or any(type(side) not in (int, float) for side in place):
            raise _invalid("a scribble's place is not a row and a column")
        places.append((float(place[0]), float(place[1])))
    if not places:
        raise _invalid("a scribble has no places")
    return Scribble(tuple(places), positive=_flag(data, "positive", default=True))


def _box(data: Json) -> Box:
    return Box(**{name: get_number(data, name) for name in ("top", "left", "bottom", "right")})


def _mask(data: Json) -> Rle:
    counts = data.get("counts")
    if not isinstance(counts, list) or not all(type(count) is int for count in counts):
        raise _invalid("counts is not a list of whole numbers")
    height, width = get_whole(data, "height"), get_whole(data, "width")
    try:
        check_counts(height=height, width=width, counts=counts)
    except ValueError as error:
        raise _invalid(str(error).rstrip(".")) from error
    return Rle(get_whole(data, "top"), get_whole(data, "left"), height, width, tuple(counts))


def get_params(data: Json) -> AutoParams:
    """``{"params": {"cell_probability", "flow_error", "min_area", "diameter", "cached", "first": {"top", "left",
    "bottom", "right"}}}``, each of them optional or null."""
    params = _object(data.get("params") or {}, "params")
    unknown = set(params) - {"cell_probability", "flow_error", "min_area", "diameter", "cached", "first"}
    if unknown:
        raise _invalid(f"params has {', '.join(sorted(unknown))}")

    def optional(name: str) -> float | None:
        return None if params.get(name) is None else get_number(params, name)

    default = AutoParams()
    return AutoParams(
        cell_probability=optional("cell_probability"),
        flow_error=optional("flow_error"),
        min_area=default.min_area if params.get("min_area") is None else get_whole(params, "min_area"),
        diameter=optional("diameter"),
        cached=_flag(params, "cached", default=False),
        first=None if params.get("first") is None else _box(_object(params["first"], "first")),
    )


def candidate_json(result: MaskResult) -> Json:
    """One candidate as it travels."""
    mask = result.mask
    return {
        "mask": {
            "top": mask.top,
            "left": mask.left,
            "height": mask.height,
            "width": mask.width,
            "counts": list(mask.counts),
        },
        "score": result.score,
    }


def error_json(error: EngineError) -> Json:
    """An error as it travels."""
    return {"code": str(error.code), "message": error.message, "permanent": error.permanent}

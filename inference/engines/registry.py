"""Engines by name. A name maps to a dotted path, so that nothing heavy is imported before it is used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from inference.cards import card_of
from inference.contracts import Capability, EngineCard, EngineStatus
from inference.engines.base import AutoEngine, Engine, FlowEngine, PromptEngine
from inference.errors import EngineError, EngineErrorCode

_PATHS = {
    "starter": "inference.engines.starter:StarterEngine",
    "sam": "inference.engines.sam:SamEngine",
    "mobile-sam": "inference.engines.sam:MobileSamEngine",
    "cellpose-sam": "inference.engines.cellpose_sam:CellposeSamEngine",
    "cellpose": "inference.engines.cellpose:CellposeEngine",
    "unet": "inference.engines.unet:UNetEngine",
    "segnet": "inference.engines.unet:SegNetEngine",
}


_WORK: dict[Capability, str] = {
    "prompt": "answer clicks",
    "auto": "find all cells",
    "flows": "keep flow fields, so that its thresholds cannot be moved afterwards",
}


def engine_names() -> tuple[str, ...]:
    """All engines, in the order in which people see them."""
    return tuple(_PATHS)


@cache
def _engine(name: str) -> Engine:
    module, _, attribute = _PATHS[name].partition(":")
    return cast(Engine, getattr(import_module(module), attribute)())


def get_engine(name: str) -> Engine:
    """The engine of that name, loaded, one per process. Raises EngineError (permanent) for an unknown name and
    for missing or invalid weights."""
    if name not in _PATHS:
        known = ", ".join(_PATHS)
        raise EngineError(
            EngineErrorCode.UNKNOWN_ENGINE,
            f"There is no engine “{name}”. Choose one of: {known}.",
            permanent=True,
        )
    engine = _engine(name)
    engine.load()
    return engine


def _needs(name: str, capability: Capability) -> Engine:
    engine = get_engine(name)
    if capability not in engine.card.capabilities:
        raise EngineError(
            EngineErrorCode.UNKNOWN_ENGINE, f"The engine “{name}” does not {_WORK[capability]}.", permanent=True
        )
    return engine


def get_prompt_engine(name: str) -> PromptEngine:
    """Like get_engine, for an engine that answers prompts."""
    return cast(PromptEngine, _needs(name, "prompt"))


def get_auto_engine(name: str) -> AutoEngine:
    """Like get_engine, for an engine that finds all cells."""
    return cast(AutoEngine, _needs(name, "auto"))


def get_flow_engine(name: str) -> FlowEngine:
    """Like get_engine, for an engine that keeps flow fields."""
    return cast(FlowEngine, _needs(name, "flows"))


def get_card(name: str) -> EngineCard:
    """What people are told about an engine; imports nothing heavy."""
    return card_of(name)


def engine_status(name: str) -> EngineStatus:
    """Whether the engine works on this machine, found out by loading it."""
    card = get_card(name)
    try:
        return EngineStatus(card=card, available=True, weights=get_engine(name).weights)
    except EngineError as error:
        return EngineStatus(card=card, available=False, problem=error.message)

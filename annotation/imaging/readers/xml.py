"""XML of strangers (S25). Runs in the decoder: no Django."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from annotation.imaging.refusals import damaged

MAX_XML_BYTES = 16 * 1024**2


def parse_xml(text: str, what: str) -> ElementTree.Element:
    """The root. ``what`` names it in the sentence of the RefusalError."""
    if len(text) > MAX_XML_BYTES:
        raise damaged(f"its {what} is larger than 16 MB")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise damaged(f"its {what} defines entities, which no microscope does")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 (no document type gets here)
    except (ElementTree.ParseError, ValueError) as why:
        raise damaged(f"its {what} cannot be understood") from why


def children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Those of this name, whatever their namespace."""
    return (child for child in element if child.tag.rpartition("}")[2] == name)

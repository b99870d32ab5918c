"""Makes a stand-alone SVG file fit for inlining into a page.

Styles become attributes, so that the page needs no ``unsafe-inline``; colours become CSS variables;
ids get a prefix, so that two pictures never share one; each point gets a tooltip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from bench.blocks.cells import plain

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_SHAPES = {f"{{{_SVG}}}use", f"{{{_SVG}}}path"}
_DROPPED = {f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"}


def inline(
    text: str,
    *,
    colours: Mapping[str, str],
    prefix: str,
    label: str,
    points: tuple[str, Sequence[str]],
) -> str:
    """The ``<svg>`` element of the file ``text``.

    ``colours`` maps hex colours to CSS variables; ``label`` is for screen readers; ``points`` is
    the id of the group with the points, and one tooltip for each in drawing order.
    """
    root = ET.fromstring(text)  # noqa: S314 - drawn by this process
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _DROPPED:
                parent.remove(child)
    group, titles = points
    for shape, title in zip(list(_marks(root, group)), titles, strict=True):
        ET.SubElement(shape, f"{{{_SVG}}}title").text = plain(title)
    referenced = set(re.findall(r"#([\w-]+)[\")]", text))
    for element in root.iter():
        _attributes(element, colours)
        _identity(element, re.sub(r"\W", "-", prefix), referenced)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", plain(label))
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode")


def _marks(root: ET.Element, group: str) -> Iterator[ET.Element]:
    """The shapes of a group in drawing order, whether ``<use>`` of a definition or paths."""
    for element in root.iter():
        if element.get("id") == group:
            shapes = [child for child in element if child.tag != f"{{{_SVG}}}defs"]
            for shape in shapes:
                yield from (e for e in shape.iter() if e.tag in _SHAPES)


def _attributes(element: ET.Element, colours: Mapping[str, str]) -> None:
    """Split ``style`` into presentation attributes; the page determines the typeface."""
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            size = re.search(r"[\d.]+px", value)
            name, value = "font-size", size.group() if size else ""
        if value and name not in {"font-family"}:
            element.set(name, value)
    for name in ("fill", "stroke"):
        variable = colours.get(element.get(name, ""))
        if variable:
            element.set(name, f"var({variable})")


def _identity(element: ET.Element, prefix: str, referenced: set[str]) -> None:
    """Keep only the ids that are referenced, with this picture's prefix."""
    name = element.attrib.pop("id", None)
    if name in referenced:
        element.set("id", f"{prefix}-{name}")
    for key, value in list(element.attrib.items()):
        if key in ("href", f"{{{_XLINK}}}href"):
            element.attrib.pop(key)
            element.set("href", re.sub(r"^#", f"#{prefix}-", value))
        elif value.startswith("url(#"):
            element.set(key, value.replace("url(#", f"url(#{prefix}-"))

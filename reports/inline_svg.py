"""An SVG of ours made part of an HTML page: its own ids, the page's colours and type, nothing from elsewhere."""

import re
from xml.etree import ElementTree

from reports.style import THEME

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FAMILY = re.compile(r"font-family: [^;]+")
_FONT = re.compile(r"font: ((?:[a-z]+ )*)([\d.]+px) [^;]+")  # how Matplotlib before 3.11 writes it
_NUMBER = re.compile(r"-?\d+\.\d+")
_DROPPED = {"metadata", "style"}
"""Elements that a page does not need; a style element would leak into the page."""


def _local(name: str) -> str:
    """A tag's or attribute's name without its namespace, which HTML implies."""
    return name.rpartition("}")[2]


def _themed(style: str) -> str:
    """A style attribute with the page's colours instead of ours, and the page's typeface."""
    for colour, name in THEME.items():
        style = style.replace(colour, f"var(--{name})")
    style = _FONT.sub(r"font: \1\2 var(--sans)", style)
    return _FAMILY.sub("font-family: inherit", style)


def _shorter(text: str) -> str:
    """Coordinates to a hundredth of a point."""
    return _NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), " ".join(text.split()))


def _rewrite(element: ElementTree.Element, prefix: str) -> None:
    """Cleans one element and all below it, in place."""
    element.tag = _local(element.tag)
    attributes = {_local(key): value for key, value in element.attrib.items()}
    element.attrib.clear()
    for key, value in attributes.items():
        text = _REFERENCE.sub(rf"url(#{prefix}-\1)", value)
        if key == "id":
            text = f"{prefix}-{value}"
        elif key == "href" and value.startswith("#"):
            text = f"#{prefix}-{value[1:]}"
        elif key == "style":
            text = _themed(text)
        elif key in ("d", "transform", "x", "y"):
            text = _shorter(text)
        element.set(key, text)
    for child in list(element):
        if _local(child.tag) in _DROPPED:
            element.remove(child)
        else:
            _rewrite(child, prefix)


def _hollow(element: ElementTree.Element, used: set[str]) -> None:
    """Drops ids that nothing refers to, then groups and definitions that hold nothing."""
    if element.get("id") not in used:
        element.attrib.pop("id", None)
    for child in list(element):
        _hollow(child, used)
        if child.tag in ("g", "defs") and not len(child):
            element.remove(child)


def inline(svg: bytes, *, name: str, label: str) -> str:
    """The SVG as an element for an HTML page.

    Text stays escaped: the tree is parsed and written again, so nothing that came from data can become markup. The
    natural width becomes the variable ``--natural`` of the element, in pixels, for the style sheet to use.

    Args:
        svg: What :func:`reports.style.svg` gave with ``inline=True``.
        name: Prefix of all ids, unique on the page.
        label: What a screen reader says.
    """
    root = ElementTree.fromstring(svg)
    width = float((root.get("width") or "0").removesuffix("pt")) * 96 / 72
    box = root.get("viewBox") or ""
    _rewrite(root, name)
    root.attrib.clear()
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    _hollow(root, used)
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": label, "style": f"--natural: {width:.0f}px"})
    root.tail = None
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode"))

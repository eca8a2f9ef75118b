"""Notebooks as pages, with the outputs that they were saved with; nothing is run."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


FENCE = "`" * 5
"""Around code and text: whatever they hold, it ends nothing."""


def as_markdown(text: str) -> str:
    """The content of an ``.ipynb`` file as Markdown: its cells in order, code with the text and pictures below it."""
    notebook = json.loads(text)
    return "\n\n".join(part for cell in notebook["cells"] for part in _cell(cell)) + "\n"


def _cell(cell: Mapping[str, Any]) -> list[str]:
    source = _joined(cell["source"]).rstrip()
    if cell["cell_type"] != "code":
        return [source]
    return [_block("python", source), *(part for output in cell["outputs"] for part in _output(output))]


def _output(output: Mapping[str, Any]) -> list[str]:
    if output["output_type"] == "stream":
        return [_block("text", _joined(output["text"]).rstrip())]
    if output["output_type"] == "error":
        return [_block("text", f"{output['ename']}: {output['evalue']}")]
    data = output["data"]
    if "image/png" in data:
        said = escape(_joined(data.get("text/plain", "a figure")), quote=True)
        picture = "".join(_joined(data["image/png"]).split())
        return [f'<img class="output" alt="{said}" src="data:image/png;base64,{picture}">']
    if "text/markdown" in data:
        return [_joined(data["text/markdown"])]
    return [_block("text", _joined(data["text/plain"]).rstrip())] if "text/plain" in data else []


def _block(language: str, text: str) -> str:
    return f"{FENCE}{language}\n{text}\n{FENCE}"


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def read(app: "Sphinx", page: str, source: list[str]) -> None:
    """Called by Sphinx with the text of every page."""
    if app.env.doc2path(page).suffix == ".ipynb":
        source[0] = as_markdown(source[0])


def setup(app: "Sphinx") -> None:
    """Registers the conversion."""
    app.connect("source-read", read)

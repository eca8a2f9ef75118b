"""Formulas as MathML: no script, no fonts to fetch, read aloud by screen readers, and they copy as text."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

BIG = re.compile(r"\\Big(?=[()\[\]|])")
"""Sizes that docutils knows by their older name alone."""
STYLE = re.compile(r"\\(?:text|display)style\b\s*")
"""Sizes of fractions and sums, which a block has anyway."""

SETMINUS = re.compile(r"\\setminus\b")
"""Drawn with a sign that few fonts have."""

log = logging.getLogger(__name__)


def mathml(tex: str, *, block: bool) -> str:
    r"""A LaTeX formula as an element ``<math>``.

    Raises:
        MathError: If it holds a command that is not known.
    """
    plain = STYLE.sub("", BIG.sub(r"\\Bigl", " ".join(tex.split())))
    plain = SETMINUS.sub(r"\\smallsetminus", plain)
    return str(tex2mathml(plain, as_block=block))


def _visit(translator: Any, node: nodes.Element, *, block: bool) -> None:
    try:
        translator.body.append(mathml(node.astext(), block=block))
    except MathError as error:
        log.warning("this formula cannot be drawn: %s", error, location=node)
    raise nodes.SkipNode


def visit_inline(translator: Any, node: nodes.Element) -> None:
    """Within a sentence."""
    _visit(translator, node, block=False)


def visit_block(translator: Any, node: nodes.Element) -> None:
    """On a line of its own."""
    translator.body.append('<div class="formula" tabindex="0">')
    try:
        _visit(translator, node, block=True)
    finally:
        translator.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Registers the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))

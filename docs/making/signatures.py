"""Signatures as people write them: ``NDArray[np.float64]`` for what it stands for, and no defaults that say nothing."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


ARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[(?:[^\[\]]|\[[^\]]*\])*\], ~?numpy\.dtype\[~?([\w.]+)\]\]")
"""What ``NDArray[...]`` becomes when it is evaluated."""
MADE = re.compile(r" = <factory>|<factory>")
"""A field's default that is made anew each time."""


def shortened(text: str) -> str:
    """A signature or an annotation."""
    plain = ARRAY.sub(r"NDArray[\1]", text).replace("NDArray[numpy.", "NDArray[np.")
    return re.sub(r"~?typing\.", "", MADE.sub(" = ...", plain))


def process(
    _app: "Sphinx", _what: str, _name: str, _object: Any, _options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Called by Sphinx for every signature."""
    return signature and shortened(signature), returned and shortened(returned)


def setup(app: "Sphinx") -> None:
    """Registers the change."""
    app.connect("autodoc-process-signature", process)

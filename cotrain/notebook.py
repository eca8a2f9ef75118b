"""Whether Python runs in a notebook; needs no Jupyter to tell."""

import sys
from typing import Any


def in_notebook() -> bool:
    """Whether cells show what is displayed, as Jupyter's do; a plain interpreter and IPython on a terminal do not."""
    core: Any = sys.modules.get("IPython.core.getipython")
    shell = None if core is None else core.get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None

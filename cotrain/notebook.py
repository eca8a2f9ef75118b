"""Whether Python runs in a notebook; needs no Jupyter to tell."""

import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def in_notebook() -> bool:
    """Whether cells show what is displayed, as Jupyter's do; a plain interpreter and IPython on a terminal do not."""
    core: Any = sys.modules.get("IPython.core.getipython")
    shell = None if core is None else core.get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def without_widgets() -> None:
    """Where `ipywidgets` is not installed, keeps a library's library from asking for it: nothing here draws with it."""
    if in_notebook() and find_spec("ipywidgets") is None and find_spec("tqdm") is not None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="IProgress not found")
            import_module("tqdm.auto")

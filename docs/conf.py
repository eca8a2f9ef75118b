"""Settings of Sphinx; ``python -m docs.build`` uses them."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("MPLBACKEND", "Agg")

from cotrain.versions import own_version  # noqa: E402  # the checkout's own, from here on

project = "cotrain"
author = "The cotrain authors"
project_copyright = author
release = own_version()

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "docs.making.docstrings",
    "docs.making.formulas",
    "docs.making.generated",
    "docs.making.notebooks",
    "docs.making.references",
    "docs.making.signatures",
]
source_suffix = {".md": "markdown", ".ipynb": "markdown"}
default_role = "code"
smartquotes = False  # two dashes begin an option

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "cotrain"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
templates_path: list[str] = []
copybutton_exclude = ".linenos, .gp, .go"

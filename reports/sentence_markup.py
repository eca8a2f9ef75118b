"""A sentence on a page: what it names between backticks is set as code, all else is escaped."""

import re

from markupsafe import Markup, escape

NAMED = re.compile(r"`([^`]+)`")


def as_markup(sentence: str) -> Markup:
    """The sentence, escaped, with ``<code>`` for every pair of backticks; a single backtick stays what it is."""
    return Markup(NAMED.sub(r"<code>\1</code>", str(escape(sentence))))  # escaped before, so only our tags are tags

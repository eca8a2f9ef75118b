"""The first picture of each format stands for all later ones: tests here look at none, and each run draws fifteen."""

from collections.abc import Hashable, Iterator
from typing import Any

import pytest
from matplotlib.figure import Figure

from reports import style

_known: dict[Hashable, bytes] = {}


@pytest.fixture(scope="package", autouse=True)
def remembered_pictures() -> Iterator[None]:
    """What pictures show is for the tests of reports."""
    save = style._save

    def remembered(figure: Figure, **settings: Any) -> bytes:
        key = (settings["format"], settings.get("transparent"))
        if key not in _known:
            _known[key] = save(figure, **settings)
        return _known[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(style, "_save", remembered)
        yield

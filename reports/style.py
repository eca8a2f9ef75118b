"""One look for every figure: colours, type, and bytes that depend on nothing but the input."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import BboxBase

P = ParamSpec("P")

INK = "#1f2328"
"""Text and axes."""
MUTED = "#656d76"
"""Secondary text, references."""
RULE = "#d0d7de"
"""Grid lines and frames."""
BLUE = "#0b6bb8"
"""The choice, and what helps."""
ORANGE = "#c2500a"
"""What hurts, and refused margins."""
PAPER = "#fefefe"
"""Fill of hollow marks: the page behind them."""
SHADE = "#f1f3f5"
"""Quiet areas."""

THEME = {INK: "ink", MUTED: "muted", RULE: "rule", BLUE: "blue", ORANGE: "orange", PAPER: "paper", SHADE: "shade"}
"""Colours that a page may replace (light and dark), by the name of the style sheet's variable. Data colours, such as a
heatmap's cells and what is written on them, are never among them."""

_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.facecolor": "none",
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "cotrain",
    "svg.fonttype": "path",
    "path.simplify": False,
}
MARGIN = 0.06
"""White round a saved figure, in inches."""
_EXTENTS: WeakKeyDictionary[Figure, BboxBase] = WeakKeyDictionary()
"""Of figures that were measured: every file of a figure has the same."""


@contextmanager
def look(settings: Mapping[Any, Any] | None = None) -> Iterator[None]:
    """Matplotlib's own defaults, whatever the user's ``matplotlibrc`` says, with this project's look on top."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**_SETTINGS, **(settings or {})})
        yield


def drawn(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Runs ``draw`` with :func:`look` and fixes the layout, so that every file of a figure has the same one.

    Without a layout engine, each file is drawn once; with a placeholder for one, Matplotlib would draw it twice.
    """

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with look():
            figure = draw(*args, **kwargs)
            figure.draw_without_rendering()
            figure.set_layout_engine(None)
            return figure

    return inside


def sheet(width: float, height: float) -> Figure:
    """An empty figure of ``width`` by ``height`` inches that lays itself out; no window, no global state."""
    return Figure(figsize=(width, height), layout="constrained")


def quiet(axes: Axes, *, grid: str = "") -> None:
    """Takes the upper and right sides of the frame away; a light grid along ``grid`` (``x`` or ``y``) if asked."""
    axes.spines[["top", "right"]].set_visible(False)
    if grid in ("x", "y", "both"):
        axes.grid(axis=grid)  # type: ignore[arg-type]  # the three literals, checked above


def extent(figure: Figure) -> BboxBase:
    """What a file of the figure holds: all that is drawn and :data:`MARGIN`, in inches from the lower left corner."""
    if figure not in _EXTENTS:
        _EXTENTS[figure] = figure.get_tightbbox().padded(MARGIN)
    return _EXTENTS[figure]


def _save(figure: Figure, **settings: Any) -> bytes:
    """The figure's file, cut to what is drawn."""
    buffer = BytesIO()
    figure.savefig(buffer, bbox_inches=extent(figure), **settings)
    return buffer.getvalue()


def png(figure: Figure) -> bytes:
    """The figure as a PNG: equal input, equal bytes."""
    with look():
        return _save(figure, format="png", metadata={"Software": None})


def svg(figure: Figure, *, inline: bool = False) -> bytes:
    """The figure as an SVG: equal input, equal bytes.

    Args:
        inline: Text stays text and the page shows through, for an HTML page; otherwise letters are paths on white, so
            that the file looks the same everywhere.
    """
    with look({"svg.fonttype": "none"} if inline else None):
        return _save(figure, format="svg", metadata={"Date": None, "Creator": None}, transparent=inline)

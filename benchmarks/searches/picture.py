"""Curves of all methods on a few tables, efficiencies, and areas, in one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.searches.curves import MOST
from benchmarks.searches.methods import METHODS, OURS, RANDOM
from benchmarks.searches.summary import CaseFigures
from reports.style import BLUE, INK, MUTED, ORANGE, PAPER, RULE, drawn, quiet, sheet

PICTURED = (
    "s1, cover, 3 adapters",
    "s2, partition, 3 adapters",
    "first 4 passes all seeds, cover, 3 adapters",
    "blocks of 8, cover, 3 adapters",
    "chains of 8, partition, 3 adapters",
    "low rank of 8, cover, 4 adapters",
)
"""Cases whose curves are drawn, where they were measured."""
LOOKS = {
    OURS: (BLUE, "-", 2.0),
    RANDOM: (INK, "-", 1.3),
    "all together": (MUTED, ":", 1.0),
    "greedy merging": (MUTED, "--", 1.0),
    "mean of pairs": (ORANGE, ":", 1.2),
    "mean of pairs, counted": (ORANGE, "-", 1.0),
    "one-shot ridge": (ORANGE, "--", 1.0),
    "Optuna TPE": ("#5a8a3c", "-", 1.0),
    "Optuna NSGA-II": ("#5a8a3c", "--", 1.0),
    "Optuna GP": ("#5a8a3c", "-.", 1.0),
    "Optuna random": ("#5a8a3c", ":", 1.0),
}
"""Colour, dashes and width of every method."""
LOWEST = -0.7
"""Least area that is shown."""
SPREAD = 0.32
"""Width of a family's efficiencies, so that few hide another."""


@dataclass(frozen=True)
class PictureInfo:
    """What is drawn.

    Args:
        panels: Case and, by method, models and mean scaled values; up to its largest budget.
        efficiencies: By family and mode.
        areas: By mode and method, mean area over models, over the cases that most methods were measured in.
    """

    panels: dict[str, dict[str, tuple[tuple[float, ...], tuple[float, ...]]]]
    efficiencies: dict[str, tuple[float, ...]]
    areas: dict[str, dict[str, float]]


def picture_info(cases: Sequence[CaseFigures]) -> PictureInfo:
    """Gathers it from all cases."""
    scaled = [case for case in cases if case.areas is not None]
    named = [case for name in PICTURED for case in scaled if case.case == name]
    chosen = [*named, *(case for case in scaled if case not in named)][: len(PICTURED)]
    found: dict[str, list[float]] = {}
    areas: dict[str, dict[str, list[float]]] = {}
    for case in cases:
        if case.efficiency:
            found.setdefault(f"{case.family}, {case.mode}", []).extend(case.efficiency.values())
    for case in scaled:
        if len(case.areas or {}) == max(len(of.areas or {}) for of in scaled if of.mode == case.mode):
            for method, of in (case.areas or {}).items():
                areas.setdefault(case.mode, {}).setdefault(method, []).append(of[0])
    return PictureInfo(
        {case.case: _curves(case) for case in chosen},
        {name: tuple(of) for name, of in found.items()},
        {mode: {method: float(np.mean(of)) for method, of in methods.items()} for mode, methods in areas.items()},
    )


def _curves(case: CaseFigures) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Curves; of methods with a run per budget, the ends of those runs."""
    found = {}
    for method, curve in case.curves.items():
        if METHODS[method].anytime:
            shown = [(x, y) for x, y in zip(curve.at, curve.mean, strict=True) if x <= max(case.values)]
        else:
            scale = case.best - case.usual
            shown = [(budget, (of[method].mean - case.usual) / scale) for budget, of in case.values.items()]
        found[method] = (tuple(float(x) for x, _ in shown), tuple(y for _, y in shown))
    return found


@drawn
def draw(info: PictureInfo) -> Figure:
    """Up is better everywhere."""
    figure = sheet(10.5, 9.6)
    upper, lower = figure.subfigures(2, 1, height_ratios=[2, 1])
    panels = upper.subplots(2, 3).ravel()
    handles = {}
    for place, (name, curves) in enumerate(info.panels.items()):
        _panel(panels[place], name, curves)
        if place % 3 == 0:
            panels[place].set_ylabel("value (0 usual, 1 best)")
        handles.update(dict(zip(*panels[place].get_legend_handles_labels()[::-1], strict=True)))
    for axes in panels[len(info.panels) :]:
        axes.set_axis_off()
    left, right = lower.subplots(1, 2, width_ratios=[1.35, 1])
    _efficiencies(left, info)
    _areas(right, info)
    order = [name for name in METHODS if name in handles]
    upper.legend([handles[name] for name in order], order, loc="outside upper center", ncols=6, columnspacing=1.3)
    return figure


def _panel(axes: Axes, name: str, curves: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]) -> None:
    for method in sorted(curves, key=lambda of: of == OURS):
        colour, dashes, width = LOOKS[method]
        mark = "" if METHODS[method].anytime else "o"
        axes.plot(*curves[method], color=colour, linestyle=dashes, linewidth=width, marker=mark, markersize=3,
                  label=method, zorder=4 if method == OURS else 2)  # fmt: skip
    axes.axhline(1.0, color=RULE, linewidth=0.8, zorder=0)
    low = min(min(y) for _, y in curves.values())
    axes.set_ylim(max(low - 0.05, -1.0), 1.06)
    axes.set_title(name, loc="left")
    axes.set_xlabel("models")
    quiet(axes, grid="y")


def _efficiencies(axes: Axes, info: PictureInfo) -> None:
    generator = np.random.default_rng(0)
    for place, values in enumerate(info.efficiencies.values()):
        at = place + generator.uniform(-SPREAD, SPREAD, len(values))
        axes.scatter(at, values, s=9, facecolor=PAPER, edgecolor=MUTED, linewidth=0.7, zorder=2)
        mean = float(np.exp(np.log(values).mean()))
        axes.plot([place - 0.4, place + 0.4], [mean, mean], color=BLUE, linewidth=2, zorder=3)
        axes.annotate(f"{mean:.2f}", (place, MOST), xytext=(0, 6), textcoords="offset points", color=BLUE, ha="center")
    axes.axhline(1.0, color=INK, linewidth=0.8, zorder=1)
    axes.set_yscale("log", base=2)
    axes.set_yticks([0.25, 0.5, 1, 2, MOST], ["¼", "½", "1", "2", "4"])
    axes.set_xticks(
        range(len(info.efficiencies)), [name.replace(", ", "\n").replace(" ", "\n") for name in info.efficiencies]
    )
    axes.set_ylim(None, MOST * 1.35)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_title("models that random groups need, over ours: each case, geometric mean", loc="left")
    quiet(axes, grid="y")


def _areas(axes: Axes, info: PictureInfo) -> None:
    methods = [name for name in METHODS if any(name in of for of in info.areas.values())]
    for (mode, of), fill in zip(info.areas.items(), (MUTED, BLUE), strict=False):
        known = [(place, of[name]) for place, name in enumerate(methods) if name in of]
        axes.scatter([y for _, y in known], [-place for place, _ in known], s=28, color=fill, label=mode, zorder=3)
    axes.axvline(0.0, color=INK, linewidth=0.8, zorder=1)
    axes.set_yticks([-place for place in range(len(methods))], methods)
    axes.set_xlim(LOWEST, 1.0)
    axes.legend(loc="lower left")
    axes.set_title("mean area under the curve over models (0 usual, 1 best)", loc="left")
    quiet(axes, grid="x")

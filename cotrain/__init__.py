"""Which tasks should share a PEFT adapter: found from short probe runs, proven by training the groups.

The public face; each of these is a command too, but the last::

    import cotrain

    found = cotrain.recommend("suite.yaml", out="run")       # affinity, search, validation, report
    matrix = cotrain.heatmap("suite.yaml", out="run")        # probe runs -> AffinityMatrix and its picture
    proof = cotrain.validate("suite.yaml", grouping=[["clone", "defect"], ["search"]], out="run")
    tables = cotrain.reproduce("suite.yaml", out="study")    # the study's tables, base models and methods compared
    beside = cotrain.compare("run", "other-run")             # two runs side by side
    done = cotrain.from_scores("scores.csv", adapters=2)     # groups of runs that are finished: `heatmap --from`
    best = cotrain.search("gains.csv", adapters=3)           # the grouping that few trained models can find
    cotrain.load("run").matrix                               # a finished run: answer, matrix, evidence

What they give is shown by notebooks as a table, and has a pandas frame: ``found.to_frame()``, ``matrix.to_frame()``,
``cotrain.load("run").measured.to_frame()``. ``found`` is a ``dict`` too, the object of ``recommendation.json``. A
function shows its progress in a notebook's cell; elsewhere it shows none, unless it is given ``progress``, and the
logger ``cotrain`` hears what is decided.

Without a suite, ``recommend`` and ``heatmap`` use the built-in tasks and the embedded model. What lives where: data in
``tasks``, training in ``trainers``, affinities in ``affinity``, the search and its verdict in ``grouping``, drawings in
``reports``; this package only joins them.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cotrain.api import compare, heatmap, load, plan, recommend, reproduce, validate
    from cotrain.finished_runs import from_scores, search

__all__ = ["compare", "from_scores", "heatmap", "load", "plan", "recommend", "reproduce", "search", "validate"]

_TRAIN_NOTHING = ("from_scores", "search")


def __getattr__(name: str) -> Any:
    """Imports the functions, and with them the libraries below, when they are first used."""
    if name in __all__:
        from cotrain.notebook import without_widgets

        _refuse_shadows()
        without_widgets()
        return getattr(import_module("cotrain.finished_runs" if name in _TRAIN_NOTHING else "cotrain.api"), name)
    raise AttributeError(f"module `cotrain` has no attribute `{name}`")


def _refuse_shadows() -> None:
    """Says in one line which file of the user's Python would import in place of one of our packages."""
    from cotrain.shadow import active_shadows

    for shadow in active_shadows():
        raise ImportError(str(shadow))


if hasattr(sys, "ps1"):  # somebody types, here or into a notebook: the import says it, before anything is used
    _refuse_shadows()

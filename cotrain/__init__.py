"""Which tasks should share a PEFT adapter: found from short probe runs, proven by training the groups.

The public face; each of these is a command too, but the last::

    import cotrain

    found = cotrain.recommend("suite.yaml", out="run")       # affinity, search, validation, report
    matrix = cotrain.heatmap("suite.yaml", out="run")        # probe runs -> AffinityMatrix and its picture
    proof = cotrain.validate("suite.yaml", grouping=[["clone", "defect"], ["search"]], out="run")
    tables = cotrain.reproduce("suite.yaml", out="study")    # the study's tables, base models and methods compared
    beside = cotrain.compare("run", "other-run")             # two runs side by side
    cotrain.load("run").matrix                               # a finished run: answer, matrix, evidence

Without a suite, ``recommend`` and ``heatmap`` use the built-in tasks and the embedded model. What lives where: data in
``tasks``, training in ``trainers``, affinities in ``affinity``, the search and its verdict in ``grouping``, drawings in
``reports``; this package only joins them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cotrain.api import compare, heatmap, load, plan, recommend, reproduce, validate

__all__ = ["compare", "heatmap", "load", "plan", "recommend", "reproduce", "validate"]


def __getattr__(name: str) -> Any:
    """Imports the functions, and with them the libraries below, when they are first used."""
    if name in __all__:
        from cotrain.shadow import active_shadows

        for shadow in active_shadows():
            raise ImportError(str(shadow))
        from cotrain import api

        return getattr(api, name)
    raise AttributeError(f"module `cotrain` has no attribute `{name}`")

"""What a run found, drawn and written.

A report is built from three JSON objects and nothing else, so that it can be built again at any time, on any machine,
with the same bytes::

    from pathlib import Path
    from reports import render

    render(Path("cotrain-run"))          # reads affinity.json, recommendation.json and evidence.json in it,
                                         # writes report.html and figures/

A matrix alone has a heatmap, with or without groups::

    from affinity.matrix import AffinityMatrix
    from reports import render_heatmap

    matrix = AffinityMatrix.load(Path("affinity.json"))
    render_heatmap(matrix, [["clone", "search"], ["verb"]], Path("figures"))

Every figure comes in two steps. ``*_info`` turns measurements into a plain record (what stands where, how sure it is);
``draw_*`` turns that record into a Matplotlib figure and decides nothing more. Whoever wants another drawing begins
with the record, which is also what ``figures/*.json`` holds:

- :mod:`~reports.heatmap`: affinities, sources by targets, groups outlined; :mod:`~reports.order` puts friends together;
- :mod:`~reports.graph`: who helps and who hurts whom, beyond its error;
- :mod:`~reports.dendrogram`: the tree by which friends were put together;
- :mod:`~reports.forest`: measured changes with intervals and margins;
- :mod:`~reports.pareto`: adapters against mean gain and worst task, the choice marked;
- :mod:`~reports.predicted`: predicted against measured gains;
- :mod:`~reports.curves`: learning curves against the step-matched reference;
- :mod:`~reports.trained`: what finished runs recommend, as a table and in sentences.

Two runs side by side are a :class:`~reports.comparison.Comparison`, which :mod:`~reports.compared_tables`,
:mod:`~reports.compared_words`, :mod:`~reports.compared_figures`, :mod:`~reports.compared_terminal` and
:mod:`~reports.compared_page` show.

The same facts come as rows (:mod:`~reports.tables`, :mod:`~reports.audit_tables`, :mod:`~reports.factor_tables`), as
sentences (:mod:`~reports.words`, :mod:`~reports.factor_words`) and as one screen of a terminal
(:mod:`~reports.terminal`). :mod:`~reports.inputs` reads the files and names the field at fault. :mod:`~reports.html`
puts everything into one page that needs no network and escapes all text that came from data. What the page's own script
adds (:mod:`~reports.script`: a theme, sorting, reading the heatmap cell by cell by :mod:`~reports.cells`) can be done
without.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.report import render, render_heatmap

__all__ = ["render", "render_heatmap"]


def __getattr__(name: str) -> Any:
    """Loads Matplotlib only when something is drawn."""
    if name in __all__:
        from reports import report

        return getattr(report, name)
    raise AttributeError(f"module `reports` has no attribute `{name}`")

"""Two runs side by side as one HTML file, which is readable wherever the report is."""

from dataclasses import replace

from affinity.both import Both
from reports import words
from reports.compared_figures import draw_scatter, heatmap_infos, scatter_info
from reports.compared_tables import all_tables, names
from reports.compared_terminal import title
from reports.compared_words import answers, remarks
from reports.comparison import Comparison
from reports.figures import Drawing
from reports.heatmap import SPACIOUS, HeatmapInfo, draw_heatmap
from reports.html import LONGEST, Grid, Plate, grid, plate, rendered
from reports.numbers import LEVEL
from reports.table import Table


def compared_page(comparison: Comparison) -> str:
    """The whole page; the same comparison gives the same bytes."""
    grids = {name: _grid(table) for name, table in all_tables(comparison).items() if table}
    of = comparison.affinities
    heatmaps = _heatmaps(comparison) if of is not None else []
    large = of is not None and len(of.tasks) > SPACIOUS
    return rendered(
        "compared.html.j2",
        title=title(comparison),
        answers=answers(comparison),
        remarks=remarks(comparison),
        grids=grids,
        heatmaps=heatmaps,
        legend=_legend(comparison),
        large=large,
        scatter=_scatter(comparison),
    )


def _grid(table: Table) -> Grid:
    """The table's texts; there are no files beside this page that would hold what is cut off."""
    whole = grid(table)
    if whole.total <= len(whole.rows):
        return whole
    caption = f"{table.caption} The first {LONGEST} of {whole.total:,} rows; --json has all."
    return replace(whole, caption=caption, total=len(whole.rows))


def _heatmaps(comparison: Comparison) -> list[tuple[str, Plate]]:
    """Each under the name of its run."""
    infos, called = heatmap_infos(comparison), names(comparison)
    return [
        (called.a, _heatmap(infos.a, called.a, "heatmap-a")),
        (called.b, _heatmap(infos.b, called.b, "heatmap-b")),
    ]


def _heatmap(info: HeatmapInfo, name: str, stem: str) -> Plate:
    title = f"{words.heatmap_kind(info)} in {name}"
    return plate(Drawing(stem, title, words.heatmap_sentence(info), info, (), draw_heatmap(info)))


def _legend(comparison: Comparison) -> str:
    """How to read both heatmaps."""
    of = comparison.affinities
    if of is None:
        return ""
    some = bool(comparison.tasks.only.a or comparison.tasks.only.b)
    which = f"The {len(of.tasks)} tasks of both" if some else "Tasks"
    colours = "and colours mean the same" if of.same_scale else "and each has its own colours, as units differ"
    frames = "" if comparison.groupings is None else " Frames: the groups of each answer, dashed if not validated."
    return (
        f"{which} stand in one order, {colours}. Rows help or hurt, columns gain or lose: blue is above 0, red below. "
        f"A dot marks a score whose {LEVEL} interval excludes 0.{frames}"
    )


def _scatter(comparison: Comparison) -> Plate | None:
    info = scatter_info(comparison)
    if info is None:
        return None
    called: Both[str] = names(comparison)
    line = ""
    if info.same_scale:
        line = (
            " On the dashed line both runs say the same; in the upper right and the lower left they agree on the sign."
        )
    errors = " with its standard errors" if info.whiskers else ""
    caption = f"Every directed pair{errors}: {called.a} across, {called.b} up.{line}"
    return plate(Drawing("scatter", "Each pair in both runs", caption, info, (), draw_scatter(info)))

"""``cotrain compare``: two runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from cotrain.commands import flags


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another one.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE.html",
            help="Write a page too: both heatmaps in one order and scale, and all tables.",
            show_default=False,
        ),
    ] = None,
    as_json: flags.Json = False,
) -> None:
    """Compare two runs: do they agree who helps whom and which groups to make, and which is better and cheaper?

    Two base models, methods, seeds, estimators or versions of data; nothing is trained. Only what differs between the
    settings is listed.
    """
    from cotrain.commands.show import show_comparison
    from cotrain.comparing import check_page, compare_runs, write_page

    if out is not None:
        check_page(out)
    comparison = compare_runs(first, second)
    if out is not None:
        write_page(comparison, out)
    show_comparison(comparison, page=out, as_json=as_json)

"""How many trained models a search needs: cotrain's own, random groups, and others, on tables of measured gains.

    python -m benchmarks.search --out FILE [--published DIR]

measures beside FILE, in lines, goes on where it was stopped, and writes FILE, a Markdown table beside it and a picture.
What was measured is not measured again, save cotrain's own search if its code has changed since.

Tables are published ones (``DIR/*_val_gain.csv``, valued on ``test``), the truth table of this project, and planted
ones; each with partitions and covers, 2 to 4 adapters, and 6 to 20 models (up to 100 where only a pool of the groups
can be trained), where the table holds at least 2.5 times as many groups. The value is the sum over tasks of the gain in
the group that serves them, by the part of the table that was not told; singles count as adapters, not as models. Every
method says after each model what it would choose; the choice is exact among what was trained, by
:func:`grouping.solvers.selection.select`, but for ``mean of pairs``, which is given its last groups free of charge.

- ``efficiency``: models that random groups need, on the running maximum of their mean curve, to reach the mean value of
  cotrain's search, over the models that it trained; up to 4 or until the table is exhausted. Cases where all together,
  which every method but ``mean of pairs`` trains first, is as good as knowing the whole table have none.
- ``regret``: (best - value) / (best - usual), with the best of the exact choice after training everything and the usual
  of the median random grouping. An area is the mean height of a curve on that scale, turned round.

The default takes the better part of an hour on one core; ``--tables "planted 10" "planted 12" "planted 15" ...`` adds
larger ones, which take hours, most of them for other methods: ``--methods cotrain`` leaves those out.
"""

import argparse
import statistics
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.searches.cases import cases
from benchmarks.searches.lines import Lines, NotMeasured
from benchmarks.searches.measure import KEY, measure_case, our_code
from benchmarks.searches.methods import METHODS, OURS, RANDOM
from benchmarks.searches.picture import draw, picture_info
from benchmarks.searches.sources import POOLS, Source, planted_tables, published, truth
from benchmarks.searches.summary import CaseFigures, figures_of, lost
from benchmarks.searches.words import as_json, text
from reports.files import write_bytes
from reports.style import png

DEFAULT = ("published", "truth", "planted 6", "planted 8")
PLANTED = (6, 8, 10, 12, *POOLS)
QUICK = {"seeds": 5, "random_seeds": 10, "adapters": 3}
SEEDS, RANDOM_SEEDS = 20, 40


def families(folder: Path | None) -> dict[str, Callable[[], list[Source]]]:
    """Tables by what ``--tables`` calls them."""
    found: dict[str, Callable[[], list[Source]]] = {} if folder is None else {"published": lambda: published(folder)}
    found["truth"] = truth
    return found | {f"planted {tasks}": lambda tasks=tasks: planted_tables(tasks) for tasks in PLANTED}  # type: ignore[misc]


def measure(
    sources: Sequence[Source],
    lines: Lines,
    *,
    methods: Collection[str],
    seeds: int,
    random_seeds: int,
    adapters: int | None,
) -> Any:
    """Figures of every case, and seconds of cotrain's search by family and budget."""
    figures: list[CaseFigures] = []
    seconds: dict[str, dict[int, list[float]]] = {}
    for case in cases(sources):
        if adapters not in (None, case.adapters):
            continue
        try:
            found = list(measure_case(case, lines, methods=methods, seeds=seeds, random_seeds=random_seeds))
        except NotMeasured:
            continue
        figures.append(figures_of(case, found))
        for line in found:
            if line["method"] == OURS:
                seconds.setdefault(case.source.family, {}).setdefault(line["models"], []).append(line["seconds"])
        ratios = ", ".join(f"{of:.2f} ({budget})" for budget, of in figures[-1].efficiency.items())
        print(f"{case.name}: efficiency {ratios or 'none, all together is the best'}", flush=True)
    spread = {
        family: {
            budget: {"median": round(statistics.median(of), 3), "least": round(min(of), 3), "most": round(max(of), 3)}
            for budget, of in sorted(by.items())
        }
        for family, by in seconds.items()
    }
    return figures, spread


def main() -> None:
    """Measures what is missing and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the figures; runs are kept beside it")
    parser.add_argument("--published", type=Path, help="folder with NAME_val_gain.csv and NAME_test_gain.csv")
    parser.add_argument("--tables", nargs="+", help=f"of published, truth, planted N; by default {', '.join(DEFAULT)}")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, help="runs of every method; fewer of others on planted tables"
    )
    parser.add_argument("--random-seeds", type=int, default=RANDOM_SEEDS, help="the same of random groups")
    parser.add_argument(
        "--methods",
        nargs="+",
        choices=tuple(METHODS),
        default=list(METHODS),
        help="beside cotrain and random groups; all by default",
    )
    parser.add_argument("--adapters", type=int, help="only so many; 2, 3 and 4 by default")
    parser.add_argument("--quick", action="store_true", help="3 adapters only and few seeds, to see that all works")
    parser.add_argument("--finished", action="store_true", help="measure nothing: figures of the cases that are done")
    arguments = parser.parse_args()
    known = families(arguments.published)
    wanted = arguments.tables or [name for name in DEFAULT if name in known]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"expected --tables of {', '.join(known)}, but got {', '.join(unknown)} (see --published)")
    settings: dict[str, Any] = {
        "methods": list(dict.fromkeys([OURS, RANDOM, *arguments.methods])),
        "seeds": arguments.seeds,
        "random_seeds": arguments.random_seeds,
        "adapters": arguments.adapters,
    }
    if arguments.quick:
        settings |= QUICK
    described = machine()
    print(", ".join(f"{name} {value}" for name, value in described.items()), flush=True)
    lines = Lines(arguments.out.with_suffix(".jsonl"), key=KEY, closed=arguments.finished)
    sources = [source for name in wanted for source in known[name]()]
    figures, seconds = measure(sources, lines, **settings)
    behind = lost(figures)
    head = {
        "machine": described,
        "settings": settings | {"tables": wanted, "code": our_code(), "finished_only": arguments.finished},
        "seconds": seconds,
    }
    write_bytes(arguments.out, as_json(figures, behind, head).encode())
    write_bytes(arguments.out.with_suffix(".md"), (text(figures, behind) + "\n").encode())
    write_bytes(arguments.out.with_suffix(".png"), png(draw(picture_info(figures))))
    print(text(figures, behind))
    for family, by in seconds.items():
        for budget, of in by.items():
            print(f"{family}, {budget} models: {of['median']} s ({of['least']} to {of['most']})")


if __name__ == "__main__":
    main()

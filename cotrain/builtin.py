"""The built-in suite: tasks mined from Python source, as any other suite from files."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from cotrain.suite import LoadedSuite, parse_suite, to_plain
from tasks.cache import cache_folder
from tasks.mining import DEFAULT, Sizes, halves, mine, shuffled

HALVED, COPIED = "docstring_mismatch", "complexity"
"""The built-in task that ``--controls`` cuts into two halves, which take its place, and the one of which it adds a copy
with shuffled labels; the first and the last task of a selection without them."""
SHUFFLED = "_shuffled"
"""How the name of a task with shuffled labels ends."""
SIZES = Sizes(train=200, validation=240, test=600)
"""Examples per split of a built-in task."""
MARGIN = 5.0
"""Points that a built-in task may lose: about what so few test examples can settle."""


def mine_suite(
    loaded: LoadedSuite, *, names: Sequence[str] | None = None, sources: Sequence[Path] = (), controls: bool = False
) -> LoadedSuite:
    """The built-in settings with mined tasks.

    Args:
        loaded: The settings, without tasks.
        names: Built-in tasks; the default selection if None.
        sources: Folders of Python source; the standard library if empty.
        controls: Whether one task is cut into two halves, and another gets a copy with shuffled labels.

    Raises:
        InputError: If a name is unknown or the sources give too little.
    """
    seed = loaded.suite.seed
    cache = cache_folder() / "mined"
    mined = mine(list(names or DEFAULT), sources=list(sources) or None, sizes=SIZES, seed=seed, cache=cache)
    tasks = dict(mined.tasks)
    if controls:
        chosen = list(tasks)
        halved = HALVED if HALVED in tasks else chosen[0]
        copied = COPIED if COPIED in tasks else chosen[-1]
        del tasks[halved]
        tasks |= halves(halved, mined, seed=seed) | shuffled(copied, mined, seed=seed)
    entries = {name: {**entry, "margin": MARGIN} for name, entry in tasks.items()}
    suite = parse_suite(to_plain(loaded.suite) | {"tasks": entries})
    return dataclasses.replace(loaded, suite=suite, folder=mined.folder)

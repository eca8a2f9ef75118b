"""``grouping: {max_bytes: ...}``: how many adapters that leaves, which is known once the base model is."""

import dataclasses
from typing import TYPE_CHECKING

from grouping.adapters_within import most_adapters
from tasks.errors import InputError
from trainers.sizes import BYTES, Sizes

if TYPE_CHECKING:
    from cotrain.suite import LoadedSuite
    from trainers.bench import BenchSpec

PLACE = "grouping.max_bytes"
"""The field of the suite."""


def within_bytes(loaded: "LoadedSuite", spec: "BenchSpec") -> tuple["LoadedSuite", str]:
    """The suite with no more adapters than its limit on bytes leaves room for, and a sentence if those are fewer.

    Bytes are those of trained weights, without the heads, of which every grouping has the same.

    Raises:
        InputError: If one adapter for all tasks takes more, or the rules need more adapters than fit.
    """
    grouping = loaded.suite.grouping
    if grouping.max_bytes is None:
        return loaded, ""
    limit, tasks = grouping.max_bytes, sorted(spec.tasks)
    sizes = Sizes.of(spec, groups=range(1, len(tasks) + 1)).adapters
    size = {count: BYTES * of for count, of in sizes.items()}
    room = most_adapters(size, tasks=len(tasks), limit=limit)
    if not room:
        raise InputError(
            f"found {limit:,} bytes; one adapter for all {len(tasks)} tasks takes {size[len(tasks)]:,}: raise it, or "
            "take a method that trains fewer weights",
            place=PLACE,
        )
    if room >= min(grouping.max_adapters or len(tasks), len(tasks)):
        return loaded, ""
    grouping.to_constraints().check(tasks, max_adapters=room, called=f"`max_bytes: {limit}`")
    several = f"{room} adapters" if room > 1 else "1 adapter"
    fewer = dataclasses.replace(loaded.suite, grouping=dataclasses.replace(grouping, max_adapters=room))
    return dataclasses.replace(loaded, suite=fewer), f"`max_bytes` of {limit:,} leaves room for {several}"

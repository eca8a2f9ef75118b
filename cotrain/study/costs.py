"""Cost as the study states it, training and serving apart.

At equal passes a group trains as many tokens as its members alone do, and a reference may train more. What sharing
saves is adapters: their weights, their storage, and at serving the passes over the base model, since tasks of one group
read a text once. Adapters instead of full weights save gradients, storage, and all but one copy of the base model.
"""

from collections.abc import Sequence
from typing import Any

from cotrain.study.arrangements import Arrangements
from cotrain.study.rows import ALONE, TOGETHER
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.sizes import Sizes


def costs(found: Arrangements, sizes: Sizes) -> list[dict[str, Any]]:
    """One object for every task alone, one for all together: per seed, and as tokens go."""
    alone = [list(of) for of in found.runs.references.values()]
    together = [list(of) for group, of in found.runs.groups.items() if len(group) == len(sizes.heads)]
    count = len(sizes.heads)
    parts = [_of(ALONE, [1] * count, alone, sizes)]
    return parts + ([_of(TOGETHER, [count], together, sizes)] if together else [])


def _of(arrangement: str, groups: Sequence[int], runs: Sequence[Sequence[GroupResult]], sizes: Sizes) -> dict[str, Any]:
    """One arrangement into groups of so many tasks each, whose runs are given seed by seed."""
    each = [sum((run.cost for run in of), Cost()) for of in runs]
    training = {
        "tokens_trained": sum(cost.tokens_backward / len(of) for cost, of in zip(each, runs, strict=True)),
        "flops": sum(cost.flops / len(of) for cost, of in zip(each, runs, strict=True)),
        "seconds": sum(cost.seconds / len(of) for cost, of in zip(each, runs, strict=True)),
    }
    trainable = sizes.trainable(groups)
    return {
        "arrangement": arrangement,
        "adapters": len(groups),
        "trainable": trainable,
        "trainable_per_task": trainable / len(sizes.heads),
        "stored_bytes": sizes.stored(groups),
        "training": training,
        "serving": {
            "loaded_bytes": sizes.loaded(groups),
            "passes_per_text": len(groups),
            "flops_per_token": 2.0 * sizes.matrix * len(groups),
        },
    }

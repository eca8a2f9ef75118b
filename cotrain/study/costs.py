"""Cost as the study states it, training and serving apart.

At equal passes a group trains as many tokens as its members alone do, and a reference may train more. What sharing
saves is adapters: their weights, their storage, and at serving the passes over the base model, since tasks of one group
read a text once. Adapters instead of full weights save gradients, storage, and all but one copy of the base model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cotrain.study.arrangements import Arrangements
from cotrain.study.prompted import PromptedTask
from cotrain.study.rows import ALONE, PAIR, TOGETHER, TUNED, prompted_name
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.sizes import BYTES, Sizes

Entry = dict[str, Any]


FROZEN = "frozen layers, once for all"


def costs(found: Arrangements, sizes: Sizes, *, frozen: Cost) -> list[Entry]:
    """Every task alone, the same over all step sizes, each pair, all together: per seed, and as tokens go.

    Of tasks alone, those that could be trained.

    Args:
        frozen: What the layers below the adapter cost, whose outputs all of them start from; first in the list.
    """
    names = list(sizes.heads)
    parts = [] if frozen.flops == 0 else [_untrained(FROZEN, names, frozen)]
    single = [name for name in names if name in found.runs.references]
    alone = [found.runs.references[name] for name in single]
    parts.append(_trained(ALONE, single, [1] * len(single), _per_seed(alone), sizes))
    if found.tuned:
        seeds = max(len(of) for of in alone)
        every = _per_seed(alone) + _divided(found.tuning, seeds)
        parts.append(_trained(TUNED, single, [1] * len(single), every, sizes))
    for group, runs in sorted(found.runs.groups.items(), key=lambda of: (len(of[0]), of[0])):
        arrangement = TOGETHER if len(group) == len(names) else PAIR
        parts.append(_trained(arrangement, group, [len(group)], _per_seed([runs]), sizes))
    return parts


def prompting_costs(found: Mapping[tuple[str, int], PromptedTask], *, base: int) -> list[Entry]:
    """What answering the test split once cost, by number of shown examples: nothing is trained or stored.

    Args:
        base: Weights of the base model.
    """
    parts = []
    for shots in sorted({shots for _, shots in found}):
        tasks = {name: of for (name, count), of in found.items() if count == shots}
        answered = sum((_divided(of.cost, len(of.words)) for of in tasks.values()), Cost())
        serving = {"loaded_bytes": BYTES * base, "passes_per_text": sum(of.questions for of in tasks.values())}
        answers = {"tokens": answered.tokens_forward, "flops": answered.flops, "seconds": answered.seconds}
        parts.append(_untrained(prompted_name(shots), list(tasks), Cost()) | {"serving": serving, "answers": answers})
    return parts


def _untrained(arrangement: str, tasks: Sequence[str], cost: Cost) -> Entry:
    """What leaves no weights."""
    return {
        "arrangement": arrangement,
        "group": list(tasks),
        "adapters": 0,
        "trainable": 0,
        "trainable_per_task": 0.0,
        "stored_bytes": 0,
        "training": {"tokens_trained": cost.tokens_backward, "flops": cost.flops, "seconds": cost.seconds},
        "serving": {"loaded_bytes": None, "passes_per_text": None},
    }


def _trained(arrangement: str, tasks: Sequence[str], groups: Sequence[int], cost: Cost, sizes: Sizes) -> Entry:
    """One arrangement of tasks into groups of so many each, trained once."""
    heads = sum(sizes.heads[name] for name in tasks)
    trainable = sum(sizes.adapters[count] for count in groups) + heads
    return {
        "arrangement": arrangement,
        "group": list(tasks),
        "adapters": len(groups),
        "trainable": trainable,
        "trainable_per_task": trainable / len(tasks),
        "stored_bytes": BYTES * trainable,
        "training": {"tokens_trained": cost.tokens_backward, "flops": cost.flops, "seconds": cost.seconds},
        "serving": {
            "loaded_bytes": sizes.around() + BYTES * trainable,
            "passes_per_text": len(groups),
            "flops_per_token": 2.0 * sizes.matrix * len(groups),
        },
    }


def _per_seed(runs: Sequence[Sequence[GroupResult]]) -> Cost:
    """Of one run of each."""
    return sum((_divided(sum((run.cost for run in of), Cost()), len(of)) for of in runs), Cost())


def _divided(cost: Cost, by: int) -> Cost:
    return Cost(
        seconds=cost.seconds / by,
        flops=cost.flops / by,
        tokens_forward=round(cost.tokens_forward / by),
        tokens_backward=round(cost.tokens_backward / by),
        jobs=round(cost.jobs / by),
    )

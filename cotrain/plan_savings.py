"""When is grouping not worth asking about? Worked out before anything is trained."""

from typing import Any

from grouping.break_even import BreakEven, Serving
from trainers.bench import Bench
from trainers.served import served


def savings(
    bench: Bench,
    *,
    asking: float,
    alone: float,
    answer: float,
    hours_per_token: tuple[float, float],
    most: int | None,
    validated: bool,
) -> dict[str, Any]:
    """The object ``break_even`` of a plan; all work in hours.

    Args:
        asking: Of all phases.
        alone: Of training every task alone once, references as long as they are assumed to be.
        answer: Of training any grouping once.
        hours_per_token: In the frozen layers below, and in the adapted ones for each adapter.
        most: Adapters that the suite allows; None for no limit.
        validated: Whether the answer is trained and kept.
    """
    tasks = len(bench.tasks)

    def even(adapters: int) -> dict[str, Any]:
        sizes = [len(range(at, tasks, adapters)) for at in range(adapters)]  # as even as can be
        of = served(bench, groups=set(sizes))
        below = hours_per_token[0] * of.tokens if of.below else 0.0
        return BreakEven(
            tasks=tasks,
            adapters=adapters,
            asking=asking,
            alone=alone,
            answer=answer,
            trained=validated,
            serving=Serving(frozen=below, adapted=hours_per_token[1] * of.tokens),
            stored=of.stored(sizes),
            stored_alone=of.stored([1] * tasks),
        ).to_dict()

    asked = None if most is None or not 1 < most < tasks else even(most)
    return {"unit": "hours", "best": even(1), "asked": asked}

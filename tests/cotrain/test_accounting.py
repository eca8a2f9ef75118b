"""What asking cost, by hand."""

from typing import Any

import numpy as np

from cotrain.accounting import Spending, account
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.served import Served

SERVED = Served(tokens=10.0, below=0.5, frozen_flops=3.0, adapted_flops=2.0, bytes_of={1: 40, 2: 80})


def run(*group: str, flops: float, reference: bool = False, failed: str | None = None) -> GroupResult:
    return GroupResult(
        group, 0, reference, np.array([1.0]), 0, {}, 1, Cost(flops=flops, tokens_backward=7, jobs=1), failed=failed
    )


def spending(**changed: Any) -> Spending:
    searched = Runs({("a", "b"): [run("a", "b", flops=30)], ("b", "c"): [run("b", "c", flops=50)] * 2}, {})
    lost = Runs({}, {}, (run("a", "c", flops=4, failed="a loss was not finite"), run("a", "c", flops=99)))
    fields: dict[str, Any] = {
        "groups": [("a", "b"), ("c",)],
        "references": {
            "a": [run("a", flops=20, reference=True), run("a", flops=40, reference=True)],
            "b": [run("b", flops=10, reference=True)],
            "c": [run("c", flops=10, reference=True)],
        },
        "trained": searched.groups,
        "searched": searched,
        "every": [searched, lost],
        "total": Cost(flops=500, jobs=9),
        "validated": True,
    }
    return Spending(**{**fields, **changed})


def test_parts_of_the_cost_and_what_either_takes_once() -> None:
    found = account(spending(), SERVED)
    assert found is not None
    assert (found["proposals"]["flops"], found["proposals"]["jobs"]) == (100, 2)
    assert (found["failed"]["flops"], found["failed"]["jobs"]) == (
        4,
        1,
    )  # what did not fail but counts not is no failure
    assert (found["alone"]["flops"], found["alone"]["jobs"]) == (30 + 10 + 10, 3)
    assert (found["answer"]["flops"], found["answer"]["jobs"]) == (30 + 10, 2)
    even = found["break_even"]
    assert (even["tasks"], even["adapters"]) == (3, 2)
    assert even["times"] == 10.0
    assert even["behind"] == 450.0
    assert even["retrainings"] == 45.0
    assert even["saved_by_text"] == 20.0  # one adapter less, ten tokens of two FLOPs
    assert even["texts"] == 22.5
    assert (even["stored"], even["stored_alone"]) == (120, 120)  # of a rank that grows with the group


def test_an_answer_that_was_not_validated_has_still_to_be_trained() -> None:
    found = account(spending(validated=False), SERVED)
    assert found is not None
    assert found["break_even"]["behind"] == 490.0


def test_there_is_no_account_of_what_was_not_trained() -> None:
    assert account(spending(trained={}), SERVED) is None
    assert account(spending(references={}), SERVED) is None
    assert account(spending(groups=[]), SERVED) is None

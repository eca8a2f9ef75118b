"""What is chosen among groups that somebody trained, and what is named as worth training."""

from collections.abc import Mapping

import numpy as np
import pytest

from affinity.gains import MeasuredGroup
from affinity.predictor import Measured
from affinity.predictors import Hybrid
from grouping.partition import Group, Partition
from grouping.trained_choice import choose_trained
from tests.grouping.worlds import Independent, measured_group, names, pairs_and_all, planted

HOME = {"a": 0, "b": 1, "c": 0, "d": 1, "e": 0, "f": 1}
BLOCKS = Partition.of(["ace", "bdf"])


def table(groups: list[Group], *, error: float = 0.01) -> dict[Group, MeasuredGroup]:
    truth = planted(HOME, 0.1)
    return {group: measured_group(group, truth(group), error=error) for group in groups}


def exact(measured: Mapping[Group, MeasuredGroup], tasks: str, *, level: float = 0.0) -> Independent:
    known = {group: of.gains() for group, of in measured.items()}
    return Independent(tuple(tasks), spread=0.1, measured=known, level=level)


def test_finds_planted_groups_that_were_trained() -> None:
    measured = table([*pairs_and_all("abcdef"), ("a", "c", "e"), ("b", "d", "f"), ("a", "b", "c")])
    found = choose_trained(Hybrid.fit(names(6), [of.gains() for of in measured.values()]), measured)
    assert found.choice is not None
    assert (found.choice.grouping, found.choice.trained) == (BLOCKS, True)
    assert (found.better, found.untrained) == (None, ())
    assert found.together is not None
    assert found.choice.mean_gain == pytest.approx(0.1, abs=0.01)
    assert found.bound < found.choice.mean_gain
    assert all(found.predicted[task] == pytest.approx(0.1, abs=0.02) for task in "abcdef")


def test_what_was_not_trained_is_named_and_not_chosen() -> None:
    measured = table(pairs_and_all("abcdef"))
    found = choose_trained(Hybrid.fit(names(6), [of.gains() for of in measured.values()]), measured, max_adapters=2)
    assert found.choice is not None
    assert found.choice.grouping == Partition.together("abcdef"), "of at most two, nothing else was trained"
    assert found.better is not None
    assert (found.better.grouping, found.better.trained) == (BLOCKS, False)
    assert found.untrained == (("a", "c", "e"), ("b", "d", "f"))
    assert found.chance > 0.9


def test_the_cap_may_leave_nothing() -> None:
    measured = table([("a", "b")])
    found = choose_trained(exact(measured, "abc"), measured, max_adapters=1)
    assert (found.choice, found.predicted) == (None, {})
    assert np.isnan(found.bound)
    assert found.better is not None
    assert found.untrained == (("a", "b", "c"),)


def test_a_lucky_measurement_is_not_chosen() -> None:
    """The pair that shows 0.3 with an error of 1 is worth less than the one that shows 0.1 with hardly any."""
    measured = {
        ("a", "b"): measured_group(("a", "b"), np.full(2, 0.3), error=1.0),
        ("a", "c"): measured_group(("a", "c"), np.full(2, 0.1), error=0.01),
    }
    found = choose_trained(exact(measured, "abc", level=-0.05), measured)
    assert found.choice is not None
    assert found.choice.grouping == Partition.of(["ac", "b"])


def test_singles_win_where_nothing_helps() -> None:
    measured = {("a", "b"): measured_group(("a", "b"), np.array([-0.1, 0.05]), error=0.01)}
    found = choose_trained(exact(measured, "ab"), measured)
    assert found.choice is not None
    assert found.choice.grouping == Partition.singles("ab")
    assert (found.choice.mean_gain, found.bound, found.predicted) == (0.0, 0.0, {"a": 0.0, "b": 0.0})


def test_the_same_seed_gives_the_same_answer() -> None:
    measured = table(pairs_and_all("abcdef"), error=0.05)
    predictor = Hybrid.fit(names(6), [of.gains() for of in measured.values()])
    assert choose_trained(predictor, measured, seed=3) == choose_trained(predictor, measured, seed=3)


def test_many_tasks_are_chosen_among_what_was_trained() -> None:
    tasks = tuple(f"t{number:02d}" for number in range(20))
    measured = {group: measured_group(group, np.full(len(group), 0.1), error=0.01) for group in (tasks[:8], tasks[4:9])}
    predictor = Hybrid.fit(tasks, [of.gains() for of in measured.values()])
    found = choose_trained(predictor, measured)
    assert found.choice is not None
    assert tasks[:8] in found.choice.grouping.groups
    assert found.predicted[tasks[0]] > 0.05
    assert found.predicted[tasks[12]] == 0
    assert found == choose_trained(predictor, measured)


def test_refuses_no_adapter_at_all() -> None:
    few = Independent(names(2), spread=0.1, measured={("a", "b"): Measured(("a", "b"), np.ones(2), np.ones(2))})
    with pytest.raises(ValueError, match="`max_adapters` of 1 or more"):
        choose_trained(few, {}, max_adapters=0)

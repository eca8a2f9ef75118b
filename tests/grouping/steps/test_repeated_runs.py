"""Groups that are trained several times: what differs is luck, and luck should not choose."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from affinity.predictor import Measured
from grouping.cover import Cover
from grouping.partition import Group
from grouping.sequential import Found, search_sequentially
from grouping.steps.repeated_runs import RepeatedRuns
from tests.grouping.worlds import Array, names, planted

TASKS = names(6)
HOME = dict(zip(TASKS, (0, 1, 0, 1, 1, 0), strict=True))
AB, CDE = ("a", "b"), ("c", "d", "e")
COVER = Cover.of([["a", "b", "c"], ["c", "d", "e"], ["f"]], {"a": 0, "b": 0, "c": 1, "d": 1, "e": 1, "f": 2})


def answer(group: Group, *gains: float) -> Measured:
    return Measured(group, np.array(gains), np.zeros(len(gains)))


@dataclass
class Lucky:
    """Gains with luck, of which each run has its own; half of its variance is shared by the members."""

    truth: Callable[[Group], Array]
    luck: float
    seed: int = 0
    asked: list[tuple[Group, int]] = field(default_factory=list)
    once: frozenset[Group] = frozenset()

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        self.asked.append((group, run))
        if run and group in self.once:
            return None
        drawn = np.random.default_rng([self.seed, run, *"+".join(group).encode()]).normal(size=len(group) + 1)
        return Measured(group, self.truth(group) + self.luck * (drawn[0] + drawn[1:]) / 2**0.5, np.zeros(len(group)))


def searched(oracle: Lucky, *, models: int = 14, runs: int = 2, seed: int = 0, **more: float) -> Found:
    return search_sequentially(
        oracle, TASKS, adapters=3, mode="partition", models=models, seed=seed, runs=runs, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_runs_differ_by_is_the_error_of_every_group() -> None:
    of = RepeatedRuns(2, groups=3)
    of.learn(AB, answer(AB, 0.1, 0.2))
    of.learn(CDE, answer(CDE, 0.0, 0.0, 0.3))
    assert of.variance() is None
    assert [known.error.tolist() for known in of.measured()] == [[0, 0], [0, 0, 0]]
    of.learn(AB, answer(AB, 0.3, 0.2))
    assert of.variance() == pytest.approx(0.02 / 2)
    first, second = of.measured()
    assert first.mean == pytest.approx([0.2, 0.2])
    assert first.error == pytest.approx([0.005**0.5] * 2)
    assert second.error == pytest.approx([0.01**0.5] * 3), "nobody knows better of a group with one run"


def test_which_runs_are_missing() -> None:
    of = RepeatedRuns(3, groups=3)
    assert (of.missing(None), of.missing(COVER), of.next(COVER)) == (0, 0, None), "nothing was trained by the search"
    for group in COVER.groups[:2]:
        of.learn(group, answer(group, 0.0, 0.0, 0.0))
    of.learn(CDE, answer(CDE, 0.0, 0.0, 0.0))
    assert (of.missing(COVER), of.next(COVER)) == (2 + 1, ("a", "b", "c"))
    of.learn(("a", "b", "c"), None)
    assert (of.missing(COVER), of.next(COVER)) == (1, CDE), "what cannot be trained again is left"


def test_later_runs_say_what_a_choice_is_worth() -> None:
    of = RepeatedRuns(2, groups=3)
    abc, cde = COVER.groups[:2]
    of.learn(abc, answer(abc, 0.5, 0.5, 9.0))
    of.learn(cde, answer(cde, 0.5, 0.5, 0.5))
    assert of.later(COVER) is None
    of.learn(abc, answer(abc, 0.1, 0.2, 9.0))
    of.learn(cde, answer(cde, 0.1, 0.1, 0.1))
    fresh = of.later(COVER)
    assert fresh is not None
    assert fresh.estimate == pytest.approx(0.3 + 0.3), "without the first runs, and without the helper"
    assert fresh.low < 0.6 < fresh.high


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_its_interval_holds_the_truth(shared: float) -> None:
    """Three groups of three, twice each; members share a part of a run's luck."""
    groups = [("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i")]
    choice, held = Cover(tuple(groups), tuple(groups)), 0
    generator = np.random.default_rng(0)
    for _ in range(600):
        of = RepeatedRuns(2, groups=3)
        for group in groups * 2:
            luck = shared**0.5 * generator.normal() + (1 - shared) ** 0.5 * generator.normal(size=3)
            of.learn(group, answer(group, *luck))
        fresh = of.later(choice)
        assert fresh is not None
        held += fresh.low < 0 < fresh.high
    assert 0.93 < held / 600 < 0.995


def test_the_last_questions_are_about_the_choice_and_all_count() -> None:
    oracle = Lucky(planted(HOME, 0.1), 0.01)
    found = searched(oracle)
    assert len(oracle.asked) == len(found.asked) == 11 + 2, "three were kept, and two groups needed one"
    runs = [run for _, run in oracle.asked]
    assert max(runs[:11]) == 0
    assert max(runs) == 1
    assert all(found.runs.number(group) == 2 for group in found.cover.groups if len(group) > 1)
    assert len(set(oracle.asked)) == len(oracle.asked)
    means = found.measured[found.cover.groups[0]].mean
    first, second = found.runs.answers[found.cover.groups[0]]
    np.testing.assert_allclose(means, (first.mean + second.mean) / 2)
    served = [found.measured[group].mean.sum() for group in found.cover.groups if len(group) > 1]
    assert found.value == pytest.approx(sum(served))


def test_the_best_of_many_lucky_ones_is_not_believed() -> None:
    """Nothing helps: what was lucky once is not again, and the value that is told comes down."""
    once, twice, fresh = [], [], []
    for seed in range(5):
        once.append(searched(Lucky(lambda group: np.zeros(len(group)), 0.1, seed), runs=1, models=10, seed=seed).value)
        found = searched(Lucky(lambda group: np.zeros(len(group)), 0.1, seed), runs=3, models=10, seed=seed)
        twice.append(found.value)
        told = found.runs.later(found.cover)
        fresh.append(0.0 if told is None else told.estimate)
    assert np.mean(once) > 1.4 * np.mean(twice)
    assert abs(np.mean(fresh)) < 4 * np.std(fresh, ddof=1) / 5**0.5


def test_one_run_is_the_search_as_it_was() -> None:
    one, other = (Lucky(planted(HOME, 0.1), 0.03) for _ in range(2))
    found, again = searched(one, runs=1), search_sequentially(
        other, TASKS, adapters=3, mode="partition", models=14, seed=0
    )  # fmt: skip
    assert one.asked == other.asked
    assert (found.cover, found.value) == (again.cover, again.value)


def test_a_sure_choice_is_repeated_and_then_it_ends() -> None:
    found = searched(Lucky(planted(HOME, 0.1), 0.001), models=40, confidence=0.9)
    assert found.stable
    assert len(found.asked) < 40
    assert all(found.runs.number(group) == 2 for group in found.cover.groups if len(group) > 1)


def test_what_cannot_be_trained_again_keeps_its_run() -> None:
    free = searched(Lucky(planted(HOME, 0.1), 0.001))
    stuck = Lucky(planted(HOME, 0.1), 0.001, once=frozenset(free.cover.groups))
    found = searched(stuck)
    assert found.cover == free.cover
    assert {found.runs.number(group) for group in found.cover.groups if len(group) > 1} == {1}

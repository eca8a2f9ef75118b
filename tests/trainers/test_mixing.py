"""The order of batches under every mixing: common random numbers, shares, parts."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from tasks.encoding import EncodedTask
from tests.trainers.samples import word_task
from trainers.mixing import Step, one_pass
from trainers.settings import Training
from trainers.train_job import own_passes
from trainers.turns import Mixing, Temperature

SIZE = 8
SIZES = {"a": 16, "b": 40, "c": 104}  # 2, 5 and 13 batches
TASKS: dict[str, EncodedTask] = {
    name: word_task(name, word=2 + place, count=count) for place, (name, count) in enumerate(SIZES.items())
}
WARM = Temperature(name="temperature", temperature=3)
MIXINGS: list[Mixing] = ["proportional", "equal", WARM]


def passes(group: str, count: int, mixing: Mixing = "proportional", **settings: object) -> list[list[Step]]:
    return [
        one_pass(list(group), TASKS, batch_size=SIZE, seed=3, number=number, mixing=mixing, **settings)  # type: ignore[arg-type]
        for number in range(count)
    ]


def of(name: str, steps: list[list[Step]]) -> list[list[int]]:
    """A member's batches in the order of its turns."""
    return [rows.tolist() for task, rows in chain(*steps) if task == name]


@pytest.mark.parametrize("mixing", MIXINGS)
@pytest.mark.parametrize("jointly", [False, True])
def test_a_member_sees_its_own_batches_in_the_order_in_which_it_sees_them_alone(mixing: Mixing, jointly: bool) -> None:
    steps = passes("abc", 6, mixing, parts=2, jointly=jointly)
    for name in SIZES:
        seen = of(name, steps)
        alone = of(name, passes(name, 60))
        assert seen == alone[: len(seen)]
    assert of("a", passes("ab", 4, mixing))[:2] == of("a", passes("a", 1))


def test_shares_by_hand() -> None:
    """Of 20 turns: 2, 5 and 13; 6, 7 and 7; cube roots 1.26, 1.71 and 2.35 make 4.74, 6.43 and 8.84."""
    expected = {"proportional": [2, 5, 13], "equal": [6, 7, 7], WARM: [5, 6, 9]}
    for mixing, counts in expected.items():
        found = Counter(name for name, _ in passes("abc", 1, mixing)[0])
        assert [found[name] for name in "abc"] == counts


@pytest.mark.parametrize("mixing", ["equal", WARM])
def test_every_part_holds_every_member(mixing: Mixing) -> None:
    for steps in passes("abc", 4, mixing, parts=5):
        for part in np.array_split(np.arange(len(steps)), 5):
            assert {steps[index][0] for index in part} == set("abc")


def test_parts_shorter_than_the_group_still_make_a_whole_pass() -> None:
    for steps in passes("abc", 3, "equal", parts=15):
        assert len(steps) == 20
        assert {name for name, _ in steps} == set("abc")


def test_equal_data_are_mixed_equally_by_all() -> None:
    tasks = {name: word_task(name, word=3, count=24) for name in "xy"}
    for mixing in MIXINGS:
        found = Counter(name for name, _ in one_pass("xy", tasks, batch_size=8, seed=0, number=0, mixing=mixing))
        assert found == {"x": 3, "y": 3}


def test_temperature_one_is_proportional_to_the_last_batch() -> None:
    for first, second in zip(
        passes("abc", 2, Temperature(name="temperature", temperature=1), parts=3), passes("abc", 2), strict=True
    ):
        assert [(name, rows.tolist()) for name, rows in first] == [(name, rows.tolist()) for name, rows in second]


def test_joint_steps_take_a_batch_of_each() -> None:
    (steps,) = passes("bca", 1, jointly=True)
    assert [name for name, _ in steps] == ["a", "b", "c"] * 13
    (steps,) = passes("abc", 1, "equal", jointly=True)
    assert [name for name, _ in steps] == ["a", "b", "c"] * 7


def test_passes_over_own_examples() -> None:
    """What the cost model and plans count."""
    training = Training(batch_size=SIZE, mixing="equal")
    assert own_passes(TASKS, ["a", "b", "c"], training) == {"a": 3, "b": 7 / 5, "c": 7 / 13}
    assert own_passes(TASKS, ["b"], training) == {"b": 1}
    assert own_passes(TASKS, ["a", "c"], Training(batch_size=SIZE)) == {"a": 1, "c": 1}
    assert own_passes(TASKS, ["a", "c"], Training(batch_size=SIZE, aggregator="mgda")) == {"a": 13 / 2, "c": 1}

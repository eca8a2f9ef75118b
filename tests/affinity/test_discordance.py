import numpy as np
import pytest

from affinity.discordance import UNITS, one_discordant, turned
from affinity.gains import measure_groups
from tasks.kinds.spans import NONE
from tests.affinity.samples import run, task


def test_of_an_accuracy_it_is_one_example_by_hand() -> None:
    targets = np.array([0, 1] * 10)
    of = run(("a",), 0, {"a": np.ones(20)}, scores={"a": np.ones(20)}, targets={"a": targets})
    assert one_discordant(of, task("a", targets), split="test") == pytest.approx((100 / 20) ** 2)


def test_of_f1_a_rare_class_weighs_as_much_as_it_does() -> None:
    """Two positives of forty, both found: to lose one of them costs a third of F1, a false alarm a fifth."""
    targets = np.zeros(40, dtype=np.int64)
    targets[:2] = 1
    scores = 2.0 * targets - 1
    of = run(("a",), 0, {"a": np.ones(40)}, scores={"a": scores}, targets={"a": targets})
    found = one_discordant(of, task("a", targets, metric="f1"), split="test")
    assert 20**2 * 0.9 < found < 34**2


def test_units_are_turned_as_a_whole() -> None:
    targets = np.array([0, 1] * 10)
    units = np.arange(20) // 5
    of = run(("a",), 0, {"a": np.ones(20)}, scores={"a": 2.0 * targets - 1}, targets={"a": targets})
    assert one_discordant(of, task("a", targets, units=units), split="test") == pytest.approx(25.0**2)
    assert UNITS < 1000


@pytest.mark.parametrize(
    ("scores", "targets", "kind", "expected"),
    [
        ([[2.0], [-1.0]], [1, 1], "binary", [[-1], [1]]),
        ([[1.0, 0, 0], [0, 0, 2]], [0, 1], "multiclass", [[-1, 1, 1], [-1, 1, -1]]),
        ([[1.0, -1], [1, 1]], [[1, 0], [0, 1]], "multilabel", [[-1, 1], [-1, 1]]),
        ([[0.1], [0.5], [1.0]], [0, 1, 2], "retrieval", [[1], [0], [0]]),
        ([[1.0, 1], [0, 1]], [[1, 1], [1, NONE]], "tokens", [[0, 1], [1, 1]]),
        ([[7.0, 8], [7, 9]], [[7, 8], [7, 8]], "text", [[0, 8], [7, 8]]),
    ],
)
def test_right_answers_become_wrong_and_wrong_ones_right(
    scores: list[list[float]], targets: list[int], kind: str, expected: list[list[float]]
) -> None:
    found = turned(np.array(scores, dtype=np.float32), np.array(targets), kind=kind)
    np.testing.assert_array_equal(found, expected)


def test_twenty_examples_that_all_runs_answer_alike_prove_nothing() -> None:
    """Without it the interval would run from 0 to 0."""
    targets = np.array([0, 1] * 10)
    tasks = {name: task(name, targets) for name in ("a", "b")}
    scores = dict.fromkeys(tasks, 2.0 * targets - 1)
    losses = {name: np.full(20, 0.1) for name in tasks}
    own = {"targets": dict.fromkeys(tasks, targets), "scores": scores}
    references = {name: [run((name,), seed, losses, **own) for seed in (0, 1)] for name in tasks}
    found = measure_groups({("a", "b"): [run(("a", "b"), s, losses, **own) for s in (0, 1)]}, references, tasks)
    of = found["a", "b"]
    np.testing.assert_allclose(of.delta, 0)
    np.testing.assert_allclose(of.delta_error, 5.0)
    np.testing.assert_allclose(of.freedom, 19)

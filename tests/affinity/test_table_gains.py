"""Gains of finished runs: by hand, under other orders, and as a matrix."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from affinity.predictors import Hybrid, MeanOfPairs
from affinity.scores import Group, Scores
from affinity.table_gains import TableGains, gains_as_given, gains_of_scores
from affinity.table_matrix import MANY, fit_gains, table_matrix

SMALL = Scores(
    tasks=("a", "b"),
    runs={("a",): {0: (0.70,), 1: (0.74,)}, ("b",): {2: (0.50,), 3: (0.52,)}, ("a", "b"): {7: (0.75, 0.48)}},
)
"""Variances of the singles: 0.0008 of a, 0.0002 of b."""


def shared(found: TableGains, group: Group) -> list[float]:
    part = found.measured[group].gains().shared
    assert part is not None
    return part.tolist()


def planted(tasks: int, homes: int, *, noise: float = 0.0, seed: int = 0, seeds: int = 2) -> Scores:
    """Half of all pairs, and the homes; partners of one's own home give 0.1, others take it."""
    generator = np.random.default_rng(seed)
    names = [f"t{i:02d}" for i in range(tasks)]
    home = {name: i % homes for i, name in enumerate(names)}
    groups = [(name,) for name in names]
    groups += [pair for pair in combinations(names, 2) if generator.random() < 0.5]
    groups += [tuple(name for name in names if home[name] == h) for h in range(homes)]

    def score(task: str, group: Group) -> float:
        effects = [0.1 if home[other] == home[task] else -0.1 for other in group if other != task]
        return float(0.5 + (np.mean(effects) if effects else 0.0) + noise * generator.normal())

    return Scores(
        tasks=tuple(names),
        runs={
            group: {s: tuple(score(task, group) for task in group) for s in range(seeds)} for group in sorted(groups)
        },
    )


def test_gains_and_errors_by_hand() -> None:
    """One run of the pair is as noisy as the single of each: V (1 + 1/2), of which V / 2 is the reference's."""
    found = gains_of_scores(SMALL)
    pair = found.measured["a", "b"]
    np.testing.assert_allclose(pair.gain, [0.03, -0.03])
    np.testing.assert_allclose(pair.gain_error, np.sqrt([0.0012, 0.0003]))
    np.testing.assert_allclose(shared(found, ("a", "b")), np.sqrt([0.0004, 0.0001]))
    assert (found.kind, found.errors_known, found.unrepeated) == ("scores", True, ())


def test_losses_are_turned_round() -> None:
    losses, scores = gains_of_scores(replace(SMALL, lower_is_better=True)), gains_of_scores(SMALL)
    np.testing.assert_allclose(losses.measured["a", "b"].gain, -scores.measured["a", "b"].gain)
    np.testing.assert_allclose(losses.measured["a", "b"].gain_error, scores.measured["a", "b"].gain_error)
    assert losses.kind == "losses"


def test_seed_variance_is_pooled_over_groups() -> None:
    """Task a: groups with variances 0.0002 and 0.0008 of one degree each pool to 0.0005; its single has one run."""
    runs = {
        ("a",): {0: (0.7,)},
        ("b",): {0: (0.5,)},
        ("c",): {0: (0.5,)},
        ("a", "b"): {1: (0.70, 0.5), 2: (0.72, 0.5)},
        ("a", "c"): {1: (0.70, 0.5), 2: (0.74, 0.5)},
    }
    found = gains_of_scores(Scores(("a", "b", "c"), runs))
    for group in (("a", "b"), ("a", "c")):
        assert found.measured[group].gain_error[0] == pytest.approx(np.sqrt(0.0005 * (1 / 2 + 1)))
        assert shared(found, group)[0] == pytest.approx(np.sqrt(0.0005))


def test_equal_seeds_count_as_pairs_where_they_share_their_luck() -> None:
    """What a seed does to the singles it does to the groups: differences are far surer than the scores."""
    generator = np.random.default_rng(1)
    names = ("a", "b", "c", "d")
    luck = generator.normal(size=(6, 4))
    groups = [(name,) for name in names] + list(combinations(names, 2))
    runs = {
        group: {s: tuple(0.5 + luck[s, names.index(t)] + 0.01 * generator.normal() for t in group) for s in range(6)}
        for group in groups
    }
    found = gains_of_scores(Scores(names, runs))
    assert max(of.gain_error.max() for of in found.measured.values()) < 0.3, "apart they would have 0.6"


def test_tasks_without_repeated_runs_borrow_the_noise_of_others() -> None:
    runs = {**SMALL.runs, ("c",): {0: (0.3,)}, ("b", "c"): {0: (0.5, 0.4)}}
    found = gains_of_scores(Scores(("a", "b", "c"), runs))
    assert found.unrepeated == ("c",)
    assert found.measured["b", "c"].gain_error[1] == pytest.approx(np.sqrt(2 * (0.0008 + 0.0002) / 2))


def test_without_any_repeated_run_nothing_is_known_of_errors() -> None:
    once = Scores(("a", "b"), {("a",): {0: (0.7,)}, ("b",): {0: (0.5,)}, ("a", "b"): {0: (0.75, 0.48)}})
    found = gains_of_scores(once)
    assert not found.errors_known
    np.testing.assert_allclose(found.measured["a", "b"].gain, [0.05, -0.02])
    matrix = table_matrix(found).matrix
    np.testing.assert_array_equal(matrix.errors, [[0, np.nan], [np.nan, 0]])


def test_the_order_of_runs_says_nothing() -> None:
    scores = planted(5, 2, noise=0.02)
    turned = replace(scores, runs=dict(reversed(scores.runs.items())))
    one, other = table_matrix(gains_of_scores(scores)).matrix, table_matrix(gains_of_scores(turned)).matrix
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-9)
    np.testing.assert_allclose(one.errors, other.errors, rtol=1e-6)


def test_other_names_give_the_same_numbers() -> None:
    """Names decide the order of tasks; nothing but the order of rows and columns may follow from them."""
    scores = planted(5, 2, noise=0.02)
    new = dict(zip(scores.tasks, ("x", "c", "m", "a", "k"), strict=True))
    runs: dict[Group, dict[int, tuple[float, ...]]] = {}
    for group, of in scores.runs.items():
        order = sorted(range(len(group)), key=lambda i, group=group: new[group[i]])
        runs[tuple(new[group[i]] for i in order)] = {s: tuple(row[i] for i in order) for s, row in of.items()}
    renamed = table_matrix(gains_of_scores(Scores(tuple(sorted(new.values())), runs))).matrix
    matrix = table_matrix(gains_of_scores(scores)).matrix
    back = renamed.reorder([new[task] for task in scores.tasks])
    np.testing.assert_allclose(back.scores, matrix.scores, atol=1e-6)  # variances are fitted iteratively
    np.testing.assert_allclose(back.errors, matrix.errors, atol=1e-5)


def test_the_matrix_holds_what_was_measured_and_predicts_the_rest() -> None:
    found = gains_of_scores(planted(6, 2, noise=0.005))
    told = table_matrix(found)
    matrix, tasks = told.matrix, found.tasks
    assert matrix.estimator == "scores+hybrid"
    assert not told.predicted.diagonal().any()
    assert (matrix.errors[~np.eye(6, dtype=bool)] > 0).all(), "every cell has an error"
    for i, j in combinations(range(6), 2):
        pair = found.measured.get((tasks[i], tasks[j]))
        assert told.predicted[i, j] == told.predicted[j, i] == (pair is None)
        if pair is not None:
            assert (matrix.scores[j, i], matrix.scores[i, j]) == tuple(pair.gain)
            assert (matrix.errors[j, i], matrix.errors[i, j]) == tuple(pair.gain_error)


def test_planted_pairs_are_measured_and_errors_of_predicted_ones_cover_them() -> None:
    """Half of the pairs say little of the other half here, and the errors must say so."""
    alike = np.equal.outer(np.arange(8) % 2, np.arange(8) % 2)
    truth, off = np.where(alike, 0.1, -0.1), ~np.eye(8, dtype=bool)
    held = []
    for seed in range(3):
        told = table_matrix(gains_of_scores(planted(8, 2, noise=0.01, seed=seed)))
        scores, errors = told.matrix.scores, told.matrix.errors
        np.testing.assert_allclose(scores[~told.predicted & off], truth[~told.predicted & off], atol=0.05)  # 4 errors
        held += (np.abs(scores - truth) < 2 * errors)[told.predicted].tolist()
    assert len(held) > 60
    assert np.mean(held) > 0.9


def test_which_predictor_is_taken() -> None:
    names = ("a", "b", "c")
    pairs: dict[Group, tuple[float, ...]] = dict.fromkeys(combinations(names, 2), (0.1, 0.2))
    assert isinstance(fit_gains(gains_as_given(names, pairs)), MeanOfPairs)
    assert table_matrix(gains_as_given(names, pairs)).matrix.estimator == "gains"
    assert isinstance(fit_gains(gains_as_given(names, {**pairs, names: (0.1, 0.1, 0.1)})), Hybrid)
    assert isinstance(fit_gains(gains_as_given(names, {("a", "b"): (0.1, 0.2)})), Hybrid)
    many = [f"t{i}" for i in range(MANY + 1)]
    told = table_matrix(gains_as_given(many, {("t0", "t1"): (0.1, 0.2)}))
    assert told.matrix.estimator == "gains+mean_of_pairs"
    assert told.matrix["t1", "t0"] == 0.1

"""Shown examples: balanced, drawn by seed."""

import numpy as np

from trainers.prompting.shots import choose_shots

ANSWERS = np.array([0] * 30 + [1] * 5 + [2] * 2)


def test_every_answer_is_shown_as_often_as_it_can_be() -> None:
    for seed in range(5):
        rows = choose_shots(ANSWERS, words=3, count=7, seed=seed, name="a")
        counts = np.bincount(ANSWERS[rows], minlength=3)
        assert len(set(rows)) == 7
        assert counts[2] == 2
        assert {counts[0], counts[1]} <= {2, 3}
    assert len(choose_shots(ANSWERS, words=3, count=100, seed=0, name="a")) == len(ANSWERS)
    assert choose_shots(ANSWERS, words=3, count=0, seed=0, name="a") == []


def test_seed_and_name_draw() -> None:
    first = choose_shots(ANSWERS, words=3, count=6, seed=0, name="a")
    assert choose_shots(ANSWERS, words=3, count=6, seed=0, name="a") == first
    assert choose_shots(ANSWERS, words=3, count=6, seed=1, name="a") != first
    assert choose_shots(ANSWERS, words=3, count=6, seed=0, name="b") != first

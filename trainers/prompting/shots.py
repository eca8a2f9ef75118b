"""Which examples of train are shown before the one that is asked about."""

import numpy as np
from numpy.typing import NDArray

from trainers.mixing import seeded


def choose_shots(answers: NDArray[np.int64], *, words: int, count: int, seed: int, name: str) -> list[int]:
    """Rows of ``count`` examples, as many of each answer as can be, in random order.

    Args:
        answers: Index of the right word of every row of train, shape ``(N,)``.
        words: How many words there are.
        name: Of the task and question, so that each has a draw of its own.
    """
    generator = seeded("shots", seed, name)
    order = generator.permutation(len(answers))
    by_answer = [order[answers[order] == word].tolist() for word in generator.permutation(words)]
    chosen: list[int] = []
    while len(chosen) < min(count, len(answers)):
        for rows in by_answer:
            if rows and len(chosen) < count:
                chosen.append(rows.pop(0))
    return [chosen[place] for place in generator.permutation(len(chosen))]

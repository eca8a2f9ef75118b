"""Answers that do not look at their input: the floor under every score."""

from typing import TYPE_CHECKING

import numpy as np

from tasks.kinds.spans import NONE, flat_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasks.encoding import EncodedTask
    from tasks.task import Task


def prior_scores(task: "Task", split: str) -> "NDArray[np.float64]":
    r"""What the constant predictor answers for every row, in the form that metrics read, shape ``(N, outputs)``.

    Logits of the add-one-smoothed class frequencies of train; regression: the mean of train; retrieval: the expected
    reciprocal rank of a random order of the ``P`` distinct documents, :math:`\frac{1}{P} \sum_{r=1}^{P} 1/r`; tokens:
    the commonest class of train's lines or words, for each of them.
    """
    train, rows = task.splits["train"].targets.astype(np.float64), task.splits[split]
    if task.kind.name == "tokens":
        commonest = np.bincount(flat_targets(task.splits["train"].targets)).argmax()
        return _everywhere(task, split, int(commonest))
    if task.kind.pooled:
        answer = np.array([np.mean(1 / np.arange(1, len(np.unique(rows.targets)) + 1))])
    elif not task.classes:
        answer = np.array([np.mean(train)])
    elif task.outputs > 1 and train.ndim == 1:
        counts = np.bincount(train.astype(np.int64), minlength=task.outputs)  # shape: (C,)
        answer = np.log((counts + 1) / (len(train) + task.outputs))
    else:
        share = (train.sum(axis=0) + 1) / (len(train) + 2)  # of the positive class, or of every label
        answer = np.log(share) - np.log1p(-share)
    return np.tile(answer, (len(rows), 1))


def _everywhere(task: "Task", split: str, answer: int) -> "NDArray[np.float64]":
    """One class for every span of a split, shape ``(N, U)``."""
    targets = task.splits[split].targets
    return np.where(targets == NONE, NONE, answer).astype(np.float64)


def constant_answers(task: "Task", split: str) -> "dict[str, NDArray[np.float64]]":
    """Scores ``(N, outputs)`` of every answer that ignores its input, by name: ``prior``, ``positive``."""
    answers = {"prior": prior_scores(task, split)}
    if task.kind.name == "tokens" and len(task.classes) == 2:
        answers["positive"] = _everywhere(task, split, 1)
    elif task.classes and task.kind.name not in ("multiclass", "tokens"):
        answers["positive"] = np.ones_like(answers["prior"])
    return answers


def best_constant(task: "Task", encoded: "EncodedTask | None" = None) -> tuple[str, float | None]:
    """The constant answer with the best metric on train, and its metric on test; None without test rows.

    Kind `text`: the commonest completion of train, or, for a metric of tokens, their commonest token in every place.

    Args:
        encoded: The task's tokens; None for a metric of tokens without.
    """
    train, test = task.splits["train"], task.splits["test"]
    if task.kind.name == "text":
        share = float((test.targets == np.bincount(train.targets).argmax()).mean()) if len(test) else None
        return "prior", share if task.metric.name == "exact_match" else _of_tokens(encoded)
    sign = 1 if task.metric.direction == "maximize" else -1
    values = {
        name: sign * task.metric(scores, train.targets) for name, scores in constant_answers(task, "train").items()
    }
    best = max(values, key=lambda name: values[name])
    return best, task.metric(constant_answers(task, "test")[best], test.targets) if len(test) else None


def _of_tokens(task: "EncodedTask | None") -> float | None:
    """The metric on test of the commonest token of train's completions, in every place."""
    if task is None or not len(task.splits["test"]):
        return None
    commonest = np.bincount(flat_targets(task.splits["train"].targets)).argmax()
    targets = task.splits["test"].targets
    return task.metric(np.where(targets == NONE, NONE, commonest).astype(np.float64), targets)

"""Metrics by name, thin over scikit-learn and scipy, defined on every sample."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tasks.kinds.spans import NONE, flat_targets

Function = Callable[[NDArray[Any], NDArray[Any]], float]
"""Scores and targets to a value."""


@dataclass(frozen=True)
class Metric:
    """How a task's users score it.

    Where the textbook leaves a metric undefined (a sample of one class, constant numbers) each function says which
    value stands for "nothing was learnt"; no call ends in a warning or in NaN.

    Args:
        name: Its key in :data:`METRICS`.
        direction: Whether higher or lower is better.
        kinds: Names of the kinds of task that it fits.
        function: Scores and targets to the value.
    """

    name: str
    direction: Literal["maximize", "minimize"]
    kinds: frozenset[str]
    function: Function

    def __call__(self, scores: NDArray[Any], targets: NDArray[Any]) -> float:
        """The value for scores ``(N, outputs)`` and targets in the kind's form, in the metric's own unit.

        Raises:
            ValueError: If there is no example, the numbers of examples differ, or a score is not finite.
        """
        if scores.ndim != 2 or len(scores) != len(targets) or len(targets) == 0:
            raise ValueError(
                f"Expected scores (N, outputs) and N targets, N of 1 or more, for `{self.name}`, "
                f"but got shapes {scores.shape} and {targets.shape}."
            )
        if not np.isfinite(scores).all():
            raise ValueError(f"Expected finite scores for `{self.name}`, but got NaN or infinity.")
        return float(self.function(scores, targets))


def decide(scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.int64]:
    """Predicted classes ``(N,)`` or labels ``(N, C)``: the highest score, or a logit above 0."""
    if targets.ndim == 2:
        return (scores > 0).astype(np.int64)
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def on_spans(function: Function, scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """A metric of classes over all spans of all texts at once; scores are the chosen classes, ``(N, U)`` as targets."""
    chosen, right = scores[targets != NONE].astype(np.int64), flat_targets(targets).astype(np.int64)
    classes = max(2, int(max(chosen.max(), right.max())) + 1)
    return function(np.eye(classes)[chosen], right)


def found_f1(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Of spans: F1 over all classes but the first (micro), so of the second if there are two; 0 where there is none.

    The first class is what most spans are, such as `0` or `O`: name it first in `classes`.
    """
    from sklearn.metrics import f1_score

    predicted = decide(scores, targets)
    others = list(range(1, int(max(predicted.max(), targets.max())) + 1))
    if not others:
        return 0.0
    return float(f1_score(targets, predicted, labels=others, average="micro", zero_division=0.0))


def accuracy(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Share of right examples, 0 to 1; of a multilabel example every label must be right."""
    right = decide(scores, targets) == targets
    return float((right.all(axis=1) if targets.ndim == 2 else right).mean())


def f1(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """F1 of the positive class, or over all labels at once (micro); 0 where nothing is positive or predicted so."""
    from sklearn.metrics import f1_score

    average = "micro" if targets.ndim == 2 else "binary"
    return float(f1_score(targets.astype(np.int64), decide(scores, targets), average=average, zero_division=0.0))


def macro_f1(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Mean F1 of the classes or labels that occur among targets or predictions; 0 if none does."""
    from sklearn.metrics import f1_score

    truth, predicted = targets.astype(np.int64), decide(scores, targets)
    if truth.ndim == 2:
        occurs = truth.any(axis=0) | predicted.any(axis=0)
        if not occurs.any():
            return 0.0
        if occurs.sum() == 1:  # one column left would be read as one binary task
            return float(f1_score(truth[:, occurs][:, 0], predicted[:, occurs][:, 0], zero_division=0.0))
        truth, predicted = truth[:, occurs], predicted[:, occurs]
    return float(f1_score(truth, predicted, average="macro", zero_division=0.0))


def mcc(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Matthews correlation, -1 to 1; 0 if targets or predictions are constant."""
    from sklearn.metrics import matthews_corrcoef

    predicted = decide(scores, targets)
    if len(np.unique(targets)) < 2 or len(np.unique(predicted)) < 2:
        return 0.0
    return float(matthews_corrcoef(targets, predicted))


def auroc(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Area under the ROC curve, 0 to 1, chance 0.5; one class against the rest, mean over classes or labels.

    Classes are ranked by their softmax probability. A class that has no example, or all of them, is left out; 0.5 if
    none is left.
    """
    from sklearn.metrics import roc_auc_score

    truth, ranked = _one_against_rest(scores, targets)
    both = truth.any(axis=0) & ~truth.all(axis=0)
    return float(np.mean([roc_auc_score(truth[:, c], ranked[:, c]) for c in np.flatnonzero(both)] or [0.5]))


def average_precision(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Average precision of the positive class, chance at its share; mean over the labels that occur, 0 if none."""
    from sklearn.metrics import average_precision_score

    truth, ranked = _one_against_rest(scores, targets)
    occurs = np.flatnonzero(truth.any(axis=0))
    return float(np.mean([average_precision_score(truth[:, c], ranked[:, c]) for c in occurs] or [0.0]))


def r2(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Explained share of the variance, at most 1, below 0 if worse than the mean; 0 if the targets are constant."""
    from sklearn.metrics import r2_score

    return 0.0 if np.ptp(targets) == 0 else float(r2_score(targets, scores[:, 0]))


def spearman(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Rank correlation, -1 to 1; 0 if targets or scores are constant."""
    from scipy.stats import spearmanr

    if np.ptp(targets) == 0 or np.ptp(scores[:, 0]) == 0:
        return 0.0
    return float(spearmanr(scores[:, 0], targets).statistic)


def mrr(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Mean reciprocal rank, 0 to 1; the scores are the reciprocal ranks."""
    return float(scores[:, 0].mean(dtype=np.float64))


def exact_match(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Share of completions that are right to the last token, 0 to 1; scores are the likeliest tokens, ``(N, U)``.

    Each is told the right tokens before it. That is what greedy decoding writes: as long as it is right it has read
    the right tokens, and where it first goes wrong, so does this.
    """
    return float(((scores == targets) | (targets == NONE)).all(axis=1).mean())


def token_accuracy(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """Share of right tokens among those of all completions, 0 to 1, each told the right ones before it."""
    return float((scores == targets)[targets != NONE].mean())


def _one_against_rest(scores: NDArray[Any], targets: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Truth and ranking scores with one column per class, label, or the positive class."""
    if targets.ndim == 2:
        return targets > 0, scores
    if scores.shape[1] == 1:
        return (targets == 1)[:, None], scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))  # shape: (N, C)
    return targets[:, None] == np.arange(scores.shape[1]), powers / powers.sum(axis=1, keepdims=True)


METRICS: dict[str, Metric] = {
    name: Metric(name, "maximize", frozenset(kinds), function)
    for name, function, kinds in (
        ("accuracy", accuracy, ("binary", "multiclass", "multilabel", "tokens")),
        ("f1", f1, ("binary", "multilabel", "tokens")),
        ("macro_f1", macro_f1, ("binary", "multiclass", "multilabel", "tokens")),
        ("mcc", mcc, ("binary", "multiclass", "tokens")),
        ("auroc", auroc, ("binary", "multiclass", "multilabel")),
        ("average_precision", average_precision, ("binary", "multilabel")),
        ("r2", r2, ("regression",)),
        ("spearman", spearman, ("regression",)),
        ("mrr", mrr, ("retrieval",)),
        ("exact_match", exact_match, ("text",)),
        ("token_accuracy", token_accuracy, ("text",)),
    )
}
"""Every metric by its name in a suite file."""

SPAN_METRICS: dict[str, Function] = {"accuracy": accuracy, "f1": found_f1, "macro_f1": macro_f1, "mcc": mcc}
"""What a name means for spans, whose classes are counted over all of them."""


def metric_for(name: str, kind: str) -> Metric:
    """A metric as a kind of task reads it."""
    metric = METRICS[name]
    return replace(metric, function=partial(on_spans, SPAN_METRICS[name])) if kind == "tokens" else metric

"""Scores of new examples in the words of their task: classes, probabilities, numbers, documents."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = 10
"""Documents per query."""


def predictions(described: Mapping[str, Any], scores: NDArray[np.float32], *, top: int = TOP) -> list[dict[str, Any]]:
    """One object per example.

    Binary and multiclass: ``label`` and ``probability`` of the chosen class, and of several classes ``probabilities``
    of all. Multilabel: ``labels`` with a probability of 0.5 or more, and ``probabilities``. Regression: ``value`` in
    the unit of the data. Retrieval: ``documents``, best first, with 0-based ``row`` and ``score``, a scaled cosine.

    Args:
        described: Of the task, as in :class:`trainers.loaded.LoadedTask`.
        scores: Shape ``(N, outputs)``; retrieval: ``(N, P)``.
        top: Retrieval: documents per query.
    """
    return _OF[described["kind"]](described, scores.astype(np.float64), top)


def _binary(described: Mapping[str, Any], scores: NDArray[np.float64], _top: int) -> list[dict[str, Any]]:
    negative, positive = described["classes"] or ("0", "1")
    found = []
    for chance in _logistic(scores[:, 0]):
        chosen = positive if chance >= 0.5 else negative
        found.append({"label": chosen, "probability": float(max(chance, 1 - chance))})
    return found


def _multiclass(described: Mapping[str, Any], scores: NDArray[np.float64], _top: int) -> list[dict[str, Any]]:
    classes = described["classes"] or [str(index) for index in range(scores.shape[1])]
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances = weights / weights.sum(axis=1, keepdims=True)
    return [
        {
            "label": classes[int(row.argmax())],
            "probability": float(row.max()),
            "probabilities": dict(zip(classes, row.tolist(), strict=True)),
        }
        for row in chances
    ]


def _multilabel(described: Mapping[str, Any], scores: NDArray[np.float64], _top: int) -> list[dict[str, Any]]:
    classes = described["classes"] or [str(index) for index in range(scores.shape[1])]
    return [
        {
            "labels": [name for name, chance in zip(classes, row, strict=True) if chance >= 0.5],
            "probabilities": dict(zip(classes, row.tolist(), strict=True)),
        }
        for row in _logistic(scores)
    ]


def _regression(described: Mapping[str, Any], scores: NDArray[np.float64], _top: int) -> list[dict[str, Any]]:
    values = scores[:, 0] * described.get("spread", 1.0) + described.get("centre", 0.0)
    return [{"value": float(value)} for value in values]


def _retrieval(_described: Mapping[str, Any], scores: NDArray[np.float64], top: int) -> list[dict[str, Any]]:
    best = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        {"documents": [{"row": int(place), "score": float(row[place])} for place in places]}
        for row, places in zip(scores, best, strict=True)
    ]


def _logistic(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))


_OF: dict[str, Callable[[Mapping[str, Any], NDArray[np.float64], int], list[dict[str, Any]]]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "multilabel": _multilabel,
    "regression": _regression,
    "retrieval": _retrieval,
}

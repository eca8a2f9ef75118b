"""A task: texts, targets and splits, before any model has seen them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tasks.kinds import Kind
    from tasks.metrics import Metric

SPLITS = ("train", "stop", "select", "test")
"""Fit on ``train``; ``stop`` picks the point on a curve, ``select`` the grouping; ``test`` is opened once."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The ``N`` examples of one split.

    Args:
        texts: One tuple of ``N`` strings per side: one side, or two for a pair, for retrieval (query, document) and for
            kind `text` (prompt, completion).
        targets: Labels in the kind's numeric form, see :mod:`tasks.kinds`.
        units: Which examples belong together (``group_by``), shape ``(N,)``; an example of its own otherwise, for
            retrieval the document's. Numbers are the task's, not the split's.
        places: Where every example stands, such as ``clones.csv line 17``; empty if that is unknown.
        spans: Kind `tokens`: what every text's labels stand for, see :mod:`tasks.spans`; empty for others.
    """

    texts: tuple[tuple[str, ...], ...]
    targets: "NDArray[Any]"
    units: "NDArray[np.int64]"
    places: tuple[str, ...] = ()
    spans: "tuple[NDArray[np.int32], ...]" = ()

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True, eq=False)
class Task:
    """A named prediction problem with its four splits.

    Args:
        name: The task's name in the suite.
        kind: What is predicted; owns the targets' form, the constant predictor and the admissible metrics.
        classes: Names of the ``C`` classes or labels; empty for regression and retrieval.
        metric: How the task's users score it.
        margin: Points of the metric (metric x 100) that may be lost against the single-task reference.
        splits: One :class:`Rows` for each of :data:`SPLITS`.
        fingerprint: SHA-256 of everything else here (places left out); changes whenever the data or their meaning do.
        max_length: Tokens per side for this task, or None for the suite's.
        centre: Regression: mean of the training targets in the file's unit; ``targets * spread + centre`` is that unit.
        spread: Regression: standard deviation of the training targets in the file's unit.
        weight: Factor of the training loss in groups; no part of the fingerprint.
    """

    name: str
    kind: "Kind"
    classes: tuple[str, ...]
    metric: "Metric"
    margin: float
    splits: "Mapping[str, Rows]"
    fingerprint: str
    max_length: int | None = None
    centre: float = 0.0
    spread: float = 1.0
    weight: float = 1.0

    @property
    def sides(self) -> int:
        """Texts per example: 1, or 2 for a pair, for retrieval and for kind `text`."""
        return len(self.splits["train"].texts)

    @property
    def outputs(self) -> int:
        """Scores per example that a head gives: see :meth:`tasks.kinds.Kind.outputs`."""
        return self.kind.outputs(len(self.classes))

    @property
    def test_fingerprint(self) -> str:
        """SHA-256 of what a score on test is a score of: kind, classes, metric, scale of the targets, test examples.

        Runs with other training data, seeds or margins have it in common where their test examples are the same.
        """
        rows = self.splits["test"]
        return fingerprint(
            *("tested", self.kind.name, self.classes, self.metric.name, self.centre, self.spread),
            *(rows.texts, rows.targets, rows.units),
            *rows.spans,
        )

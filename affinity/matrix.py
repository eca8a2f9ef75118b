"""The table of affinities between tasks, and its files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.errors import InputError, did_you_mean
from trainers.cost import Cost

SCHEMA = 1
"""Version of the JSON object."""
COLUMNS = ["source", "target", "score", "error"]
"""Columns of the long table in CSV and Parquet files."""


@dataclass(frozen=True, eq=False, repr=False)
class AffinityMatrix:
    r"""Affinities between tasks, directed from a source to a target.

    ``scores[i, j]`` is target ``j``'s gain when source ``i`` is trained with it:
    :math:`A_{i \to j} = (L_j^{ref} - L_j(\{i, j\})) / L_j^{prior}`, held-out losses against the task's reference
    single, on the scale of the constant predictor's. No unit; above 0 the source helps, below 0 it is negative
    transfer. The diagonal is 0. Nothing is symmetrised.

    >>> matrix = AffinityMatrix(("clone", "defect"), np.array([[0, 0.1], [-0.2, 0]]), np.full((2, 2), 0.05))
    >>> matrix["clone", "defect"]
    0.1

    Args:
        tasks: Names of the ``T`` tasks, in the order of rows and columns.
        scores: Affinities, shape ``(T, T)``, sources by targets; always finite. Where a pair could not be trained, an
            estimator puts a pessimistic stand-in, with an unknown error: see its docstring.
        errors: Standard errors of the scores, shape ``(T, T)``; NaN where unknown, 0 on the diagonal.
        estimator: What made it, such as ``pairwise``; empty where unknown.
        cost: What making it cost.

    Raises:
        ValueError: If names repeat, shapes differ, a score is not finite, an error is below 0, or a diagonal is not 0.

    Source: after Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553, who divide by the single-task loss.
    """

    tasks: tuple[str, ...]
    scores: NDArray[np.float64]
    errors: NDArray[np.float64]
    estimator: str = ""
    cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        size = len(self.tasks)
        repeated = sorted({name for name in self.tasks if self.tasks.count(name) > 1})
        if repeated:
            raise ValueError(f"Expected different task names, but got {repeated} more than once.")
        for name, values in (("scores", self.scores), ("errors", self.errors)):
            if values.shape != (size, size):
                raise ValueError(f"Expected `{name}` of shape {(size, size)} for {size} tasks, but got {values.shape}.")
        bad = np.argwhere(~np.isfinite(self.scores))
        if len(bad):
            source, target = (self.tasks[i] for i in bad[0])
            raise ValueError(f"Expected finite scores, but `{source}` -> `{target}` is {self.scores[tuple(bad[0])]}.")
        if np.any(np.diag(self.scores) != 0):
            name = self.tasks[int(np.flatnonzero(np.diag(self.scores))[0])]
            raise ValueError(f"Expected 0 on the diagonal, but `{name}` -> `{name}` is {self[name, name]}.")
        bad = np.argwhere((self.errors < 0) | np.isinf(self.errors))
        if len(bad):
            source, target = (self.tasks[i] for i in bad[0])
            raise ValueError(
                f"Expected errors of 0 or more, or NaN for unknown, but `{source}` -> `{target}` has "
                f"{self.errors[tuple(bad[0])]}."
            )

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, pair: tuple[str, str]) -> float:
        """The score of ``matrix[source, target]``."""
        return float(self.scores[self._index(pair[0]), self._index(pair[1])])

    def error(self, source: str, target: str) -> float:
        """Standard error of ``matrix[source, target]``; NaN where unknown."""
        return float(self.errors[self._index(source), self._index(target)])

    def _index(self, name: str) -> int:
        if name not in self.tasks:
            raise KeyError(f"Expected one of the tasks {list(self.tasks)}, but got `{name}`.")
        return self.tasks.index(name)

    def subset(self, tasks: Sequence[str]) -> "AffinityMatrix":
        """Rows and columns of ``tasks`` alone, in their order; the cost stays that of the whole matrix."""
        rows = np.array([self._index(name) for name in tasks], dtype=np.int64)
        cut = np.ix_(rows, rows)
        return replace(self, tasks=tuple(tasks), scores=self.scores[cut], errors=self.errors[cut])

    def reorder(self, tasks: Sequence[str]) -> "AffinityMatrix":
        """The same matrix with its tasks in another order.

        Raises:
            ValueError: If ``tasks`` are not the matrix's own.
        """
        if sorted(tasks) != sorted(self.tasks):
            raise ValueError(f"Expected the tasks {sorted(self.tasks)} in some order, but got {list(tasks)}.")
        return self.subset(tasks)

    def frame(self) -> pd.DataFrame:
        """The long table: ``source``, ``target``, ``score``, ``error``; one row per ordered pair, diagonal included."""
        size = len(self.tasks)
        columns = [np.repeat(self.tasks, size), np.tile(self.tasks, size), self.scores.ravel(), self.errors.ravel()]
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))

    def to_frame(self, values: Literal["scores", "errors"] = "scores") -> pd.DataFrame:
        """Scores, or their standard errors, as a square frame: sources are rows, targets columns."""
        return pd.DataFrame(
            self.errors if values == "errors" else self.scores,
            index=pd.Index(self.tasks, name="source"),
            columns=pd.Index(self.tasks, name="target"),
        )

    def __repr__(self) -> str:
        """For interpreters: who made it, and the square of scores."""
        by = f" by {self.estimator}" if self.estimator else ""
        return f"Affinities{by}, sources by targets:\n{self.to_frame().round(3).to_string()}"

    def _repr_html_(self) -> str:
        from affinity.matrix_html import matrix_html

        return matrix_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The object of ``affinity.json``; unknown errors are null."""
        errors = [[None if np.isnan(e) else float(e) for e in row] for row in self.errors]
        return {
            "schema": SCHEMA,
            "tasks": list(self.tasks),
            "scores": self.scores.tolist(),
            "errors": errors,
            "estimator": self.estimator,
            "cost": self.cost.to_dict(),
        }

    @classmethod
    def from_dict(cls, found: Any) -> "AffinityMatrix":
        """The matrix of an object such as :meth:`to_dict` gives; ``errors``, ``estimator`` and ``cost`` may be absent.

        Raises:
            InputError: If the object is not such a one; the place is the field.
        """
        if not isinstance(found, dict):
            raise InputError(f"Expected an object with `tasks` and `scores`, but got {type(found).__name__}.")
        if found.get("schema", SCHEMA) != SCHEMA:
            raise InputError(
                f"Expected schema {SCHEMA}, but got {found['schema']!r}; read the file with the cotrain that wrote it.",
                place="schema",
            )
        for key in ("tasks", "scores"):
            if key not in found:
                raise InputError(f"Expected `{key}`, but found {sorted(found)}{did_you_mean(key, found)}.", place=key)
        tasks = found["tasks"]
        if not isinstance(tasks, list) or not all(isinstance(name, str) for name in tasks):
            raise InputError(f"Expected a list of task names, but got {tasks!r}.", place="tasks")
        scores = _square(found["scores"], len(tasks), place="scores")
        errors = np.where(np.eye(len(tasks), dtype=bool), 0.0, np.nan)
        if found.get("errors") is not None:
            errors = _square(found["errors"], len(tasks), place="errors")
        known = Cost().to_dict()
        cost = found.get("cost") or {}
        if not isinstance(cost, dict) or not all(
            key in known and isinstance(of, int | float) for key, of in cost.items()
        ):
            raise InputError(f"Expected numbers under {sorted(known)}, but got {cost!r}.", place="cost")
        estimator = str(found.get("estimator") or "")
        try:
            return cls(tuple(tasks), scores, errors, estimator=estimator, cost=Cost(**cost))
        except ValueError as error:
            raise InputError(str(error)) from error

    def save(self, folder: Path) -> list[Path]:
        """Writes ``affinity.json``, ``.csv`` and ``.parquet`` (the long table) to ``folder``; gives their paths."""
        from affinity.files import save

        return save(self, folder)

    @classmethod
    def load(cls, path: Path) -> "AffinityMatrix":
        """Reads what :meth:`save` wrote, or a square CSV with task names in its first row and first column.

        Raises:
            InputError: If the file is missing or holds no such matrix; the place is the file and the field or line.
        """
        from affinity.files import load

        return load(Path(path))

    def to_json(self) -> str:
        """:meth:`to_dict` as text; the numbers read back exactly."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False)


def _square(rows: Any, size: int, *, place: str) -> NDArray[np.float64]:
    """Nested lists to shape ``(size, size)``; null becomes NaN."""
    if not isinstance(rows, list) or len(rows) != size:
        got = f"{len(rows)} rows" if isinstance(rows, list) else type(rows).__name__
        raise InputError(f"Expected {size} rows, one per task, but got {got}.", place=place)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != size:
            got = f"{len(row)} numbers" if isinstance(row, list) else type(row).__name__
            raise InputError(f"Expected {size} numbers, one per task, but got {got}.", place=f"{place}[{i}]")
        for j, value in enumerate(row):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise InputError(f"Expected a number, but got {value!r}.", place=f"{place}[{i}][{j}]")
    return np.array([[np.nan if v is None else float(v) for v in row] for row in rows]).reshape(size, size)

r"""When is it worth asking which tasks to group?

Everything that was spent on the question, failed proposals and failed runs included, against training every task alone
once, and against what the answer saves later. All work is in one unit, FLOPs or hours, whichever the caller counts.

With :math:`n` tasks, an answer of :math:`k` adapters, :math:`Q` the work spent on asking, :math:`A` that of training
every task alone once and :math:`G` that of training the answer's groups once, whoever asks is behind by

.. math:: X = Q + [\text{the answer is not trained yet}]\; G - A,

as the others have only trained their tasks alone, and this much has to come back:

- **Retrainings** (the base model or the data are renewed) save :math:`A - G` each, so it pays after
  :math:`X / (A - G)`. At equal passes a group trains on exactly the tokens of its members, so :math:`A = G` and
  *nothing is saved, ever*. :math:`A > G` only because a task alone goes on for as long as it gets better, up to the
  steps of the largest group. It can also be the other way round.
- **Serving.** A text that is asked about for all :math:`n` tasks passes the frozen layers below the adapted ones once,
  and the adapted layers once per adapter: :math:`F + k U` instead of :math:`F + n U`, so it pays after
  :math:`X / ((n - k) U)` such texts. A text that is asked about for one task costs :math:`F + U` either way and saves
  nothing.
- **Storage**: :math:`n - k` adapters less to keep and to load. Heads are the same. It has no price in work.

Where :math:`X \le 0` asking has cost no more than training alone. Where nothing is saved, it never pays in work.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Work of one text of mean length."""

    frozen: float
    """In the frozen layers below the adapted ones, once whatever the number of adapters; 0 if all are adapted."""
    adapted: float
    """In the adapted layers, for every adapter that reads the text."""

    def __post_init__(self) -> None:
        if not (self.frozen >= 0 and self.adapted >= 0):
            raise ValueError(f"Expected work of 0 or more, but got {self}.")

    def text(self, adapters: int) -> float:
        """One text that so many adapters read: ``frozen + adapters * adapted``."""
        return self.frozen + adapters * self.adapted


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """What asking costs and after how much use that comes back; see this module for the formulas."""

    tasks: int
    """Tasks that are served, n."""
    adapters: int
    """Adapters of the answer, k."""
    asking: float
    """All work that was spent: probes, search, validation, reruns, what failed among it."""
    alone: float
    """Training every task alone once, until it gets no better."""
    answer: float
    """Training every group of the answer once."""
    trained: bool
    """Whether asking has left the answer trained, as validation does."""
    serving: Serving
    """Work of one text."""
    stored: int
    """Bytes of the answer's adapters, without heads."""
    stored_alone: int
    """Bytes of one adapter per task."""

    def __post_init__(self) -> None:
        if not 1 <= self.adapters <= self.tasks:
            raise ValueError(f"Expected 1 to {self.tasks} adapters, but got {self.adapters}.")
        if not (self.alone > 0 and self.asking >= 0 and self.answer >= 0):
            raise ValueError(f"Expected work of 0 or more, and above 0 for training alone, but got {self}.")

    @property
    def times(self) -> float:
        """Asking over training every task alone once."""
        return self.asking / self.alone

    @property
    def behind(self) -> float:
        """X: work by which whoever asks is behind; 0 or less if asking was no dearer than training alone."""
        return self.asking + (0.0 if self.trained else self.answer) - self.alone

    @property
    def saved_by_retraining(self) -> float:
        """A - G; below 0 if the answer takes more work to train than the tasks alone."""
        return self.alone - self.answer

    @property
    def saved_by_text(self) -> float:
        """(n - k) U, of a text that is asked about for all tasks."""
        return self.serving.text(self.tasks) - self.serving.text(self.adapters)

    @property
    def retrainings(self) -> float | None:
        """Retrainings after which asking has paid; None for never, 0 if it has already."""
        return _after(self.behind, self.saved_by_retraining)

    @property
    def texts(self) -> float | None:
        """Texts, each asked about for all tasks, after which asking has paid; None for never, 0 if it has already."""
        return _after(self.behind, self.saved_by_text)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with everything that follows."""
        derived = ("times", "behind", "saved_by_retraining", "saved_by_text", "retrainings", "texts")
        return asdict(self) | {name: getattr(self, name) for name in derived}


def _after(behind: float, saved: float) -> float | None:
    if behind <= 0:
        return 0.0
    return behind / saved if saved > 0 else None

"""One training run: what is asked for."""

from dataclasses import dataclass

from trainers.methods import LoRA
from trainers.settings import Training


@dataclass(frozen=True, kw_only=True)
class Run:
    """One adapter for a group, with one seed; read at the best point of its curve.

    A run whose losses stop being finite before it made ``passes`` passes has failed, and so has one that is not finite
    where it is read: the result says why and holds nothing. An earlier point of its curve is not read in their place,
    as it had fewer passes than the runs it would be compared with, and other seeds would not reach it surely. A
    reference has no set length: one that diverges after ``passes`` passes ends there, and its best point counts.
    """

    group: tuple[str, ...]
    """Names of the members; their order does not matter."""
    seed: int
    """Runs of equal seed share adapter initialisation, heads and the order of each task's own batches."""
    passes: int
    """Passes of the group: under proportional mixing, of every member over its own examples."""
    limit: int | None = None
    """For a task's reference: passes up to which it may go on. It ends once ``passes`` passes in a row bring no better
    stop-half loss. None for a group, which makes exactly ``passes``."""
    helpers: tuple[str, ...] = ()
    """Tasks that are trained on beside the members and not served: they are not read, choose no point of the curve, and
    leave no head."""
    splits: tuple[str, ...] = ("select",)
    """Held-out splits that are read at the chosen point."""
    keep_weights: bool = False
    """Whether the result carries adapter and heads."""
    method: LoRA | None = None
    """The run's own rank and scale, on the layers of the bench's method; None for the bench's."""
    training: Training | None = None
    """The run's own settings; None for the bench's."""

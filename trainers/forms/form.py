"""What every form of a group is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec
    from trainers.methods import Method
    from trainers.result import GroupResult
    from trainers.run import Run
    from trainers.settings import Training

SETTINGS = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""How pydantic reads a form's settings."""
LOW_RANK = ("lora", "rslora")
"""Methods whose update of a weight is a product of two factors and nothing else, so that updates can be added up."""


class Form(Protocol):
    """How a group comes by what serves its tasks."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    merges: ClassVar[bool]
    """Whether it is made of the members' references of the same seed, and the group is not trained."""

    @property
    def name(self) -> str:
        """As the suite file has it."""

    @property
    def named(self) -> Sequence[str]:
        """Tasks that its settings name."""

    @property
    def helpers(self) -> Sequence[str]:
        """Tasks that are trained on beside the group and not served by it."""

    def variants(self, group: Sequence[str], others: Sequence[str] = ()) -> Sequence[Self]:
        """The forms of one group that it stands for: itself, unless a setting is open; none if it is of others.

        Args:
            others: Tasks outside the group that may be trained with it, the most promising first.
        """

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """Why it cannot be with a method or with training settings, and what to do instead; None where it can."""

    def adapters(self, members: int) -> int:
        """Adapters that a server holds for a group of so many tasks."""

    def spec(self, spec: "BenchSpec") -> "BenchSpec":
        """The bench specification under which the group's runs are what they are without forms."""

    def identity(self) -> dict[str, Any] | None:
        """What of it enters the content hash of a run; None where :meth:`spec` says it all."""

    def make(
        self, bench: "Bench", run: "Run", *, parts: Mapping[str, "GroupResult"], keep: Path | None
    ) -> "GroupResult":
        """Makes it.

        Args:
            bench: The suite's, of a single task's rank.
            run: The group's, with the settings of :meth:`spec`.
            parts: For a form that merges, the references of the members with their weights.
            keep: As of :func:`trainers.loop.train_run`.
        """


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class PlainForm:
    """What a form is unless it says otherwise: the group ends with one adapter, trained like any other."""

    merges: ClassVar[bool] = False

    @property
    def named(self) -> Sequence[str]:
        """None."""
        return ()

    @property
    def helpers(self) -> Sequence[str]:
        """None."""
        return ()

    def variants(self, group: Sequence[str], others: Sequence[str] = ()) -> Sequence[Self]:
        """See :class:`Form`."""
        return (self,)

    def refusal(self, method: "Method", training: "Training") -> str | None:
        """See :class:`Form`."""
        return None

    def adapters(self, members: int) -> int:
        """See :class:`Form`."""
        return 1

    def spec(self, spec: "BenchSpec") -> "BenchSpec":
        """See :class:`Form`."""
        return spec

    def identity(self) -> dict[str, Any] | None:
        """See :class:`Form`."""
        return asdict(self)

    def make(
        self, bench: "Bench", run: "Run", *, parts: Mapping[str, "GroupResult"], keep: Path | None
    ) -> "GroupResult":
        """See :class:`Form`."""
        from trainers.loop import train_run

        return train_run(bench, run, keep=keep)

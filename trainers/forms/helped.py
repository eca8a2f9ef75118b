"""One adapter, trained on the data of tasks, mostly one, that other groups serve."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field
from pydantic.dataclasses import dataclass

from trainers.forms.form import SETTINGS, PlainForm

if TYPE_CHECKING:
    from trainers.bench import Bench
    from trainers.result import GroupResult
    from trainers.run import Run


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Helped(PlainForm):
    """A helper's batches stand among those of the group, and what is served afterwards is the group alone.

    Groups that overlap are what comes of it: a helper costs training and no storage, as its head is dropped. The point
    of the curve is the best one for the group. Which task should help is tried: without a helper it stands for one form
    for each of the `tries` most promising tasks. A search whose groups may overlap names them, one or several.
    """

    name: Literal["helped"] = "helped"
    """The form's name."""
    helper: str | tuple[str, ...] | None = None
    """The task that helps, or a list of tasks that help together; null tries several in turn."""
    tries: int | None = Field(default=2, ge=1)
    """How many are tried, those first that are predicted to help most; of no meaning where the helper is named."""

    @property
    def named(self) -> Sequence[str]:
        """The helpers."""
        return self.helpers

    @property
    def helpers(self) -> tuple[str, ...]:
        """The helpers."""
        return (self.helper,) if isinstance(self.helper, str) else self.helper or ()

    @classmethod
    def by(cls, helpers: Sequence[str]) -> Self:
        """The form with these helpers."""
        return cls(helper=helpers[0] if len(helpers) == 1 else tuple(sorted(helpers)), tries=None)

    def variants(self, group: Sequence[str], others: Sequence[str] = ()) -> Sequence[Self]:
        """See :class:`trainers.forms.form.Form`."""
        outside = [name for name in others if name not in group]
        if self.helper is not None:
            return (replace(self, tries=None),) if set(self.helpers) <= set(outside) else ()
        return tuple(replace(self, helper=name, tries=None) for name in outside[: self.tries])

    def make(
        self, bench: "Bench", run: "Run", *, parts: Mapping[str, "GroupResult"], keep: Path | None
    ) -> "GroupResult":
        """See :class:`trainers.forms.form.Form`."""
        from trainers.loop import train_run

        return train_run(bench, replace(run, helpers=self.helpers), keep=keep)


def helpers_named(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The helpers in a form's settings, as JSON has them; none of another form."""
    helper = settings.get("helper") if settings.get("name") == "helped" else ()
    return (helper,) if isinstance(helper, str) else tuple(helper or ())

"""One adapter for all members, trained on all of them: the plain form."""

from typing import Any, Literal

from pydantic.dataclasses import dataclass

from trainers.forms.form import SETTINGS, PlainForm


@dataclass(frozen=True, kw_only=True, config=SETTINGS)
class Shared(PlainForm):
    """One adapter for all members, trained as every group is."""

    name: Literal["shared"] = "shared"
    """The form's name."""

    def identity(self) -> dict[str, Any] | None:
        """None: its runs are those of a group without a form."""
        return None

"""Forms of a group: the ways to come by what serves its tasks.

The plain form trains one adapter for all members (:mod:`trainers.loop`). The others are candidates beside it: a small
private adapter for each member beside the shared one, adapters merged from the members' own single-task runs without
any training of the group, the group trained with other shares of its batches or another weight of a member's loss, and
the group trained with the help of tasks that other groups serve. A form is a frozen settings class, named in the
suite file::

    grouping: {forms: [private, ties, {name: dare, density: 0.3}, equal]}

Whatever the form, a group ends as a :class:`trainers.result.GroupResult` that is read like any other.
:data:`FORMS` lists them for the command line. Importing this package imports no torch.
"""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from trainers.forms.form import Form
from trainers.forms.helped import Helped
from trainers.forms.merged import Dare, Mean, Ties
from trainers.forms.mixed import Equal, Tempered
from trainers.forms.private import Private
from trainers.forms.shared import Shared
from trainers.forms.weighted import Weighted

FORMS: dict[str, type[Form]] = {
    "shared": Shared,
    "private": Private,
    "mean": Mean,
    "ties": Ties,
    "dare": Dare,
    "equal": Equal,
    "temperature": Tempered,
    "weighted": Weighted,
    "helped": Helped,
}
"""By the name that a suite file has."""


AnyForm = Annotated[Private | Mean | Ties | Dare | Equal | Tempered | Weighted | Helped, Field(discriminator="name")]
"""What a suite file may hold beside `shared`, which every group has."""


def words(form: Form) -> str:
    """A form as people read it: ``private, rank 2``; settings that are left open are not said."""
    settings = {name: value for name, value in asdict(form).items() if name != "name" and value is not None}
    return ", ".join([form.name, *(f"{name} {_word(value)}" for name, value in settings.items())])


def _word(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return " and ".join(value)
    return value if isinstance(value, str) else f"{value:g}"


__all__ = [
    "FORMS",
    "AnyForm",
    "Dare",
    "Equal",
    "Form",
    "Helped",
    "Mean",
    "Private",
    "Shared",
    "Tempered",
    "Ties",
    "Weighted",
    "words",
]

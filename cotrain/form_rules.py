"""Which forms a suite may ask for."""

from collections.abc import Collection, Sequence

from tasks.errors import InputError
from trainers.forms import Form, words
from trainers.methods import Method
from trainers.settings import Training

PLACE = "grouping.forms"
"""The field of the suite."""


def check_forms(forms: Sequence[Form], method: Method, training: Training, *, tasks: Collection[str]) -> None:
    """Refuses forms that a method or the training settings do not allow, are of other tasks, or stand twice.

    Args:
        tasks: Names of all tasks; empty where they are not known yet, as those of the built-in suite.

    Raises:
        InputError: Naming the form, with what to use instead.
    """
    for index, form in enumerate(forms):
        if form in forms[:index]:
            raise InputError(f"`{words(form)}` stands twice", place=PLACE)
        why = form.refusal(method, training)
        if why is not None:
            raise InputError(f"no `{form.name}`: {why}", place=PLACE)
        if tasks and not set(form.named) <= set(tasks):
            raise InputError(f"`{words(form)}` is of none of the tasks {', '.join(tasks)}", place=PLACE)

"""The tasks of a suite, read from their files."""

from cotrain.suite import LoadedSuite
from tasks.errors import InputError
from tasks.few import few
from tasks.load import load_task
from tasks.task import Task


def load_tasks(loaded: LoadedSuite) -> dict[str, Task]:
    """Every task of the suite by name, in the suite's order; of a smoke run, a few examples of each.

    Raises:
        InputError: If data are missing or wrong; the place starts with the suite file and the task's field.
    """
    try:
        return {name: load_one(loaded, name) for name in loaded.suite.tasks}
    except InputError as error:
        raise error.within(loaded.place) from None


def load_one(loaded: LoadedSuite, name: str) -> Task:
    """One of them.

    Raises:
        InputError: The same, with the task's field as the place.
    """
    suite = loaded.suite
    task = load_task(name, suite.tasks[name], folder=loaded.folder, seed=suite.seed)
    return few(task, seed=suite.seed) if suite.budget.smoke else task

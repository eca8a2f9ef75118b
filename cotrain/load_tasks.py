"""The tasks of a suite, read from their files."""

from cotrain.suite import LoadedSuite
from tasks.errors import InputError
from tasks.load import load_task
from tasks.task import Task


def load_tasks(loaded: LoadedSuite) -> dict[str, Task]:
    """Every task of the suite by name, in the suite's order.

    Raises:
        InputError: If data are missing or wrong; the place starts with the suite file and the task's field.
    """
    try:
        return {
            name: load_task(name, spec, folder=loaded.folder, seed=loaded.suite.seed)
            for name, spec in loaded.suite.tasks.items()
        }
    except InputError as error:
        raise error.within(loaded.place) from None

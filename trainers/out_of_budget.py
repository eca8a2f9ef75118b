"""What ends work that has used its budget: the hours, or the number of runs."""


class OutOfBudget(RuntimeError):
    """A limit came before the work was done; what was done is in the ledger, and runs in progress are kept."""

    kind = ""
    """Which limit."""


class OutOfTime(OutOfBudget):
    """The deadline came before all jobs were done; those that were done are in the ledger."""

    kind = "time"


class OutOfJobs(OutOfBudget):
    """As many runs as may be started were started; those are done and in the ledger."""

    kind = "jobs"

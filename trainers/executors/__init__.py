"""Where jobs run: in this process, in worker processes with their own cores, or in several that share each job.

Every executor has one method: :meth:`Executor.results` takes jobs and yields ``(index, bytes)`` as they finish, in any
order. Who calls it owns the ledger; executors only compute::

    with WorkerProcesses(open_bench, spec, workers=2) as executor:
        results = run_jobs(jobs, executor, ledger)

:data:`EXECUTORS` lists them for the command line.
"""

from trainers.executors.base import Executor
from trainers.executors.in_process import InProcess
from trainers.executors.together import Together
from trainers.executors.workers import WorkerProcesses

EXECUTORS = {"in-process": InProcess, "workers": WorkerProcesses, "together": Together}

__all__ = ["EXECUTORS", "Executor", "InProcess", "Together", "WorkerProcesses"]

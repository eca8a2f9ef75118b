"""Where jobs run: in this process, in worker processes, in several that share each job, or on a Ray cluster.

Every executor has one method: :meth:`Executor.results` takes jobs and yields ``(index, bytes)`` as they finish, in any
order. Who calls it owns the ledger; executors only compute::

    with WorkerProcesses(open_bench, spec, workers=2) as executor:
        results = run_jobs(jobs, executor, ledger)

:data:`EXECUTORS` lists them.
"""

from trainers.executors.base import Executor
from trainers.executors.in_process import InProcess
from trainers.executors.ray_actors import RayActors
from trainers.executors.together import Together
from trainers.executors.workers import WorkerProcesses

EXECUTORS = {"in-process": InProcess, "workers": WorkerProcesses, "together": Together, "ray": RayActors}

__all__ = ["EXECUTORS", "Executor", "InProcess", "RayActors", "Together", "WorkerProcesses"]

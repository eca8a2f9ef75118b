"""MLflow: a run with one nested run for every training run, through its client."""

import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cotrain.tracking.flat import flat
from cotrain.tracking.tracker import PROJECT, About, Ended
from cotrain.tracking.trained_run import TrainedRun

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

MOST_PARAMS, MOST_METRICS, LONGEST = 100, 1000, 6000
"""What MLflow takes in one call, and characters of a value."""
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""Variables that are set where the environment leaves them open: nothing is told to anybody but the server, and a
server that is down is known to be after seconds, not minutes."""
ENDED = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
"""How MLflow calls a run that ended so."""


class MLflow:
    """A run of the experiment `MLFLOW_EXPERIMENT_NAME` (by default ``cotrain``) at `MLFLOW_TRACKING_URI`.

    Metrics of nested runs have the point's number as their step, as steps are whole numbers.
    """

    packages: ClassVar[tuple[str, ...]] = ("mlflow",)

    def __init__(self, about: About) -> None:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._mlflow, self._client = mlflow, mlflow.MlflowClient()
        self.place = str(self._client.tracking_uri)
        found = None if about.before is None else self._known(about.before)
        self.resumed = found is not None
        if found is None:
            self._experiment = self._find_experiment()
            self.identity = self._create(about.name, {"mlflow.source.name": PROJECT})
            params = [mlflow.entities.Param(name, _cut(value)) for name, value in flat(about.settings).items()]
            for first in range(0, len(params), MOST_PARAMS):
                self._client.log_batch(self.identity, params=params[first : first + MOST_PARAMS])
        else:
            self.identity, self._experiment = found.info.run_id, found.info.experiment_id
            self._client.update_run(self.identity, status="RUNNING")

    @staticmethod
    def refusal() -> str | None:
        return None

    def trained(self, run: TrainedRun) -> None:
        own = self._create(run.name, {"mlflow.parentRunId": self.identity, "mlflow.source.name": PROJECT})
        at = round(1000 * run.time)
        losses = [(name, value, number) for number, _, found in run.points() for name, value in found.items()]
        losses += [("passes", passes, number) for number, passes, _ in run.points()]
        self._log(own, [*losses, *((name, value, 0) for name, value in run.figures.items())], at)
        params = [self._mlflow.entities.Param(name, _cut(value)) for name, value in run.settings.items()]
        self._client.log_batch(own, params=params)
        self._client.set_terminated(own, "FAILED" if "failed" in run.settings else "FINISHED")
        self._log(self.identity, ((f"spent/{name}", value, run.number) for name, value in run.spent.items()), at)

    def affinities(self, matrix: "AffinityMatrix") -> None:
        self._client.log_text(self.identity, matrix.frame().to_csv(index=False), "affinities.csv")

    def answered(self, figures: Mapping[str, float], words: Mapping[str, str]) -> None:
        self._log(self.identity, ((name, value, 0) for name, value in figures.items()), round(1000 * time.time()))
        tags = {**words, "mlflow.note.content": f"**{words['verdict']}**: {words['groups']}\n\n{words['reason']}"}
        entries = [self._mlflow.entities.RunTag(name, _cut(value)) for name, value in tags.items()]
        self._client.log_batch(self.identity, tags=entries)

    def drawn(self, pictures: Sequence[Path], report: Path | None) -> None:
        for picture in pictures:
            self._client.log_artifact(self.identity, str(picture), "figures")
        if report is not None:
            self._client.log_artifact(self.identity, str(report))

    def close(self, ended: Ended) -> None:
        self._client.set_terminated(self.identity, ENDED[ended])

    def _known(self, identity: str) -> Any:
        """A run that is there, or None: its store may be another one now."""
        try:
            found = self._client.get_run(identity)
        except self._mlflow.exceptions.MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        return found if found.info.lifecycle_stage == "active" else None

    def _find_experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def _create(self, name: str, tags: Mapping[str, str]) -> str:
        return str(self._client.create_run(self._experiment, run_name=name, tags=dict(tags)).info.run_id)

    def _log(self, identity: str, values: Iterable[tuple[str, float, int]], at: int) -> None:
        """Metrics as name, value and step."""
        metrics = [self._mlflow.entities.Metric(name, value, at, step) for name, value, step in values]
        for first in range(0, len(metrics), MOST_METRICS):
            self._client.log_batch(identity, metrics=metrics[first : first + MOST_METRICS])


def _cut(value: object) -> str:
    return ("null" if value is None else str(value))[:LONGEST]

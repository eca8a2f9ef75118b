"""MLflow, where it is installed: a store in files, read back by its client."""

from pathlib import Path
from typing import Any

import pytest

from tests.cotrain.tracking.contract import Seen, TrackerContract

mlflow: Any = pytest.importorskip("mlflow")


class TestMLflow(TrackerContract):
    name = "mlflow"

    @classmethod
    def environment(cls, folder: Path) -> dict[str, str]:
        return {"MLFLOW_TRACKING_URI": (folder / "store").as_uri(), "MLFLOW_ALLOW_FILE_STORE": "true"}

    @classmethod
    def lose(cls, folder: Path, run: Path) -> dict[str, str]:
        return {"MLFLOW_TRACKING_URI": (folder / "another").as_uri()}

    @classmethod
    def read(cls, folder: Path, run: Path) -> Seen:
        client = mlflow.MlflowClient()
        runs = client.search_runs([client.get_experiment_by_name("cotrain").experiment_id])
        (whole,) = [of for of in runs if "mlflow.parentRunId" not in of.data.tags]
        assert whole.info.run_name == "run"
        nested = [of for of in runs if of.data.tags.get("mlflow.parentRunId") == whole.info.run_id]
        assert {of.info.status for of in nested} == {"FINISHED", "FAILED"}
        where = Path(client.download_artifacts(whole.info.run_id, "", str(folder)))

        def values(of: Any, name: str) -> list[float]:
            history = client.get_metric_history(of.info.run_id, name)
            return [metric.value for metric in sorted(history, key=lambda metric: metric.step)]

        losses = [(of, name) for of in nested for name in of.data.metrics if "loss" in name]

        return Seen(
            settings=whole.data.params,
            curves={(of.info.run_name, name): values(of, name) for of, name in losses},
            runs=[of.info.run_name for of in nested],
            spent=values(whole, "spent/seconds"),
            affinities=(where / "affinities.csv").read_text(),
            figures=whole.data.metrics,
            words=whole.data.tags,
            pictures={path.stem for path in (where / "figures").iterdir()},
            report=(where / "report.html").read_text(),
        )

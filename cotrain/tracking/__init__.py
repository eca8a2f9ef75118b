"""Experiment trackers that are told of a run: MLflow, Weights & Biases, Trackio, TensorBoard.

A run writes what happens into ``log.jsonl``, whether anybody is told or not. A tracker is fed from that file, and the
run folder remembers how far it has read (``tracking.json``, which holds names of runs and nothing secret). So it hears
of everything once: of what worker processes finished, of what an earlier command had finished, and also of what
happened before a tracker was named or while its server was down::

    report_to: [mlflow, tensorboard]                # in the suite file
    cotrain recommend suite.yaml --report-to wandb  # or for one command

Each is one file here, a class after :class:`cotrain.tracking.tracker.Tracker` over the tracker's own package, and its
environment variables hold. A package that is missing ends the command before any work; a tracker that fails later
costs one line, and the run goes on without it.

The callbacks of ``transformers`` (``transformers.integrations``) were considered, and cannot carry this. Each is driven
by one ``Trainer`` in the process that trains, from ``TrainingArguments`` and its state: here many short runs are
trained in worker processes, often stacked into one pass, by a loop that has none of these, and finished runs are found
in the ledger. Nor do they know tables, pictures, artifacts, nested runs or a run that is taken up again. The trackers
of ``accelerate`` come nearer: but all that they share is ``log`` for numbers, the rest is there for one or two of them
each, and it would be needed beside the tracker's own package, which is as short to call.
"""

from cotrain.tracking.mlflow import MLflow
from cotrain.tracking.tensorboard import TensorBoard
from cotrain.tracking.tracker import Tracker
from cotrain.tracking.trackio import Trackio
from cotrain.tracking.wandb import WandB

TRACKERS: dict[str, type[Tracker]] = {
    "mlflow": MLflow,
    "wandb": WandB,
    "trackio": Trackio,
    "tensorboard": TensorBoard,
}
"""Every tracker by its name in a suite file, which is that of its extra too."""

__all__ = ["TRACKERS", "MLflow", "TensorBoard", "Tracker", "Trackio", "WandB"]

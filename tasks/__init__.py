"""Tasks: files become examples, targets, splits and tokens. No model is known here.

An entry of a suite file says where the examples are and what the columns mean::

    spec = TaskSpec(data="clones.csv", text=("left", "right"), label="is_clone", group_by="project", metric="f1")
    task = load_task("clone", spec, folder=Path("."), seed=42)
    task.kind.name, task.classes              # ("binary", ("0", "1"))
    task.splits["train"].texts                # a tuple of texts for each of the two sides

Loading reads (:mod:`tasks.tables`), tells what the labels are (:mod:`tasks.labels`), draws the splits that are not
given (:mod:`tasks.splits`) and checks everything: an :class:`InputError` names the field of the suite, the file, the
row and the remedy in one line.

A task has four splits. ``train`` is fitted on. Validation is halved: ``stop`` picks the point on a learning curve,
``select`` is what affinity, search and choice look at. ``test`` is opened once, for a verdict. Rows with one value of
``group_by`` are one *unit*: units stay on one side of every split that is drawn, and errors are computed over units.

What is predicted, and the constant predictor that losses are measured against, is the task's kind
(:data:`tasks.kinds.KINDS`); how its users score it is its metric (:data:`tasks.metrics.METRICS`)::

    task.metric(scores, task.splits["test"].targets)          # in the metric's own unit, 0.83

Trainers see token ids, encoded once for all runs, and draw batches of similar length from them::

    encoded = encode(task, tokenize, max_length=128)
    for rows in batches.batches(encoded.splits["train"], batch_size=32, generator=np.random.default_rng([seed, epoch])):
        ...

Two kinds have several targets per text: `tokens`, a label for every line or word (:mod:`tasks.spans`), and `text`, a
completion, token by token (:mod:`tasks.completions`). Their encoding says at which tokens of the text each is read.

A fingerprint goes with every task and encoding: it changes whenever the data or their meaning change, so a resumed run
can refuse changed data. :mod:`tasks.audit` looks for what spoils data sets (imbalance, duplicates, leaks), and
:mod:`tasks.mining` makes the built-in tasks out of Python source.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.encode_task import encode
    from tasks.encoding import EncodedRows, EncodedTask, Tokenize, Tokens
    from tasks.errors import InputError
    from tasks.kinds import KINDS, Kind
    from tasks.load import load_task
    from tasks.metrics import METRICS, Metric
    from tasks.spec import DataFiles, TaskSpec
    from tasks.task import SPLITS, Rows, Task

__all__ = [
    "KINDS",
    "METRICS",
    "SPLITS",
    "DataFiles",
    "EncodedRows",
    "EncodedTask",
    "InputError",
    "Kind",
    "Metric",
    "Rows",
    "Task",
    "TaskSpec",
    "Tokenize",
    "Tokens",
    "encode",
    "load_task",
]

_HOMES = {
    "tasks.encode_task": ("encode",),
    "tasks.encoding": ("EncodedRows", "EncodedTask", "Tokenize", "Tokens"),
    "tasks.errors": ("InputError",),
    "tasks.kinds": ("KINDS", "Kind"),
    "tasks.load": ("load_task",),
    "tasks.metrics": ("METRICS", "Metric"),
    "tasks.spec": ("DataFiles", "TaskSpec"),
    "tasks.task": ("SPLITS", "Rows", "Task"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'tasks' has no attribute {name!r}")

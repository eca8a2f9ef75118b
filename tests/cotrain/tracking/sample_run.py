"""The log of a small run, as a command writes it, without any training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from affinity.matrix import AffinityMatrix
from cotrain.affinity_files import save_affinities
from cotrain.answer_figures import ANSWERED
from cotrain.drawn import log_drawn
from cotrain.run_folder import RunFolder
from cotrain.trained_log import TrainedLog
from trainers.cost import Cost
from trainers.result import GroupResult, MemberResult

SETTINGS: dict[str, Any] = {
    "seed": 42,
    "budget": {"passes": 2, "max_hours": None},
    "tasks": {"a": {"kind": "binary"}},
    "grouping": {"apart": [["a", "b"]]},
}
GRID = np.array([0.5, 1.0, 1.5])
FIGURES = {"adapters": 2.0, "mean_gain": 0.125, "delta/a": -0.5, "cost/flops": 3e12}
WORDS = {"verdict": "confirmed", "reason": "No task is lost | none.", "groups": "{a, b} {c}", "objective": "best_gain"}
MATRIX = AffinityMatrix(("a", "b"), np.array([[0, 0.25], [-0.5, 0]]), np.array([[0, 0.1], [np.nan, 0]]), "pairwise")
REPORT = "<html><body>a &lt; b</body></html>"


@dataclass(frozen=True)
class Work:
    """A job, as far as the log looks at it."""

    label: str
    key: str = "k"


def result(*group: str, seed: int = 1, seconds: float = 2.0, failed: str | None = None, **curves: Any) -> GroupResult:
    """A run of a group; every task's curve is 1 / point, or as given, and the training loss is not known at first."""
    grid = GRID if failed is None else GRID[:0]
    members = {
        name: MemberResult(
            curve=np.asarray(curves.get(name, 1 / np.arange(1, len(grid) + 1))),
            train_curve=np.array([np.nan, 0.5, 0.25]),
            losses={},
            scores={},
            metric={"select": 0.75, "test": 0.99},
        )
        for name in (group if failed is None else ())
    }
    return GroupResult(
        group=group,
        seed=seed,
        reference=len(group) == 1,
        grid=grid,
        chosen=1,
        members=members,
        steps=12,
        cost=Cost(seconds=seconds, flops=1e9, jobs=1),
        failed=failed,
    )


def first_command(folder: RunFolder) -> None:
    """What a command logs that is stopped after two runs.

    Raises:
        KeyboardInterrupt: Always.
    """
    folder.log("started", resumed=False)
    log = TrainedLog(folder)
    log(Work("a (reference), seed 1"), result("a"), "probe runs")
    log(Work("a+b, seed 1"), result("a", "b", a=[3.0, np.inf, 1.0]), "probe runs")
    raise KeyboardInterrupt


def second_command(folder: RunFolder) -> None:
    """What the command that goes on logs: what it finds finished, two more runs, and what comes at the end."""
    folder.log("started", resumed=True)
    log = TrainedLog(folder)
    log(Work("a (reference), seed 1"), result("a"), "probe runs")
    log(Work("a+b, seed 1"), result("a", "b", a=[3.0, np.inf, 1.0]), "probe runs")
    log(Work("b+c, seed 1"), result("b", "c", failed="b: a loss is not finite"), "search")
    log(Work("b (reference), seed 1"), result("b", seconds=0.5), "validation")
    save_affinities(folder, MATRIX)
    folder.log(ANSWERED, figures=FIGURES, words=WORDS)
    draw(folder.path)
    log_drawn(folder)
    folder.log("finished", seconds=1.0)


def draw(run: Path) -> None:
    """Two pictures and the report."""
    (run / "figures").mkdir(exist_ok=True)
    for name, colour in (("heatmap", (255, 0, 0)), ("curves", (0, 0, 255))):
        Image.new("RGB", (8, 4), colour).save(run / "figures" / f"{name}.png")
    (run / "report.html").write_text(REPORT, encoding="utf-8")

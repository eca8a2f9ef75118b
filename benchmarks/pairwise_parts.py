"""The runs of `pairwise` in parts, so that other measurements can come between them."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from affinity.estimators import ESTIMATORS
from benchmarks.clocked import clocked
from trainers.bench import Bench, BenchSpec, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.fitted_heads import initial_head
from trainers.ledger import Ledger
from trainers.trainer import Trainer


class PairwiseParts:
    """Every reference and every pair with one seed, and a second reference, which the estimator needs for its errors.

    The first part opens the bench, and fits heads as runs need them; later ones find both done, in another process too.

    Args:
        spec: The bench.
        folder: Where finished runs are kept.
        count: Number of parts.
        budget: One run per pair, two references.
        seed: Of the first reference and of the pairs.
    """

    def __init__(self, spec: BenchSpec, folder: Path, *, count: int, budget: Budget, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.count, self.seed = folder, count, seed
        self.tasks, self.pairs = list(spec.tasks), list(combinations(spec.tasks, 2))
        executor, ledger = InProcess(self._open, spec), Ledger(folder / "ledger.sqlite")
        self.trainer = Trainer(spec, executor, ledger, budget, seed=seed)
        self.bench: Bench | None = None

    def _open(self, spec: BenchSpec) -> Bench:
        return self.bench or open_bench(spec)

    def warm(self) -> None:
        """Does what the first part did for the others, in a process that has not trained it."""
        self.bench = open_bench(self.trainer.spec)
        for name in self.tasks:
            initial_head(self.bench, name, seed=self.seed)

    def train(self, number: int) -> dict[str, Any]:
        """Trains one part, also where it was begun before; what the second references took stands apart."""
        path = self.folder / f"part-{number}.sqlite"
        path.unlink(missing_ok=True)
        trainer, names = replace(self.trainer, ledger=Ledger(path)), self.tasks[number :: self.count]
        with clocked() as first:
            runs = trainer.run(
                self.pairs[number :: self.count], seeds=[self.seed], references=names, reference_seeds=[self.seed]
            )
        with clocked() as second:
            again = trainer.run((), seeds=[self.seed + 1], references=names)
        for key, label, _ in trainer.ledger.finished():
            self.trainer.ledger.put(key, label, trainer.ledger.get(key) or b"")
        return {**first, "cost": runs.cost.to_dict(), "second_references": {**second, "cost": again.cost.to_dict()}}

    def estimate(self) -> dict[str, Any]:
        """The estimator itself, which finds all of its runs finished.

        Raises:
            RuntimeError: If it trained one.
        """
        before = len(self.trainer.ledger.finished())
        with clocked() as found:
            ESTIMATORS["pairwise"]().estimate(self.trainer)
        if len(self.trainer.ledger.finished()) > before:
            raise RuntimeError("Expected an estimator that finds all runs finished, but it trained more.")
        return dict(found)

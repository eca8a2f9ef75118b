"""The default estimator: simulated training as the prior, corrected by the runs that every answer needs anyway."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from affinity.estimators.base import Estimate, left_of
from affinity.estimators.linearized import Linearized, NoAnchor
from affinity.estimators.pair_table import as_matrix, pairs_of
from affinity.gains import measure_groups
from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid as Posterior

if TYPE_CHECKING:
    from trainers.runs import Runs
    from trainers.trainer import Trainer


ANCHORS = 2
"""Of the simulated training: it is cheap beside the runs that an answer needs anyway."""


@dataclass(frozen=True, kw_only=True)
class Hybrid:
    """Affinity as the posterior gain of a pair, after the references and all tasks together were trained.

    References and all tasks together are baselines of every recommendation. What :mod:`affinity.estimators.linearized`
    says of a group is the prior of a Gaussian process over group gains (:mod:`affinity.predictors.hybrid`), and they
    are its first measurements. What is trained after that corrects it: the search decides what. Errors are those of the
    posterior, and wide where nothing was trained.

    A task whose reference diverges is dropped. If all tasks together diverge, there is no prior.
    """

    anchors: int = ANCHORS
    """Of the simulated training, 1 or 2."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Trains ``budget.reference_seeds`` references per task and ``budget.seeds`` runs of all tasks together."""
        names = tuple(trainer.tasks)
        runs = self._train(trainer)
        cost = runs.cost
        dropped = {name: runs.failures[name,] for name in names if name not in runs.references}
        left = left_of(names, dropped)
        if dropped:
            trainer = trainer.among(left)
            more = self._train(trainer)
            runs, cost = runs.among(left) | more, cost + more.cost
        prior = None
        try:
            guess = Linearized(anchors=self.anchors).guess(trainer)
        except NoAnchor as error:
            group = "+".join(sorted(trainer.tasks))
            trainer.tell(f"group {group}: nothing is predicted before groups are trained, as {error.message}")
        else:
            prior, cost = guess.prior, cost + guess.cost
            if guess.dropped:
                dropped = {**dropped, **guess.dropped}
                left = left_of(names, dropped)
                runs = runs.among(left)
        measured = measure_groups(runs.groups, runs.references, trainer.tasks)
        posterior = Posterior.fit(left, [of.gains() for of in measured.values()], prior=prior)
        pairs = pairs_of(len(left))
        said = posterior.predict(pairs)
        scores, errors = as_matrix(pairs, said.mean), as_matrix(pairs, said.error)
        matrix = AffinityMatrix(left, scores, errors, estimator="hybrid", cost=cost)
        return Estimate(matrix, runs, groups=prior, dropped=dropped)

    def _train(self, trainer: "Trainer") -> "Runs":
        together = tuple(sorted(trainer.tasks))
        budget = trainer.budget
        return trainer.run(
            [together],
            seeds=trainer.probe_seeds(budget.seeds),
            references=together,
            reference_seeds=trainer.probe_seeds(max(budget.seeds, budget.reference_seeds)),
            phase="probe runs",
        )

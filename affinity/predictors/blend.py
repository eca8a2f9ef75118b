"""A mixture of predictors, each as likely as groups that it was not told make it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import GainPredictor, Measured, Prediction
from affinity.predictors.hybrid import Hybrid
from affinity.predictors.kernels import Kernels
from affinity.predictors.mean_of_pairs import MeanOfPairs
from affinity.predictors.measurements import latest
from affinity.predictors.ridge import Ridge
from affinity.predictors.stacking import FEWEST, Fit, held_out_scores, stack

Array = NDArray[np.float64]

PARTS: dict[str, Fit] = {
    "mean_of_pairs": MeanOfPairs.fit, "ridge": Ridge.fit, "kernels": Kernels.fit, "hybrid": Hybrid.fit,
}  # fmt: skip
"""What is blended by default."""


@dataclass(frozen=True, eq=False)
class Blend:
    r"""Believes predictor ``k`` with probability :math:`w_k`: the mean is :math:`\sum_k w_k \mu_k`, and the error holds
    how far predictors lie apart,

    .. math:: \sum_k w_k (\sigma_k^2 + \mu_k^2) - \Big( \sum_k w_k \mu_k \Big)^2 .

    Weights come from leaving out one measured group at a time (:mod:`affinity.predictors.stacking`), anew with every
    update; with fewer than three groups all are alike. A draw is one predictor's world.

    An estimator's guess is given to the parts that take one: ``{"hybrid": partial(Hybrid.fit, prior=prior), ...}``.

    Source: stacking of predictive distributions, Yao et al., Bayesian Analysis 2018, https://doi.org/10.1214/17-BA1091.
    """

    tasks: tuple[str, ...]
    measured: tuple[Measured, ...]
    fits: Mapping[str, Fit]
    """How each part is fitted, by name."""
    parts: tuple[GainPredictor, ...]
    """After all that was measured, in the order of ``fits``."""
    weights: Array
    """0 or more, and 1 in sum, shape ``(K,)``."""

    @classmethod
    def fit(
        cls, tasks: Sequence[str], measured: Sequence[Measured], *, parts: Mapping[str, Fit] | None = None
    ) -> "Blend":
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Args:
            parts: How each predictor is fitted, by name; None takes :data:`PARTS`.

        Raises:
            ValueError: If a group has an unknown member, there are no parts, or one of them refuses the tasks.
        """
        fits = dict(PARTS if parts is None else parts)
        if not fits:
            raise ValueError("Expected one or more `parts` to blend, but got none.")
        kept = latest(tasks, measured)
        fitted = tuple(fit(tasks, kept) for fit in fits.values())
        return cls(tuple(tasks), kept, fits, fitted, _weights(fits, tasks, kept))

    def update(self, measured: Sequence[Measured]) -> "Blend":
        """The posterior after these measurements too; a group measured before is replaced, and weights are anew."""
        kept = latest(self.tasks, [*self.measured, *measured])
        updated = tuple(part.update(measured) for part in self.parts)
        return Blend(self.tasks, kept, self.fits, updated, _weights(self.fits, self.tasks, kept))

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Means and standard errors of the mixture, both ``(G, T)``; the error of an unseen group holds its misfit."""
        said = [part.predict(members) for part in self.parts]
        means, errors = np.stack([of.mean for of in said]), np.stack([of.error for of in said])
        mean = np.tensordot(self.weights, means, axes=1)
        variance = np.tensordot(self.weights, errors**2 + (means - mean) ** 2, axes=1)
        return Prediction(mean, np.sqrt(variance))

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws, shape ``(draws, G, T)``, each of one part; one group has one value in one draw."""
        whose = generator.choice(len(self.parts), size=draws, p=self.weights)
        values = np.empty((draws, *members.shape))
        for k, part in enumerate(self.parts):
            at = np.flatnonzero(whose == k)
            values[at] = part.draw(members, draws=len(at), generator=generator)
        return values


def _weights(fits: Mapping[str, Fit], tasks: Sequence[str], measured: Sequence[Measured]) -> Array:
    few = len(measured) < FEWEST or len(fits) == 1
    return stack(np.zeros((0, len(fits))) if few else held_out_scores(list(fits.values()), tasks, measured))

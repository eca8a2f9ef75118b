"""A baseline estimator without a backward pass: would two tasks change the frozen features in the same way?"""

from typing import TYPE_CHECKING

from affinity.estimators.base import Estimate
from affinity.estimators.cosine import cosines
from affinity.features import FeatureJob

if TYPE_CHECKING:
    from trainers.trainer import Trainer


class Features:
    r"""Cosine of two tasks' gradients of a shared linear layer on frozen features; no unit, -1 to 1, symmetric.

    .. math:: A_{i \to j} = \frac{\langle C_i, C_j \rangle}{\lVert C_i \rVert \lVert C_j \rVert}, \qquad
        \langle C_i, C_j \rangle = \frac{1}{N_i N_j} \sum_{x, x'} \langle g_x, g_{x'} \rangle
        \langle f_x - \bar f_i, f_{x'} - \bar f_j \rangle

    with features :math:`f` and :math:`g = \partial \ell / \partial f`: texts that look alike to the base model and err
    alike under the tasks' own heads make tasks alike. 0 is unrelated, below 0 the tasks pull apart. Labels enter
    through :math:`g` alone, so that any two kinds compare. Errors are delete-a-part jackknife errors over either
    task's parts.

    Source: a task as a vector of gradients of a frozen probe network is Task2Vec, Achille et al., ICCV 2019,
    https://arxiv.org/abs/1902.03545; gradients of the last layer stand for those of the network in Ash et al., ICLR
    2020, https://arxiv.org/abs/1906.03671. Means of signed gradients replace the Fisher diagonal here, heads are fitted
    out of fold, and features are centred, which a head's bias would do.
    """

    def estimate(self, trainer: "Trainer") -> Estimate:
        """One forward over every task's training texts."""
        jobs = [FeatureJob.of(trainer.spec, name, seed=trainer.seed) for name in trainer.tasks]
        found = trainer.jobs(jobs, phase="frozen features")
        return cosines(trainer, found, estimator="features")

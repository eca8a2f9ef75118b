r"""The five factors of the study as quantities that runs measure: why tasks do or do not share an adapter well.

The study names task stability, model architecture, task complementarity, asymmetry and dataset quality as what decides
whether a grouping gains. Each has one file here, a number in the unit of a gain (or a share) and an error::

    from affinity.factors import Pairs, asymmetry, factors

    found = factors(tasks, measured, noise=seed_noise(runs, references, tasks), audit=audit)
    found.stability[0].spread              # how much the target's gain depends on who shares its adapter
    found.asymmetry.share                  # how much of the affinities goes one way only
    found.missing["architecture"]          # why a factor could not be measured

    asymmetry(Pairs.of_matrix(matrix))     # one factor alone, of any matrix with errors

- :mod:`~affinity.factors.stability`: spread of a target's gains over its partners, and over seeds;
- :mod:`~affinity.factors.architecture`: do two base models rank the partners alike?
- :mod:`~affinity.factors.complementarity`: what a group gives beyond its pairs, and what a task gives to others;
- :mod:`~affinity.factors.asymmetry`: one way against the other;
- :mod:`~affinity.factors.quality`: shares of rows that the audit found wrong.

All of them describe; none of them predicts or decides. Gains have error parts (:mod:`affinity.gains`), and two of them
decide how errors of several gains add up (:mod:`~affinity.factors.estimate`): a task's reference is shared by all of
its gains, so it falls out of their differences; the members of a group share its training run, so their errors may rise
and fall together.

Source: Akli et al., 2026, https://arxiv.org/abs/2603.09978, name the factors and discuss them on tables of scores. The
definitions, the errors and what counts as noise are ours.
"""

from affinity.factors.architecture import Architecture, architecture
from affinity.factors.asymmetry import Asymmetry, asymmetry
from affinity.factors.complementarity import Complementarity, complementarity
from affinity.factors.estimate import Estimate
from affinity.factors.gathered import FACTORS, Factors, factors
from affinity.factors.pairs import Pairs
from affinity.factors.quality import Quality, quality
from affinity.factors.stability import Stability, stability

__all__ = [
    "FACTORS",
    "Architecture",
    "Asymmetry",
    "Complementarity",
    "Estimate",
    "Factors",
    "Pairs",
    "Quality",
    "Stability",
    "architecture",
    "asymmetry",
    "complementarity",
    "factors",
    "quality",
    "stability",
]

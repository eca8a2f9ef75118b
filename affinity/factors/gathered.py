"""All factors that the evidence of a run allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from affinity.factors.architecture import Architecture, architecture
from affinity.factors.asymmetry import Asymmetry, asymmetry
from affinity.factors.complementarity import Complementarity, complementarity
from affinity.factors.pairs import Pairs
from affinity.factors.quality import Quality, quality
from affinity.factors.stability import Stability, stability
from affinity.gains import Group, MeasuredGroup
from affinity.matrix import AffinityMatrix
from affinity.variance import RunNoise

if TYPE_CHECKING:
    from tasks.audit import Audit

FACTORS = ("stability", "architecture", "complementarity", "asymmetry", "quality")
"""Names of the factors, in the order of the study."""


@dataclass(frozen=True)
class Factors:
    """The five factors, or why one was not measured.

    Args:
        stability: Of every target with two partners or more.
        architecture: Agreement of every two base models.
        complementarity: Of groups, and of tasks as sources.
        asymmetry: Of pairs.
        quality: Of every task's data.
        missing: Why a factor is None, by its name, without a full stop.
    """

    stability: tuple[Stability, ...] | None = None
    architecture: tuple[Architecture, ...] | None = None
    complementarity: Complementarity | None = None
    asymmetry: Asymmetry | None = None
    quality: tuple[Quality, ...] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def factors(
    tasks: Sequence[str],
    measured: Mapping[Group, MeasuredGroup],
    *,
    noise: Mapping[str, RunNoise] | None = None,
    learnable: Mapping[str, bool] | None = None,
    matrices: Mapping[str, AffinityMatrix] | None = None,
    reliabilities: Mapping[str, float] | None = None,
    audit: "Audit | None" = None,
) -> Factors:
    """The factors that these measurements tell; the order of ``tasks`` changes no number.

    Args:
        tasks: Names of the tasks.
        measured: Gains of pairs and larger groups, against the same references on the same held-out examples.
        noise: What a seed changes, by task (:func:`affinity.gains.seed_noise`).
        learnable: Tasks with False are sources but no targets, as their gains mean nothing.
        matrices: Affinities of two base models or more, by name, of the same tasks.
        reliabilities: Of the matrices' scores, by the same names.
        audit: What is wrong with the data.

    Raises:
        ValueError: If a measured pair has an unknown member, or matrices are not of the same tasks.
    """
    pairs = Pairs.of_measured(tasks, measured, learnable=learnable)
    steady = stability(pairs, noise)
    one_sided = asymmetry(pairs)
    known = reliabilities or {}
    compared = tuple(
        architecture(one, other, names=(a, b), reliabilities=(known[a], known[b]) if {a, b} <= set(known) else None)
        for (a, one), (b, other) in combinations((matrices or {}).items(), 2)
    )
    no_pair = "no pair with a learnable member was trained"
    missing = {
        "stability": "" if steady else "no learnable task was trained with two partners or more",
        "architecture": "" if compared else "affinities of one base model only, and nothing to compare them with",
        "complementarity": "" if pairs.known.any() else no_pair,
        "asymmetry": "" if one_sided.pairs else "no pair with two learnable members was trained",
        "quality": "" if audit is not None else "the data were not audited",
    }
    return Factors(
        stability=steady or None,
        architecture=compared or None,
        complementarity=None if missing["complementarity"] else complementarity(pairs, measured),
        asymmetry=one_sided if one_sided.pairs else None,
        quality=None if audit is None else quality(audit),
        missing={name: reason for name, reason in missing.items() if reason},
    )

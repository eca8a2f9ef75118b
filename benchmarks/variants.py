"""The same pairs under other settings: another rank, other layers, heads, weights that are read, another base model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.parts import Part
from benchmarks.smollm2 import smollm2_folder
from benchmarks.truth import PASSES, SETS, bench_spec
from cotrain.suite import Suite, builtin_suite
from trainers.bench import BenchSpec

SEEDS = (4, 5)
"""Of pairs and references; none of them is a seed of the table's pairs, with which they are compared."""
FOUR = ("complexity", "docstring_mismatch", "function_verb", "constructs")
"""Tasks of the first set that the other base model trains."""


@dataclass(frozen=True)
class Variant:
    """One way to train pairs of the first set.

    Args:
        name: As rows have it.
        tasks: Whose pairs are trained.
        rank: Of the adapter, with the scale of the update as it was; None: the built-in suite's.
        layers: Adapted layers; None: the built-in suite's.
        training: Settings of training that differ.
        smollm2: Whether the base model is SmolLM2 instead of the embedded one.
    """

    name: str
    tasks: tuple[str, ...] = SETS["first"]
    rank: int | None = None
    layers: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    smollm2: bool = False

    def suite(self) -> Suite:
        """The built-in suite with this difference.

        Raises:
            InputError: If the base model needs packages that are missing.
        """
        suite = builtin_suite().suite
        if self.rank is not None:
            scale = suite.method.alpha / suite.method.r
            suite = replace(suite, method=replace(suite.method, r=self.rank, alpha=scale * self.rank))
        if self.layers is not None:
            suite = replace(suite, method=replace(suite.method, layers=self.layers))
        suite = replace(suite, training=replace(suite.training, **self.training))
        if self.smollm2:
            suite = replace(suite, base_model=str(smollm2_folder()))
        return suite

    def spec(self, folder: Path) -> BenchSpec:
        """Its bench; the examples are the truth table's."""
        spec = bench_spec(SETS["first"], folder, suite=self.suite())
        return replace(spec, tasks={name: task for name, task in spec.tasks.items() if name in self.tasks})

    def parts(self) -> Sequence[Part]:
        """All pairs, one seed after the other."""
        pairs = tuple(tuple(sorted(pair)) for pair in combinations(self.tasks, 2))
        return [Part("first", PASSES, pairs, (seed,), (seed,), variant=self.name) for seed in SEEDS]


VARIANTS = (
    Variant("rank 2", rank=2),
    Variant("rank 32", rank=32),
    Variant("all layers", layers="all"),
    Variant("heads at random", training={"heads": "random"}),
    Variant("last weights", training={"ema": 0.0}),
    Variant("smollm2", FOUR, smollm2=True),
)
"""In the order of their training."""

"""Small tasks and runs with known truth, made of numbers; nothing is trained."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tasks.encoding import EncodedRows, EncodedTask, Tokens
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from trainers.cost import Cost
from trainers.result import GroupResult, MemberResult

Array = NDArray[np.float64]
NO_TOKENS = Tokens(ids=np.zeros(0, dtype=np.int32), offsets=np.zeros(1, dtype=np.int64))


def task(
    name: str,
    targets: NDArray[np.int64],
    *,
    units: NDArray[np.int64] | None = None,
    prior_loss: float = 1.0,
    margin: float = 1.0,
    metric: str = "accuracy",
) -> EncodedTask:
    """A binary task whose select and test halves have these targets."""
    own = np.arange(len(targets)) if units is None else units
    rows = EncodedRows(sides=(NO_TOKENS,), targets=targets, units=own, prior_loss=prior_loss, truncated=(0,))
    return EncodedTask(
        name=name,
        kind=KINDS["binary"],
        outputs=1,
        metric=METRICS[metric],
        margin=margin,
        splits={"train": rows, "select": rows, "test": rows},
        fingerprint=name,
        classes=("no", "yes"),
    )


def run(
    group: Sequence[str],
    seed: int,
    losses: Mapping[str, NDArray[np.floating]],
    *,
    scores: Mapping[str, Array] | None = None,
    targets: Mapping[str, NDArray[np.int64]] | None = None,
) -> GroupResult:
    """A run with these held-out losses and scores, the same on select and test; scores of 0 where none are given."""
    members = {}
    for name in group:
        loss = np.asarray(losses[name], dtype=np.float32)
        own = np.zeros(len(loss)) if scores is None else scores[name]
        score = np.asarray(own, dtype=np.float32).reshape(-1, 1)
        metric = 0.0 if targets is None else METRICS["accuracy"](score, targets[name])
        members[name] = MemberResult(
            curve=np.zeros(1),
            train_curve=np.zeros(1),
            losses={"select": loss, "test": loss},
            scores={"select": score, "test": score},
            metric={"select": metric, "test": metric},
        )
    return GroupResult(
        group=tuple(sorted(group)),
        seed=seed,
        reference=len(group) == 1,
        grid=np.ones(1),
        chosen=0,
        members=members,
        steps=1,
        cost=Cost(),
    )


class World:
    """Tasks and all their pairs with planted gains; runs have run noise, shared sample noise and noise of single rows.

    A loss is ``1 - gain + 0.5 h + run + 0.3 e``; a score, towards the right answer, is
    ``0.8 + gain + h - run + 0.3 e``.
    Runs of equal seed share half of the variance of their run noise.
    """

    def __init__(self, *, tasks: int, seeds: int, references: int, examples: int, noise: float, seed: int) -> None:
        self.rng = np.random.default_rng([seed, tasks, seeds, references])
        names = [f"t{t}" for t in range(tasks)]
        self.targets = {name: self.rng.integers(0, 2, examples) for name in names}
        self.tasks = {name: task(name, self.targets[name]) for name in names}
        self.noise = {name: noise * float(np.exp(0.4 * self.rng.standard_normal())) for name in names}
        self.hard = {name: self.rng.standard_normal(examples) for name in names}
        self.luck = {name: self.rng.standard_normal(max(seeds, references)) for name in names}
        self.references = {name: [self._run({name: 0.0}, s) for s in range(references)] for name in names}
        self.gains: dict[tuple[str, ...], Array] = {}
        self.runs: dict[tuple[str, ...], list[GroupResult]] = {}
        for pair in combinations(names, 2):
            self.gains[pair] = 0.1 * self.rng.standard_normal(2)
            effects = dict(zip(pair, self.gains[pair].tolist(), strict=True))
            own = {name: 0.9 * self.hard[name] + np.sqrt(0.19) * self.rng.standard_normal(examples) for name in pair}
            self.runs[pair] = [self._run(effects, s, own) for s in range(seeds)]

    def deltas(self, pair: tuple[str, ...]) -> Array:
        """True changes of the accuracy in points, over all examples and all seeds."""
        spread = np.array([np.sqrt(1 + 0.09 + self.noise[name] ** 2) for name in pair])
        return np.asarray(100 * (ndtr((0.8 + self.gains[pair]) / spread) - ndtr(0.8 / spread)))

    def _run(self, gains: Mapping[str, float], seed: int, own: Mapping[str, Array] | None = None) -> GroupResult:
        losses, scores = {}, {}
        for name, gain in gains.items():
            hard = self.hard[name] if own is None else own[name]
            luck = self.noise[name] * np.sqrt(0.5) * (self.luck[name][seed] + self.rng.standard_normal())
            losses[name] = 1 - gain + luck + 0.5 * hard + 0.3 * self.rng.standard_normal(len(hard))
            right = 0.8 + gain - luck + hard + 0.3 * self.rng.standard_normal(len(hard))
            scores[name] = (2 * self.targets[name] - 1) * right
        return run(tuple(gains), seed, losses, scores=scores, targets=self.targets)

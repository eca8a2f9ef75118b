"""Every way to an affinity against the truth table: how well it tells groups that it did not see, and at what cost.

    python -m benchmarks.affinity FOLDER

Estimators work with seeds that the truth table does not use. What is measured on one half of the table's seeds (pairs,
the groups that ``hybrid`` is told) is judged on the other half, with other references. Estimators were designed on the
tasks of the first set. The second set judges; it was seen, beside the first, when it was decided from which anchors
examples are looked at, and no number was set by it. ``every group, once`` is one seed of the truth itself, as a guess
of the others.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affinity.agreement import within_target_spearman
from affinity.estimators import ESTIMATORS
from affinity.estimators.linearized import Linearized
from affinity.estimators.pair_table import as_matrix
from affinity.matrix import AffinityMatrix
from affinity.predictive_scores import coverage, crps, negative_transfer
from affinity.predictor import Measured
from affinity.predictors import Hybrid, MeanOfPairs
from affinity.prior import GainPrior, MeanOfScores
from benchmarks.competitors.static_surrogate import StaticSurrogate
from benchmarks.machine import machine
from benchmarks.truth import PASSES, RESULT, SETS, bench_spec
from benchmarks.truth_table import TruthTable
from grouping.partition import all_partitions
from trainers.bench import open_bench, prepare
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer

Array = NDArray[np.float64]
Rows = tuple[int, ...]
TWO = "linearized, two anchors"
"""The prior of ``hybrid``."""
SEED = 100
"""Of the estimators; the truth table's seeds are below."""
RESAMPLES = 200
"""Bootstrap resamples of the groups behind the intervals."""
ADAPTERS = 3
"""Most groups of a chosen grouping."""
DRAWS = 20
"""Random choices of the groups that ``hybrid`` is told."""
OUT = Path(__file__).parent / "results" / "affinity.json"


@dataclass(frozen=True, eq=False)
class Guess:
    """What one competitor says of every group.

    Args:
        gains: Shape ``(G, T)``.
        error: Its standard error, alike; None without one.
        truth: The gains that it is judged on, alike.
        noise: Standard error of that truth by target, from runs and references, shape ``(T,)``.
        seconds: What it took.
        unseen: Groups that it was not told, shape ``(G,)``.
        told: Gains by the half of the seeds that it was told of, shape ``(G, T)``; None if it was told nothing.
    """

    gains: Array
    error: Array | None
    truth: Array
    noise: Array
    seconds: float
    unseen: NDArray[np.bool_]
    told: Array | None = None


def estimated(table: TruthTable, trainer: Trainer) -> Iterator[tuple[str, Guess]]:
    """Competitors that look at no group of the table."""
    every = np.ones(len(table.members), dtype=np.bool_)
    noise = _noise(table, len(table.losses), len(table.references))
    seconds: dict[str, float] = {}
    ways = {name: ESTIMATORS[name] for name in ("features", "cosine", "lookahead", "linearized")}
    for name, made in {**ways, TWO: partial(Linearized, anchors=2)}.items():
        start = time.perf_counter()
        found = made().estimate(trainer)
        columns = [found.prior.tasks.index(task) for task in table.tasks]
        members = np.zeros_like(table.members)
        members[:, columns] = table.members
        gains = found.prior.gains(members)[:, columns]
        seconds[name] = time.perf_counter() - start
        if name == TWO:  # its first anchor is that of `linearized`, and was not looked at again
            seconds[name] += seconds["linearized"]
        yield name, Guess(gains, None, table.all, noise, seconds[name], every)
    start = time.perf_counter()
    static = StaticSurrogate.of(open_bench(trainer.spec), table.tasks, seed=SEED)
    took = time.perf_counter() - start
    yield "static surrogate", Guess(static.gains(table.members), None, table.all, noise, took, every)


def told(table: TruthTable, prior: GainPrior, *, seconds: float) -> Iterator[tuple[str, Guess]]:
    """Competitors that are told groups of one half of the seeds, judged on the other half."""
    sizes = table.members.sum(axis=1)
    everything = int(np.argmax(sizes))
    for (seeds, references), (others, rest) in (table.halves, table.halves[::-1]):
        truth, noise = table.gains(others, rest), _noise(table, len(others), len(rest))
        alone = float(table.reference_seconds[references].sum())
        pairs = np.flatnonzero(sizes == 2)
        scores = as_matrix(table.members, table.gains(seeds, references))
        matrix = AffinityMatrix(table.tasks, scores, np.zeros_like(scores), estimator="pairwise")
        cost = alone + float(table.seconds[seeds][:, pairs].sum())
        said = MeanOfScores(matrix).gains(table.members)
        known = table.gains(seeds, references)
        every = np.ones(len(sizes), dtype=np.bool_)
        for seed in seeds:
            once = alone + float(table.seconds[seed].sum())
            yield "every group, once", Guess(table.gains([seed], references), None, truth, noise, once, every, known)
        yield "pairs, mean", Guess(said, None, truth, noise, cost, sizes != 2, known)
        for predictor in ("mean of pairs", "hybrid"):
            measured = _measured(table, seeds, references, [*pairs, everything])
            fit = MeanOfPairs.fit if predictor == "mean of pairs" else _with(prior)
            shown = [*pairs, everything]
            yield f"{predictor}, told pairs", _guess(fit, table, measured, (truth, noise, known), cost, shown)
        for count in (1, 4, 8, 16):
            for draw in range(DRAWS if count > 1 else 1):
                rows = np.random.default_rng([count, draw]).permutation(len(table.members))
                shown = [everything, *[int(row) for row in rows if row != everything][: count - 1]]
                for seed in seeds:
                    measured = _measured(table, [seed], references, shown)
                    cost = alone + seconds + float(table.seconds[seed, shown].sum())
                    judged_on = truth, noise, known
                    yield f"hybrid, told {count}", _guess(_with(prior), table, measured, judged_on, cost, shown)
                    yield f"no prior, told {count}", _guess(_with(None), table, measured, judged_on, cost, shown)


def _with(prior: GainPrior | None) -> Callable[..., Hybrid]:
    return lambda tasks, measured: Hybrid.fit(tasks, measured, prior=prior)


def _guess(
    fit: Callable[..., Hybrid | MeanOfPairs],
    table: TruthTable,
    measured: list[Measured],
    judged_on: tuple[Array, Array, Array],
    seconds: float,
    shown: list[int],
) -> Guess:
    said = fit(table.tasks, measured).predict(table.members)
    unseen = np.ones(len(table.members), dtype=np.bool_)
    unseen[shown] = False
    truth, noise, known = judged_on
    return Guess(said.mean, said.error, truth, noise, seconds, unseen, known)


def _noise(table: TruthTable, seeds: int, references: int) -> Array:
    """Standard error of gains that are means over some seeds against means over some references, shape ``(T,)``."""
    found: Array = np.sqrt(table.run_variance / seeds + table.reference_variance / references)
    return found


def _measured(table: TruthTable, seeds: list[int], references: list[int], rows: list[int]) -> list[Measured]:
    """Groups as measured with these seeds; all gains are read on one held-out sample, whose error they share."""
    gains = table.gains(seeds, references)
    shared = np.sqrt(table.reference_variance / len(references))
    own = np.sqrt(table.run_variance / len(seeds))
    found = []
    for row in rows:
        at = np.flatnonzero(table.members[row])
        group = tuple(table.tasks[t] for t in at)
        found.append(Measured(group, gains[row, at], np.hypot(own, shared)[at], shared[at]))
    return found


def judge(guess: Guess, table: TruthTable) -> dict[str, float]:
    """Figures of one guess, on the groups that it was not told."""
    said, true = guess.gains[guess.unseen], guess.truth[guess.unseen]
    kept = np.isfinite(true)
    of = negative_transfer(true, said)
    (lost, room), (lost_alone, over_singles) = regret(guess, table), lost_of_singles(guess, table)
    found = {
        "within": within_target_spearman(said, true),
        "pooled": float(stats.spearmanr(said[kept], true[kept]).statistic),
        "pearson": float(np.corrcoef(said[kept], true[kept])[0, 1]),
        "precision": of.precision,
        "recall": of.recall,
        "base": of.base,
        "seconds": guess.seconds,
        "regret": lost,
        "regret_of": room,
        "lost": lost_alone,
        "lost_of": over_singles,
    }
    if guess.error is not None:
        own, noise = guess.error[guess.unseen], np.broadcast_to(guess.noise, true.shape)
        error, constant = np.hypot(own, noise), _constant(guess)
        found["coverage"] = coverage(true, said, own, measured_error=noise)
        found["crps"] = float(np.nanmean(crps(true, said, error)))
        flat = np.full(true.shape, np.sqrt(np.nanmean((true - said) ** 2)))
        found["crps_flat"] = float(np.nanmean(crps(true, said, flat)))
        found["crps_constant"] = float(np.nanmean(crps(true, *constant)))
    return found


def _constant(guess: Guess) -> tuple[Array, Array]:
    """A target's mean and spread over the unseen groups themselves: the best that a constant can do."""
    true = guess.truth[guess.unseen]
    mean = np.broadcast_to(np.nanmean(true, axis=0), true.shape)
    return np.where(np.isnan(true), np.nan, mean), np.broadcast_to(np.nanstd(true, axis=0), true.shape)


def regret(guess: Guess, table: TruthTable) -> tuple[float, float]:
    """What the grouping chosen by the guess loses against the best, and what lies between the best and the worst.

    The best is picked on one half of the seeds, and all are scored on the other half: on the one that the guess was not
    told of, or both ways. Below 0 the guess chose better than the half that picked the best. Singles are no yardstick:
    there are more of them than adapters are allowed.
    """
    groupings = groupings_of(table, adapters=ADAPTERS)
    chosen = max(groupings, key=worth(guess.gains))
    ways = list(best_of_halves(groupings, guess, table))
    lost = sum(score(best) - score(chosen) for best, score in ways)
    return lost, sum(score(best) - min(map(score, groupings)) for best, score in ways)


def lost_of_singles(guess: Guess, table: TruthTable) -> tuple[float, float]:
    """Regret where any number of adapters is allowed, and what the best grouping gains over singles; scored alike."""
    groupings = groupings_of(table, adapters=len(table.tasks))
    chosen = max(groupings, key=worth(guess.gains))
    ways = list(best_of_halves(groupings, guess, table))
    return sum(score(best) - score(chosen) for best, score in ways), sum(score(best) for best, score in ways)


def groupings_of(table: TruthTable, *, adapters: int) -> list[Rows]:
    """Partitions with at most so many groups, as rows of the table; tasks alone have none."""
    places = {tuple(np.flatnonzero(row).tolist()): g for g, row in enumerate(table.members)}
    return [
        tuple(places[tuple(sorted(table.tasks.index(name) for name in group))] for group in of.groups if len(group) > 1)
        for of in all_partitions(table.tasks)
        if of.adapters <= adapters
    ]


def best_of_halves(
    groupings: list[Rows], guess: Guess, table: TruthTable
) -> Iterator[tuple[Rows, Callable[[Rows], float]]]:
    """The best grouping on one half of the seeds, with what groupings are worth on the other.

    Both ways for a guess that was told nothing; a guess that was told of one half is scored on the other alone.
    """
    first, second = (table.gains(*half) for half in table.halves)
    ways = [(first, second), (second, first)] if guess.told is None else [(guess.told, guess.truth)]
    for pick, score in ways:
        yield max(groupings, key=worth(pick)), worth(score)


def worth(gains: Array) -> Callable[[Rows], float]:
    """Sums the members' gains over the groups of a grouping; 0 for a task alone."""
    sums = np.nansum(gains, axis=1)
    return lambda rows: float(sums[list(rows)].sum())


def interval(guess: Guess) -> tuple[float, float]:
    """90 % bootstrap interval of the rank correlation within targets, over groups."""
    rows, generator = np.flatnonzero(guess.unseen), np.random.default_rng(0)
    drawn = [generator.choice(rows, size=len(rows)) for _ in range(RESAMPLES)]
    values = [within_target_spearman(guess.gains[of], guess.truth[of]) for of in drawn]
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(low), float(high)


def main() -> None:
    """Compares, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished runs are kept")
    parser.add_argument("--truth", type=Path, default=RESULT)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, object] = {"machine": machine()}
    for name in SETS:
        table = TruthTable.read(arguments.truth, name=name, passes=PASSES)
        spec = bench_spec(table.tasks, arguments.folder)
        prepare(spec, ["train", "stop", "select"], threads=1)
        executor = InProcess(open_bench, spec)
        trainer = Trainer(spec, executor, Ledger(arguments.folder / "ledger.sqlite"), Budget(passes=PASSES), seed=SEED)
        trust = table.reliability
        print(f"{name}: {len(table.losses)} seeds, reliability {trust.whole:.2f}, ceiling {trust.ceiling:.2f}")
        guesses: dict[str, list[Guess]] = {}
        prior: GainPrior | None = None
        for key, guess in estimated(table, trainer):
            guesses.setdefault(key, []).append(guess)
            if key == TWO:
                prior, seconds = _Given(table.tasks, table.members, guess.gains), guess.seconds
        assert prior is not None
        for key, guess in told(table, prior, seconds=seconds):
            guesses.setdefault(key, []).append(guess)
        rows = {}
        for key, of in guesses.items():
            figures = [judge(guess, table) for guess in of]
            row = {figure: float(np.nanmean([f[figure] for f in figures])) for figure in figures[0]}
            for share in ("regret", "lost"):  # of sums over all guesses: the room of a half alone may be small
                of_what = row.pop(f"{share}_of")
                row[share] = row[share] / of_what if of_what > 0 else float("nan")
            ends = np.array([interval(guess) for guess in of[:8]]).mean(axis=0)
            row |= {"low": float(ends[0]), "high": float(ends[1]), "guesses": len(of)}
            rows[key] = row
            print(f"{key:24s}" + "".join(f" {figure} {value:.3f}" for figure, value in row.items()), file=sys.stderr)
        results[name] = {"reliability": asdict(trust), "seeds": len(table.losses), "competitors": rows}
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, eq=False)
class _Given:
    """A guess that was made before, as a prior."""

    in_gains = True
    tasks: tuple[str, ...]
    members: NDArray[np.bool_]
    said: Array

    def gains(self, members: NDArray[np.bool_]) -> Array:
        known = {row.tobytes(): values for row, values in zip(self.members, self.said, strict=True)}
        alone = np.where(members, 0.0, np.nan)
        return np.stack([known.get(row.tobytes(), alone[place]) for place, row in enumerate(members)])


if __name__ == "__main__":
    main()

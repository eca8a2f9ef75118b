"""How much is trained until the best grouping is found: the search beside "validate the top k".

    python -m benchmarks.top_k [--worlds 30]

Worlds of six tasks with planted gains that lie as far apart as the truth table's, and its noise. Both are given the
references and the same cheap affinities, whose correlation with a target's true pair gains is about one half, and see
the select half. *Validate the top k* ranks all groupings by these affinities (the mean over a target's partners),
trains the ``k`` best ones, each group with two seeds (or with one), and takes what measured best; groups that were
trained already are free. The search starts from all tasks together, with two seeds and the affinities as its prior,
and trains on one run at a time. Somebody who knows the truth stops
both at the first choice whose true value lacks at most 1 % of the best, on a scale where the median grouping lacks all.
Work is counted in tasks trained once; what does not get there in all that it may train counts as never. Beside them
stands the best as measured when every group is trained with as many seeds: what luck leaves to be found. As that is
seldom within 1 %, the means over worlds are also held against each other: after how much work the search's choices lack
no more, on average, than those of the top k. Written to ``results/top_k.json`` world by world.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import numpy as np

from affinity.gains import measure_groups
from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid
from affinity.prior import MeanOfScores
from benchmarks.kept import Kept
from benchmarks.machine import machine
from benchmarks.proofs.planted_runs import DrawingTrainer, Group, Planted
from benchmarks.proofs.repetition import probe, ranked, regret, value
from benchmarks.proofs.worlds import world
from cotrain.measuring import TrainerOracle
from grouping.loop import search
from grouping.masks import all_members, mask_of
from grouping.objective import BestGain
from grouping.partition import Partition, all_partitions
from grouping.rounds.planning import Budget as SearchBudget
from trainers.budget import Budget
from trainers.trainer import Trainer

OUT = Path(__file__).parent / "results" / "top_k.json"
KINDS = ("blocks", "hubs", "size penalties", "chains", "low rank")
"""The last two served no decision."""
NEAR = (0.01, 0.05)
"""What a choice may lack of the best."""
SELECT = 2000
SCALE = 2.0
"""Times the gains of :mod:`benchmarks.proofs.worlds`: pair gains of a target then lie as far apart as the table's."""
MODELS = 40
"""Most groups that the search trains, and most groupings of the top k; there are 56 groups beyond all together."""
BUDGET = Budget(seeds=2, reference_seeds=3)
Curve = list[tuple[float, float]]
"""Work and what the choice lacks, after every step."""


def affinities(planted: Planted) -> MeanOfScores:
    """True pair gains with as much noise as they lie apart, on a scale of its own for every target."""
    count = len(planted.names)
    generator = np.random.default_rng([planted.seed, 7])
    scores = np.zeros((count, count))
    for source in range(count):
        for target in range(count):
            if source != target:
                pair = tuple(sorted((planted.names[source], planted.names[target])))
                scores[source, target] = planted.gains[pair][pair.index(planted.names[target])]
    off = ~np.eye(count, dtype=bool)
    spread = np.array([scores[off[:, target], target].std() for target in range(count)])
    scores += np.where(off, np.sqrt(3) * spread * generator.standard_normal(scores.shape), 0.0)
    return MeanOfScores(AffinityMatrix(planted.names, scores, np.zeros_like(scores), estimator="planted"))


def searched(planted: Planted) -> Curve:
    """The search's choice before every round."""
    trainer = DrawingTrainer(planted, BUDGET)
    probes = probe(trainer)
    before = _groups_only(trainer)
    oracle = TrainerOracle(cast(Trainer, trainer), probes)
    outcome = search(
        Hybrid.fit(planted.names, [of.gains() for of in probes.measured.values()], prior=affinities(planted)),
        measured=probes.measured,
        objective=BestGain(),
        oracle=oracle,
        budget=SearchBudget(
            models=MODELS, rounds=MODELS // 2, repeats=MODELS * (BUDGET.seeds - 1), choice_runs=BUDGET.seeds
        ),
        seed=planted.seed,
        again=oracle.again,
    )
    work = before + np.cumsum([0, *(sum(map(len, (*of.asked, *of.again))) for of in outcome.rounds)])
    choices = [of.choice or outcome.partition for of in outcome.rounds] + [outcome.partition]
    return [(float(spent), regret(planted, choice)) for spent, choice in zip(work, choices, strict=True)]


def top_k(planted: Planted, *, runs: int) -> Curve:
    """The best as measured, by so many runs of each group, of the first 1, 2, ... groupings by affinities."""
    trainer = DrawingTrainer(planted, BUDGET)
    seeds = trainer.probe_seeds(runs)
    own = _references(trainer)
    guessed = np.nansum(affinities(planted).gains(all_members(len(planted.names))), axis=1)
    scores = {
        of: sum(float(guessed[mask_of(group, planted.names)]) for group in of.groups if len(group) > 1)
        for of in all_partitions(planted.names)
    }
    runs: dict[Group, Any] = {}
    measured: Any = {}
    curve: Curve = []
    seen: list[Partition] = []
    for partition in ranked(planted, scores)[:MODELS]:
        new = [group for group in partition.groups if len(group) > 1 and group not in runs]
        if new:
            runs |= trainer.run(new, seeds=seeds).groups
            measured = measure_groups(runs, own, planted.tasks)
        seen.append(partition)
        best = max(seen, key=lambda of: (sum(_total(measured, group) for group in of.groups), of.groups))
        curve.append((_groups_only(trainer), regret(planted, best)))
    return curve


def everything(planted: Planted) -> float:
    """What the best as measured lacks once every group is trained."""
    trainer = DrawingTrainer(planted, BUDGET)
    groups = [group for size in range(2, len(planted.names) + 1) for group in combinations(planted.names, size)]
    runs = trainer.run(groups, seeds=trainer.probe_seeds(BUDGET.seeds)).groups
    measured = measure_groups(runs, _references(trainer), planted.tasks)
    partitions = all_partitions(planted.names)
    return regret(planted, max(partitions, key=lambda of: sum(_total(measured, group) for group in of.groups)))


def _references(trainer: DrawingTrainer) -> Any:
    seeds = trainer.probe_seeds(BUDGET.reference_seeds)
    return trainer.run([], seeds=[], references=trainer.planted.names, reference_seeds=seeds).references


def _total(measured: Any, group: Group) -> float:
    return float(measured[group].gain.sum()) if len(group) > 1 else 0.0


def _groups_only(trainer: DrawingTrainer) -> float:
    return sum(work for (group, _), work in trainer.trained.items() if len(group) > 1)


def compared(kind: str, seed: int) -> dict[str, Curve]:
    """Curves of both in one world."""
    planted = world(kind, seed=seed, select=SELECT, test=10, margin=2.0, scale=SCALE)
    assert value(planted, Partition.singles(planted.names)) == 0
    return {
        "search": searched(planted),
        "top k": top_k(planted, runs=BUDGET.seeds),
        "top k, one run": top_k(planted, runs=1),
    }


def work_until(curve: Curve, near: float) -> float:
    """Work at the first choice that lacks at most so much; endless if there is none."""
    return next((spent for spent, lacking in curve if lacking <= near), np.inf)


def summary(rows: list[dict[str, Curve]]) -> dict[str, Any]:
    """Medians over worlds, with never as endless; how often the search takes at most half; and what both lack in the
    end."""
    found: dict[str, Any] = {"worlds": len(rows)}
    for near in NEAR:
        work = {name: np.array([work_until(row[name], near) for row in rows]) for name in rows[0]}
        arrived = np.isfinite(work["search"]) | np.isfinite(work["top k"])
        found[f"within {100 * near:g} %"] = {
            "found by the search": float(np.isfinite(work["search"]).mean()),
            "found by top k": float(np.isfinite(work["top k"]).mean()),
            "found by top k, one run": float(np.isfinite(work["top k, one run"]).mean()),
            "median work of the search": _finite(np.median(work["search"])),
            "median work of top k": _finite(np.median(work["top k"])),
            "median work of top k, one run": _finite(np.median(work["top k, one run"])),
            "at most half the work, where either arrives": float((work["search"] <= work["top k"] / 2)[arrived].mean()),
        }
    found["as good on average"] = as_good(rows)
    found["lacking in the end"] = {name: float(np.mean([row[name][-1][1] for row in rows])) for name in rows[0]}
    return found


def lacking(rows: Sequence[dict[str, Curve]], name: str, work: float) -> float:
    """What the choices after so much work lack, mean over worlds; every task alone lacks 1 at first."""
    return float(np.mean([next((short for spent, short in row[name][::-1] if spent <= work), 1.0) for row in rows]))


def as_good(rows: Sequence[dict[str, Curve]]) -> list[dict[str, float | None]]:
    """Work by which each lacks no more, on average, than the top k do after a quarter, half and all of their work."""
    steps = {name: sorted({spent for row in rows for spent, _ in row[name]}) for name in rows[0]}
    found: list[dict[str, float | None]] = []
    for part in (0.25, 0.5, 1.0):
        level = lacking(rows, "top k", part * steps["top k"][-1])
        first = {
            name: next((spent for spent in of if lacking(rows, name, spent) <= level), None)
            for name, of in steps.items()
        }
        found.append({"lacking": level, **first})
    return found


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _everything(kind: str, seed: int) -> float:
    return everything(world(kind, seed=seed, select=SELECT, test=10, margin=2.0, scale=SCALE))


def _luck(left: Sequence[float]) -> dict[str, float]:
    return {
        **{f"within {100 * near:g} %": float(np.mean(np.array(left) <= near)) for near in NEAR},
        "lacking": float(np.mean(left)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=30)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    made_on = json.loads(given.out.read_text())["settings"]["machine"] if given.out.exists() else machine()
    kept = Kept(given.out, {"select": SELECT, "scale": SCALE, "models": MODELS, "machine": made_on})
    every: list[dict[str, Curve]] = []
    luck: list[float] = []
    for kind in KINDS:
        rows = [
            kept.measured(f"{kind} {seed}", partial(compared, kind, seed)) for seed in range(1000, 1000 + given.worlds)
        ]
        every += rows
        left = [
            kept.measured(f"{kind} {seed}, every group", partial(_everything, kind, seed))
            for seed in range(1000, 1000 + given.worlds)
        ]
        luck += left
        kept.measured(f"{kind}, {given.worlds} worlds, every group", partial(_luck, left))
        kept.measured(f"{kind}, {given.worlds} worlds", partial(summary, rows))
    kept.measured(f"all, {given.worlds} worlds each, every group", partial(_luck, luck))
    kept.measured(f"all, {given.worlds} worlds each", partial(summary, every))


if __name__ == "__main__":
    main()
